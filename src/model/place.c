/* SPDX-License-Identifier: MIT
 * place.c - a pattern checked, expanded, and its result checked again. */
#include "config.h"

#include "model/place.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { WIDTH_MAX = 10 };

static const char numbers[] = "jJAab";
static const char texts[] = "uxN";

/* What stands at a '%'. */
struct conversion {
    char letter; /* '\0': none that we know */
    int width;
    size_t len; /* of the text it takes */
};

static struct conversion read_conversion(const char *p)
{
    size_t digits = strspn(p + 1, "0123456789");
    unsigned long width = digits > 0 ? strtoul(p + 1, NULL, 10) : 0;
    char letter = p[1 + digits];
    struct conversion c = {.len = digits + 2,
                           .width = width > WIDTH_MAX ? WIDTH_MAX : (int)width};

    if (letter != '\0' &&
        (strchr(numbers, letter) != NULL || strchr(texts, letter) != NULL ||
         (letter == '%' && digits == 0)))
        c.letter = letter;
    return c;
}

/* The most bytes a conversion can become. */
static size_t most(struct conversion c)
{
    if (c.letter == '%')
        return 1;
    return strchr(texts, c.letter) != NULL ? MP_PLACE_TEXT_MAX : WIDTH_MAX;
}

/* --- the pattern -------------------------------------------------------------------- */

/* The part of the path at `p`, its end into *end; letters that it uses into `used`. */
static const char *check_part(const char *p, const char **end, bool used[128])
{
    const char *start = p;
    size_t n = 0;

    if (*p == '.')
        return "a part of the path that begins with a dot";
    for (; *p != '\0' && *p != '/'; n++) {
        struct conversion c = {.len = 1};

        if (*p == '%') {
            c = read_conversion(p);
            if (c.letter == '\0')
                return "only %j %J %A %a %b %u %x %N and %% are known";
            used[(unsigned char)c.letter] = true;
            n += most(c) - 1;
        }
        p += c.len;
    }
    *end = p;
    if (p == start)
        return "an empty part of the path (it is relative, and ends in a name)";
    return n > MP_PLACE_PART_MAX ? "a part of the path may become too long" : NULL;
}

const char *mp_place_check_pattern(const char *pattern)
{
    bool used[128] = {false};
    const char *p = pattern, *why;
    int parts = 0;

    if (!mp_utf8_is_valid(pattern))
        return "not UTF-8";
    for (;; p++) {
        why = check_part(p, &p, used);
        if (why != NULL)
            return why;
        if (++parts > MP_PLACE_PARTS)
            return "too many parts in the path";
        if (*p == '\0')
            break;
    }
    if (!used['j'] && !used['J'] && !(used['A'] && used['a']))
        return "without %j, or %A and %a, jobs would replace each other's reports";
    return NULL;
}

/* --- a job's name ------------------------------------------------------------------- */

struct out {
    char *text;
    size_t n;
};

/* What a part must not begin with, and not consist of. */
static bool begins_part(const struct out *out)
{
    return out->n == 0 || out->text[out->n - 1] == '/';
}

static void add_byte(struct out *out, char c)
{
    if (out->n < MP_PLACE_SIZE - 1)
        out->text[out->n++] = c;
}

static bool is_c1(const char *p)
{
    return (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0;
}

/* The user's bytes. */
static void add_text(struct out *out, const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;

    if (n == 0 || !mp_utf8_is_valid(text)) {
        text = "_";
        n = 1;
    }
    if (n > MP_PLACE_TEXT_MAX)
        for (n = MP_PLACE_TEXT_MAX; ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = c > 0x20 && c != 0x7f && c != '/' && c != '\\';

        if ((c == '.' && begins_part(out)) || is_c1(text + i) ||
            (i > 0 && is_c1(text + i - 1)))
            plain = false;
        add_byte(out, plain ? (char)c : '_');
    }
}

static void add_number(struct out *out, int width, uint32_t number)
{
    char text[WIDTH_MAX + 12];

    snprintf(text, sizeof text, "%0*lu", width, (unsigned long)number);
    for (const char *p = text; *p != '\0'; p++)
        add_byte(out, *p);
}

static void convert(struct out *out, struct conversion c, const struct mp_place_job *job)
{
    const uint32_t no_val = 0xfffffffe; /* what Slurm prints of an unset number */
    bool array = job->array_job_id != 0;
    uint32_t task = array ? job->array_task_id : no_val;
    char host[MP_PLACE_TEXT_MAX + 1] = "";

    switch (c.letter) {
    case 'A':
        add_number(out, c.width, array ? job->array_job_id : job->job_id);
        return;
    case 'a':
        add_number(out, c.width, task);
        return;
    case 'b':
        add_number(out, c.width, task % 10);
        return;
    case 'u':
        add_text(out, job->user);
        return;
    case 'x':
        add_text(out, job->name);
        return;
    case 'N':
        if (job->first_node != NULL)
            snprintf(host, sizeof host, "%.*s", (int)strcspn(job->first_node, "."),
                     job->first_node);
        add_text(out, host);
        return;
    case '%':
        add_byte(out, '%');
        return;
    default:
        add_number(out, c.width, job->job_id);
    }
}

void mp_place_name(char name[MP_PLACE_SIZE], const char *pattern,
                   const struct mp_place_job *job)
{
    struct out out = {.text = name};

    for (const char *p = pattern; *p != '\0';) {
        struct conversion c = {.len = 1};

        if (*p == '%') {
            c = read_conversion(p);
            convert(&out, c, job);
        } else {
            add_byte(&out, *p);
        }
        p += c.len;
    }
    name[out.n] = '\0';
}

void mp_place_usual(char name[MP_PLACE_SIZE], const char *label)
{
    snprintf(name, MP_PLACE_SIZE, "power_%.*s", MP_PLACE_PART_MAX, label);
}

const char *mp_place_check(const char *name)
{
    size_t parts = 0;

    for (const char *p = name;; p++) {
        size_t n = strcspn(p, "/");

        if (n == 0 || *p == '.')
            return "an empty or hidden part";
        if (n > MP_PLACE_PART_MAX || ++parts > MP_PLACE_PARTS)
            return "too long";
        for (size_t i = 0; i < n; i++)
            if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
                return "a control character";
        p += n;
        if (*p == '\0')
            return NULL;
    }
}
