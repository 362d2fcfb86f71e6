/* SPDX-License-Identifier: MIT
 * sheet.c - text laid out in columns. */
#include "config.h"

#include "report/sheet.h"

#include <string.h>

#include "base/utf8.h"
#include "base/zone.h"

enum { PLUS_MINUS = 0xb1 };

int mp_sheet_width(const struct mp_screen *s)
{
    if (s->width < MP_SCREEN_NARROWEST)
        return MP_SCREEN_NARROWEST;
    return s->width < MP_SCREEN_WIDEST ? s->width : MP_SCREEN_WIDEST;
}

int mp_sheet_columns_of(const struct mp_screen *s, const char *text)
{
    int n = 0;

    for (size_t len; *text != '\0'; text += len)
        n += mp_utf8_read(text, &len) == PLUS_MINUS && !s->utf8 ? 2 : 1;
    return n;
}

void mp_sheet_put(const struct mp_screen *s, const char *text, int most)
{
    size_t n;

    for (; *text != '\0' && most > 0; text += n, most--) {
        uint32_t c = mp_utf8_read(text, &n);

        if (s->utf8 || c < 0x80)
            fwrite(text, 1, n, s->out);
        else if (c == PLUS_MINUS)
            fputs("+-", s->out);
        else
            fputc('?', s->out);
    }
}

void mp_sheet_left(const struct mp_screen *s, const char *text, int columns)
{
    int used = mp_sheet_columns_of(s, text);

    mp_sheet_put(s, text, columns);
    if (used < columns)
        fprintf(s->out, "%*s", columns - used, "");
}

void mp_sheet_right(const struct mp_screen *s, const char *text, int columns)
{
    int used = mp_sheet_columns_of(s, text);

    fprintf(s->out, "%*s", used < columns ? columns - used : 0, "");
    mp_sheet_put(s, text, MP_SHEET_TEXT_MAX);
}

static void blanks(const struct mp_screen *s, int n)
{
    fprintf(s->out, "%*s", n > 0 ? n : 0, "");
}

void mp_sheet_wrap(const struct mp_screen *s, const char *text, int at)
{
    int width = mp_sheet_width(s);
    bool first = true;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        char word[MP_SHEET_TEXT_MAX];
        int columns;

        snprintf(word, sizeof word, "%.*s", (int)len, text);
        columns = mp_sheet_columns_of(s, word);
        if (!first && at + 1 + columns > width) {
            fputc('\n', s->out);
            blanks(s, MP_SHEET_INDENT);
            at = MP_SHEET_INDENT;
        } else if (!first) {
            fputc(' ', s->out);
            at++;
        }
        mp_sheet_put(s, word, MP_SHEET_TEXT_MAX);
        at += columns;
        first = false;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', s->out);
}

void mp_sheet_labelled(const struct mp_screen *s, const char *label, const char *text)
{
    fprintf(s->out, "%-*s", MP_SHEET_INDENT, label);
    mp_sheet_wrap(s, text, MP_SHEET_INDENT);
}

void mp_sheet_verdict(const struct mp_screen *s, const char *verdict)
{
    const char *colour = strcmp(verdict, "valid") == 0     ? "\033[32m"
                         : strcmp(verdict, "partial") == 0 ? "\033[33m"
                                                           : "\033[31m";

    if (s->colour)
        fputs(colour, s->out);
    mp_sheet_put(s, verdict, 20);
    if (s->colour)
        fputs("\033[0m", s->out);
}

void mp_sheet_time(int64_t us, char out[])
{
    struct mp_zone zone;

    mp_zone_init(&zone);
    out[mp_time_text(&zone, us, false, out)] = '\0';
}
