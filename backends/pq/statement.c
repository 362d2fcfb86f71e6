/* SPDX-License-Identifier: MIT
 * statement.c - writing the COPY statement. */
#include "config.h"

#include "backends/pq/statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_PER_SLICE = 65536, MIN_WIDTH_S = 1 };

/* As if every sensor spoke once a second: MonSTer's speak every five, a GPU's four
 * together four times as often.  A sensor ten times as fast still makes only a bigger
 * slice. */
void mp_pqslices_choose(struct mp_pqslices *s, const struct mp_plan *plan, uint64_t pairs)
{
    uint64_t seconds = ROWS_PER_SLICE / (pairs > 0 ? pairs : 1);

    s->start = plan->start - mp_plan_near(plan);
    s->end = plan->end + mp_plan_near(plan);
    s->width = (int64_t)(seconds > MIN_WIDTH_S ? seconds : MIN_WIDTH_S) * 1000000;
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

/* The tables of a UNION ALL must agree on types: values of different types travel as the
 * bytes their type would send anyway. */
struct shape {
    struct mp_pqlayout layout;
    bool mixed_values;
};

static struct shape shape_of(const struct mp_pqtables *t)
{
    struct shape s = {0};

    for (size_t i = 0; i < t->n_tables; i++) {
        const enum mp_pqtype *types = t->table[i].types;

        s.layout.wide_node |= types[MP_PQ_NODE] == MP_PQ_INT8;
        s.layout.wide_ids |= types[MP_PQ_SOURCE] == MP_PQ_INT8;
        s.layout.wide_ids |= types[MP_PQ_FQDD] == MP_PQ_INT8;
        s.layout.source_id |= mp_pqtype_is_id(types[MP_PQ_SOURCE]);
        s.layout.source_text |= types[MP_PQ_SOURCE] == MP_PQ_TEXT;
        s.layout.fqdd_id |= mp_pqtype_is_id(types[MP_PQ_FQDD]);
        s.layout.fqdd_text |= types[MP_PQ_FQDD] == MP_PQ_TEXT;
        s.mixed_values |= types[MP_PQ_VALUE] != t->table[0].types[MP_PQ_VALUE];
    }
    return s;
}

static int put_name_column(FILE *out, PGconn *pg, const struct mp_pqtable *table,
                           enum mp_pqcolumn column, const char *type,
                           struct mp_error *err)
{
    bool want_text = strcmp(type, "text") == 0;

    if (table->columns[column] == NULL ||
        (table->types[column] == MP_PQ_TEXT) != want_text) {
        fprintf(out, ", NULL::%s", type);
        return 0;
    }
    fputs(", ", out);
    if (put_identifier(out, pg, table->columns[column], err) < 0)
        return -1;
    fprintf(out, "::%s", type);
    return 0;
}

static int put_columns(FILE *out, PGconn *pg, const struct mp_pqtable *table,
                       size_t number, const struct shape *s, struct mp_error *err)
{
    const struct mp_pqlayout *l = &s->layout;
    const char *id = l->wide_ids ? "int8" : "int4";

    fputs("SELECT ", out);
    if (put_identifier(out, pg, table->columns[MP_PQ_TIME], err) < 0)
        return -1;
    fputs(table->types[MP_PQ_TIME] == MP_PQ_TIMESTAMP ? "::timestamptz, " : ", ", out);
    if (l->wide_node)
        fprintf(out, "%zu::int2, ", number);
    if (put_identifier(out, pg, table->columns[MP_PQ_NODE], err) < 0)
        return -1;
    if (l->wide_node)
        fputs("::int8", out);
    else
        fprintf(out, "::int4 + %" PRIu64 "::int8", (uint64_t)number << 32);
    if ((l->source_id && put_name_column(out, pg, table, MP_PQ_SOURCE, id, err) < 0) ||
        (l->source_text &&
         put_name_column(out, pg, table, MP_PQ_SOURCE, "text", err) < 0) ||
        (l->fqdd_id && put_name_column(out, pg, table, MP_PQ_FQDD, id, err) < 0) ||
        (l->fqdd_text && put_name_column(out, pg, table, MP_PQ_FQDD, "text", err) < 0))
        return -1;
    if (s->mixed_values)
        fprintf(out, ", pg_catalog.%s(", send_function(table->types[MP_PQ_VALUE]));
    else
        fputs(", ", out);
    if (put_identifier(out, pg, table->columns[MP_PQ_VALUE], err) < 0)
        return -1;
    if (table->types[MP_PQ_VALUE] == MP_PQ_NUMERIC)
        fputs("::text", out);
    if (s->mixed_values)
        putc(')', out);
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

/* The whole window is said as well: it lets TimescaleDB
 * leave chunks out when it plans. */
static int put_table(FILE *out, PGconn *pg, const struct mp_plan *plan,
                     const struct mp_pqtables *t, size_t number, const struct shape *s,
                     const struct mp_pqslices *slices, struct mp_error *err)
{
    const struct mp_pqtable *table = &t->table[number];
    char *time = NULL;
    int rc = -1;

    if (put_columns(out, pg, table, number, s, err) < 0)
        return -1;
    fputs(" FROM ", out);
    if (put_identifier(out, pg, table->schema, err) < 0)
        return -1;
    putc('.', out);
    if (put_identifier(out, pg, table->name, err) < 0)
        return -1;
    time = PQescapeIdentifier(pg, table->columns[MP_PQ_TIME],
                              strlen(table->columns[MP_PQ_TIME]));
    if (time == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a statement");
    fprintf(out, " WHERE %s >= ", time);
    put_time(out, slices->start);
    fprintf(out, " AND %s <= ", time);
    put_time(out, slices->end);
    if (t->sliceable)
        fprintf(out,
                " AND %s >= s.lo AND %s < s.lo + '%" PRId64 " microseconds'::interval",
                time, time, slices->width);
    fputs(" AND ", out);
    rc = put_identifier(out, pg, table->columns[MP_PQ_NODE], err);
    fputs(" = ", out);
    put_node_ids(out, plan, t, table);
    PQfreemem(time);
    return rc;
}

/* Tables with an index that finds a span of time: slice by slice, by bitmap scans that
 * need no order.  jit would compile for longer than the statement runs.  Without such an
 * index every slice would read everything, so the server must sort once. */
static void put_settings(FILE *out, PGconn *pg, const struct mp_pqtables *t)
{
    if (PQserverVersion(pg) >= 110000)
        fputs("SET LOCAL jit = off; ", out);
    if (PQserverVersion(pg) >= 90600)
        fputs("SET LOCAL max_parallel_workers_per_gather = 0; ", out);
    if (t->sliceable)
        fputs("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = on; "
              "SET LOCAL enable_sort = off; ",
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

static int put_statement(FILE *out, PGconn *pg, const struct mp_plan *plan,
                         const struct mp_pqtables *t, const struct mp_pqslices *slices,
                         const struct shape *s, struct mp_error *err)
{
    const char *between = "";
    size_t n = 0;

    put_settings(out, pg, t);
    fputs("COPY (SELECT r.* FROM ", out);
    if (t->sliceable) {
        fputs("pg_catalog.generate_series(", out);
        put_time(out, slices->start);
        fputs(", ", out);
        put_time(out, slices->end);
        fprintf(out,
                ", '%" PRId64 " microseconds'::interval) WITH ORDINALITY AS s(lo, k), ",
                slices->width);
    }
    fputs("LATERAL (", out);
    for (size_t i = 0; i < t->n_tables; i++) {
        if (!has_nodes(plan, t, i))
            continue;
        fputs(between, out);
        if (put_table(out, pg, plan, t, i, s, slices, err) < 0)
            return -1;
        between = " UNION ALL ";
        n++;
    }
    /* a single SELECT would be pulled up and could be joined in another order */
    fprintf(out, "%s) AS r(t) ORDER BY %s) TO STDOUT (FORMAT binary)",
            n == 1 ? " OFFSET 0" : "", t->sliceable ? "s.k" : "r.t");
    return 0;
}

int mp_pqstatement_make(PGconn *pg, const struct mp_plan *plan,
                        const struct mp_pqtables *t, const struct mp_pqslices *slices,
                        struct mp_pqlayout *layout, char **sql, struct mp_error *err)
{
    struct shape s = shape_of(t);
    size_t size;
    FILE *out;
    int rc;

    *sql = NULL;
    *layout = s.layout;
    if (t->n_tables == 0 || t->nodes.n == 0)
        return 0;
    out = open_memstream(sql, &size);
    if (out == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a statement");
    rc = put_statement(out, pg, plan, t, slices, &s, err);
    if (fclose(out) != 0 && rc == 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory for a statement");
    if (rc < 0) {
        free(*sql);
        *sql = NULL;
    }
    return rc;
}
