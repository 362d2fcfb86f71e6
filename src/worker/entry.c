/* SPDX-License-Identifier: MIT
 * entry.c - one entry of the queue: from what Slurm said to a report, another try,
 * or a reason why there is none. */
#include "config.h"

#include "worker/impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/backend.h"
#include "model/place.h"
#include "slurm/jobpath.h"
#include "slurm/nodelist.h"

enum {
    SECOND = 1000000, /* µs */
    DEFER_LEAST = 2,  /* s */
    DEFER_MOST = 15,
    SAME_END = 60, /* s: how far the database and we may differ about the end of a run */
};

/* --- the job ------------------------------------------------------------------------ */

int mp_child_settings(struct mp_worker_child *child, struct mp_error *err)
{
    if (child->have_settings)
        return 0;
    if (mp_backends_settings(&child->session.settings, child->options->config,
                             child->options->overrides, child->options->n_overrides,
                             err) < 0)
        return -1;
    child->have_settings = true;
    return 0;
}

static int open_backend(struct mp_attempt *a, struct mp_error *err)
{
    struct mp_worker_child *child = a->child;
    struct mp_session *s = &child->session;

    a->backend_away = true;
    if (mp_child_settings(child, err) < 0)
        return -1;
    snprintf(s->purpose, sizeof s->purpose, "worker %s", a->label);
    s->run.purpose = s->purpose;
    s->run.deadline_us =
        mp_clock_us() + (int64_t)s->settings.power->deadline_seconds * SECOND;
    if (s->backend == NULL &&
        mp_backend_open(&s->settings, &s->run, &s->backend, err) < 0)
        return -1;
    a->backend_away = false;
    return 0;
}

static int fill_job(struct mp_attempt *a, struct mp_error *err)
{
    struct mp_job *job = &a->child->session.job;
    const struct mp_entry *e = &a->entry;

    job->start = e->start * SECOND;
    job->end = e->end * SECOND;
    job->restart_count = (uint32_t)e->restart_count;
    job->suspended = e->suspended > 0 ? e->suspended * SECOND : 0;
    if (mp_entry_set(&job->label, a->label, err) < 0 ||
        mp_entry_set(&job->cluster, e->cluster, err) < 0 ||
        mp_entry_set(&job->user, e->user, err) < 0 ||
        mp_entry_set(&job->name, e->name, err) < 0 ||
        mp_entry_set(&job->nodelist, e->nodelist, err) < 0)
        return -1;
    return 0;
}

static bool waits_longer(const struct mp_attempt *a)
{
    int max_wait = a->child->session.settings.power->max_wait_seconds;

    return mp_worker_now() / SECOND < a->entry.end + max_wait;
}

/* The database has one row a job, of its last run that it has heard of. */
static bool is_this_run(const struct mp_job *found, const struct mp_entry *e)
{
    int64_t apart = found->end / SECOND - e->end;

    return found->start <= e->end * SECOND && apart >= -SAME_END && apart <= SAME_END;
}

/* Neither Slurm nor the prolog said when the job started: the database may know. */
static int find_start(struct mp_attempt *a, struct mp_error *err)
{
    struct mp_session *s = &a->child->session;
    const struct mp_backend_ops *ops = s->backend->ops;
    struct mp_job found = {0};
    int rc = -1;

    if (ops->find_job == NULL)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "the start of the job is not known: Slurm before 23.02 does not give "
            "it, no prolog has recorded it, and backend %s cannot look it up",
            ops->name);
    if (ops->find_job(s->backend, a->label, &s->run, &found, err) < 0) {
        mp_fail_in(err, "the start of the job is not known: no prolog has recorded it");
        goto out;
    }
    if (!is_this_run(&found, &a->entry)) {
        mp_fail(err, MP_FAULT_NOT_YET,
                "the start of the job is not known: no prolog has recorded it, and the "
                "database has only another run of the job");
        goto out;
    }
    a->entry.start = found.start / SECOND;
    if (found.suspended > 0)
        a->entry.suspended = found.suspended / SECOND;
    rc = mp_entry_set(&a->entry.start_from, "database", err);
out:
    if (rc < 0 && err->fault == MP_FAULT_NOT_YET && !waits_longer(a))
        err->fault = MP_FAULT_FAILED;
    mp_job_free(&found);
    return rc;
}

static int check_entry(const struct mp_entry *e, struct mp_error *err)
{
    if (e->nodelist == NULL || e->nodelist[0] == '\0')
        return mp_fail(err, MP_FAULT_FAILED, "Slurm gave no nodes: the job never ran");
    if (e->start > e->end)
        return mp_fail(err, MP_FAULT_FAILED,
                       "the start of the job, %" PRId64 ", is after its end, %" PRId64
                       ": it never ran",
                       e->start, e->end);
    return 0;
}

/* A fresh job and plan in the session. */
static int prepare(struct mp_attempt *a, struct mp_error *err)
{
    mp_session_next(&a->child->session);
    if (fill_job(a, err) < 0)
        return -1;
    return mp_session_plan(&a->child->session, err);
}

static int wait_for_samples(struct mp_attempt *a, struct mp_error *err)
{
    struct mp_session *s = &a->child->session;
    int ready = 1;

    if (s->backend->ops->caught_up == NULL || !waits_longer(a))
        return 0;
    if (s->backend->ops->caught_up(s->backend, &s->plan, &s->run, &ready, err) < 0)
        return -1;
    if (ready)
        return 0;
    return mp_fail(err, MP_FAULT_NOT_YET,
                   "the samples of the job's end are not there yet");
}

/* --- the report --------------------------------------------------------------------- */

static int name_directory(struct mp_attempt *a, struct mp_error *err)
{
    char name[MP_PLACE_SIZE];

    if (!mp_attempt_directory(a, name))
        return 0;
    return mp_entry_set(&a->child->session.job.directory, name, err);
}

/* Up to the point where the writer has all it needs: a->writer is then under way. */
static int send_to_writer(struct mp_attempt *a, const char *jobdir, struct mp_error *err)
{
    struct mp_session *s = &a->child->session;
    struct mp_writer_request request = {
        .job = &s->job,
        .uid = a->entry.uid >= 0 ? (uid_t)a->entry.uid : geteuid(),
        .gid = a->entry.gid >= 0 ? (gid_t)a->entry.gid : getegid(),
        .jobdir = jobdir,
        .outdir = s->settings.power->outdir,
        .stalled = &a->stalled,
        .parts = mp_report_parts(&s->settings),
        .occupancy = &s->occupancy,
    };

    a->run = s->run; /* the session's changes with the next job */
    a->step = MP_STEP_SAMPLES;
    if (name_directory(a, err) < 0 || mp_session_know(s, err) < 0)
        return -1;
    a->step = MP_STEP_PLACE;
    if (mp_writer_start(a->child->spawner, &request, &a->run, &a->writer, err) < 0)
        return -1;
    a->step = MP_STEP_SAMPLES;
    if (mp_session_fetch(s, mp_writer_sink(a->writer), err) < 0)
        return -1;
    a->step = MP_STEP_WRITE;
    return mp_writer_end(a->writer, &s->findings, s->backend->ops->name,
                         s->backend->label, err);
}

/* After a failure: where the job's directory is to blame, the fallback may do. */
static bool may_go_elsewhere(struct mp_attempt *a, const struct mp_error *err)
{
    bool elsewhere =
        a->in_jobdir && a->writer != NULL && mp_writer_directory_failed(a->writer);

    a->writer_died = a->writer != NULL && mp_writer_died(a->writer);
    a->stalled = a->stalled || (a->writer != NULL && mp_writer_stalled(a->writer));
    mp_writer_free(a->writer);
    a->writer = NULL;
    if (elsewhere) {
        a->no_directory = *err;
        a->half_way = true;
    }
    a->in_jobdir = false;
    return elsewhere;
}

static int send_elsewhere(struct mp_attempt *a, struct mp_error *err)
{
    return prepare(a, err) < 0 ? -1 : send_to_writer(a, NULL, err);
}

static int report(struct mp_attempt *a, struct mp_error *err)
{
    char *jobdir =
        mp_attempt_goes_beside(a) ? mp_attempt_jobdir(a, &a->no_directory) : NULL;
    int rc;

    a->began = mp_clock_us();
    a->in_jobdir = jobdir != NULL;
    rc = send_to_writer(a, jobdir, err);
    if (rc < 0 && may_go_elsewhere(a, err))
        rc = send_elsewhere(a, err);
    free(jobdir);
    return rc;
}

static int attempt(struct mp_attempt *a, struct mp_error *err)
{
    a->step = MP_STEP_SOURCE;
    if (open_backend(a, err) < 0)
        return -1;
    a->step = MP_STEP_ENTRY;
    if (check_entry(&a->entry, err) < 0)
        return -1;
    a->step = MP_STEP_START;
    if (a->entry.start < 0 && find_start(a, err) < 0)
        return -1;
    a->step = MP_STEP_ENTRY;
    if (check_entry(&a->entry, err) < 0)
        return -1;
    a->step = MP_STEP_PLAN;
    if (prepare(a, err) < 0)
        return -1;
    a->step = MP_STEP_SAMPLES;
    if (wait_for_samples(a, err) < 0)
        return -1;
    return report(a, err);
}

/* --- what becomes of it ------------------------------------------------------------- */

/* Look again after a quarter of the time that has passed: soon at first. */
static int64_t next_look(const struct mp_entry *e)
{
    int64_t now = mp_worker_now(), wait = (now / SECOND - e->end) / 4;

    if (wait < DEFER_LEAST)
        wait = DEFER_LEAST;
    if (wait > DEFER_MOST)
        wait = DEFER_MOST;
    return now + wait * SECOND;
}

/* Full, or the quota is: somebody may make room.  The words are those of the writer,
 * whose locale is C; an owner who makes them up has their own job tried again. */
static bool wants_room(const struct mp_error *err)
{
    return strstr(err->text, "No space left on device") != NULL ||
           strstr(err->text, "Disk quota exceeded") != NULL;
}

/* Where the second place failed too, the first one's reason is still one. */
static void recall_first(const struct mp_attempt *a, struct mp_error *err)
{
    struct mp_error last = *err;

    if (a->half_way && err->fault != MP_FAULT_STOPPED)
        mp_fail(err, last.fault, "%.480s; beside the job's output, before: %.480s",
                last.text, a->no_directory.text);
}

static struct mp_answer judge(struct mp_attempt *a, struct mp_error *err)
{
    recall_first(a, err);
    if (mp_fault_may_pass(err->fault)) {
        mp_backend_close(a->child->session.backend); /* it may be broken */
        a->child->session.backend = NULL;
    }
    if (err->fault == MP_FAULT_STOPPED)
        return mp_attempt_put_back(a, mp_worker_now());
    if (a->writer_died)
        return mp_worker_interrupted(a->child->queue, a->child->log, a->key, err->text);
    if (err->fault == MP_FAULT_NOT_YET)
        return mp_attempt_put_back(a, next_look(&a->entry));
    if (a->backend_away || mp_fault_may_pass(err->fault) || wants_room(err))
        return mp_attempt_again(a, err);
    return mp_attempt_give_up(a, err->text);
}

static struct mp_answer begin(struct mp_attempt *a)
{
    struct mp_answer answer = {.outcome = MP_OUTCOME_DRAWING};
    struct mp_error err = {0};

    /* The runs of a requeued job share a directory, so they are reported in order. */
    if (a->entry.restart_count > 0 &&
        mp_queue_has_earlier_run(a->child->queue, &a->entry))
        return mp_attempt_put_back(a, mp_worker_now() + DEFER_LEAST * SECOND);
    if (a->entry.interrupted >= MP_INTERRUPTIONS_MAX)
        answer = mp_attempt_give_up_interrupted(a);
    else if (attempt(a, &err) < 0)
        answer = judge(a, &err);
    if (answer.outcome == MP_OUTCOME_FAILED)
        mp_attempt_tell(a, &err);
    mp_session_next(&a->child->session);
    return answer;
}

static void free_attempt(struct mp_attempt *a)
{
    mp_writer_free(a->writer);
    mp_notice_free(a->notice);
    mp_entry_free(&a->entry);
    free(a);
}

static struct mp_answer answer_for(struct mp_answer answer, const char *key, bool stalled)
{
    answer.stalled = stalled;
    snprintf(answer.key, sizeof answer.key, "%s", key);
    return answer;
}

/* The attempt is over, unless its owner is still being told of it. */
static struct mp_answer conclude(struct mp_attempt *a, struct mp_answer answer)
{
    answer = answer_for(answer, a->key, a->stalled);
    if (answer.outcome == MP_OUTCOME_DRAWING)
        return answer;
    if (a->notice != NULL) {
        a->settled = answer;
        answer.outcome = MP_OUTCOME_DRAWING;
        return answer;
    }
    free_attempt(a);
    return answer;
}

struct mp_answer mp_attempt_begin(struct mp_worker_child *child, const char *key,
                                  struct mp_attempt **out)
{
    struct mp_attempt *a = calloc(1, sizeof *a);
    struct mp_answer answer = {.outcome = MP_OUTCOME_STUCK};
    struct mp_error err = {0};

    *out = NULL;
    if (a == NULL)
        return answer_for(answer, key, false);
    a->child = child;
    snprintf(a->key, sizeof a->key, "%s", key);
    if (mp_queue_read(child->queue, MP_RUNNING, key, &a->entry, &err) < 0) {
        answer = mp_attempt_unreadable(child->queue, child->log, key, &err);
    } else {
        mp_entry_label(&a->entry, a->label);
        answer = begin(a);
    }
    answer = conclude(a, answer);
    if (answer.outcome == MP_OUTCOME_DRAWING)
        *out = a;
    return answer;
}

int mp_attempt_fd(const struct mp_attempt *a)
{
    return a->notice != NULL ? mp_notice_fd(a->notice) : mp_writer_fd(a->writer);
}

int64_t mp_attempt_until(const struct mp_attempt *a)
{
    return a->notice != NULL ? mp_notice_until(a->notice) : a->run.deadline_us;
}

static void log_reported(const struct mp_attempt *a,
                         const struct mp_writer_result *result)
{
    const char *why = result->why[0] != '\0' ? result->why : a->no_directory.text;
    char seconds[32];

    snprintf(seconds, sizeof seconds, "%.3f", (double)(mp_clock_us() - a->began) / 1e6);
    mp_log_event(a->child->log, MP_LOG_INFO, a->label, "reported", "verdict",
                 mp_verdict_name(result->verdict), "path", result->path, "as",
                 result->user, "seconds", seconds, "fallback",
                 result->fallback && mp_attempt_goes_beside(a) ? "yes" : NULL, "why",
                 why[0] != '\0' ? why : NULL, NULL);
}

static struct mp_answer end_notice(struct mp_attempt *a)
{
    struct mp_answer answer = a->settled;
    struct mp_error err = {0};
    int rc = mp_notice_go_on(a->notice, &err);

    if (rc > 0) {
        answer.outcome = MP_OUTCOME_DRAWING;
        return answer;
    }
    if (rc < 0)
        mp_log_event(a->child->log, MP_LOG_WARNING, a->label, "no_note", "reason",
                     err.text, NULL);
    answer.stalled = answer.stalled || mp_notice_stalled(a->notice);
    free_attempt(a);
    return answer;
}

struct mp_answer mp_attempt_finish(struct mp_attempt *a)
{
    struct mp_writer_result result = {0};
    struct mp_error err = {0};
    struct mp_answer answer;
    int rc;

    if (a->notice != NULL)
        return end_notice(a);
    rc = mp_writer_wait(a->writer, &result, &err);
    if (rc < 0 && may_go_elsewhere(a, &err)) {
        rc = open_backend(a, &err) < 0 || send_elsewhere(a, &err) < 0
                 ? -1
                 : mp_writer_wait(a->writer, &result, &err);
        mp_session_next(&a->child->session);
    }
    if (rc == 0) {
        log_reported(a, &result);
        answer = mp_attempt_done(a);
        if (result.fallback && a->half_way)
            mp_attempt_tell_path(a, result.path);
    } else {
        /* whoever has all samples and does not answer in time has stalled */
        a->stalled = a->stalled || mp_clock_us() >= a->run.deadline_us;
        answer = judge(a, &err);
        if (answer.outcome == MP_OUTCOME_FAILED)
            mp_attempt_tell(a, &err);
    }
    return conclude(a, answer);
}
