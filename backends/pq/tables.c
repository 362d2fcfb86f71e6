/* SPDX-License-Identifier: MIT
 * tables.c - the catalogue and the dimensions. */
#include "config.h"

#include "backends/pq/tables.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/frame/hosts.h"
#include "backends/pq/zone.h"
#include "base/numtext.h"
#include "base/utf8.h"

static const struct {
    const char *oid; /* fixed for ever in pg_type.dat */
    enum mp_pqtype type;
} known_types[] = {
    {"21", MP_PQ_INT2},          {"23", MP_PQ_INT4},        {"20", MP_PQ_INT8},
    {"700", MP_PQ_FLOAT4},       {"701", MP_PQ_FLOAT8},     {"1700", MP_PQ_NUMERIC},
    {"25", MP_PQ_TEXT},          {"1043", MP_PQ_TEXT},      {"19", MP_PQ_TEXT},
    {"1184", MP_PQ_TIMESTAMPTZ}, {"1114", MP_PQ_TIMESTAMP},
};

static const char *const column_names[MP_PQ_N_COLUMNS] = {"timestamp", "nodeid", "source",
                                                          "fqdd", "value"};

bool mp_pqtype_is_id(enum mp_pqtype type)
{
    return type == MP_PQ_INT2 || type == MP_PQ_INT4 || type == MP_PQ_INT8;
}

const char *mp_pq_database_of(const struct mp_route *route)
{
    return mp_route_value(route, "database");
}

char *mp_pq_text_array(const char *const *items, size_t n)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        fputs(i == 0 ? "{" : ",", out);
        if (items[i] == NULL || !mp_utf8_is_valid(items[i])) {
            fputs("NULL", out);
            continue;
        }
        putc('"', out);
        for (const char *at = items[i]; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\')
                putc('\\', out);
            putc(*at, out);
        }
        putc('"', out);
    }
    fputs(n == 0 ? "{}" : "}", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the database's tables");
}

static bool is_null(const PGresult *res, int row, int column)
{
    return PQgetisnull(res, row, column) != 0;
}

static const char *get(const PGresult *res, int row, int column)
{
    return is_null(res, row, column) ? NULL : PQgetvalue(res, row, column);
}

static bool is_true(const PGresult *res, int row, int column)
{
    return strcmp(PQgetvalue(res, row, column), "t") == 0;
}

/* ---- metric tables ---- */

static char *lower_case(const char *name)
{
    char *low = strdup(name);

    for (char *at = low; at != NULL && *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return low;
}

/* Every (route, metric) of this database, whether its table exists or not. */
static int wanted_tables(const struct mp_pqconn *c, const struct mp_plan *plan,
                         struct mp_pqtables *t, struct mp_error *err)
{
    for (uint32_t r = 0; r < plan->n_routes; r++) {
        const struct mp_route *route = &plan->routes[r];
        struct mp_pqtable *grown;

        if (strcmp(mp_pq_database_of(route), c->database) != 0 || route->n_metrics == 0)
            continue;
        grown = realloc(t->table, (t->n_tables + route->n_metrics) * sizeof *grown);
        if (grown == NULL)
            return no_memory(err);
        t->table = grown;
        for (uint32_t m = 0; m < route->n_metrics; m++) {
            struct mp_pqtable *table = &t->table[t->n_tables];

            *table = (struct mp_pqtable){
                .route = r, .metric = m, .schema = mp_route_value(route, "schema")};
            table->name = lower_case(route->metrics[m].name);
            if (table->name == NULL)
                return no_memory(err);
            t->n_tables++;
        }
    }
    return 0;
}

/* One row per column we want, those spelled as MonSTer does first, or one with NULLs
 * where there is no such table.  A table is sliceable when an index starts with
 * "timestamp", or with nodeid and then "timestamp".  TimescaleDB's chunks inherit from
 * their table, and what it has compressed lies beside them under a name of its own: then
 * any of the chunks may be. */
static const char catalogue_sql[] =
    "SELECT w.ord, n.oid IS NOT NULL, has_schema_privilege(n.oid, 'USAGE'),"
    " c.oid IS NOT NULL, has_any_column_privilege(c.oid, 'SELECT'),"
    " a.attname, coalesce(nullif(t.typbasetype, 0), t.oid)::int8,"
    " format_type(a.atttypid, a.atttypmod),"
    " EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid"
    "  AND i.indpred IS NULL AND ("
    "   EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = c.oid"
    "    AND k.attnum = i.indkey[0] AND lower(k.attname) = 'timestamp')"
    "   OR EXISTS (SELECT FROM pg_attribute k, pg_attribute l WHERE k.attrelid = c.oid"
    "    AND k.attnum = i.indkey[0] AND lower(k.attname) = 'nodeid'"
    "    AND l.attrelid = c.oid AND l.attnum = i.indkey[1]"
    "    AND lower(l.attname) = 'timestamp'))),"
    " EXISTS (SELECT FROM pg_inherits h, pg_class k"
    "  WHERE h.inhparent = c.oid AND k.oid = h.inhrelid"
    "  AND k.relnamespace = ts.oid)"
    " AND EXISTS (SELECT FROM pg_class k WHERE k.relnamespace = ts.oid"
    "  AND k.relname LIKE 'compress\\_hyper\\_%') "
    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(sch, tab, ord)"
    " LEFT JOIN pg_namespace n ON n.nspname = w.sch"
    " LEFT JOIN pg_namespace ts ON ts.nspname = '_timescaledb_internal'"
    " LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.tab"
    "  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
    "  AND NOT a.attisdropped"
    "  AND lower(a.attname) IN ('timestamp', 'nodeid', 'source', 'fqdd', 'value')"
    " LEFT JOIN pg_type t ON t.oid = a.atttypid "
    "ORDER BY w.ord, a.attname <> lower(a.attname), a.attnum";

enum {
    CAT_ORD,
    CAT_SCHEMA,
    CAT_MAY_SCHEMA,
    CAT_TABLE,
    CAT_MAY_TABLE,
    CAT_COLUMN,
    CAT_OID,
    CAT_TYPE,
    CAT_INDEXED,
    CAT_COMPRESSED
};

static int refuse_type(const struct mp_pqconn *c, const struct mp_pqtable *table,
                       const char *column, const char *type, struct mp_error *err)
{
    return mp_fail(
        err, MP_FAULT_FAILED,
        "database %s: column %s of table %s.%s has type %s, which cannot be read "
        "as a power sample's %s",
        c->database, column, table->schema, table->name, type, column);
}

static bool fits(enum mp_pqcolumn column, enum mp_pqtype type)
{
    switch (column) {
    case MP_PQ_TIME:
        return type == MP_PQ_TIMESTAMPTZ || type == MP_PQ_TIMESTAMP;
    case MP_PQ_NODE:
        return mp_pqtype_is_id(type);
    case MP_PQ_SOURCE:
    case MP_PQ_FQDD:
        return mp_pqtype_is_id(type) || type == MP_PQ_TEXT;
    default:
        return mp_pqtype_is_id(type) || type == MP_PQ_FLOAT4 || type == MP_PQ_FLOAT8 ||
               type == MP_PQ_NUMERIC;
    }
}

static int take_column(const struct mp_pqconn *c, struct mp_pqtable *table,
                       const char *name, const char *oid, const char *type_name,
                       struct mp_error *err)
{
    enum mp_pqtype type = MP_PQ_UNKNOWN;
    unsigned column = 0;

    while (column < MP_PQ_N_COLUMNS - 1 && strcasecmp(name, column_names[column]) != 0)
        column++;
    /* "Value" beside value, which came first: that one is MonSTer's */
    if (table->columns[column] != NULL)
        return 0;
    for (size_t i = 0; i < sizeof known_types / sizeof *known_types; i++)
        if (strcmp(oid, known_types[i].oid) == 0)
            type = known_types[i].type;
    if (!fits(column, type))
        return refuse_type(c, table, name, type_name, err);
    table->columns[column] = strdup(name);
    table->types[column] = type;
    return table->columns[column] != NULL ? 0 : no_memory(err);
}

static int check_table(const struct mp_pqconn *c, const struct mp_pqtable *table,
                       const PGresult *res, int row, struct mp_error *err)
{
    if (!is_true(res, row, CAT_SCHEMA))
        return mp_fail(err, MP_FAULT_FAILED,
                       "database %s has no schema %s; check database and schema in the "
                       "[route] sections",
                       c->database, table->schema);
    if (!is_true(res, row, CAT_MAY_SCHEMA))
        return mp_fail(
            err, MP_FAULT_FAILED,
            "database %s: permission denied for schema %s; its owner must GRANT "
            "USAGE ON SCHEMA %s to user %s",
            c->database, table->schema, table->schema, PQuser(c->pg));
    if (is_true(res, row, CAT_TABLE) && !is_true(res, row, CAT_MAY_TABLE))
        return mp_fail(
            err, MP_FAULT_FAILED,
            "database %s: permission denied for table %s.%s; its owner must GRANT "
            "SELECT ON it to user %s",
            c->database, table->schema, table->name, PQuser(c->pg));
    return 0;
}

static int take_catalogue(const struct mp_pqconn *c, const PGresult *res,
                          struct mp_pqtables *t, struct mp_error *err)
{
    t->sliceable = true;
    for (int row = 0; row < PQntuples(res); row++) {
        size_t i = strtoul(PQgetvalue(res, row, CAT_ORD), NULL, 10) - 1;

        if (check_table(c, &t->table[i], res, row, err) < 0)
            return -1;
        if (!is_true(res, row, CAT_TABLE))
            continue;
        if (is_null(res, row, CAT_COLUMN))
            return mp_fail(err, MP_FAULT_FAILED,
                           "database %s: table %s.%s has no column %s", c->database,
                           t->table[i].schema, t->table[i].name,
                           column_names[MP_PQ_TIME]);
        if (!is_true(res, row, CAT_INDEXED))
            t->sliceable = false;
        t->compressed = t->compressed || is_true(res, row, CAT_COMPRESSED);
        if (take_column(c, &t->table[i], PQgetvalue(res, row, CAT_COLUMN),
                        PQgetvalue(res, row, CAT_OID), PQgetvalue(res, row, CAT_TYPE),
                        err) < 0)
            return -1;
    }
    return 0;
}

static void free_table(struct mp_pqtable *table)
{
    for (int i = 0; i < MP_PQ_N_COLUMNS; i++)
        free(table->columns[i]);
    free(table->name);
    free(table->units);
}

/* Tables without any of our columns are not there: say so and forget them. */
static int drop_missing(const struct mp_pqconn *c, const struct mp_plan *plan,
                        struct mp_findings *findings, struct mp_pqtables *t,
                        struct mp_error *err)
{
    size_t kept = 0;
    int rc = 0;

    for (size_t i = 0; i < t->n_tables; i++) {
        struct mp_pqtable *table = &t->table[i];
        char reason[400];
        bool any = false;

        for (int k = 0; k < MP_PQ_N_COLUMNS; k++)
            any = any || table->columns[k] != NULL;
        for (int k = 0; any && rc == 0 && k < MP_PQ_N_COLUMNS; k++)
            if (table->columns[k] == NULL && k != MP_PQ_SOURCE && k != MP_PQ_FQDD)
                rc = mp_fail(err, MP_FAULT_FAILED,
                             "database %s: table %s.%s has no column %s", c->database,
                             table->schema, table->name, column_names[k]);
        if (any) {
            t->table[kept++] = *table;
            continue;
        }
        snprintf(reason, sizeof reason, "database %s has no table %s.%s", c->database,
                 table->schema, table->name);
        if (rc == 0)
            rc = mp_findings_missing(
                findings, NULL, plan->routes[table->route].metrics[table->metric].name,
                reason, err);
        free_table(table);
    }
    t->n_tables = kept;
    return rc;
}

static int read_catalogue(struct mp_pqconn *c, const struct mp_run *run,
                          struct mp_pqtables *t, struct mp_error *err)
{
    const char **names = calloc(2 * t->n_tables + 1, sizeof *names);
    char *schemas = NULL;
    char *tables = NULL;
    PGresult *res = NULL;
    int rc = -1;

    for (size_t i = 0; names != NULL && i < t->n_tables; i++) {
        names[i] = t->table[i].schema;
        names[t->n_tables + i] = t->table[i].name;
    }
    if (names != NULL) {
        schemas = mp_pq_text_array(names, t->n_tables);
        tables = mp_pq_text_array(names + t->n_tables, t->n_tables);
    }
    if (schemas == NULL || tables == NULL)
        no_memory(err);
    else if (mp_pqconn_query(c, run, "reading the catalogue", catalogue_sql, 2,
                             (const char *const[]){schemas, tables},
                             &(struct mp_pqshape){"#bBbBSISbb", t->n_tables}, &res,
                             err) == 0)
        rc = take_catalogue(c, res, t, err);
    PQclear(res);
    free(schemas);
    free(tables);
    free(names);
    return rc;
}

/* ---- dimensions ---- */

static int compare_names(const void *a, const void *b)
{
    const struct mp_pqname *x = a;
    const struct mp_pqname *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

const struct mp_pqname *mp_pqdim_find(const struct mp_pqdim *dim, int64_t id)
{
    struct mp_pqname key = {.id = id};

    return dim->n > 0 ? bsearch(&key, dim->names, dim->n, sizeof key, compare_names)
                      : NULL;
}

/* Takes rows (id, name[, number of the node, counted from 1]) that come sorted by id and
 * then name; `table` names them in a warning. */
static int take_names(const struct mp_pqconn *c, const PGresult *res, const char *table,
                      struct mp_findings *findings, struct mp_pqdim *dim,
                      struct mp_error *err)
{
    int n = PQntuples(res);

    dim->names = calloc((size_t)n + 1, sizeof *dim->names);
    if (dim->names == NULL)
        return no_memory(err);
    for (int row = 0; row < n; row++) {
        struct mp_pqname *last = dim->n > 0 ? &dim->names[dim->n - 1] : NULL;
        const char *name = get(res, row, 1);
        int64_t id = strtoll(PQgetvalue(res, row, 0), NULL, 10);

        if (is_null(res, row, 0))
            break; /* the rest has no id: NULLs sort last, and no sample can mean them */
        if (last != NULL && last->id == id) {
            bool same = name == last->name || (name != NULL && last->name != NULL &&
                                               strcmp(name, last->name) == 0);

            if (!same && mp_findings_warn(findings, err,
                                          "database %s: id %" PRId64
                                          " has several names in %s; %s is used",
                                          c->database, id, table,
                                          last->name != NULL ? last->name : "none") < 0)
                return -1;
            continue;
        }
        last = &dim->names[dim->n++];
        last->id = id;
        last->name = name != NULL ? strdup(name) : NULL;
        if (name != NULL && last->name == NULL)
            return no_memory(err);
        if (PQnfields(res) > 2)
            last->node = (uint32_t)strtoul(PQgetvalue(res, row, 2), NULL, 10) - 1;
    }
    return 0;
}

static int read_dim(struct mp_pqconn *c, const struct mp_run *run, const char *table,
                    const char *sql, struct mp_findings *findings, struct mp_pqdim *dim,
                    struct mp_error *err)
{
    PGresult *res = NULL;
    char what[64];
    int rc;

    snprintf(what, sizeof what, "reading %s", table);
    rc = mp_pqconn_query(c, run, what, sql, 0, NULL,
                         &(struct mp_pqshape){.columns = "IS"}, &res, err);
    if (rc == 0)
        rc = take_names(c, res, table, findings, dim, err);
    PQclear(res);
    return rc;
}

static int read_ids(struct mp_pqconn *c, const struct mp_run *run,
                    struct mp_findings *findings, struct mp_pqtables *t,
                    struct mp_error *err)
{
    bool source = false;
    bool fqdd = false;

    for (size_t i = 0; i < t->n_tables; i++) {
        source = source || mp_pqtype_is_id(t->table[i].types[MP_PQ_SOURCE]);
        fqdd = fqdd || mp_pqtype_is_id(t->table[i].types[MP_PQ_FQDD]);
    }
    if (source && read_dim(c, run, "public.source",
                           "SELECT id, source FROM public.source"
                           " ORDER BY id, source::text COLLATE \"C\"",
                           findings, &t->sources, err) < 0)
        return -1;
    if (fqdd && read_dim(c, run, "public.fqdd",
                         "SELECT id, fqdd FROM public.fqdd"
                         " ORDER BY id, fqdd::text COLLATE \"C\"",
                         findings, &t->fqdds, err) < 0)
        return -1;
    return 0;
}

static bool routed_here(const struct mp_pqconn *c, const struct mp_plan *plan,
                        size_t node)
{
    const struct mp_route *route = &plan->routes[plan->nodes[node].route];

    return strcmp(mp_pq_database_of(route), c->database) == 0;
}

/* Set known[i] for the plan's nodes that are not to be looked for: found, or of another
 * database.  Returns how many are left. */
static size_t mark_known(const struct mp_pqconn *c, const struct mp_plan *plan,
                         const struct mp_pqtables *t, bool *known)
{
    size_t left = 0;

    for (size_t i = 0; i < plan->n_nodes; i++)
        known[i] = !routed_here(c, plan, i);
    for (size_t i = 0; i < t->nodes.n; i++)
        known[t->nodes.names[i].node] = true;
    for (size_t i = 0; i < plan->n_nodes; i++)
        left += !known[i];
    return left;
}

static int report_unknown(const struct mp_pqconn *c, const struct mp_plan *plan,
                          const bool *known, const struct mp_hosts *hosts,
                          struct mp_findings *findings, struct mp_error *err)
{
    char reason[200];

    snprintf(reason, sizeof reason, "not in public.nodes of database %s", c->database);
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (!known[i] && (hosts->nodes == NULL || hosts->nodes[i].name == NULL) &&
            mp_findings_missing(findings, plan->nodes[i].name, NULL, reason, err) < 0)
            return -1;
    snprintf(reason, sizeof reason, "public.nodes of database %s", c->database);
    return mp_hosts_say(hosts, reason, findings, err);
}

/* Hosts of the same first labels. */
static const char labels_sql[] =
    "SELECT n.nodeid, n.hostname FROM public.nodes n"
    " WHERE lower(split_part(n.hostname::text, '.', 1)) IN"
    "  (SELECT lower(split_part(w.name, '.', 1)) FROM unnest($1::text[]) AS w(name))"
    " AND n.nodeid IS NOT NULL"
    " ORDER BY n.nodeid, n.hostname::text COLLATE \"C\"";

/* Add the rows whose host is a node of the plan by its first label. */
static int take_labels(const PGresult *res, struct mp_hosts *hosts,
                       struct mp_pqdim *nodes, struct mp_error *err)
{
    struct mp_pqdim known = *nodes;
    size_t n = (size_t)PQntuples(res);
    struct mp_pqname *grown = realloc(nodes->names, (nodes->n + n + 1) * sizeof *grown);

    if (grown == NULL)
        return no_memory(err);
    nodes->names = known.names = grown;
    for (size_t row = 0; row < n; row++)
        if (mp_hosts_see(hosts, PQgetvalue(res, (int)row, 1), err) < 0)
            return -1;
    for (size_t row = 0; row < n; row++) {
        const char *name = PQgetvalue(res, (int)row, 1);
        int64_t id = strtoll(PQgetvalue(res, (int)row, 0), NULL, 10);
        long node = mp_hosts_find(hosts, name);

        if (node < 0 || hosts->nodes[node].exact || mp_pqdim_find(&known, id) != NULL ||
            (row > 0 && strtoll(PQgetvalue(res, (int)row - 1, 0), NULL, 10) == id))
            continue;
        grown[nodes->n] = (struct mp_pqname){.id = id, .node = (uint32_t)node};
        grown[nodes->n].name = strdup(name);
        if (grown[nodes->n++].name == NULL)
            return no_memory(err);
    }
    qsort(grown, nodes->n, sizeof *grown, compare_names);
    return 0;
}

/* Nodes that public.nodes does not have under their names: it may spell them with another
 * domain. */
static int read_labels(struct mp_pqconn *c, const struct mp_run *run,
                       const struct mp_plan *plan, struct mp_findings *findings,
                       struct mp_pqtables *t, struct mp_error *err)
{
    struct mp_hosts hosts = {.plan = plan};
    bool *known = calloc(plan->n_nodes + 1, sizeof *known);
    const char **names = calloc(plan->n_nodes + 1, sizeof *names);
    char *array = NULL;
    PGresult *res = NULL;
    int rc = -1;

    if (known == NULL || names == NULL) {
        no_memory(err);
        goto out;
    }
    rc = 0;
    if (mark_known(c, plan, t, known) == 0)
        goto out;
    for (size_t i = 0; i < plan->n_nodes; i++)
        names[i] = known[i] ? NULL : plan->nodes[i].name;
    array = mp_pq_text_array(names, plan->n_nodes);
    rc = array == NULL
             ? no_memory(err)
             : mp_pqconn_query(c, run, "reading public.nodes", labels_sql, 1,
                               (const char *const[]){array},
                               &(struct mp_pqshape){.columns = "is"}, &res, err);
    if (rc == 0)
        rc = take_labels(res, &hosts, &t->nodes, err);
    if (rc == 0)
        rc = report_unknown(c, plan, known, &hosts, findings, err);
out:
    PQclear(res);
    mp_hosts_free(&hosts);
    free(array);
    free(names);
    free(known);
    return rc;
}

/* The node's number goes along, so that the server alone decides what "the same name in
 * another case" means. */
static const char nodes_sql[] =
    "SELECT n.nodeid, n.hostname, w.ord"
    " FROM unnest($1::text[]) WITH ORDINALITY AS w(name, ord)"
    " JOIN public.nodes n ON lower(n.hostname) = lower(w.name)"
    " ORDER BY n.nodeid, n.hostname::text COLLATE \"C\", w.ord";

static int read_nodes(struct mp_pqconn *c, const struct mp_run *run,
                      const struct mp_plan *plan, struct mp_findings *findings,
                      struct mp_pqtables *t, struct mp_error *err)
{
    const char **names = calloc(plan->n_nodes + 1, sizeof *names);
    char *array = NULL;
    PGresult *res = NULL;
    int rc = -1;

    for (size_t i = 0; names != NULL && i < plan->n_nodes; i++)
        names[i] = routed_here(c, plan, i) ? plan->nodes[i].name : NULL;
    if (names != NULL)
        array = mp_pq_text_array(names, plan->n_nodes);
    if (array == NULL)
        no_memory(err);
    else if (mp_pqconn_query(c, run, "reading public.nodes", nodes_sql, 1,
                             (const char *const[]){array},
                             &(struct mp_pqshape){"IS#", plan->n_nodes}, &res, err) == 0)
        rc = take_names(c, res, "public.nodes", findings, &t->nodes, err);
    if (rc == 0)
        rc = read_labels(c, run, plan, findings, t, err);
    PQclear(res);
    free(array);
    free(names);
    return rc;
}

/* ---- units ---- */

static const char units_sql[] =
    "SELECT w.ord, m.units, to_jsonb(m) ->> 'accuracy'" /* NULL without such a column */
    " FROM unnest($1::text[]) WITH ORDINALITY AS w(name, ord)"
    " JOIN public.metrics_definition m ON lower(m.metric_id) = lower(w.name)"
    " ORDER BY w.ord, m.units IS NULL, m.metric_id = w.name DESC, m.units::text COLLATE "
    "\"C\"";

/* Do both say what a value is, and not the same? */
static bool differ(const char *a, const char *b)
{
    double x = 0, y = 0;

    return a != NULL && b != NULL &&
           (!mp_units_to_watt(a, &x) || !mp_units_to_watt(b, &y) || x != y);
}

/* MonSTer writes 0 where it knows nothing. */
static double accuracy_of(const char *text)
{
    double percent;

    return text != NULL && mp_number_read(text, strlen(text), &percent) == 0 &&
                   percent > 0 && percent <= MP_ACCURACY_MAX
               ? percent
               : 0;
}

static int take_units(const struct mp_pqconn *c, const PGresult *res,
                      struct mp_findings *findings, struct mp_pqtables *t,
                      struct mp_error *err)
{
    size_t last = SIZE_MAX;

    for (int row = 0; row < PQntuples(res); row++) {
        size_t i = strtoul(PQgetvalue(res, row, 0), NULL, 10) - 1;
        const char *units = get(res, row, 1);
        struct mp_pqtable *table = &t->table[i];

        if (i != last) {
            last = i;
            free(table->units);
            table->units = units != NULL ? strdup(units) : NULL;
            if (units != NULL && table->units == NULL)
                return no_memory(err);
            table->accuracy = accuracy_of(get(res, row, 2));
        } else if ((units == NULL) != (table->units == NULL) ||
                   (units != NULL && strcmp(units, table->units) != 0)) {
            findings->units_contradict =
                findings->units_contradict || differ(units, table->units);
            if (mp_findings_warn(
                    findings, err,
                    "database %s: public.metrics_definition gives %s several "
                    "units; %s is used",
                    c->database, table->name,
                    table->units != NULL ? table->units : "none") < 0)
                return -1;
        }
    }
    return 0;
}

static int read_units(struct mp_pqconn *c, const struct mp_run *run,
                      const struct mp_plan *plan, struct mp_findings *findings,
                      struct mp_pqtables *t, struct mp_error *err)
{
    const char **names = calloc(t->n_tables + 1, sizeof *names);
    char *array = NULL;
    PGresult *res = NULL;
    int rc = -1;

    for (size_t i = 0; names != NULL && i < t->n_tables; i++)
        names[i] = plan->routes[t->table[i].route].metrics[t->table[i].metric].name;
    if (names != NULL)
        array = mp_pq_text_array(names, t->n_tables);
    if (array == NULL)
        no_memory(err);
    else if (mp_pqconn_query(c, run, "reading public.metrics_definition", units_sql, 1,
                             (const char *const[]){array},
                             &(struct mp_pqshape){"#SS", t->n_tables}, &res, err) == 0)
        rc = take_units(c, res, findings, t, err);
    PQclear(res);
    free(array);
    free(names);
    return rc;
}

/* Columns without a time zone are read as times of this process's zone. */
int mp_pqtables_set_zone(struct mp_pqconn *c, const struct mp_run *run,
                         const struct mp_pqtables *t, struct mp_error *err)
{
    for (size_t i = 0; i < t->n_tables; i++)
        if (t->table[i].types[MP_PQ_TIME] == MP_PQ_TIMESTAMP)
            return mp_pqzone_set(c, run, err);
    return 0;
}

int mp_pqtables_read(struct mp_pqconn *c, const struct mp_run *run,
                     const struct mp_plan *plan, struct mp_findings *findings,
                     struct mp_pqtables *t, struct mp_error *err)
{
    *t = (struct mp_pqtables){0};
    if (wanted_tables(c, plan, t, err) == 0 && read_catalogue(c, run, t, err) == 0 &&
        drop_missing(c, plan, findings, t, err) == 0 &&
        mp_pqtables_set_zone(c, run, t, err) == 0 &&
        read_nodes(c, run, plan, findings, t, err) == 0 &&
        read_ids(c, run, findings, t, err) == 0 &&
        read_units(c, run, plan, findings, t, err) == 0)
        return 0;
    mp_pqtables_free(t);
    return -1;
}

static void free_dim(struct mp_pqdim *dim)
{
    for (size_t i = 0; i < dim->n; i++)
        free(dim->names[i].name);
    free(dim->names);
}

void mp_pqtables_free(struct mp_pqtables *t)
{
    for (size_t i = 0; i < t->n_tables; i++)
        free_table(&t->table[i]);
    free(t->table);
    free_dim(&t->nodes);
    free_dim(&t->sources);
    free_dim(&t->fqdds);
    *t = (struct mp_pqtables){0};
}

const char mp_pq_metric_tables_sql[] =
    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid ="
    " c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " AND n.nspname NOT LIKE '\\_timescaledb%' AND has_schema_privilege(n.oid, 'USAGE')"
    " AND has_any_column_privilege(c.oid, 'SELECT') AND 3 = (SELECT count(*) FROM"
    " pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped AND"
    " lower(a.attname) IN ('timestamp', 'nodeid', 'value')) ORDER BY 1, 2";
