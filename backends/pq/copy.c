/* SPDX-License-Identifier: MIT
 * copy.c - binary COPY, row by row.
 *
 * The format (PostgreSQL's manual, COPY, "Binary Format"): an 11-byte signature, flags,
 * the length of an extension; then for each row int16 number of fields and for each field
 * int32 length (-1: NULL) and bytes, all big-endian; -1 instead of a number ends it.  The
 * server sends each row as one message; a row that is split over messages is refused. */
#include "config.h"

#include "backends/pq/copy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/numtext.h"
#include "model/sample.h"

static const unsigned char signature[11] = "PGCOPY\n\377\r\n";

#define PG_EPOCH_US INT64_C(946684800000000) /* 2000-01-01 00:00 UTC, in Unix µs */

enum { EXACT_DOUBLE_BITS = 53, MESSAGES_A_LOOK = 1024 };

struct reader {
    const unsigned char *at, *end;
    bool bad;
};

struct field {
    const unsigned char *bytes; /* NULL: SQL NULL */
    uint32_t n;
};

static uint32_t be32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint64_t be64(const unsigned char *b)
{
    return (uint64_t)be32(b) << 32 | be32(b + 4);
}

static inline struct field next_field(struct reader *r)
{
    struct field f = {0};
    uint32_t n;

    if (r->end - r->at < 4) {
        r->bad = true;
        return f;
    }
    n = be32(r->at);
    r->at += 4;
    if (n == UINT32_MAX)
        return f;
    if ((uint64_t)(r->end - r->at) < n) {
        r->bad = true;
        return f;
    }
    f.bytes = r->at;
    f.n = n;
    r->at += n;
    return f;
}

/* An integer of 2, 4 or 8 bytes. */
static inline int64_t integer(struct field f, bool *bad)
{
    switch (f.n) {
    case 2:
        return (int16_t)(f.bytes[0] << 8 | f.bytes[1]);
    case 4:
        return (int32_t)be32(f.bytes);
    case 8:
        return (int64_t)be64(f.bytes);
    default:
        *bad = true;
        return 0;
    }
}

static int malformed(struct mp_error *err)
{
    return mp_fail(
        err, MP_FAULT_FAILED,
        "the database sent a row that does not fit its table; was a table changed "
        "just now?");
}

/* ---- which series ---- */

/* NULL, an id, and a text never have the same number. */
#define NO_NAME INT64_MIN
/* The number of every text that cannot be a name. */
#define BAD_NAME INT64_MAX

/* Numbers of what a server may name: series, and texts that tell them apart. */
enum { KEYS_MAX = 1 << 20, TEXTS_MAX = 1 << 16 };
#define UNUSABLE UINT32_MAX

static int too_many(const char *what, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED,
                   "the database names %s without end; is it a MonSTer database?", what);
}

static int text_key(struct mp_pqcopy *p, struct field text, int64_t *key,
                    struct mp_error *err)
{
    long number;

    if (text.n > MP_EMIT_NAME_MAX || memchr(text.bytes, '\0', text.n) != NULL) {
        *key = BAD_NAME;
        return 0;
    }
    number = mp_keyset_put(&p->texts, text.bytes, text.n, err);
    *key = number;
    if (number < 0)
        return -1;
    return p->texts.n <= TEXTS_MAX ? 0 : too_many("sources and FQDDs", err);
}

/* Of the two fields only the one that the table has counts. */
static inline int name_key(struct mp_pqcopy *p, enum mp_pqtype type, struct field id,
                           struct field text, int64_t *key, bool *bad,
                           struct mp_error *err)
{
    *key = NO_NAME;
    if (type == MP_PQ_TEXT)
        return text.bytes != NULL ? text_key(p, text, key, err) : 0;
    if (id.bytes != NULL)
        *key = integer(id, bad);
    return 0;
}

/* The joined text of a source or fqdd; an id that its dimension does not have is NULL, as
 * in a left join. */
static char *name_of(const struct mp_pqcopy *p, const struct mp_pqtable *table,
                     enum mp_pqcolumn column, int64_t key)
{
    const struct mp_pqdim *dim =
        column == MP_PQ_SOURCE ? &p->tables->sources : &p->tables->fqdds;
    const struct mp_pqname *name;

    if (key == NO_NAME)
        return NULL;
    if (table->types[column] == MP_PQ_TEXT)
        return key == BAD_NAME ? NULL : p->texts.keys[key].bytes;
    name = mp_pqdim_find(dim, key);
    return name != NULL ? name->name : NULL;
}

/* What makes a series: number of the table (table), node id, source and fqdd. */
struct row_key {
    int64_t a, b, c, d;
};

/* The sensor of a row that cannot be used: told once, and left out from there on. */
static int lose_sensor(struct mp_pqcopy *p, const struct row_key *key, const char *why,
                       struct mp_error *err)
{
    const struct mp_pqtable *table = &p->tables->table[key->a];
    const struct mp_pqname *node = mp_pqdim_find(&p->tables->nodes, key->b);
    long known = mp_keyset_put(&p->known, key, sizeof *key, err);

    if (known < 0)
        return -1;
    p->series[known] = UNUSABLE;
    return mp_findings_missing(mp_emit_findings(p->emit), node->name,
                               p->plan->routes[table->route].metrics[table->metric].name,
                               why, err);
}

static bool is_usable(const struct mp_pqtable *table, enum mp_pqcolumn column,
                      int64_t key, const char *name)
{
    if (table->types[column] == MP_PQ_TEXT && key == BAD_NAME)
        return false;
    return name == NULL || strlen(name) <= MP_EMIT_NAME_MAX;
}

static int new_series(struct mp_pqcopy *p, const struct row_key *key, uint32_t *number,
                      struct mp_error *err)
{
    const struct mp_pqtable *table = &p->tables->table[key->a];
    const struct mp_pqname *node = mp_pqdim_find(&p->tables->nodes, key->b);
    struct mp_series s = {
        .route = table->route,
        .metric_index = table->metric,
        .units = table->units,
        .accuracy = table->accuracy,
        .naive = table->types[MP_PQ_TIME] == MP_PQ_TIMESTAMP,
    };

    if (node == NULL || node->name == NULL)
        return malformed(err); /* only ids we asked for can come */
    *number = UNUSABLE;
    s.source = name_of(p, table, MP_PQ_SOURCE, key->c);
    s.fqdd = name_of(p, table, MP_PQ_FQDD, key->d);
    if (!is_usable(table, MP_PQ_SOURCE, key->c, s.source) ||
        !is_usable(table, MP_PQ_FQDD, key->d, s.fqdd))
        return lose_sensor(p, key, "a row of it has a source or FQDD that is no name",
                           err);
    s.hostname = node->name;
    s.node = node->node;
    return mp_emit_series(p->emit, &s, number, err);
}

/* The number of the row's series, which is new with its first row. */
static int find_series(struct mp_pqcopy *p, const struct row_key *key, uint32_t *number,
                       struct mp_error *err)
{
    size_t known = p->known.n;
    long at = mp_keyset_put(&p->known, key, sizeof *key, err);

    if (at < 0)
        return -1;
    if ((size_t)at < known) {
        *number = p->series[at];
        return 0;
    }
    if (known >= KEYS_MAX)
        return too_many("sensors", err);
    if (known == p->series_capacity) {
        size_t capacity = known > 0 ? 2 * known : 64;
        uint32_t *grown = realloc(p->series, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for series");
        p->series = grown;
        p->series_capacity = capacity;
    }
    if (new_series(p, key, number, err) < 0)
        return -1;
    p->series[at] = *number;
    return 0;
}

/* ---- values ---- */

static void set_text(struct mp_sample *s, const char *text, size_t n)
{
    s->kind = MP_VALUE_TEXT;
    s->text = text;
    s->text_len = (uint16_t)n;
}

/* What a double cannot hold goes as text, in `digits`. */
static void set_integer(struct mp_sample *s, int64_t value, char *digits)
{
    s->value = (double)value;
    s->kind = MP_VALUE_INT;
    if (value <= -(INT64_C(1) << EXACT_DOUBLE_BITS) || value >= INT64_C(1)
                                                                    << EXACT_DOUBLE_BITS)
        set_text(s, digits, mp_int_text(value, digits));
}

static int set_numeric(struct mp_sample *s, struct field f, struct mp_error *err)
{
    const char *text = (const char *)f.bytes;

    if (mp_number_read(text, f.n, &s->value) < 0)
        return malformed(err);
    set_text(s, text, f.n);
    return 0;
}

static int set_float(struct mp_sample *s, struct field f, struct mp_error *err)
{
    union {
        uint32_t bits;
        float value;
    } f4;
    union {
        uint64_t bits;
        double value;
    } f8;

    if (f.n == 4) {
        f4.bits = be32(f.bytes);
        s->value = mp_float4_value(f4.value); /* what its text says */
        s->kind = MP_VALUE_FLOAT4;
    } else if (f.n == 8) {
        f8.bits = be64(f.bytes);
        s->value = f8.value;
        s->kind = MP_VALUE_FLOAT8;
    } else
        return malformed(err);
    return 0;
}

static int set_value(struct mp_sample *s, const struct mp_pqtable *table, struct field f,
                     char *digits, struct mp_error *err)
{
    bool bad = false;
    int64_t whole;

    if (f.bytes == NULL) {
        s->kind = MP_VALUE_NULL;
        s->value = NAN;
        return 0;
    }
    switch (table->types[MP_PQ_VALUE]) {
    case MP_PQ_FLOAT4:
    case MP_PQ_FLOAT8:
        return set_float(s, f, err);
    case MP_PQ_NUMERIC:
        return set_numeric(s, f, err);
    default:
        whole = integer(f, &bad);
        if (bad)
            return malformed(err);
        set_integer(s, whole, digits);
        return 0;
    }
}

/* ---- rows ---- */

/* The row's number of fields and time stand first: 2 + 4 + 8 bytes.  "infinity" and what
 * else is above our own last time is that. */
static int64_t row_time(const struct mp_pqcopy *p)
{
    int64_t us = (int64_t)be64((const unsigned char *)p->message + p->at + 6);

    return us < INT64_MAX - PG_EPOCH_US ? us + PG_EPOCH_US : INT64_MAX;
}

static int n_fields(const struct mp_pqlayout *l)
{
    return 3 + l->wide_node + l->source_id + l->source_text + l->fqdd_id + l->fqdd_text;
}

#define ENDLESS "a row of it holds a number of more digits than any power has"

static bool is_endless(const struct mp_pqtable *table, struct field value)
{
    return table->types[MP_PQ_VALUE] == MP_PQ_NUMERIC && value.bytes != NULL &&
           value.n > MP_VALUE_TEXT_MAX;
}

static int read_row(struct mp_pqcopy *p, struct mp_error *err)
{
    static const struct field null;
    struct reader r = {.at = (const unsigned char *)p->message + p->at + 14,
                       .end = (const unsigned char *)p->message + p->length};
    const struct mp_pqlayout *l = &p->layout;
    struct field table = l->wide_node ? next_field(&r) : null;
    struct field node = next_field(&r);
    struct field source_id = l->source_id ? next_field(&r) : null;
    struct field source_text = l->source_text ? next_field(&r) : null;
    struct field fqdd_id = l->fqdd_id ? next_field(&r) : null;
    struct field fqdd_text = l->fqdd_text ? next_field(&r) : null;
    struct field value = next_field(&r);
    struct mp_sample sample = {.time = row_time(p)};
    char digits[MP_NUMBER_TEXT_MAX];
    const struct mp_pqtable *at;
    struct row_key key;

    if (r.bad || node.bytes == NULL || (l->wide_node && table.bytes == NULL))
        return malformed(err);
    key.b = integer(node, &r.bad);
    if (l->wide_node)
        key.a = integer(table, &r.bad);
    else { /* number * 2^32 + node id */
        int32_t id = (int32_t)(uint32_t)key.b;

        key.a = (int64_t)(((uint64_t)key.b - (uint64_t)(int64_t)id) >> 32);
        key.b = id;
    }
    if (r.bad || key.a < 0 || (uint64_t)key.a >= p->tables->n_tables)
        return malformed(err);
    at = &p->tables->table[key.a];
    if (name_key(p, at->types[MP_PQ_SOURCE], source_id, source_text, &key.c, &r.bad,
                 err) < 0 ||
        name_key(p, at->types[MP_PQ_FQDD], fqdd_id, fqdd_text, &key.d, &r.bad, err) < 0)
        return -1;
    p->at = (int)((const char *)r.at - p->message);
    if (r.bad)
        return malformed(err);
    if (find_series(p, &key, &sample.series, err) < 0)
        return -1;
    if (sample.series == UNUSABLE)
        return 0;
    if (is_endless(at, value))
        return lose_sensor(p, &key, ENDLESS, err);
    return set_value(&sample, at, value, digits, err) < 0
               ? -1
               : mp_emit_sample(p->emit, &sample, err);
}

static int read_header(struct mp_pqcopy *p, struct mp_error *err)
{
    const unsigned char *bytes = (const unsigned char *)p->message;
    uint32_t extension;

    if (p->length < 19 || memcmp(bytes, signature, sizeof signature) != 0 ||
        (be32(bytes + 11) & 0xFFFF0000u) != 0)
        return mp_fail(err, MP_FAULT_FAILED,
                       "the database did not send PostgreSQL's binary COPY format");
    extension = be32(bytes + 15);
    if (extension > (uint32_t)(p->length - 19))
        return malformed(err);
    p->at = 19 + (int)extension;
    p->started = true;
    return 0;
}

/* Decodes rows before `until`.  1: the message is used up; 0: the next row waits. */
static int read_rows(struct mp_pqcopy *p, int64_t until, struct mp_error *err)
{
    const int64_t near = mp_plan_near(p->plan);

    if (!p->started && read_header(p, err) < 0)
        return -1;
    while (p->at < p->length) {
        const unsigned char *bytes = (const unsigned char *)p->message + p->at;
        int left = p->length - p->at;
        int fields = left >= 2 ? (int16_t)(bytes[0] << 8 | bytes[1]) : 0;

        if (fields == -1 && !p->over) {
            p->at = p->length;
            p->over = true;
            return 1;
        }
        if (p->over || fields != n_fields(&p->layout) || left < 14 ||
            be32(bytes + 2) != 8)
            return malformed(err);
        if (row_time(p) < p->plan->start - near || row_time(p) > p->plan->end + near)
            return malformed(err);
        if (row_time(p) >= until)
            return 0;
        if (read_row(p, err) < 0)
            return -1;
    }
    return 1;
}

static void drop_message(struct mp_pqcopy *p)
{
    PQfreemem(p->message);
    p->message = NULL;
}

int mp_pqcopy_message(struct mp_pqcopy *p, char *message, int length, int64_t until,
                      struct mp_error *err)
{
    int rc;

    if (message != NULL) {
        drop_message(p);
        p->message = message;
        p->length = length;
        p->at = 0;
    }
    rc = read_rows(p, until, err);
    if (rc > 0)
        drop_message(p);
    return rc;
}

int mp_pqcopy_read(struct mp_pqcopy *p, struct mp_pqconn *c, const struct mp_run *run,
                   int64_t until, struct mp_error *err)
{
    int rc = p->message != NULL ? mp_pqcopy_message(p, NULL, 0, until, err) : 1;

    while (rc > 0) {
        char *message = NULL;
        int length;

        if (p->messages++ % MESSAGES_A_LOOK == 0 && mp_run_check(run, err) < 0)
            return -1;
        length = mp_pqconn_copy_next(c, run, &message, err);
        if (length < 0)
            return -1;
        if (length == 0) {
            p->ended = true;
            return 0;
        }
        rc = mp_pqcopy_message(p, message, length, until, err);
    }
    return rc;
}

int64_t mp_pqcopy_waiting(const struct mp_pqcopy *p)
{
    return p->message != NULL ? row_time(p) : INT64_MAX;
}

void mp_pqcopy_free(struct mp_pqcopy *p)
{
    drop_message(p);
    mp_keyset_free(&p->known);
    mp_keyset_free(&p->texts);
    free(p->series);
    p->series = NULL;
}
