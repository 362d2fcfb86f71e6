/* SPDX-License-Identifier: MIT
 * statement.c - writing the COPY statements. */
#include "config.h"

#include "backends/pq/statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As if every sensor spoke once a second: MonSTer's speak every five, a GPU's four
 * together four times as often.  Some 3 MB of packs, and at most four bytes of µs. */
enum { ROWS_PER_SLICE = 1 << 21, MIN_WIDTH_S = 1, MAX_WIDTH_S = 4200 };

void mp_pqslices_choose(struct mp_pqslices *s, const struct mp_plan *plan, uint64_t pairs)
{
    uint64_t seconds = ROWS_PER_SLICE / (pairs > 0 ? pairs : 1);

    if (seconds < MIN_WIDTH_S)
        seconds = MIN_WIDTH_S;
    if (seconds > MAX_WIDTH_S)
        seconds = MAX_WIDTH_S;
    s->start = plan->start - mp_plan_near(plan);
    s->end = plan->end + mp_plan_near(plan);
    s->width = (int64_t)seconds * 1000000;
    s->n = (size_t)((s->end - s->start) / s->width) + 1;
}

struct mp_pqspan mp_pqslices_span(const struct mp_pqslices *s, size_t slice)
{
    struct mp_pqspan span = {.lo = s->start + (int64_t)slice * s->width};

    span.hi = span.lo + s->width;
    if (span.hi > s->end)
        span.hi = s->end + 1;
    return span;
}

/* A timestamptz literal that means the same under any TimeZone and DateStyle. */
static void put_time(FILE *out, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    int fraction = (int)(us % 1000000);
    struct tm tm;

    if (fraction < 0) {
        fraction += 1000000;
        seconds--;
    }
    gmtime_r(&seconds, &tm);
    fprintf(out, "'%04d-%02d-%02d %02d:%02d:%02d.%06d+00'::timestamptz",
            tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
            tm.tm_sec, fraction);
}

static int put_identifier(FILE *out, PGconn *pg, const char *name, struct mp_error *err)
{
    char *quoted = PQescapeIdentifier(pg, name, strlen(name));

    if (quoted == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot quote the name %s: %s", name,
                       PQerrorMessage(pg));
    fputs(quoted, out);
    PQfreemem(quoted);
    return 0;
}

static const char *send_function(enum mp_pqtype type)
{
    switch (type) {
    case MP_PQ_INT2:
        return "int2send";
    case MP_PQ_INT4:
        return "int4send";
    case MP_PQ_INT8:
        return "int8send";
    case MP_PQ_FLOAT4:
        return "float4send";
    case MP_PQ_FLOAT8:
        return "float8send";
    default:
        return "textsend"; /* of a numeric's text: all its digits, as they are printed */
    }
}

/* The tables of a UNION ALL must agree on types. */
static struct mp_pqlayout layout_of(const struct mp_pqtables *t)
{
    struct mp_pqlayout l = {0};

    for (size_t i = 0; i < t->n_tables; i++) {
        const enum mp_pqtype *types = t->table[i].types;

        l.wide_node |= types[MP_PQ_NODE] == MP_PQ_INT8;
        l.wide_ids |= types[MP_PQ_SOURCE] == MP_PQ_INT8;
        l.wide_ids |= types[MP_PQ_FQDD] == MP_PQ_INT8;
        l.source_id |= mp_pqtype_is_id(types[MP_PQ_SOURCE]);
        l.source_text |= types[MP_PQ_SOURCE] == MP_PQ_TEXT;
        l.fqdd_id |= mp_pqtype_is_id(types[MP_PQ_FQDD]);
        l.fqdd_text |= types[MP_PQ_FQDD] == MP_PQ_TEXT;
    }
    return l;
}

/* What a statement is written from. */
struct writing {
    FILE *out;
    PGconn *pg;
    const struct mp_plan *plan;
    const struct mp_pqtables *t;
    const struct mp_pqslices *slices;
    struct mp_pqlayout layout;
    size_t first, end; /* slices of the statement */
};

static int put_column(const struct writing *w, const struct mp_pqtable *table,
                      enum mp_pqcolumn column, struct mp_error *err)
{
    if (put_identifier(w->out, w->pg, table->columns[column], err) < 0)
        return -1;
    if (column == MP_PQ_TIME && table->types[MP_PQ_TIME] == MP_PQ_TIMESTAMP)
        fputs("::timestamptz", w->out);
    return 0;
}

static int put_name_column(const struct writing *w, const struct mp_pqtable *table,
                           enum mp_pqcolumn column, const char *type,
                           struct mp_error *err)
{
    bool want_text = strcmp(type, "text") == 0;

    if (table->columns[column] == NULL ||
        (table->types[column] == MP_PQ_TEXT) != want_text) {
        fprintf(w->out, ", NULL::%s", type);
        return 0;
    }
    fputs(", ", w->out);
    if (put_column(w, table, column, err) < 0)
        return -1;
    fprintf(w->out, "::%s", type);
    return 0;
}

/* The slice's number: it is known, unless the statement reads several at once. */
static int put_number(const struct writing *w, const struct mp_pqtable *table,
                      struct mp_error *err)
{
    if (w->end - w->first == 1) {
        fprintf(w->out, "%zu::int4", w->first);
        return 0;
    }
    fprintf(w->out, "%zu + pg_catalog.width_bucket(", w->first);
    if (put_column(w, table, MP_PQ_TIME, err) < 0)
        return -1;
    fputs(", ARRAY[", w->out);
    for (size_t i = w->first; i < w->end; i++) {
        fputs(i > w->first ? ", " : "", w->out);
        put_time(w->out, mp_pqslices_span(w->slices, i).lo);
    }
    fputs("]) - 1", w->out);
    return 0;
}

/* The lower four bytes of the time. */
static int put_stamp(const struct writing *w, const struct mp_pqtable *table,
                     struct mp_error *err)
{
    fputs("substring(pg_catalog.timestamptz_send(", w->out);
    if (put_column(w, table, MP_PQ_TIME, err) < 0)
        return -1;
    fputs(") from 5)", w->out);
    return 0;
}

/* string_agg leaves out what is NULL: those have a pack of their own. */
static int put_packs(const struct writing *w, const struct mp_pqtable *table,
                     struct mp_error *err)
{
    const char *send = send_function(table->types[MP_PQ_VALUE]);
    bool text = table->types[MP_PQ_VALUE] == MP_PQ_NUMERIC;

    fputs(", string_agg(", w->out);
    if (put_stamp(w, table, err) < 0)
        return -1;
    if (text) {
        fputs(" || pg_catalog.int4send(octet_length(", w->out);
        if (put_column(w, table, MP_PQ_VALUE, err) < 0)
            return -1;
        fputs("::text))", w->out);
    }
    fprintf(w->out, " || pg_catalog.%s(", send);
    if (put_column(w, table, MP_PQ_VALUE, err) < 0)
        return -1;
    fprintf(w->out, "%s), ''), string_agg(", text ? "::text" : "");
    if (put_stamp(w, table, err) < 0)
        return -1;
    fputs(", '') FILTER (WHERE ", w->out);
    if (put_column(w, table, MP_PQ_VALUE, err) < 0)
        return -1;
    fputs(" IS NULL)", w->out);
    return 0;
}

static int put_columns(const struct writing *w, const struct mp_pqtable *table,
                       size_t number, struct mp_error *err)
{
    const struct mp_pqlayout *l = &w->layout;
    const char *id = l->wide_ids ? "int8" : "int4";

    fputs("SELECT ", w->out);
    if (put_number(w, table, err) < 0)
        return -1;
    if (l->wide_node)
        fprintf(w->out, ", %zu::int2", number);
    fputs(", ", w->out);
    if (put_column(w, table, MP_PQ_NODE, err) < 0)
        return -1;
    if (l->wide_node)
        fputs("::int8", w->out);
    else
        fprintf(w->out, "::int4 + %" PRIu64 "::int8", (uint64_t)number << 32);
    if ((l->source_id && put_name_column(w, table, MP_PQ_SOURCE, id, err) < 0) ||
        (l->source_text && put_name_column(w, table, MP_PQ_SOURCE, "text", err) < 0) ||
        (l->fqdd_id && put_name_column(w, table, MP_PQ_FQDD, id, err) < 0) ||
        (l->fqdd_text && put_name_column(w, table, MP_PQ_FQDD, "text", err) < 0))
        return -1;
    return put_packs(w, table, err);
}

static int put_group(const struct writing *w, const struct mp_pqtable *table,
                     struct mp_error *err)
{
    static const enum mp_pqcolumn names[] = {MP_PQ_SOURCE, MP_PQ_FQDD};

    fputs(" GROUP BY ", w->out);
    if (put_column(w, table, MP_PQ_NODE, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (table->columns[names[i]] == NULL)
            continue;
        fputs(", ", w->out);
        if (put_column(w, table, names[i], err) < 0)
            return -1;
    }
    if (w->end - w->first > 1)
        fputs(", 1", w->out);
    return 0;
}

static void put_node_ids(FILE *out, const struct mp_plan *plan,
                         const struct mp_pqtables *t, const struct mp_pqtable *table)
{
    static const struct {
        const char *type;
        int64_t min, max;
    } ranges[] = {[MP_PQ_INT2] = {"int2", INT16_MIN, INT16_MAX},
                  [MP_PQ_INT4] = {"int4", INT32_MIN, INT32_MAX},
                  [MP_PQ_INT8] = {"int8", INT64_MIN, INT64_MAX}};
    enum mp_pqtype type = table->types[MP_PQ_NODE];
    const char *comma = "";

    fputs("ANY('{", out);
    for (size_t i = 0; i < t->nodes.n; i++) {
        const struct mp_pqname *node = &t->nodes.names[i];

        if (plan->nodes[node->node].route != table->route ||
            node->id < ranges[type].min || node->id > ranges[type].max)
            continue;
        fprintf(out, "%s%" PRId64, comma, node->id);
        comma = ",";
    }
    fprintf(out, "}'::%s[])", ranges[type].type);
}

/* Constants: they let TimescaleDB leave chunks out when it plans. */
static int put_table(const struct writing *w, size_t number, struct mp_error *err)
{
    const struct mp_pqtable *table = &w->t->table[number];
    FILE *out = w->out;
    const char *time = table->columns[MP_PQ_TIME];

    if (put_columns(w, table, number, err) < 0)
        return -1;
    fputs(" FROM ", out);
    if (put_identifier(out, w->pg, table->schema, err) < 0)
        return -1;
    putc('.', out);
    if (put_identifier(out, w->pg, table->name, err) < 0)
        return -1;
    fputs(" WHERE ", out);
    if (put_identifier(out, w->pg, time, err) < 0)
        return -1;
    fputs(" >= ", out);
    put_time(out, mp_pqslices_span(w->slices, w->first).lo);
    fputs(" AND ", out);
    if (put_identifier(out, w->pg, time, err) < 0)
        return -1;
    fputs(" < ", out);
    put_time(out, mp_pqslices_span(w->slices, w->end - 1).hi);
    fputs(" AND ", out);
    if (put_column(w, table, MP_PQ_NODE, err) < 0)
        return -1;
    fputs(" = ", out);
    put_node_ids(out, w->plan, w->t, table);
    return put_group(w, table, err);
}

/* By bitmap scans that need no order, each (node, table) hashed to its pack.  jit would
 * compile for longer than the statement runs.  A slice's packs are some MB. */
static void put_settings(FILE *out, PGconn *pg, const struct mp_pqtables *t)
{
    if (PQserverVersion(pg) >= 110000)
        fputs("SET LOCAL jit = off; ", out);
    if (PQserverVersion(pg) >= 90600)
        fputs("SET LOCAL max_parallel_workers_per_gather = 0; ", out);
    fputs("SET LOCAL work_mem = '64MB'; SET LOCAL enable_sort = off; ", out);
    if (t->sliceable)
        fputs("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = on; ",
              out);
}

static bool has_nodes(const struct mp_plan *plan, const struct mp_pqtables *t,
                      size_t number)
{
    for (size_t i = 0; i < t->nodes.n; i++)
        if (plan->nodes[t->nodes.names[i].node].route == t->table[number].route)
            return true;
    return false;
}

/* Slices that one statement reads: where each would read a table from end to end, all;
 * where each would unpack the same batches, as many as the server can hold. */
enum { SLICES_COMPRESSED = 16 };

static size_t stretch(const struct mp_pqtables *t, const struct mp_pqslices *s)
{
    if (!t->sliceable)
        return s->n;
    return t->compressed ? SLICES_COMPRESSED : 1;
}

static int put_statement(const struct writing *w, struct mp_error *err)
{
    const char *between = "";

    fputs("COPY (", w->out);
    for (size_t i = 0; i < w->t->n_tables; i++) {
        if (!has_nodes(w->plan, w->t, i))
            continue;
        fputs(between, w->out);
        if (put_table(w, i, err) < 0)
            return -1;
        between = " UNION ALL ";
    }
    fprintf(w->out, "%s) TO STDOUT (FORMAT binary); ",
            w->end - w->first > 1 ? " ORDER BY 1" : "");
    return 0;
}

static int put_statements(struct writing *w, size_t end, struct mp_error *err)
{
    size_t step = stretch(w->t, w->slices);

    put_settings(w->out, w->pg, w->t);
    for (; w->first < end; w->first = w->end) {
        w->end = w->first + step < w->slices->n ? w->first + step : w->slices->n;
        if (put_statement(w, err) < 0)
            return -1;
    }
    return 0;
}

size_t mp_pqstatement_end(const struct mp_pqtables *t, const struct mp_pqslices *slices,
                          size_t first)
{
    size_t end = first + stretch(t, slices);

    return end < slices->n ? end : slices->n;
}

int mp_pqstatement_make(PGconn *pg, const struct mp_plan *plan,
                        const struct mp_pqtables *t, const struct mp_pqslices *slices,
                        size_t first, size_t n, struct mp_pqlayout *layout, char **sql,
                        struct mp_error *err)
{
    struct writing w = {.pg = pg,
                        .plan = plan,
                        .t = t,
                        .slices = slices,
                        .layout = layout_of(t),
                        .first = first};
    size_t size;
    size_t end = first;
    int rc;

    *sql = NULL;
    *layout = w.layout;
    if (t->n_tables == 0 || t->nodes.n == 0)
        return 0;
    while (n-- > 0 && end < slices->n)
        end = mp_pqstatement_end(t, slices, end);
    w.out = open_memstream(sql, &size);
    if (w.out == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a statement");
    rc = put_statements(&w, end, err);
    if (fclose(w.out) != 0 && rc == 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory for a statement");
    if (rc < 0) {
        free(*sql);
        *sql = NULL;
    }
    return rc;
}
