/* SPDX-License-Identifier: MIT
 * nodelist.c - expansion of Slurm's hostlist expressions.
 *
 *   list  = { separator | host }          separator: comma, blank, tab, newline
 *   host  = text { '[' range { ',' range } ']' text }
 *   range = number [ '-' number ]         as wide as its first number is written
 *
 * A blank before a number counts as part of its width (n[1, 2] is n1 and n02): odd, but
 * what Slurm does. */
#include "config.h"

#include "slurm/nodelist.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* A host name has at most 255 bytes; a bracket adds at least one. */
enum { NAME_BYTES = 255, BRACKETS = 64, NUMBER_DIGITS = 18 };

struct range {
    uint64_t lo, hi;
    int width;
};

/* One bracket, and the text after it up to the next bracket or the host's end. */
struct bracket {
    size_t first, n; /* its ranges in parser.ranges */
    uint64_t names;  /* how many numbers they hold */
    const char *tail;
    size_t tail_len;
};

struct parser {
    const char *expr, *at;
    struct range *ranges; /* of the current host */
    size_t n_ranges, ranges_capacity;
    struct bracket brackets[BRACKETS];
    size_t n_brackets;
    const char *head; /* the text before the first bracket */
    size_t head_len;
    struct mp_nodelist *out;
    size_t out_capacity;
    struct mp_error *err;
};

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n';
}

/* A usage error that shows `place` in its surroundings: ..91-[>>>3-1],rpg-93.. */
static int bad(struct parser *p, const char *place, const char *why)
{
    enum { AROUND = 24 };
    const char *from = place - p->expr > AROUND ? place - AROUND : p->expr;
    size_t after = strnlen(place, AROUND);
    size_t character = 1;

    while (from > p->expr && from < place && mp_utf8_is_inside(*from))
        from++;
    while (after > 0 && mp_utf8_is_inside(place[after]))
        after--;
    for (const char *c = p->expr; c < place; c++)
        character += !mp_utf8_is_inside(*c);
    return mp_fail(p->err, MP_FAULT_USAGE,
                   "nodelist: character %zu: %s; here: \"%s%.*s>>>%.*s%s\"", character,
                   why, from > p->expr ? ".." : "", (int)(place - from), from, (int)after,
                   place, place[after] != '\0' ? ".." : "");
}

static int no_memory(struct parser *p)
{
    return mp_fail(p->err, MP_FAULT_FAILED, "out of memory while expanding a nodelist");
}

static int add_range(struct parser *p, struct range range)
{
    if (p->n_ranges == p->ranges_capacity) {
        size_t capacity = p->ranges_capacity * 2 + 16;
        struct range *bigger = realloc(p->ranges, capacity * sizeof *bigger);

        if (bigger == NULL)
            return no_memory(p);
        p->ranges = bigger;
        p->ranges_capacity = capacity;
    }
    p->ranges[p->n_ranges++] = range;
    return 0;
}

static int parse_number(struct parser *p, uint64_t *value)
{
    const char *start;

    while (*p->at == ' ')
        p->at++;
    start = p->at;
    *value = 0;
    for (; *p->at >= '0' && *p->at <= '9'; p->at++) {
        if (p->at - start == NUMBER_DIGITS)
            return bad(p, start, "a number of more than 18 digits");
        *value = *value * 10 + (uint64_t)(*p->at - '0');
    }
    if (p->at == start)
        return bad(p, start,
                   *start == '\0' ? "the bracket is never closed"
                                  : "a number is missing");
    return 0;
}

static int parse_range(struct parser *p, struct range *range)
{
    const char *start = p->at;

    if (parse_number(p, &range->lo) < 0)
        return -1;
    range->hi = range->lo;
    while (*p->at == ' ' && p->at[strspn(p->at, " ")] == '-')
        p->at++;
    range->width = (int)(p->at - start);
    if (p->at - start > NAME_BYTES)
        return bad(p, start, "a number of more than 255 characters");
    if (*p->at != '-')
        return 0;
    p->at++;
    if (parse_number(p, &range->hi) < 0)
        return -1;
    if (range->hi < range->lo)
        return bad(p, start, "the range runs backwards");
    return 0;
}

static int too_many(struct parser *p, const char *place)
{
    char why[64];

    snprintf(why, sizeof why, "more than %d names", MP_NODELIST_MAX);
    return bad(p, place, why);
}

/* p->at is behind the '['; it ends behind the ']'. */
static int parse_bracket(struct parser *p, struct bracket *b)
{
    const char *open = p->at - 1;

    *b = (struct bracket){.first = p->n_ranges};
    for (;; p->at++) {
        struct range range;

        if (parse_range(p, &range) < 0 || add_range(p, range) < 0)
            return -1;
        b->n++;
        b->names += range.hi - range.lo + 1;
        if (b->names > MP_NODELIST_MAX)
            return too_many(p, open);
        if (*p->at != ',')
            break;
    }
    if (*p->at == '\0')
        return bad(p, open, "the bracket is never closed");
    if (*p->at != ']')
        return bad(p, p->at, "neither a digit, '-', ',' nor ']'");
    p->at++;
    return 0;
}

/* Text up to a bracket, a separator or the end. */
static int parse_text(struct parser *p, const char **text, size_t *len)
{
    *text = p->at;
    while (*p->at != '\0' && *p->at != '[' && !is_separator(*p->at)) {
        unsigned char c = (unsigned char)*p->at;

        if (c == ']')
            return bad(p, p->at, "']' without '['");
        if (c < 0x20 || c == 0x7f)
            return bad(p, p->at, "a control character");
        p->at++;
    }
    *len = (size_t)(p->at - *text);
    return 0;
}

static int parse_host(struct parser *p)
{
    const char *start = p->at;

    p->n_ranges = 0;
    p->n_brackets = 0;
    if (parse_text(p, &p->head, &p->head_len) < 0)
        return -1;
    while (*p->at == '[') {
        struct bracket *b = &p->brackets[p->n_brackets];

        if (p->n_brackets == BRACKETS)
            return bad(p, p->at, "more than 64 brackets in one name");
        p->n_brackets++;
        p->at++;
        if (parse_bracket(p, b) < 0 || parse_text(p, &b->tail, &b->tail_len) < 0)
            return -1;
    }
    for (uint64_t i = 0, names = 1; i < p->n_brackets; i++) {
        names *= p->brackets[i].names; /* each factor is at most MP_NODELIST_MAX */
        if (names > MP_NODELIST_MAX)
            return too_many(p, start);
    }
    return 0;
}

static int add_name(struct parser *p, const char *name, const char *host)
{
    struct mp_nodelist *out = p->out;

    if (out->n == MP_NODELIST_MAX)
        return too_many(p, host);
    if (out->n == p->out_capacity) {
        size_t capacity = p->out_capacity * 2 + 16;
        char **bigger = realloc(out->names, capacity * sizeof *bigger);

        if (bigger == NULL)
            return no_memory(p);
        out->names = bigger;
        p->out_capacity = capacity;
    }
    out->names[out->n] = strdup(name);
    if (out->names[out->n] == NULL)
        return no_memory(p);
    out->n++;
    return 0;
}

/* Where each bracket stands: the range, and the number in it. */
struct odometer {
    size_t range[BRACKETS];
    uint64_t number[BRACKETS];
};

static void rewind_bracket(const struct parser *p, struct odometer *o, size_t i)
{
    o->range[i] = p->brackets[i].first;
    o->number[i] = p->ranges[o->range[i]].lo;
}

/* The bracket's next number; false, and back to its first, when there is none. */
static bool step(const struct parser *p, struct odometer *o, size_t i)
{
    const struct bracket *b = &p->brackets[i];

    if (o->number[i] < p->ranges[o->range[i]].hi) {
        o->number[i]++;
        return true;
    }
    if (o->range[i] + 1 < b->first + b->n) {
        o->range[i]++;
        o->number[i] = p->ranges[o->range[i]].lo;
        return true;
    }
    rewind_bracket(p, o, i);
    return false;
}

/* Slurm expands the last bracket first and then the others from the left: the rightmost
 * runs fastest, the leftmost comes next. */
static bool advance(const struct parser *p, struct odometer *o)
{
    if (p->n_brackets == 0)
        return false;
    if (step(p, o, p->n_brackets - 1))
        return true;
    for (size_t i = 0; i + 1 < p->n_brackets; i++)
        if (step(p, o, i))
            return true;
    return false;
}

/* False if the name is longer than `size`. */
static bool spell(const struct parser *p, const struct odometer *o, char *name,
                  size_t size)
{
    int n = snprintf(name, size, "%.*s", (int)p->head_len, p->head);

    for (size_t i = 0; i < p->n_brackets && n >= 0 && (size_t)n < size; i++)
        n += snprintf(name + n, size - (size_t)n, "%0*" PRIu64 "%.*s",
                      p->ranges[o->range[i]].width, o->number[i],
                      (int)p->brackets[i].tail_len, p->brackets[i].tail);
    return n >= 0 && (size_t)n < size;
}

static int expand_host(struct parser *p, const char *host)
{
    char name[NAME_BYTES + 1];
    struct odometer o;

    if (p->head_len > NAME_BYTES)
        return bad(p, host, "a name of more than 255 bytes");
    for (size_t i = 0; i < p->n_brackets; i++) {
        if (p->brackets[i].tail_len > NAME_BYTES)
            return bad(p, host, "a name of more than 255 bytes");
        rewind_bracket(p, &o, i);
    }
    do {
        if (!spell(p, &o, name, sizeof name))
            return bad(p, host, "a name of more than 255 bytes");
        if (add_name(p, name, host) < 0)
            return -1;
    } while (advance(p, &o));
    return 0;
}

int mp_nodelist_expand(const char *expr, struct mp_nodelist *out, struct mp_error *err)
{
    struct parser p = {.expr = expr, .at = expr, .out = out, .err = err};
    int rc = 0;

    *out = (struct mp_nodelist){0};
    while (rc == 0) {
        const char *host;

        while (is_separator(*p.at))
            p.at++;
        if (*p.at == '\0')
            break;
        host = p.at;
        rc = parse_host(&p);
        if (rc == 0)
            rc = expand_host(&p, host);
    }
    free(p.ranges);
    if (rc < 0)
        mp_nodelist_free(out);
    return rc;
}

void mp_nodelist_free(struct mp_nodelist *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct mp_nodelist){0};
}
