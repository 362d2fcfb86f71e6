/* SPDX-License-Identifier: MIT
 * account.c - nodes, who was on them, and their samples day by day. */
#include "config.h"

#include "account/account.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/wait.h"
#include "slurm/nodelist.h"

enum { SECOND = 1000000, TRIES = 3, PAUSE_S = 2 };

struct account {
    struct mp_backend *backend;
    const struct mp_settings *settings;
    struct mp_run *run;
    const struct mp_account_request *request;
    char **names; /* of the nodes */
    size_t n_names;
    struct mp_nodelist list; /* owns them, where the request names nodes */
    struct mp_route *routes; /* with nothing but input power */
    size_t n_routes;
};

/* ---- which nodes, which metrics ---- */

static int find_names(struct account *a, struct mp_error *err)
{
    if (a->request->nodelist == NULL)
        return a->backend->ops->list_nodes(a->backend, a->run, &a->names, &a->n_names,
                                           err);
    if (mp_nodelist_expand(a->request->nodelist, &a->list, err) < 0)
        return -1;
    a->names = a->list.names;
    a->n_names = a->list.n;
    return 0;
}

static int only_input(struct account *a, struct mp_error *err)
{
    const struct mp_settings *s = a->settings;

    a->routes = calloc(s->n_routes + 1, sizeof *a->routes);
    if (a->routes == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for routes");
    for (; a->n_routes < s->n_routes; a->n_routes++) {
        struct mp_route *route = &a->routes[a->n_routes];
        size_t kept = 0;

        if (mp_route_copy(route, &s->routes[a->n_routes], err) < 0)
            return -1;
        for (size_t m = 0; m < route->n_metrics; m++) {
            struct mp_metric metric = route->metrics[m];

            if (metric.role != MP_ROLE_INPUT || metric.counter) {
                free(metric.name);
                free(metric.units);
            } else
                route->metrics[kept++] = metric;
        }
        route->n_metrics = kept;
    }
    return 0;
}

static int make_plan(const struct account *a, int64_t start, int64_t end,
                     struct mp_plan *plan, struct mp_error *err)
{
    return mp_plan_make(plan, a->names, a->n_names, a->routes, a->n_routes, start, end,
                        err);
}

/* ---- days ---- */

/* The next local midnight after `us`, or `end`. */
static int64_t day_end(int64_t us, int64_t end)
{
    time_t seconds = (time_t)(us / SECOND);
    struct tm tm;
    int64_t next;

    if (localtime_r(&seconds, &tm) == NULL)
        return end;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_mday++;
    tm.tm_isdst = -1;
    next = (int64_t)mktime(&tm) * SECOND;
    return next > us && next < end ? next : end;
}

/* Samples of the last instant belong to the next day, but for the last. */
static int plan_day(const struct account *a, int64_t from, int64_t until, int64_t end,
                    struct mp_plan *plan, struct mp_error *err)
{
    a->run->deadline_us =
        mp_clock_us() + (int64_t)a->settings->power->deadline_seconds * SECOND;
    return make_plan(a, from, until < end ? until - 1 : until, plan, err);
}

static bool passes(const struct mp_error *err)
{
    return err->fault == MP_FAULT_TRANSIENT || err->fault == MP_FAULT_UNREACHABLE;
}

/* ---- who was there ---- */

static int add_day(const struct mp_occupancy *day, const struct mp_plan *plan,
                   struct mp_occupancy *all, struct mp_error *err)
{
    for (size_t i = 0; i < day->n_nodes; i++)
        all->nodes[i].known = all->nodes[i].known || day->nodes[i].known;
    for (size_t i = 0; i < day->n_stays; i++) {
        struct mp_stay stay = day->stays[i];

        stay.until += stay.until % SECOND == SECOND - 1; /* plan_day's instant less */
        if (mp_occupancy_add(all, &stay, plan->start, plan->end, err) < 0)
            return -1;
    }
    return 0;
}

static int read_occupants(struct account *a, const struct mp_plan *plan,
                          struct mp_occupancy *all, struct mp_error *err)
{
    int rc = mp_occupancy_init(all, plan->n_nodes, err);

    for (int64_t from = plan->start, until; rc == 0 && from < plan->end; from = until) {
        struct mp_plan day = {0};

        until = day_end(from, plan->end);
        for (int i = 0; i < TRIES; i++) {
            struct mp_occupancy o = {0};

            rc = plan_day(a, from, until, plan->end, &day, err);
            if (rc == 0)
                rc = a->backend->ops->occupants(a->backend, &day, a->run, &o, err);
            if (rc == 0)
                rc = add_day(&o, plan, all, err);
            mp_occupancy_free(&o);
            mp_plan_free(&day);
            if (rc == 0 || !passes(err))
                break;
            mp_wait_fd(a->run, -1, 0, mp_clock_us() + PAUSE_S * SECOND, NULL);
        }
    }
    if (rc == 0)
        mp_occupancy_close(all);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    const struct mp_job_record *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

/* One for each job, in order. */
static int read_records(struct account *a, const struct mp_occupancy *o,
                        struct mp_job_record **records, size_t *n, struct mp_error *err)
{
    size_t kept = 0;

    *n = 0;
    *records = calloc(o->n_stays + 1, sizeof **records);
    if (*records == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu jobs", o->n_stays);
    for (size_t i = 0; i < o->n_stays; i++)
        (*records)[i].id = o->stays[i].job;
    qsort(*records, o->n_stays, sizeof **records, by_id);
    for (size_t i = 0; i < o->n_stays; i++)
        if (kept == 0 || (*records)[kept - 1].id != (*records)[i].id)
            (*records)[kept++] = (*records)[i];
    *n = kept;
    return a->backend->ops->describe(a->backend, a->run, *records, kept, err);
}

static void free_records(struct mp_job_record *records, size_t n)
{
    for (size_t i = 0; records != NULL && i < n; i++) {
        free(records[i].user);
        free(records[i].account);
        free(records[i].partition);
    }
    free(records);
}

/* ---- samples ---- */

static int fetch_day(struct account *a, const struct mp_plan *plan, struct mp_giver *g,
                     struct mp_error *err)
{
    struct mp_traces traces;
    struct mp_series_table series = {0};
    struct mp_findings findings = {0};
    int rc;

    mp_traces_init(&traces, (struct mp_follower *[]){mp_giver_follower(g)}, 1);
    rc =
        mp_backend_fetch(a->backend, plan, a->run, &series, &findings, &traces.sink, err);
    mp_traces_free(&traces);
    mp_findings_free(&findings);
    mp_series_table_free(&series);
    return rc;
}

/* A day whose connection broke is read again; the others stay. */
static int read_day(struct account *a, const struct mp_plan *whole, int64_t from,
                    int64_t until, struct mp_giver *g, struct mp_error *err)
{
    int rc = mp_giver_remember(g, err);

    for (int i = 0; rc == 0 && i < TRIES; i++) {
        struct mp_plan plan = {0};

        if (a->request->progress != NULL)
            a->request->progress(a->request->arg, from, a->request->start,
                                 a->request->end);
        rc = plan_day(a, from, until, whole->end, &plan, err);
        if (rc == 0)
            rc = fetch_day(a, &plan, g, err);
        mp_plan_free(&plan);
        if (rc == 0 || !passes(err) || i + 1 == TRIES)
            return rc;
        mp_giver_go_back(g);
        rc = mp_giver_remember(g, err);
        mp_wait_fd(a->run, -1, 0, mp_clock_us() + PAUSE_S * SECOND, NULL);
    }
    return rc;
}

static int account_window(struct account *a, int64_t start, int64_t end,
                          struct mp_account_rows *rows, struct mp_error *err)
{
    struct mp_plan plan = {0};
    struct mp_occupancy o = {0};
    struct mp_job_record *records = NULL;
    struct mp_giver *g = NULL;
    size_t n_records = 0;
    time_t seconds = (time_t)(start / SECOND);
    struct tm tm = {0};
    char day[32] = "";
    int rc = make_plan(a, start, end, &plan, err);

    if (rc == 0 && plan.n_nodes == 0)
        rc = mp_fail(err, MP_FAULT_NO_SAMPLES, "no route knows any of the %zu nodes",
                     a->n_names);
    if (rc == 0)
        rc = read_occupants(a, &plan, &o, err);
    if (rc == 0)
        rc = read_records(a, &o, &records, &n_records, err);
    if (rc == 0)
        rc = mp_giver_new(&g, &plan, &o, err);
    for (int64_t from = start, until; rc == 0 && from < end; from = until) {
        until = day_end(from, end);
        rc = read_day(a, &plan, from, until, g, err);
    }
    if (rc == 0 && localtime_r(&seconds, &tm) != NULL)
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    if (rc == 0) {
        mp_giver_close(g);
        rc = mp_account_rows_add(rows, a->request->by, day, g, &plan, &o, records,
                                 n_records, err);
    }
    mp_giver_free(g);
    free_records(records, n_records);
    mp_occupancy_free(&o);
    mp_plan_free(&plan);
    return rc;
}

int mp_account_make(struct mp_backend *b, const struct mp_settings *settings,
                    struct mp_run *run, const struct mp_account_request *request,
                    struct mp_account_rows *rows, struct mp_error *err)
{
    struct account a = {
        .backend = b, .settings = settings, .run = run, .request = request};
    int rc = -1;

    if (b->ops->occupants == NULL) {
        mp_fail(err, MP_FAULT_USAGE,
                "backend %s does not know whose the nodes are: account needs one that "
                "does, direct or ssh",
                b->ops->name);
        return -1;
    }
    if (find_names(&a, err) == 0 && only_input(&a, err) == 0)
        rc = 0;
    if (rc == 0 && request->by != MP_BY_DAY)
        rc = account_window(&a, request->start, request->end, rows, err);
    for (int64_t from = request->start, until;
         rc == 0 && request->by == MP_BY_DAY && from < request->end; from = until) {
        until = day_end(from, request->end);
        rc = account_window(&a, from, until, rows, err);
    }
    if (rc == 0)
        mp_account_rows_close(rows, request->by);
    for (size_t i = 0; request->nodelist == NULL && i < a.n_names; i++)
        free(a.names[i]);
    if (request->nodelist == NULL)
        free(a.names);
    mp_nodelist_free(&a.list);
    for (size_t i = 0; i < a.n_routes; i++)
        mp_route_clear(&a.routes[i]);
    free(a.routes);
    return rc;
}
