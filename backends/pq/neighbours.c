/* SPDX-License-Identifier: MIT
 * neighbours.c - who else was on a job's nodes, from slurm.node_jobs (a row a minute and
 * node: jobs[], cpus[]) and slurm.jobs, and what the nodes drew without any job.
 *
 * A job is taken to have been on a node from half-way between the last row without it and
 * the first with it, and so at its end; where slurm.jobs has the very second, and it lies
 * between the two, from that second.  A neighbour of less than a minute can be missed. */
#include "config.h"

#include "backends/pq/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/pq/conn.h"
#include "backends/pq/job.h"
#include "backends/pq/pool.h"
#include "backends/pq/tables.h"

enum {
    SECOND = 1000000,     /* µs */
    ROW_S = 60,           /* between two rows */
    AROUND_S = 2 * ROW_S, /* rows are read from so much before the window on */
    IDLE_NODES_MAX = 16,  /* each costs the server a look at its idle minutes */
};

/* The nodes of the plan that are here: by their names, else by the first label. */
#define NODES_HERE                                                                       \
    "WITH i AS (SELECT DISTINCT ON (w.ord) w.ord, n.nodeid"                              \
    " FROM unnest($1::text[]) WITH ORDINALITY AS w(name, ord)"                           \
    " JOIN public.nodes n ON lower(n.hostname) = lower(w.name)"                          \
    " OR lower(split_part(n.hostname, '.', 1)) = lower(split_part(w.name, '.', 1))"      \
    " ORDER BY w.ord, lower(n.hostname) = lower(w.name) DESC, n.nodeid)"

/* A row for each stay, and one of job 0 for each node of which there is any row.  Most
 * minutes are like the one before: all but the first pass is over the rows (c, number k)
 * in which something changed; each holds until the row before the next of them. */
static const char stays_sql[] = NODES_HERE
    ", m AS (SELECT i.ord, r.\"timestamp\" AS t, r.jobs, r.cpus,"
    " lag(r.\"timestamp\") OVER w AS before,"
    " lag(r.jobs) OVER w IS DISTINCT FROM r.jobs"
    " OR lag(r.cpus) OVER w IS DISTINCT FROM r.cpus AS changed"
    " FROM i JOIN slurm.node_jobs r ON r.nodeid = i.nodeid"
    " WHERE r.\"timestamp\" BETWEEN to_timestamp($2::float8) AND to_timestamp($3::float8)"
    " WINDOW w AS (PARTITION BY i.ord ORDER BY r.\"timestamp\")),"
    " e AS (SELECT ord, max(t) AS t FROM m GROUP BY ord),"
    " c AS (SELECT ord, t, before, jobs, cpus, row_number() OVER x AS k,"
    " lead(t) OVER x AS after, lead(before) OVER x AS last FROM m WHERE changed"
    " WINDOW x AS (PARTITION BY ord ORDER BY t)),"
    " u AS (SELECT c.ord, c.k, c.t, c.before, coalesce(c.last, e.t) AS last, c.after,"
    " x.job, x.cpus, lag(c.k) OVER p IS DISTINCT FROM c.k - 1 AS fresh"
    " FROM c JOIN e USING (ord), unnest(c.jobs, c.cpus) AS x(job, cpus)"
    " WHERE x.job IS NOT NULL WINDOW p AS (PARTITION BY c.ord, x.job ORDER BY c.k)),"
    " s AS (SELECT *, count(*) FILTER (WHERE fresh)"
    " OVER (PARTITION BY ord, job ORDER BY k) AS run FROM u),"
    " g AS (SELECT ord, job, max(cpus) AS cpus, min(t) AS first, max(last) AS last,"
    " (array_agg(before ORDER BY k))[1] AS before,"
    " (array_agg(after ORDER BY k DESC))[1] AS after FROM s GROUP BY ord, job, run)"
    " SELECT g.ord, g.job, g.cpus, (extract(epoch FROM g.first) * 1000000)::int8,"
    " (extract(epoch FROM g.last) * 1000000)::int8,"
    " (extract(epoch FROM g.before) * 1000000)::int8,"
    " (extract(epoch FROM g.after) * 1000000)::int8,"
    " j.start_time::int8, j.end_time::int8"
    " FROM g LEFT JOIN slurm.jobs j ON j.job_id = g.job"
    " UNION ALL SELECT ord, 0, NULL, 0, 0, NULL, NULL, NULL, NULL FROM e"
    " ORDER BY 1, 2, 4";

enum { ORD, JOB, CPUS, FIRST, LAST, BEFORE, AFTER, STARTED, ENDED };

/* May we read both tables, and are they there?  Asked first, so that a site without them
 * finds no errors of ours in its server's log. */
static const char there_sql[] =
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'slurm' AND c.relname IN ('jobs', 'node_jobs')"
    " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')";

static int64_t number(const PGresult *res, int row, int column, int64_t none)
{
    return PQgetisnull(res, row, column)
               ? none
               : strtoll(PQgetvalue(res, row, column), NULL, 10);
}

/* The edge between a row without the job and one with it; `exact` (s) where known. */
static int64_t edge(int64_t out, int64_t in, int64_t exact)
{
    int64_t low = out < in ? out : in, high = out < in ? in : out;

    if (exact > 0 && exact < INT64_MAX / SECOND && exact * SECOND >= low - SECOND &&
        exact * SECOND <= high + SECOND)
        return exact * SECOND;
    return low + (high - low) / 2;
}

/* What one row says; rows of server's own making are bounded by what mp_occupancy_add and
 * the window allow. */
static int take_stay(const PGresult *res, int row, const struct mp_plan *plan,
                     const struct mp_pqjob_facts *facts, struct mp_occupancy *o,
                     struct mp_error *err)
{
    const int64_t job = number(res, row, JOB, 0), cpus = number(res, row, CPUS, 1);
    const int64_t first = number(res, row, FIRST, 0), last = number(res, row, LAST, 0);
    struct mp_stay stay = {
        .node = (uint32_t)number(res, row, ORD, 1) - 1,
        .job = (uint64_t)job,
        .cpus = cpus > 0 && cpus < UINT32_MAX ? (uint32_t)cpus : 1,
        .from = plan->start,
        .until = plan->end,
    };
    struct mp_presence_of *node = &o->nodes[stay.node];

    node->known = true;
    if (job <= 0)
        return 0;
    if (job == facts->id) {
        if (stay.cpus > node->own)
            node->own = stay.cpus;
        return 0;
    }
    if (!PQgetisnull(res, row, BEFORE))
        stay.from =
            edge(number(res, row, BEFORE, 0), first, number(res, row, STARTED, 0));
    if (!PQgetisnull(res, row, AFTER))
        stay.until = edge(number(res, row, AFTER, 0), last, number(res, row, ENDED, 0));
    return mp_occupancy_add(o, &stay, plan->start, plan->end, err);
}

static int read_stays(struct mp_pqconn *c, const struct mp_run *run, const char *names,
                      const struct mp_plan *plan, const struct mp_pqjob_facts *facts,
                      struct mp_occupancy *o, struct mp_error *err)
{
    char from[32], until[32];
    const char *const values[] = {names, from, until};
    const struct mp_pqshape shape = {"#iIiiIIII", plan->n_nodes};
    PGresult *res = NULL;
    int rc;

    snprintf(from, sizeof from, "%" PRId64, plan->start / SECOND - AROUND_S);
    snprintf(until, sizeof until, "%" PRId64, plan->end / SECOND + AROUND_S);
    rc = mp_pqconn_query(c, run, "reading slurm.node_jobs", stays_sql, 3, values, &shape,
                         &res, err);
    for (int row = 0; rc == 0 && row < PQntuples(res); row++)
        rc = take_stay(res, row, plan, facts, o, err);
    PQclear(res);
    return rc;
}

/* ---- idle ---- */

/* The mean of the sums over sensors, in the latest half an hour without a job. */
static const char idle_sql[] = NODES_HERE
    ", q AS (SELECT i.ord, i.nodeid, l.t FROM i, LATERAL (SELECT r.\"timestamp\" AS t"
    " FROM slurm.node_jobs r WHERE r.nodeid = i.nodeid AND cardinality(r.jobs) = 0"
    " AND r.\"timestamp\" >= to_timestamp($2::float8)"
    " AND r.\"timestamp\" < to_timestamp($3::float8) - interval '1 min'"
    " ORDER BY r.\"timestamp\" DESC LIMIT 30) l),"
    " v AS (SELECT q.ord, avg(s.value)::float8 AS w FROM q JOIN %s s"
    " ON s.nodeid = q.nodeid AND s.\"timestamp\" >= q.t"
    " AND s.\"timestamp\" < q.t + interval '1 min' WHERE s.value >= 0"
    " GROUP BY q.ord, s.source, s.fqdd)"
    " SELECT v.ord, round(sum(v.w) * 1000)::int8, (SELECT min(d.units)"
    " FROM public.metrics_definition d WHERE lower(d.metric_id) = lower($4))"
    " FROM v GROUP BY v.ord";

static char *quoted_table(PGconn *pg, const char *schema, const char *metric)
{
    char *name = strdup(metric), *a = NULL, *b = NULL, *both = NULL;

    for (char *p = name; name != NULL && *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    if (name != NULL)
        a = PQescapeIdentifier(pg, schema, strlen(schema));
    if (a != NULL)
        b = PQescapeIdentifier(pg, name, strlen(name));
    if (b != NULL && asprintf(&both, "%s.%s", a, b) < 0)
        both = NULL;
    PQfreemem(a);
    PQfreemem(b);
    free(name);
    return both;
}

/* Thousandths of the metric's unit. */
static void take_idle(const PGresult *res, const struct mp_metric *m,
                      struct mp_occupancy *o)
{
    for (int row = 0; row < PQntuples(res); row++) {
        const char *units = m->units != NULL           ? m->units
                            : PQgetisnull(res, row, 2) ? NULL
                                                       : PQgetvalue(res, row, 2);
        struct mp_presence_of *node = &o->nodes[number(res, row, 0, 1) - 1];
        double factor;

        if (mp_units_to_watt(units, &factor))
            node->idle_w += (double)number(res, row, 1, 0) / 1000 * factor;
    }
}

static int read_idle_of(struct mp_pqconn *c, const struct mp_run *run, const char *names,
                        const struct mp_plan *plan, const struct mp_route *route,
                        const struct mp_metric *m, int hours, struct mp_occupancy *o,
                        struct mp_error *err)
{
    char from[32], until[32], *sql = NULL;
    const char *const values[] = {names, from, until, m->name};
    const struct mp_pqshape shape = {"#IS", plan->n_nodes};
    char *table = quoted_table(c->pg, mp_route_value(route, "schema"), m->name);
    PGresult *res = NULL;
    int rc = -1;

    snprintf(from, sizeof from, "%" PRId64, plan->start / SECOND - (int64_t)hours * 3600);
    snprintf(until, sizeof until, "%" PRId64, plan->start / SECOND);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (table == NULL || asprintf(&sql, idle_sql, table) < 0) {
#pragma GCC diagnostic pop
        sql = NULL;
        mp_fail(err, MP_FAULT_FAILED, "out of memory for a statement");
    } else
        rc = mp_pqconn_query(c, run, "reading idle power", sql, 4, values, &shape, &res,
                             err);
    if (rc == 0)
        take_idle(res, m, o);
    PQclear(res);
    free(sql);
    free(table);
    return rc;
}

/* Only of shared nodes, and not of too many: for the others the lowest tenth will do. */
static int read_idle(struct mp_pqconn *c, const struct mp_run *run,
                     const struct mp_plan *plan, int hours, struct mp_occupancy *o,
                     struct mp_error *err)
{
    const char **names = calloc(plan->n_nodes + 1, sizeof *names);
    size_t n = 0;
    int rc = 0;

    for (size_t i = 0; names != NULL && i < o->n_stays && n < IDLE_NODES_MAX; i++) {
        uint32_t node = o->stays[i].node;

        n += names[node] == NULL;
        names[node] = plan->nodes[node].name;
    }
    for (size_t r = 0; names != NULL && n > 0 && rc == 0 && r < plan->n_routes; r++) {
        const struct mp_route *route = &plan->routes[r];
        char *array;

        if (strcmp(mp_pq_database_of(route), c->database) != 0)
            continue;
        array = mp_pq_text_array(names, plan->n_nodes);
        for (size_t m = 0; array != NULL && rc == 0 && m < route->n_metrics; m++)
            if (route->metrics[m].role == MP_ROLE_INPUT)
                rc = read_idle_of(c, run, array, plan, route, &route->metrics[m], hours,
                                  o, err);
        free(array);
    }
    free(names);
    return rc;
}

/* ---- one database, and all ---- */

/* Of the plan's nodes those whose samples are here. */
static char *names_here(const struct mp_pqconn *c, const struct mp_plan *plan)
{
    const char **names = calloc(plan->n_nodes + 1, sizeof *names);
    char *array = NULL;

    for (size_t i = 0; names != NULL && i < plan->n_nodes; i++)
        if (strcmp(mp_pq_database_of(&plan->routes[plan->nodes[i].route]), c->database) ==
            0)
            names[i] = plan->nodes[i].name;
    if (names != NULL)
        array = mp_pq_text_array(names, plan->n_nodes);
    free(names);
    return array;
}

static bool are_there(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err)
{
    PGresult *res = NULL;
    bool both = mp_pqconn_query(c, run, "looking for slurm.node_jobs", there_sql, 0, NULL,
                                &(struct mp_pqshape){.columns = "1i"}, &res, err) == 0 &&
                number(res, 0, 0, 0) == 2;

    PQclear(res);
    return both;
}

/* CPUs that slurm.jobs has of the whole job, where node_jobs has not seen it. */
static void spread_cpus(const struct mp_pqjob_facts *facts, struct mp_occupancy *o)
{
    int64_t each = facts->cpus / (int64_t)(o->n_nodes > 0 ? o->n_nodes : 1);

    for (size_t i = 0; i < o->n_nodes; i++)
        if (o->nodes[i].own == 0 && each > 0 && each < UINT32_MAX)
            o->nodes[i].own = (uint32_t)each;
}

/* Whether any of these nodes has seen the job. */
static bool is_here(const struct mp_pqjob_facts *facts, const struct mp_occupancy *o)
{
    for (size_t i = 0; i < o->n_nodes; i++)
        if (o->nodes[i].own > 0)
            return true;
    return facts->found;
}

static int look_here(struct mp_pqconn *c, const struct mp_run *run, const char *label,
                     const struct mp_plan *plan, int hours, struct mp_pqjob_facts *facts,
                     struct mp_occupancy *o, struct mp_error *err)
{
    char *names = names_here(c, plan);
    int rc = -1;

    if (names == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes",
                       plan->n_nodes);
    if (are_there(c, run, err) && mp_pqjob_facts(c, run, label, plan, facts, err) == 0 &&
        read_stays(c, run, names, plan, facts, o, err) == 0) {
        mp_occupancy_close(o);
        rc = read_idle(c, run, plan, hours, o, err);
    }
    free(names);
    return rc;
}

/* A database that does not tell is no failure: the job's nodes are then unknown. */
int mp_pq_know_job(struct mp_pq *pq, const struct mp_plan *plan, const struct mp_run *run,
                   struct mp_job *job, struct mp_occupancy *o, struct mp_error *err)
{
    struct mp_pqjob_facts facts = {0};

    if (mp_occupancy_init(o, plan->n_nodes, err) < 0)
        return -1;
    for (size_t i = 0; i < pq->n_conns; i++) {
        struct mp_pqconn *c = &pq->conns[i];

        if (!mp_pqpool_planned(pq, plan, i))
            continue;
        if (mp_pqconn_begin(c, run, err) < 0)
            return -1;
        look_here(c, run, job->label, plan, pq->config->idle_hours, &facts, o, err);
        if (c->pg != NULL && mp_pqconn_commit(c, run, &(struct mp_error){0}) < 0)
            mp_pqconn_close(c);
        if (mp_run_check(run, err) < 0)
            return -1;
    }
    mp_occupancy_close(o);
    if (facts.found && job->suspended == 0)
        job->suspended = facts.suspended;
    if (is_here(&facts, o))
        spread_cpus(&facts, o);
    else
        mp_occupancy_free(o); /* a window of somebody's own: nothing is shared with it */
    return 0;
}

/* ---- for an account of many jobs ---- */

/* A database that a route names and the server does not have, or not for us, holds
 * nothing to account for. */
static bool is_not_ours(const struct mp_pqconn *c)
{
    return strcmp(c->sqlstate, "3D000") == 0 || strcmp(c->sqlstate, "42501") == 0;
}

/* A database may be away for a moment, but not be left out without a word. */
static int everybody_here(struct mp_pqconn *c, const struct mp_run *run,
                          const struct mp_plan *plan, struct mp_occupancy *o,
                          struct mp_error *err)
{
    const struct mp_pqjob_facts nobody = {.id = -1};
    char *names = names_here(c, plan);
    int rc = -1;

    if (names == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes",
                       plan->n_nodes);
    if (are_there(c, run, err))
        rc = read_stays(c, run, names, plan, &nobody, o, err);
    else if (c->pg != NULL && c->sqlstate[0] == '\0')
        rc = 0;
    free(names);
    return rc;
}

int mp_pq_occupants(struct mp_pq *pq, const struct mp_plan *plan,
                    const struct mp_run *run, struct mp_occupancy *o,
                    struct mp_error *err)
{
    int rc = mp_occupancy_init(o, plan->n_nodes, err);

    for (size_t i = 0; rc == 0 && i < pq->n_conns; i++) {
        struct mp_pqconn *c = &pq->conns[i];

        if (!mp_pqpool_planned(pq, plan, i))
            continue;
        c->sqlstate[0] = '\0';
        rc = mp_pqconn_begin(c, run, err);
        if (rc == 0)
            rc = everybody_here(c, run, plan, o, err);
        if (c->pg != NULL && mp_pqconn_commit(c, run, &(struct mp_error){0}) < 0)
            mp_pqconn_close(c);
    }
    if (rc == 0)
        mp_occupancy_close(o);
    return rc;
}

static int add_names(const PGresult *res, char ***names, size_t *n, struct mp_error *err)
{
    char **grown = realloc(*names, (*n + (size_t)PQntuples(res) + 1) * sizeof *grown);

    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for node names");
    *names = grown;
    for (int row = 0; row < PQntuples(res); row++)
        if ((grown[*n] = strdup(PQgetvalue(res, row, 0))) != NULL)
            ++*n;
    return 0;
}

int mp_pq_list_nodes(struct mp_pq *pq, const struct mp_run *run, char ***names, size_t *n,
                     struct mp_error *err)
{
    static const char sql[] = "SELECT DISTINCT hostname::text FROM public.nodes"
                              " WHERE hostname IS NOT NULL ORDER BY 1";
    int rc = 0;

    *names = NULL;
    *n = 0;
    for (size_t i = 0; rc == 0 && i < pq->n_conns; i++) {
        struct mp_pqconn *c = &pq->conns[i];
        PGresult *res = NULL;

        c->sqlstate[0] = '\0';
        rc = mp_pqconn_begin(c, run, err);
        if (rc < 0 && is_not_ours(c)) {
            rc = 0;
            continue;
        }
        if (rc == 0)
            rc = mp_pqconn_query(c, run, "reading public.nodes", sql, 0, NULL,
                                 &(struct mp_pqshape){.columns = "s"}, &res, err);
        if (rc == 0)
            rc = add_names(res, names, n, err);
        PQclear(res);
        if (c->pg != NULL && mp_pqconn_commit(c, run, &(struct mp_error){0}) < 0)
            mp_pqconn_close(c);
    }
    return rc;
}

enum { IDS_AT_ONCE = 10000 };

static char *copy(const PGresult *res, int row, int column)
{
    return PQgetisnull(res, row, column) ? NULL : strdup(PQgetvalue(res, row, column));
}

static int describe_some(struct mp_pqconn *c, const struct mp_run *run,
                         struct mp_job_record *records, size_t n, struct mp_error *err)
{
    static const char sql[] =
        "SELECT w.ord, j->>'user_name', j->>'account', j->>'partition'"
        " FROM unnest($1::int8[]) WITH ORDINALITY AS w(id, ord)"
        " JOIN LATERAL (SELECT to_jsonb(x) AS j FROM slurm.jobs x WHERE x.job_id = w.id"
        " LIMIT 1) y ON true";
    const struct mp_pqshape shape = {"#SSS", n};
    PGresult *res = NULL;
    char *ids = NULL;
    size_t size;
    FILE *out = open_memstream(&ids, &size);
    int rc = -1;

    for (size_t i = 0; out != NULL && i < n; i++)
        fprintf(out, "%c%" PRIu64, i == 0 ? '{' : ',', records[i].id);
    if (out == NULL || fputs("}", out) < 0 || fclose(out) != 0)
        mp_fail(err, MP_FAULT_FAILED, "out of memory for job numbers");
    else
        rc = mp_pqconn_query(c, run, "reading slurm.jobs", sql, 1,
                             (const char *const[]){ids}, &shape, &res, err);
    for (int row = 0; rc == 0 && row < PQntuples(res); row++) {
        struct mp_job_record *r = &records[number(res, row, 0, 1) - 1];

        if (r->found)
            continue;
        r->found = true;
        r->user = copy(res, row, 1);
        r->account = copy(res, row, 2);
        r->partition = copy(res, row, 3);
    }
    PQclear(res);
    free(ids);
    return rc;
}

int mp_pq_describe(struct mp_pq *pq, const struct mp_run *run,
                   struct mp_job_record *records, size_t n, struct mp_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && n > 0 && i < pq->n_conns; i++) {
        struct mp_pqconn *c = &pq->conns[i];

        c->sqlstate[0] = '\0';
        rc = mp_pqconn_begin(c, run, err);
        if (rc < 0 && is_not_ours(c)) {
            rc = 0;
            continue;
        }
        if (rc == 0 && are_there(c, run, err))
            for (size_t k = 0; rc == 0 && k < n; k += IDS_AT_ONCE)
                rc = describe_some(c, run, records + k,
                                   n - k < IDS_AT_ONCE ? n - k : IDS_AT_ONCE, err);
        if (c->pg != NULL && mp_pqconn_commit(c, run, &(struct mp_error){0}) < 0)
            mp_pqconn_close(c);
    }
    return rc;
}
