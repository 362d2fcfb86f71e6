/* SPDX-License-Identifier: MIT
 * copy.c - binary COPY, pack by pack.
 *
 * The format (PostgreSQL's manual, COPY, "Binary Format"): an 11-byte signature, flags,
 * the length of an extension; then for each row int16 number of fields and for each field
 * int32 length (-1: NULL) and bytes, all big-endian; -1 instead of a number ends it.  The
 * server sends each row as one message; a row that is split over messages is refused. */
#include "config.h"

#include "backends/pq/copy.h"

#include <stdlib.h>
#include <string.h>

#include "backends/frame/order.h"
#include "model/sample.h"

static const unsigned char signature[11] = "PGCOPY\n\377\r\n";

enum { MESSAGES_A_LOOK = 1024, MESSAGE_COST = 64 };

struct reader {
    unsigned char *at, *end;
    bool bad;
};

struct field {
    unsigned char *bytes; /* NULL: SQL NULL */
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

/* ---- rows ---- */

static int n_fields(const struct mp_pqlayout *l)
{
    return 4 + l->wide_node + l->source_id + l->source_text + l->fqdd_id + l->fqdd_text;
}

#define ENDLESS "a row of it holds a number of more digits than any power has"

/* A message stays until its slice has been given: packs lie in it. */
static int keep_message(struct mp_pqcopy *p, struct mp_error *err)
{
    if (p->n_kept == p->kept_capacity) {
        size_t capacity = p->n_kept > 0 ? 2 * p->n_kept : 64;
        char **grown = realloc(p->kept, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples");
        p->kept = grown;
        p->kept_capacity = capacity;
    }
    p->kept[p->n_kept++] = p->message;
    p->bytes += (size_t)p->length + MESSAGE_COST;
    return 0;
}

static int check_flood(const struct mp_pqcopy *p, struct mp_error *err)
{
    if (p->samples <= MP_SLICE_ROWS_MAX && p->bytes <= MP_PQANSWER_BYTES_MAX)
        return 0;
    return mp_fail(err, MP_FAULT_FAILED,
                   "more than %d samples, or %d MB, in one slice of time: no sensors "
                   "speak so much; look for rows that stand there many times",
                   MP_SLICE_ROWS_MAX, MP_PQANSWER_BYTES_MAX >> 20);
}

static int add_pack(struct mp_pqcopy *p, const struct row_key *key, uint32_t series,
                    struct field bytes, bool nulls, struct mp_error *err)
{
    struct mp_pqpack *pack;

    if (bytes.bytes == NULL)
        return 0;
    if (p->n_packs == p->packs_capacity) {
        size_t capacity = p->n_packs > 0 ? 2 * p->n_packs : 64;
        struct mp_pqpack *grown = realloc(p->packs, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples");
        p->packs = grown;
        p->packs_capacity = capacity;
    }
    pack = &p->packs[p->n_packs];
    if (mp_pqpack_take(pack, bytes.bytes, bytes.n,
                       p->tables->table[key->a].types[MP_PQ_VALUE], nulls, &p->span,
                       err) < 0)
        return -1;
    if (pack->endless)
        return lose_sensor(p, key, ENDLESS, err);
    pack->series = series;
    p->unordered = p->unordered || pack->size == 0;
    p->samples += pack->n;
    p->n_packs++;
    return check_flood(p, err);
}

/* Of a row whose slice has been read from it. */
static int read_row(struct mp_pqcopy *p, struct reader *r, struct mp_error *err)
{
    static const struct field null;
    const struct mp_pqlayout *l = &p->layout;
    struct field table = l->wide_node ? next_field(r) : null;
    struct field node = next_field(r);
    struct field source_id = l->source_id ? next_field(r) : null;
    struct field source_text = l->source_text ? next_field(r) : null;
    struct field fqdd_id = l->fqdd_id ? next_field(r) : null;
    struct field fqdd_text = l->fqdd_text ? next_field(r) : null;
    struct field values = next_field(r);
    struct field nulls = next_field(r);
    const struct mp_pqtable *at;
    struct row_key key;
    uint32_t series;

    if (r->bad || node.bytes == NULL || (l->wide_node && table.bytes == NULL))
        return malformed(err);
    key.b = integer(node, &r->bad);
    if (l->wide_node)
        key.a = integer(table, &r->bad);
    else { /* number * 2^32 + node id */
        int32_t id = (int32_t)(uint32_t)key.b;

        key.a = (int64_t)(((uint64_t)key.b - (uint64_t)(int64_t)id) >> 32);
        key.b = id;
    }
    if (r->bad || key.a < 0 || (uint64_t)key.a >= p->tables->n_tables)
        return malformed(err);
    at = &p->tables->table[key.a];
    if (name_key(p, at->types[MP_PQ_SOURCE], source_id, source_text, &key.c, &r->bad,
                 err) < 0 ||
        name_key(p, at->types[MP_PQ_FQDD], fqdd_id, fqdd_text, &key.d, &r->bad, err) < 0)
        return -1;
    if (r->bad)
        return malformed(err);
    if (find_series(p, &key, &series, err) < 0)
        return -1;
    if (series == UNUSABLE)
        return 0;
    return add_pack(p, &key, series, values, false, err) < 0 ||
                   add_pack(p, &key, series, nulls, true, err) < 0
               ? -1
               : 0;
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

/* 1: the trailer, or a row of p->slice, has been read; 0: a row of a later one waits. */
static int read_one(struct mp_pqcopy *p, struct mp_error *err)
{
    struct reader r = {.at = (unsigned char *)p->message + p->at,
                       .end = (unsigned char *)p->message + p->length};
    int fields = p->length - p->at >= 2 ? (int16_t)(r.at[0] << 8 | r.at[1]) : 0;
    struct field number;
    int64_t slice;

    if (fields == -1 && !p->over) {
        p->at = p->length;
        p->over = true;
        return 1;
    }
    r.at += 2;
    if (p->over || fields != n_fields(&p->layout))
        return malformed(err);
    number = next_field(&r);
    if (r.bad || number.bytes == NULL || number.n != 4)
        return malformed(err);
    slice = integer(number, &r.bad);
    if (slice < (int64_t)p->slice || slice >= (int64_t)p->limit)
        return malformed(err);
    if (slice > (int64_t)p->slice)
        return 0;
    if (read_row(p, &r, err) < 0)
        return -1;
    p->at = (int)((char *)r.at - p->message);
    return 1;
}

/* Rows of two slices in one message: the later ones go into one of their own. */
static int split(struct mp_pqcopy *p, struct mp_error *err)
{
    int left = p->length - p->at;
    char *rest = malloc((size_t)left); /* as libpq: PQfreemem is free */

    if (rest == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples");
    memcpy(rest, p->message + p->at, (size_t)left);
    if (keep_message(p, err) < 0) {
        free(rest);
        return -1;
    }
    p->message = rest;
    p->length = left;
    p->at = 0;
    return 0;
}

/* 1: the message is used up; 0: the next row is of a later slice. */
static int read_rows(struct mp_pqcopy *p, struct mp_error *err)
{
    int at, rc = 1;

    if (!p->started && read_header(p, err) < 0)
        return -1;
    at = p->at;
    while (p->at < p->length && rc > 0)
        rc = read_one(p, err);
    if (rc == 0 && p->at > at)
        return split(p, err);
    if (rc > 0) {
        rc = keep_message(p, err) < 0 ? -1 : 1;
        p->message = rc < 0 ? p->message : NULL;
    }
    return rc < 0 || check_flood(p, err) < 0 ? -1 : rc;
}

int mp_pqcopy_message(struct mp_pqcopy *p, char *message, int length,
                      struct mp_error *err)
{
    if (message != NULL) {
        PQfreemem(p->message);
        p->message = message;
        p->length = length;
        p->at = 0;
    }
    return read_rows(p, err);
}

int mp_pqcopy_read(struct mp_pqcopy *p, struct mp_pqconn *c, const struct mp_run *run,
                   struct mp_error *err)
{
    int rc = p->message != NULL ? mp_pqcopy_message(p, NULL, 0, err) : 1;

    while (rc > 0) {
        char *message = NULL;
        int length;

        if (p->messages++ % MESSAGES_A_LOOK == 0 && mp_run_check(run, err) < 0)
            return -1;
        length = mp_pqconn_copy_next(c, run, &message, err);
        if (length <= 0) {
            p->started = p->over = false;
            return length < 0 ? -1 : 1;
        }
        rc = mp_pqcopy_message(p, message, length, err);
    }
    return rc;
}

void mp_pqcopy_begin(struct mp_pqcopy *p, size_t slice, struct mp_pqspan span)
{
    for (size_t i = 0; i < p->n_kept; i++)
        PQfreemem(p->kept[i]);
    p->n_kept = p->n_packs = p->samples = p->bytes = 0;
    p->unordered = false;
    p->slice = slice;
    p->span = span;
}

void mp_pqcopy_restart(struct mp_pqcopy *p)
{
    PQfreemem(p->message);
    p->message = NULL;
    p->started = p->over = false;
    mp_pqcopy_begin(p, p->slice, p->span);
}

int mp_pqcopy_give(struct mp_pqcopy *p, int64_t until, struct mp_error *err)
{
    for (size_t i = 0; i < p->n_packs; i++)
        if (mp_pqpack_give(&p->packs[i], &p->span, until, p->emit, err) < 0)
            return -1;
    return 0;
}

void mp_pqcopy_free(struct mp_pqcopy *p)
{
    mp_pqcopy_restart(p);
    mp_keyset_free(&p->known);
    mp_keyset_free(&p->texts);
    free(p->kept);
    free(p->packs);
    free(p->series);
    p->series = NULL;
}
