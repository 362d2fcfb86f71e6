/* SPDX-License-Identifier: MIT
 * sheet.h - text laid out in columns, for a terminal or a file: what screen.c and
 * compare_text.c are made of.
 *
 * A character counts as one column.  Texts have been cleaned (chart/text.h). */
#ifndef MP_SHEET_H
#define MP_SHEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { MP_SCREEN_NARROWEST = 60, MP_SCREEN_WIDEST = 200, MP_SCREEN_USUAL = 80 };

struct mp_screen {
    FILE *out;
    int width;   /* columns; taken into the range above */
    bool utf8;   /* else plain ASCII */
    bool colour; /* of the verdict */
};

enum { MP_SHEET_INDENT = 9, MP_SHEET_TEXT_MAX = 1024 };

/* The screen's columns, within what a sheet can have. */
int mp_sheet_width(const struct mp_screen *s);
int mp_sheet_columns_of(const struct mp_screen *s, const char *text);
/* At most `most` characters of it; in ASCII, what is none becomes '?', and ± "+-". */
void mp_sheet_put(const struct mp_screen *s, const char *text, int most);
/* The same in exactly so many columns, at their left or right end; to the right, a text
 * that is too long is not cut. */
void mp_sheet_left(const struct mp_screen *s, const char *text, int columns);
void mp_sheet_right(const struct mp_screen *s, const char *text, int columns);
/* Words broken over lines, the first of which has begun at column `at`; all others begin
 * at MP_SHEET_INDENT.  Ends the line. */
void mp_sheet_wrap(const struct mp_screen *s, const char *text, int at);
/* The same behind a label. */
void mp_sheet_labelled(const struct mp_screen *s, const char *label, const char *text);
/* Green, yellow or red where the screen has colours. */
void mp_sheet_verdict(const struct mp_screen *s, const char *verdict);
/* Local time with its offset. */
void mp_sheet_time(int64_t us, char out[]);

#endif
