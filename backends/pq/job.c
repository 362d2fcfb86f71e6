/* SPDX-License-Identifier: MIT
 * job.c - a finished job's window, nodes and owner, from slurm.jobs. */
#include "config.h"

#include "backends/pq/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/pq/conn.h"
#include "backends/pq/job.h"
#include "backends/pq/pool.h"
#include "base/zone.h"

#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

/* A --job-id argument taken apart. */
struct label {
    const char *text;
    uint64_t id;   /* the number before _ or + */
    uint64_t part; /* the number after it */
    char kind;     /* '\0' a job, '_' an array task, '+' a component of a het job */
};

enum {
    FIELD_ID,
    FIELD_STATE,
    FIELD_CLUSTER,
    FIELD_USER,
    FIELD_NAME,
    FIELD_NODES,
    FIELD_START,
    FIELD_END,
    FIELD_RESTARTS,
    FIELD_SUSPENDED,
    FIELD_HET_ID,
    FIELD_HET_OFFSET,
    FIELD_CPUS
};

/* Through jsonb, because the collector's table has grown columns over time: one that is
 * not there reads as NULL. */
#define JOB_FIELDS                                                                       \
    "SELECT j->>'job_id', "                                                              \
    "CASE jsonb_typeof(j->'job_state') WHEN 'array' THEN "                               \
    " (SELECT string_agg(v, ',') FROM jsonb_array_elements_text(j->'job_state') v) "     \
    " ELSE j->>'job_state' END, "                                                        \
    "j->>'cluster', j->>'user_name', j->>'name', "                                       \
    "CASE jsonb_typeof(j->'nodes') WHEN 'array' THEN "                                   \
    " (SELECT string_agg(v, ',') FROM jsonb_array_elements_text(j->'nodes') v) "         \
    " ELSE j->>'nodes' END, "                                                            \
    "j->>'start_time', j->>'end_time', j->>'restart_cnt', "                              \
    "j->>'suspend_time', j->>'het_job_id', "                                             \
    "j->>'het_job_offset', j->>'cpus' FROM (SELECT to_jsonb(x) AS j FROM slurm.jobs x "  \
    "WHERE "

/* A collector that keeps a row for each run of a requeued job: the last run that began,
 * as Slurm means it by the job's number. */
#define LAST_RUN                                                                         \
    ") y ORDER BY j->'start_time' DESC NULLS LAST, j->'restart_cnt' DESC NULLS LAST,"    \
    " j->'job_id' DESC LIMIT 1"

static const char by_id_sql[] = JOB_FIELDS "x.job_id = $1::int8" LAST_RUN;
static const char by_task_sql[] =
    JOB_FIELDS "x.array_job_id = $1::int8 AND x.array_task_id = $2::int8" LAST_RUN;

static int take_apart(const char *text, struct label *l, struct mp_error *err)
{
    char *end;

    *l = (struct label){.text = text, .id = strtoull(text, &end, 10)};
    if (*end == '_' || *end == '+') {
        l->kind = *end;
        l->part = strtoull(end + 1, &end, 10);
    }
    if (*end != '\0' || l->id > UINT32_MAX || l->part > UINT32_MAX)
        return mp_fail(err, MP_FAULT_USAGE, "--job-id %s: not a job's number", text);
    return 0;
}

/* One job of one database; *out has no row where it is not there. */
static int look_up(struct mp_pqconn *c, const struct mp_run *run, const struct label *l,
                   PGresult **out, struct mp_error *err)
{
    char id[24];
    char part[24];
    const char *const values[] = {id, part};
    /* the components of a het job are submitted together and
     * numbered one after the other */
    uint64_t number = l->kind == '+' ? l->id + l->part : l->id;

    static const struct mp_pqshape shape = {.columns = "SSSSSSSSSSSSS"};

    snprintf(id, sizeof id, "%" PRIu64, number);
    snprintf(part, sizeof part, "%" PRIu64, l->part);
    if (l->kind == '_')
        return mp_pqconn_query(c, run, "reading slurm.jobs", by_task_sql, 2, values,
                               &shape, out, err);
    return mp_pqconn_query(c, run, "reading slurm.jobs", by_id_sql, 1, values, &shape,
                           out, err);
}

static const char *field(const PGresult *res, int column)
{
    return PQgetisnull(res, 0, column) ? NULL : PQgetvalue(res, 0, column);
}

/* 0 where there is none, or one that no clock shows. */
static int64_t number(const PGresult *res, int column)
{
    const char *text = field(res, column);
    long long n = text != NULL ? strtoll(text, NULL, 10) : 0;

    return n >= 0 && n <= LAST_SECOND ? n : 0;
}

static bool same(const PGresult *a, const PGresult *b, int column)
{
    const char *x = field(a, column);
    const char *y = field(b, column);

    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

/* slurm.jobs may not say which jobs belong together; then the leader's owner and start
 * must be this one's. */
static int check_component(struct mp_pqconn *c, const struct mp_run *run,
                           const struct label *l, const PGresult *res,
                           struct mp_error *err)
{
    struct label leader = {.text = l->text, .id = l->id};
    PGresult *first = NULL;
    bool fits;

    if (field(res, FIELD_HET_ID) != NULL && number(res, FIELD_HET_ID) > 0)
        fits = (uint64_t)number(res, FIELD_HET_ID) == l->id &&
               (uint64_t)number(res, FIELD_HET_OFFSET) == l->part;
    else {
        if (look_up(c, run, &leader, &first, err) < 0)
            return -1;
        fits = PQntuples(first) == 1 && same(first, res, FIELD_USER) &&
               same(first, res, FIELD_START);
        PQclear(first);
    }
    if (fits)
        return 0;
    return mp_fail(
        err, MP_FAULT_FAILED,
        "job %s: slurm.jobs of database %s does not tell its components apart; "
        "give --start, --end and --nodelist",
        l->text, c->database);
}

static int check_ended(const struct label *l, const PGresult *res, struct mp_error *err)
{
    static const char *const alive[] = {"RUNNING", "PENDING", "SUSPENDED", "CONFIGURING"};
    const char *state = field(res, FIELD_STATE);
    bool ended =
        number(res, FIELD_END) > 0 && number(res, FIELD_END) <= (int64_t)time(NULL);

    for (size_t i = 0; state != NULL && i < sizeof alive / sizeof *alive; i++)
        ended = ended && strstr(state, alive[i]) == NULL;
    if (!ended)
        return mp_fail(
            err, MP_FAULT_NOT_YET,
            "job %s has not ended, or slurm.jobs has not heard of it yet (state "
            "%s); try again later",
            l->text, state != NULL ? state : "unknown");
    if (number(res, FIELD_START) <= 0 ||
        number(res, FIELD_START) > number(res, FIELD_END) ||
        field(res, FIELD_NODES) == NULL || field(res, FIELD_NODES)[0] == '\0')
        return mp_fail(
            err, MP_FAULT_FAILED,
            "job %s never ran: slurm.jobs has no start or no nodes of it (state "
            "%s)",
            l->text, state != NULL ? state : "unknown");
    return 0;
}

static char *copy_field(const PGresult *res, int column, bool *failed)
{
    const char *text = field(res, column);
    char *copy = text != NULL ? strdup(text) : NULL;

    *failed = *failed || (text != NULL && copy == NULL);
    return copy;
}

/* Slurm sets it back to 0 when it requeues a job. */
static int64_t suspended(const PGresult *res)
{
    int64_t seconds = number(res, FIELD_SUSPENDED);

    return seconds > 0 && seconds < MP_TIME_LAST / 1000000 ? seconds * 1000000 : 0;
}

static int fill_job(const struct label *l, const PGresult *res, struct mp_job *job,
                    struct mp_error *err)
{
    bool failed = false;

    *job = (struct mp_job){
        .label = strdup(l->text),
        .cluster = copy_field(res, FIELD_CLUSTER, &failed),
        .user = copy_field(res, FIELD_USER, &failed),
        .name = copy_field(res, FIELD_NAME, &failed),
        .nodelist = copy_field(res, FIELD_NODES, &failed),
        .start = number(res, FIELD_START) * 1000000,
        .end = number(res, FIELD_END) * 1000000,
        .restart_count = (uint32_t)number(res, FIELD_RESTARTS),
        .suspended = suspended(res),
    };
    if (!failed && job->label != NULL)
        return 0;
    mp_job_free(job);
    *job = (struct mp_job){0};
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the job");
}

/* A database without slurm.jobs, or whose slurm.jobs we may not read, is none to ask. */
static bool not_kept_here(const struct mp_pqconn *c)
{
    static const char *const states[] = {"42P01", "3F000", "42501", "42703", "3D000"};

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(c->sqlstate, states[i]) == 0)
            return true;
    return false;
}

/* 1: found; 0: not here; -1: failed. */
static int find_here(struct mp_pqconn *c, const struct mp_run *run, const struct label *l,
                     struct mp_job *job, struct mp_error *err)
{
    PGresult *res = NULL;
    int rc = -1;

    c->sqlstate[0] = '\0';
    if (mp_pqconn_begin(c, run, err) == 0 && look_up(c, run, l, &res, err) == 0) {
        rc = PQntuples(res) > 0;
        if (rc > 0 && l->kind == '+' && check_component(c, run, l, res, err) < 0)
            rc = -1;
        if (rc > 0 && (check_ended(l, res, err) < 0 || fill_job(l, res, job, err) < 0))
            rc = -1;
    } else if (not_kept_here(c))
        rc = 0;
    PQclear(res);
    if (c->pg != NULL && mp_pqconn_commit(c, run, &(struct mp_error){0}) < 0)
        mp_pqconn_close(c);
    return rc;
}

/* A job that one database says is still running may have ended in another's view: the
 * collectors write at different moments.  So a failure counts only if nobody has it. */
int mp_pq_find_job(struct mp_pq *pq, const char *label, const struct mp_run *run,
                   struct mp_job *job, struct mp_error *err)
{
    struct mp_error first = {0};
    struct label l;
    char asked[256] = "";
    size_t used = 0;

    if (take_apart(label, &l, err) < 0)
        return -1;
    for (size_t i = 0; i < pq->n_conns; i++) {
        struct mp_error failure = {0};
        int rc = find_here(&pq->conns[i], run, &l, job, &failure);

        if (rc > 0)
            return 0;
        if (rc < 0 && first.fault == MP_FAULT_NONE)
            first = failure;
        if (failure.fault == MP_FAULT_STOPPED)
            break;
        if (used < sizeof asked)
            used += (size_t)snprintf(asked + used, sizeof asked - used, "%s%s",
                                     i > 0 ? ", " : "", pq->conns[i].database);
    }
    if (first.fault != MP_FAULT_NONE) {
        *err = first;
        return -1;
    }
    return mp_fail(
        err, MP_FAULT_NOT_YET,
        "job %s is not in slurm.jobs of %s; give --start, --end and --nodelist", label,
        asked);
}

int mp_pqjob_facts(struct mp_pqconn *c, const struct mp_run *run, const char *label,
                   const struct mp_plan *plan, struct mp_pqjob_facts *facts,
                   struct mp_error *err)
{
    struct label l;
    PGresult *res = NULL;
    int64_t start, end;

    if (facts->found)
        return 0;
    if (take_apart(label, &l, err) < 0 || look_up(c, run, &l, &res, err) < 0)
        return -1;
    if (l.kind != '_')
        facts->id = (int64_t)(l.kind == '+' ? l.id + l.part : l.id);
    if (PQntuples(res) > 0) {
        start = number(res, FIELD_START) * 1000000;
        end = number(res, FIELD_END) * 1000000;
        facts->found =
            start > 0 && start <= plan->end && (end == 0 || end >= plan->start);
        facts->id = number(res, FIELD_ID);
    }
    if (facts->found) {
        facts->cpus = number(res, FIELD_CPUS);
        facts->suspended = suspended(res);
    }
    PQclear(res);
    return 0;
}
