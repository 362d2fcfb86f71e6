/* SPDX-License-Identifier: MIT
 * rows.c - the buffer over the input, and the splitter. */
#include "config.h"

#include "backends/csv/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mp_csv_open(struct mp_csv_reader *r, int fd, const char *name,
                const struct mp_run *run, struct mp_error *err)
{
    *r = (struct mp_csv_reader){.name = name, .line = 1};
    mp_csv_input_open(&r->input, fd, name, run);
    r->buffer = calloc(1, MP_CSV_BUFFER + MP_CSV_PAD);
    r->scratch = malloc(MP_CSV_RECORD_MAX);
    if (r->buffer == NULL || r->scratch == NULL) {
        mp_csv_close(r);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for reading %s", name);
    }
    return 0;
}

void mp_csv_close(struct mp_csv_reader *r)
{
    mp_csv_input_close(&r->input);
    free(r->buffer);
    free(r->scratch);
    r->buffer = r->scratch = NULL;
}

int mp_csv_fail(const struct mp_csv_reader *r, int column, struct mp_error *err,
                const char *fmt, ...)
{
    char what[700], where[120] = "";
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (column >= 0 && column < MP_CSV_FIELDS_MAX && r->columns[column] != NULL)
        snprintf(where, sizeof where, ", column %d (%s)", column + 1, r->columns[column]);
    else if (column >= 0)
        snprintf(where, sizeof where, ", column %d", column + 1);
    return mp_fail(err, MP_FAULT_FAILED, "%s: line %llu%s: %s", r->name,
                   (unsigned long long)r->record_line, where, what);
}

/* Say of what is recognisably something else what it is. */
static int check_start(struct mp_csv_reader *r, struct mp_error *err)
{
    const char *p = r->buffer;

    if (r->end >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0))
        return mp_fail(err, MP_FAULT_FAILED, "%s is UTF-16 text: save it as UTF-8",
                       r->name);
    if (r->end >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        r->pos = 3;
    return 0;
}

int mp_csv_fill(struct mp_csv_reader *r, struct mp_error *err)
{
    bool at_start = r->pos == 0 && r->line == 1 && r->end < 3;

    if (r->eof)
        return 0;
    memmove(r->buffer, r->buffer + r->pos, r->end - r->pos);
    r->end -= r->pos;
    r->pos = 0;
    do {
        size_t n;

        if (mp_csv_input_read(&r->input, r->buffer + r->end, MP_CSV_BUFFER - r->end, &n,
                              err) < 0)
            return -1;
        r->eof = n == 0;
        r->end += n;
    } while (at_start && !r->eof && r->end < 3);
    memset(r->buffer + r->end, 0, MP_CSV_PAD);
    if (at_start && check_start(r, err) < 0)
        return -1;
    return !r->eof;
}

/* ---- splitting ---- */

/* Where the splitter stands: the rest of the buffer, and the scratch space. */
struct cursor {
    const char *p, *end;
    char *scratch;
    size_t lines;
};

enum { MORE = 0, DONE = 1 };

/* The buffer ends at p: wait for more, unless there is none or the record is too long. */
static int at_end_of_buffer(struct mp_csv_reader *r, const struct cursor *c, int column,
                            bool quoted, struct mp_error *err)
{
    size_t len = (size_t)(c->p - (r->buffer + r->pos));

    if (len >= MP_CSV_RECORD_MAX)
        return mp_csv_fail(r, column, err,
                           quoted
                               ? "the quote that opens here is not closed within %d bytes"
                               : "the line is longer than %d bytes",
                           MP_CSV_RECORD_MAX);
    if (!r->eof)
        return MORE;
    if (quoted)
        return mp_csv_fail(
            r, column, err,
            "the quote that opens here is never closed; is the file cut off?");
    return DONE;
}

static int split_quoted(struct mp_csv_reader *r, struct cursor *c, int column,
                        struct mp_csv_field *f, struct mp_error *err)
{
    const char *from = ++c->p;
    const char *copy = NULL; /* the field so far, where it has doubled quotes */

    f->quoted = true;
    for (;; c->p++) {
        size_t len = (size_t)(c->p - (r->buffer + r->pos));

        if (c->p >= c->end || len >= MP_CSV_RECORD_MAX)
            return at_end_of_buffer(r, c, column, true, err);
        if (*c->p == '\0')
            return mp_csv_fail(r, column, err, "a NUL byte");
        c->lines += *c->p == '\n';
        if (*c->p != '"')
            continue;
        if (c->p + 1 >= c->end && !r->eof)
            return MORE;
        if (c->p + 1 < c->end && c->p[1] != '"')
            break;
        if (c->p + 1 >= c->end)
            break;
        size_t part = (size_t)(c->p + 1 - from); /* with the first quote of the two */
        if (copy == NULL)
            copy = c->scratch;
        memcpy(c->scratch, from, part);
        c->scratch += part;
        from = ++c->p + 1;
    }
    f->text = from;
    f->len = (uint32_t)(c->p - from);
    if (copy != NULL) {
        memcpy(c->scratch, from, f->len);
        c->scratch += f->len;
        f->text = copy;
        f->len = (uint32_t)(c->scratch - copy);
    }
    c->p++;
    return DONE;
}

static bool ends_field(char c)
{
    return c == ',' || c == '\n' || c == '\r' || c == '"' || c == '\0';
}

static int split_plain(struct mp_csv_reader *r, struct cursor *c, int column,
                       struct mp_csv_field *f, struct mp_error *err)
{
    f->text = c->p;
    while (!ends_field(*c->p)) /* the pad's NUL ends it at the latest */
        c->p++;
    f->len = (uint32_t)(c->p - f->text);
    if (c->p >= c->end)
        return at_end_of_buffer(r, c, column, false, err);
    if (*c->p == '\0')
        return mp_csv_fail(r, column, err, "a NUL byte");
    if (*c->p == '"')
        return mp_csv_fail(r, column, err,
                           "a quote inside a field that does not start with one");
    return DONE;
}

/* What follows a field: 2 a comma, 1 the record's end. */
static int split_separator(struct mp_csv_reader *r, struct cursor *c, int column,
                           struct mp_csv_record *rec, struct mp_error *err)
{
    if (c->p >= c->end && !r->eof)
        return MORE;
    rec->terminated = c->p < c->end;
    if (!rec->terminated)
        return DONE;
    if (*c->p == ',') {
        c->p++;
        return 2;
    }
    if (*c->p == '\r' && c->p + 1 >= c->end && !r->eof)
        return MORE;
    if (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n')
        c->p++;
    if (*c->p == '\r')
        return mp_csv_fail(r, column, err, "a carriage return without a line feed");
    if (*c->p != '\n')
        return mp_csv_fail(r, column, err, "something follows the closing quote");
    c->p++;
    c->lines++;
    return DONE;
}

int mp_csv_split(struct mp_csv_reader *r, struct mp_csv_record *rec, struct mp_error *err)
{
    const char *start = r->buffer + r->pos;
    struct cursor c = {start, r->buffer + r->end, r->scratch, 0};
    int rc;

    rec->n = 0;
    r->record_line = r->line;
    do {
        int column = (int)rec->n;
        struct mp_csv_field *f = &rec->fields[rec->n];

        if (rec->n == MP_CSV_FIELDS_MAX)
            return mp_csv_fail(r, -1, err, "more than %d columns", MP_CSV_FIELDS_MAX);
        *f = (struct mp_csv_field){.raw = c.p};
        rc = *c.p == '"' && c.p < c.end ? split_quoted(r, &c, column, f, err)
                                        : split_plain(r, &c, column, f, err);
        if (rc != DONE)
            return rc;
        if (f->len > MP_CSV_FIELD_MAX)
            return mp_csv_fail(r, column, err, "longer than %d bytes", MP_CSV_FIELD_MAX);
        f->raw_len = (uint32_t)(c.p - f->raw);
        rec->n++;
        rc = split_separator(r, &c, column, rec, err);
    } while (rc == 2);
    rec->len = (size_t)(c.p - start);
    rec->lines = c.lines;
    return rc;
}

void mp_csv_take(struct mp_csv_reader *r, const struct mp_csv_record *rec)
{
    r->pos += rec->len;
    r->line += rec->lines;
}

int mp_csv_next(struct mp_csv_reader *r, struct mp_csv_record *rec, struct mp_error *err)
{
    for (;;) {
        int rc = r->pos < r->end ? mp_csv_split(r, rec, err) : 0;

        if (rc > 0)
            mp_csv_take(r, rec);
        if (rc != 0)
            return rc;
        rc = mp_csv_fill(r, err);
        if (rc < 0 || (rc == 0 && r->pos == r->end))
            return rc;
    }
}
