/* SPDX-License-Identifier: MIT
 * check.c - is the telemetry there: for a job that just ended, and for `check`. */
#include "config.h"

#include "backends/pq/rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backends/pq/conn.h"
#include "backends/pq/login.h"
#include "backends/pq/pool.h"
#include "backends/pq/tables.h"
#include "base/nearest.h"

/* How long after a job's end a node may first be heard of again.  Who is silent for
 * longer is not late but broken, and waiting would not help. */
enum { LATE_S = 600, OLD_SAMPLE_S = 300 };

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory");
}

static enum mp_role role_of(const struct mp_plan *plan, const struct mp_pqtable *table)
{
    return plan->routes[table->route].metrics[table->metric].role;
}

/* "schema"."table", "timestamp" and "nodeid", quoted. */
struct quoted {
    char *table, *time, *node;
};

static void free_quoted(struct quoted *q)
{
    free(q->table);
    PQfreemem(q->time);
    PQfreemem(q->node);
}

static int quote(struct mp_pqconn *c, const struct mp_pqtable *table, struct quoted *q,
                 struct mp_error *err)
{
    const char *time = table->columns[MP_PQ_TIME];
    const char *node = table->columns[MP_PQ_NODE];
    char *schema = PQescapeIdentifier(c->pg, table->schema, strlen(table->schema));
    char *name = PQescapeIdentifier(c->pg, table->name, strlen(table->name));

    *q = (struct quoted){.time = PQescapeIdentifier(c->pg, time, strlen(time)),
                         .node = PQescapeIdentifier(c->pg, node, strlen(node))};
    if (schema != NULL && name != NULL && asprintf(&q->table, "%s.%s", schema, name) < 0)
        q->table = NULL;
    PQfreemem(schema);
    PQfreemem(name);
    if (q->table != NULL && q->time != NULL && q->node != NULL)
        return 0;
    free_quoted(q);
    *q = (struct quoted){0};
    return no_memory(err);
}

/* ---- caught_up ---- */

static char *id_array(const struct mp_pqtables *t)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < t->nodes.n; i++)
        fprintf(out, "%s%" PRId64, i == 0 ? "{" : ",", t->nodes.names[i].id);
    fputs(t->nodes.n == 0 ? "{}" : "}", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* Marks the plan's nodes that have a row in [end, end + LATE_S]. */
static int mark_heard(struct mp_pqconn *c, const struct mp_run *run,
                      const struct mp_plan *plan, const struct mp_pqtables *t,
                      const struct mp_pqtable *table, bool *heard, struct mp_error *err)
{
    char *ids = id_array(t);
    struct quoted q = {0};
    char *sql = NULL;
    char end[32];
    PGresult *res = NULL;
    int rc = -1;

    snprintf(end, sizeof end, "%.6f", (double)plan->end / 1e6);
    if (ids == NULL || quote(c, table, &q, err) < 0 ||
        asprintf(&sql,
                 "SELECT DISTINCT %s FROM %s WHERE %s >= to_timestamp($2::float8) AND "
                 "%s <= to_timestamp($2::float8 + %d) AND %s = ANY($1::int8[])",
                 q.node, q.table, q.time, q.time, LATE_S, q.node) < 0) {
        sql = NULL;
        no_memory(err);
    } else
        rc = mp_pqconn_query(c, run, "looking for the newest samples", sql, 2,
                             (const char *const[]){ids, end},
                             &(struct mp_pqshape){.columns = "i"}, &res, err);
    for (int row = 0; rc == 0 && row < PQntuples(res); row++) {
        const struct mp_pqname *node =
            mp_pqdim_find(&t->nodes, strtoll(PQgetvalue(res, row, 0), NULL, 10));

        if (node != NULL && plan->nodes[node->node].route == table->route)
            heard[node->node] = true;
    }
    PQclear(res);
    free(sql);
    free_quoted(&q);
    free(ids);
    return rc;
}

/* Nodes the database does not know, and routes without a table to look at, are not waited
 * for: nothing would come. */
static int all_heard(struct mp_pqconn *c, const struct mp_run *run,
                     const struct mp_plan *plan, const struct mp_pqtables *t, int *ready,
                     struct mp_error *err)
{
    bool *heard = calloc(plan->n_nodes + 1, sizeof *heard);
    bool *asked = calloc(plan->n_routes + 1, sizeof *asked);
    int rc = heard != NULL && asked != NULL ? 0 : no_memory(err);

    for (size_t i = 0; rc == 0 && i < t->n_tables; i++) {
        if (role_of(plan, &t->table[i]) != MP_ROLE_INPUT)
            continue;
        asked[t->table[i].route] = true;
        rc = mark_heard(c, run, plan, t, &t->table[i], heard, err);
    }
    for (size_t i = 0; rc == 0 && i < t->nodes.n; i++) {
        uint32_t node = t->nodes.names[i].node;

        if (asked[plan->nodes[node].route] && !heard[node])
            *ready = 0;
    }
    free(heard);
    free(asked);
    return rc;
}

int mp_pq_caught_up(struct mp_pq *pq, const struct mp_plan *plan,
                    const struct mp_run *run, int *ready, struct mp_error *err)
{
    struct mp_findings ignored = {0};
    int rc = 0;

    *ready = 1;
    if (plan->end / 1000000 + LATE_S < (int64_t)time(NULL))
        return 0;
    for (size_t i = 0; rc == 0 && *ready && i < pq->n_conns; i++) {
        struct mp_pqconn *c = &pq->conns[i];
        struct mp_pqtables tables = {0};

        if (!mp_pqpool_planned(pq, plan, i))
            continue;
        if (mp_pqconn_begin(c, run, err) < 0 ||
            mp_pqtables_read(c, run, plan, &ignored, &tables, err) < 0 ||
            all_heard(c, run, plan, &tables, ready, err) < 0 ||
            mp_pqconn_commit(c, run, err) < 0) {
            mp_pqconn_close(c);
            rc = -1;
        }
        mp_pqtables_free(&tables);
    }
    mp_findings_free(&ignored);
    return rc;
}

/* ---- check ---- */

struct checker {
    struct mp_pqconn *c;
    const struct mp_run *run;
    const struct mp_plan *plan; /* all routes, no nodes */
    mp_check_report *report;
    void *arg;
};

static void say(const struct checker *k, enum mp_check_level level, const char *remedy,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void say(const struct checker *k, enum mp_check_level level, const char *remedy,
                const char *fmt, ...)
{
    char text[600];
    int n = snprintf(text, sizeof text, "database %s: ", k->c->database);
    va_list ap;

    va_start(ap, fmt);
    if (n >= 0 && (size_t)n < sizeof text)
        vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    va_end(ap);
    k->report(k->arg, level, text, level == MP_CHECK_OK ? NULL : remedy);
}

static int check_age(const struct checker *k, const struct mp_pqtable *table,
                     struct mp_error *err)
{
    struct quoted q = {0};
    char *sql = NULL;
    PGresult *res = NULL;
    int rc = -1;

    if (quote(k->c, table, &q, err) < 0)
        goto out;
    if (asprintf(&sql, "SELECT extract(epoch FROM now() - max(%s))::int8 FROM %s", q.time,
                 q.table) < 0) {
        sql = NULL;
        no_memory(err);
        goto out;
    }
    rc = mp_pqconn_query(k->c, k->run, "looking for the newest sample", sql, 0, NULL,
                         &(struct mp_pqshape){.columns = "1I"}, &res, err);
    if (rc < 0)
        goto out;
    if (PQgetisnull(res, 0, 0))
        say(k, MP_CHECK_WARN, "does the collector run?", "%s has no sample", q.table);
    else if (strtoll(PQgetvalue(res, 0, 0), NULL, 10) > OLD_SAMPLE_S)
        say(k, MP_CHECK_WARN, "does the collector run?",
            "the newest sample of %s is %s s old", q.table, PQgetvalue(res, 0, 0));
    else
        say(k, MP_CHECK_OK, NULL, "the newest sample of %s is %s s old", q.table,
            PQgetvalue(res, 0, 0));
out:
    PQclear(res);
    free(sql);
    free_quoted(&q);
    return rc;
}

static int check_nodes(const struct checker *k, const struct mp_route *route,
                       struct mp_error *err)
{
    PGresult *res = NULL;
    const char *const values[] = {route->prefix};

    if (mp_pqconn_query(
            k->c, k->run, "reading public.nodes",
            "SELECT count(DISTINCT lower(hostname)) FROM public.nodes"
            " WHERE lower(left(hostname, length($1::text))) = lower($1::text)",
            1, values, &(struct mp_pqshape){.columns = "1i"}, &res, err) < 0)
        return -1;
    if (strcmp(PQgetvalue(res, 0, 0), "0") == 0)
        say(k, MP_CHECK_WARN, "check the prefix of the route, and public.nodes",
            "public.nodes has no node whose name starts with %s (route %s)",
            route->prefix, route->name);
    else
        say(k, MP_CHECK_OK, NULL, "%s nodes of route %s", PQgetvalue(res, 0, 0),
            route->name);
    PQclear(res);
    return 0;
}

static int check_jobs(const struct checker *k, struct mp_error *err)
{
    PGresult *res = NULL;

    if (mp_pqconn_query(
            k->c, k->run, "looking for slurm.jobs",
            "SELECT CASE WHEN n.oid IS NULL OR c.oid IS NULL THEN 'none'"
            " WHEN has_schema_privilege(n.oid, 'USAGE')"
            "  AND has_table_privilege(c.oid, 'SELECT') THEN 'ok'"
            " ELSE 'denied' END"
            " FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = 'slurm'"
            " LEFT JOIN pg_class c ON c.relnamespace = n.oid"
            "  AND c.relname = 'jobs'",
            0, NULL, &(struct mp_pqshape){.columns = "1s"}, &res, err) < 0)
        return -1;
    if (strcmp(PQgetvalue(res, 0, 0), "ok") == 0)
        say(k, MP_CHECK_OK, NULL, "slurm.jobs can be read");
    else
        say(k, MP_CHECK_WARN, "old jobs need --start, --end and --nodelist",
            strcmp(PQgetvalue(res, 0, 0), "none") == 0 ? "there is no slurm.jobs"
                                                       : "slurm.jobs may not be read");
    PQclear(res);
    return 0;
}

static int check_tables(const struct checker *k, struct mp_pqtables *t,
                        struct mp_error *err)
{
    for (size_t i = 0; i < t->n_tables; i++) {
        const struct mp_pqtable *table = &t->table[i];

        if (table->units == NULL)
            say(k, MP_CHECK_WARN, "add it to public.metrics_definition",
                "no units are known of %s.%s", table->schema, table->name);
        if (role_of(k->plan, table) == MP_ROLE_INPUT && check_age(k, table, err) < 0)
            return -1;
    }
    if (t->n_tables > 0 && !t->sliceable)
        say(k, MP_CHECK_WARN, "CREATE INDEX ON them (\"timestamp\")",
            "a metric table has no index on \"timestamp\": every report reads all of it");
    for (size_t r = 0; r < k->plan->n_routes; r++)
        if (strcmp(mp_pq_database_of(&k->plan->routes[r]), k->c->database) == 0 &&
            check_nodes(k, &k->plan->routes[r], err) < 0)
            return -1;
    return check_jobs(k, err);
}

/* ---- tables that are not there ---- */

enum { NEAR_MAX = 400, LISTED_MAX = 6 };

/* What the metric's table is called here, as the first route with it has it. */
static void table_name(const struct checker *k, const char *metric, char *name,
                       size_t size)
{
    snprintf(name, size, "%s", metric);
    for (size_t r = 0; r < k->plan->n_routes; r++) {
        const struct mp_route *route = &k->plan->routes[r];

        if (strcmp(mp_pq_database_of(route), k->c->database) != 0)
            continue;
        for (size_t m = 0; m < route->n_metrics; m++)
            if (strcmp(route->metrics[m].name, metric) == 0) {
                snprintf(name, size, "%s.%s", mp_route_value(route, "schema"), metric);
                return;
            }
    }
}

/* "; did you mean idrac.totalfanpower?", else the first few others. */
static void hint(const struct checker *k, const char *metric, char *const *names,
                 size_t n, char *text, size_t size)
{
    char name[300];
    size_t at;

    table_name(k, metric, name, sizeof name);
    snprintf(text, size, "%s",
             mp_suggest(name, (const char *const *)names, n, "", "").text);
    if (text[0] != '\0')
        return;
    snprintf(text, size, n > 0 ? "; others are" : "; there is no other that may be read");
    for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
        at = strlen(text);
        snprintf(text + at, size - at, "%s %s", i > 0 ? "," : "", names[i]);
    }
    at = strlen(text);
    if (n > LISTED_MAX)
        snprintf(text + at, size - at, " and %zu more", n - LISTED_MAX);
}

/* It is already some route's, and so no answer to what else was meant. */
static bool is_read(const struct checker *k, const char *schema, const char *table)
{
    for (size_t r = 0; r < k->plan->n_routes; r++) {
        const struct mp_route *route = &k->plan->routes[r];

        if (strcmp(mp_pq_database_of(route), k->c->database) != 0 ||
            strcmp(mp_route_value(route, "schema"), schema) != 0)
            continue;
        for (size_t m = 0; m < route->n_metrics; m++)
            if (strcasecmp(route->metrics[m].name, table) == 0)
                return true;
    }
    return false;
}

static int read_names(const struct checker *k, char *names[NEAR_MAX], size_t *n,
                      struct mp_error *err)
{
    PGresult *res = NULL;
    int rc = mp_pqconn_query(k->c, k->run, "listing tables", mp_pq_metric_tables_sql, 0,
                             NULL, &(struct mp_pqshape){.columns = "ss"}, &res, err);

    for (int i = 0; rc == 0 && i < PQntuples(res) && *n < NEAR_MAX; i++) {
        const char *schema = PQgetvalue(res, i, 0), *table = PQgetvalue(res, i, 1);

        if (is_read(k, schema, table))
            continue;
        if (asprintf(&names[*n], "%s.%s", schema, table) < 0)
            rc = no_memory(err);
        else
            ++*n;
    }
    PQclear(res);
    return rc;
}

static int say_missing(const struct checker *k, const struct mp_findings *f,
                       struct mp_error *err)
{
    char *names[NEAR_MAX], text[400];
    size_t n = 0;
    int rc = f->n_missing > 0 ? read_names(k, names, &n, err) : 0;

    for (size_t i = 0; rc == 0 && i < f->n_missing; i++) {
        text[0] = '\0';
        if (f->missing[i].metric != NULL)
            hint(k, f->missing[i].metric, names, n, text, sizeof text);
        say(k, MP_CHECK_WARN, "check the metrics of the route", "%s%s",
            f->missing[i].reason, text);
    }
    while (n > 0)
        free(names[--n]);
    return rc;
}

/* Whether anybody on the way can pass for the server. */
static void check_identity(const struct checker *k)
{
    static const char remedy[] = "sslmode = verify-full in section [database], with "
                                 "sslrootcert";
    const char *host = PQhost(k->c->pg);

    if (mp_pqlogin_is_local(k->c->pg)) {
        if (host != NULL && host[0] != '/' && host[0] != '@' && host[0] != '\0' &&
            !mp_pqlogin_sslmode_is(k->c->pg, "verify-"))
            say(k, MP_CHECK_WARN, "a Unix socket (host = /var/run/postgresql) would",
                "nothing shows who listens at %s, port %s", host, PQport(k->c->pg));
        return;
    }
    if (mp_pqlogin_sslmode_is(k->c->pg, "verify-full"))
        say(k, MP_CHECK_OK, NULL, "%s has shown a certificate in its name", host);
    else
        say(k, MP_CHECK_FAIL, remedy,
            "whoever is on the way to %s can pass for it: its certificate is not checked",
            host);
}

static int check_database(const struct checker *k, struct mp_error *err)
{
    struct mp_findings findings = {0};
    struct mp_pqtables tables = {0};
    int rc = -1;

    if (mp_pqconn_begin(k->c, k->run, err) == 0) {
        const char *version = PQparameterStatus(k->c->pg, "server_version");

        say(k, MP_CHECK_OK, NULL, "reached as user %s, PostgreSQL %s, %s",
            PQuser(k->c->pg), version != NULL ? version : "of unknown version",
            PQsslInUse(k->c->pg) ? "encrypted" : "not encrypted");
        check_identity(k);
        rc = mp_pqtables_read(k->c, k->run, k->plan, &findings, &tables, err);
    }
    if (rc == 0)
        rc = say_missing(k, &findings, err);
    for (size_t i = 0; rc == 0 && i < findings.n_warnings; i++)
        k->report(k->arg, MP_CHECK_WARN, findings.warnings[i], "correct the table");
    if (rc == 0)
        say(k, MP_CHECK_OK, NULL, "%zu metric tables found", tables.n_tables);
    if (rc == 0)
        rc = check_tables(k, &tables, err);
    if (rc == 0)
        rc = mp_pqconn_commit(k->c, k->run, err);
    if (rc < 0)
        mp_pqconn_close(k->c);
    mp_pqtables_free(&tables);
    mp_findings_free(&findings);
    return rc;
}

int mp_pq_check(struct mp_pq *pq, const struct mp_run *run, mp_check_report *report,
                void *arg, struct mp_error *err)
{
    const struct mp_plan everything = {.routes = (struct mp_route *)(uintptr_t)pq->routes,
                                       .n_routes = pq->n_routes};

    for (size_t i = 0; i < pq->n_conns; i++) {
        struct checker k = {.c = &pq->conns[i],
                            .run = run,
                            .plan = &everything,
                            .report = report,
                            .arg = arg};
        struct mp_error failure = {0};

        if (check_database(&k, &failure) == 0)
            continue;
        if (failure.fault == MP_FAULT_STOPPED) {
            *err = failure;
            return -1;
        }
        report(arg, MP_CHECK_FAIL, failure.text, "then run check again");
    }
    return 0;
}
