/* SPDX-License-Identifier: MIT
 * worker_entry.c - one entry of the queue: from what Slurm said to a report, another try,
 * or a reason why there is none. */
#include "config.h"

#include "worker_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "jobpath.h"
#include "nodelist.h"

enum {
    SECOND = 1000000, /* µs */
    BACKOFF_FIRST = 5, /* s */
    BACKOFF_LAST = 600,
    DEFER_LEAST = 2,
    DEFER_MOST = 15,
    INTERRUPTIONS_MAX = 5,
    SAME_END = 60, /* s: how far the database and we may differ about the end of a run */
};

/* One attempt. */
struct attempt {
    struct mp_worker_child *child;
    const char *key;
    struct mp_entry entry;
    char label[MP_ENTRY_LABEL_MAX];
    bool backend_away; /* the failure is not the entry's */
    bool not_yet;      /* no failure: the samples are not there yet */
};

int64_t mp_worker_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

/* --- moving an entry on -------------------------------------------------------------- */

static struct mp_answer stuck(struct mp_log *log, const char *label,
                              const struct mp_error *err)
{
    mp_log_event(log, MP_LOG_ERROR, label, "stuck", "reason", err->text, NULL);
    return (struct mp_answer){.outcome = MP_OUTCOME_STUCK};
}

/* Write down what happened and move the entry.  That the text cannot be written (a full
 * disk) does not keep it from moving, which needs no space. */
static struct mp_answer settle(struct mp_queue *queue, struct mp_log *log, const char *key,
                               struct mp_entry *e, const char *reason,
                               enum mp_queue_state to, int64_t due)
{
    char label[MP_ENTRY_LABEL_MAX];
    struct mp_error err = {0};

    mp_entry_label(e, label);
    if (mp_entry_set(&e->reason, reason, &err) < 0 ||
        mp_queue_store(queue, MP_RUNNING, key, e, &err) < 0)
        mp_log_event(log, MP_LOG_WARNING, label, "not_noted", "reason", err.text, NULL);
    if (mp_queue_move(queue, MP_RUNNING, to, key, due, NULL, &err) < 0)
        return stuck(log, label, &err);
    return (struct mp_answer){.outcome =
                                  to == MP_FAILED ? MP_OUTCOME_FAILED : MP_OUTCOME_LATER};
}

static struct mp_answer give_up(struct attempt *a, const char *reason)
{
    mp_log_event(a->child->log, MP_LOG_ERROR, a->label, "failed", "reason", reason, NULL);
    return settle(a->child->queue, a->child->log, a->key, &a->entry, reason, MP_FAILED,
                  mp_worker_now());
}

static int64_t backoff_seconds(int64_t tries)
{
    int64_t seconds = BACKOFF_FIRST;

    while (--tries > 0 && seconds < BACKOFF_LAST)
        seconds *= 2;
    return seconds < BACKOFF_LAST ? seconds : BACKOFF_LAST;
}

static struct mp_answer try_again(struct attempt *a, const struct mp_error *why)
{
    struct mp_worker_child *child = a->child;
    int retry_hours = child->have_settings ? child->session.settings.queue.retry_hours : 24;
    int64_t now = mp_worker_now();
    struct mp_answer answer;
    char text[1200], seconds[24];

    a->entry.tries++;
    if (now / SECOND - a->entry.queued >= (int64_t)retry_hours * 3600) {
        snprintf(text, sizeof text, "gave up after %" PRId64 " tries in %d hours: %s",
                 a->entry.tries, retry_hours, why->text);
        return give_up(a, text);
    }
    snprintf(seconds, sizeof seconds, "%" PRId64, backoff_seconds(a->entry.tries));
    mp_log_event(child->log, MP_LOG_WARNING, a->label, "retry", "in_seconds", seconds,
                 "reason", why->text, NULL);
    answer = settle(child->queue, child->log, a->key, &a->entry, why->text, MP_WAITING,
                    now + backoff_seconds(a->entry.tries) * SECOND);
    answer.backend_away = a->backend_away;
    return answer;
}

/* Back into waiting/ as it was. */
static struct mp_answer put_back(struct attempt *a, int64_t due)
{
    struct mp_error err = {0};

    if (mp_queue_move(a->child->queue, MP_RUNNING, MP_WAITING, a->key, due, NULL, &err) < 0)
        return stuck(a->child->log, a->label, &err);
    return (struct mp_answer){.outcome = MP_OUTCOME_LATER};
}

void mp_worker_interrupted(struct mp_queue *queue, struct mp_log *log, const char *key,
                           const char *reason)
{
    char label[MP_ENTRY_LABEL_MAX], text[256];
    struct mp_error err = {0};
    struct mp_entry e;

    if (mp_queue_read(queue, MP_RUNNING, key, &e, &err) < 0) {
        mp_log_event(log, MP_LOG_ERROR, key, "unreadable", "reason", err.text, NULL);
        mp_queue_move(queue, MP_RUNNING, MP_FAILED, key, mp_worker_now(), NULL, NULL);
        return;
    }
    mp_entry_label(&e, label);
    e.interrupted++;
    if (e.interrupted >= INTERRUPTIONS_MAX) {
        snprintf(text, sizeof text, "gave up after %" PRId64 " interruptions; the last: %s",
                 e.interrupted, reason);
        mp_log_event(log, MP_LOG_ERROR, label, "failed", "reason", text, NULL);
        settle(queue, log, key, &e, text, MP_FAILED, mp_worker_now());
    } else {
        mp_log_event(log, MP_LOG_WARNING, label, "interrupted", "reason", reason, NULL);
        settle(queue, log, key, &e, reason, MP_WAITING,
               mp_worker_now() + (e.interrupted > 1 ? backoff_seconds(e.interrupted) : 0) * SECOND);
    }
    mp_entry_free(&e);
}

/* --- the job ------------------------------------------------------------------------- */

static int open_backend(struct attempt *a, struct mp_error *err)
{
    struct mp_worker_child *child = a->child;
    struct mp_session *s = &child->session;

    a->backend_away = true;
    if (!child->have_settings) {
        if (mp_settings_load(&s->settings, child->options->config,
                             child->options->overrides, child->options->n_overrides,
                             err) < 0)
            return -1;
        child->have_settings = true;
    }
    snprintf(s->purpose, sizeof s->purpose, "worker %s", a->label);
    s->run.purpose = s->purpose;
    s->run.deadline_us =
        mp_clock_us() + (int64_t)s->settings.power.deadline_seconds * SECOND;
    if (s->backend == NULL &&
        mp_backend_open(&s->settings, &s->run, &s->backend, err) < 0)
        return -1;
    a->backend_away = false;
    return 0;
}

static int fill_job(struct attempt *a, struct mp_error *err)
{
    struct mp_job *job = &a->child->session.job;
    const struct mp_entry *e = &a->entry;

    job->start = e->start * SECOND;
    job->end = e->end * SECOND;
    job->restart_count = (uint32_t)e->restart_count;
    if (mp_entry_set(&job->label, a->label, err) < 0 ||
        mp_entry_set(&job->cluster, e->cluster, err) < 0 ||
        mp_entry_set(&job->user, e->user, err) < 0 ||
        mp_entry_set(&job->name, e->name, err) < 0 ||
        mp_entry_set(&job->nodelist, e->nodelist, err) < 0)
        return -1;
    return 0;
}

static bool waits_longer(const struct attempt *a)
{
    int max_wait = a->child->session.settings.power.max_wait_seconds;

    return mp_worker_now() / SECOND < a->entry.end + max_wait;
}

/* The database has one row a job, of its last run that it has heard of. */
static bool is_this_run(const struct mp_job *found, const struct mp_entry *e)
{
    int64_t apart = found->end / SECOND - e->end;

    return found->start <= e->end * SECOND && apart >= -SAME_END && apart <= SAME_END;
}

/* Neither Slurm nor the prolog said when the job started: the database may know. */
static int find_start(struct attempt *a, struct mp_error *err)
{
    struct mp_session *s = &a->child->session;
    const struct mp_backend_ops *ops = s->backend->ops;
    struct mp_job found = {0};
    int rc = -1;

    if (ops->find_job == NULL)
        return mp_fail(err, MP_FAULT_FAILED,
                       "the start of the job is not known: Slurm before 23.02 does not give "
                       "it, no prolog has recorded it, and backend %s cannot look it up",
                       ops->name);
    if (ops->find_job(s->backend, a->label, &s->run, &found, err) < 0) {
        a->not_yet = err->fault == MP_FAULT_FAILED && waits_longer(a);
        mp_fail_in(err, "the start of the job is not known: no prolog has recorded it");
        goto out;
    }
    if (!is_this_run(&found, &a->entry)) {
        a->not_yet = waits_longer(a);
        mp_fail(err, MP_FAULT_FAILED,
                "the start of the job is not known: no prolog has recorded it, and the "
                "database has only another run of the job");
        goto out;
    }
    a->entry.start = found.start / SECOND;
    rc = mp_entry_set(&a->entry.start_from, "database", err);
out:
    mp_job_free(&found);
    return rc;
}

static int check_entry(const struct mp_entry *e, struct mp_error *err)
{
    if (e->nodelist == NULL || e->nodelist[0] == '\0')
        return mp_fail(err, MP_FAULT_FAILED, "Slurm gave no nodes: the job never ran");
    if (e->job_id > UINT32_MAX || e->array_job > UINT32_MAX || e->array_task > UINT32_MAX ||
        e->uid > UINT32_MAX || e->gid > UINT32_MAX || e->restart_count > UINT32_MAX)
        return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: a number is too large");
    if (e->start > e->end)
        return mp_fail(err, MP_FAULT_FAILED,
                       "the start of the job, %" PRId64 ", is after its end, %" PRId64
                       ": it never ran",
                       e->start, e->end);
    return 0;
}

/* A fresh job and plan in the session. */
static int prepare(struct attempt *a, struct mp_error *err)
{
    mp_session_next(&a->child->session);
    if (fill_job(a, err) < 0)
        return -1;
    return mp_session_plan(&a->child->session, err);
}

static int wait_for_samples(struct attempt *a, struct mp_error *err)
{
    struct mp_session *s = &a->child->session;
    int ready = 1;

    if (s->backend->ops->caught_up == NULL || !waits_longer(a))
        return 0;
    if (s->backend->ops->caught_up(s->backend, &s->plan, &s->run, &ready, err) < 0)
        return -1;
    if (ready)
        return 0;
    a->not_yet = true;
    return mp_fail(err, MP_FAULT_TRANSIENT, "the samples of the job's end are not there yet");
}

/* --- the report ---------------------------------------------------------------------- */

/* NULL: the job names no directory that can be used; *err says why. */
static char *job_directory(const struct attempt *a, struct mp_error *err)
{
    const struct mp_entry *e = &a->entry;
    struct mp_nodelist list = {0};
    struct mp_jobpath_input in = {
        .std_out = e->stdout_path,
        .work_dir = e->work_dir,
        .user = e->user,
        .name = e->name,
        .job_id = (uint32_t)e->job_id,
        .array_job_id = e->array_job > 0 ? (uint32_t)e->array_job : 0,
        .array_task_id = e->array_task > 0 ? (uint32_t)e->array_task : 0,
    };
    char *dir = NULL;

    if (e->uid < 0 || e->gid < 0) {
        mp_fail(err, MP_FAULT_FAILED, "Slurm did not say whose job it is");
        return NULL;
    }
    if (mp_nodelist_expand(e->nodelist, &list, err) == 0) {
        in.first_node = list.n > 0 ? list.names[0] : NULL;
        if (mp_jobpath(&in, &dir, err) < 0)
            dir = NULL;
    }
    mp_nodelist_free(&list);
    return dir;
}

/* *elsewhere: the directory is to blame, and the fallback may do. */
static int write_report(struct attempt *a, const char *jobdir,
                        struct mp_writer_result *result, bool *elsewhere,
                        struct mp_error *err)
{
    struct mp_session *s = &a->child->session;
    struct mp_writer_request request = {
        .job = &s->job,
        .uid = a->entry.uid >= 0 ? (uid_t)a->entry.uid : geteuid(),
        .gid = a->entry.gid >= 0 ? (gid_t)a->entry.gid : getegid(),
        .jobdir = jobdir,
        .outdir = s->settings.power.outdir,
    };
    struct mp_writer *writer = NULL;
    int rc = -1;

    if (mp_writer_start(a->child->spawner, &request, &s->run, &writer, err) < 0)
        return -1;
    if (mp_session_fetch(s, mp_writer_sink(writer), err) == 0 &&
        mp_writer_end(writer, &s->findings, s->backend->ops->name, s->backend->label,
                      err) == 0 &&
        mp_writer_wait(writer, result, err) == 0)
        rc = 0;
    *elsewhere = rc < 0 && jobdir != NULL && mp_writer_directory_failed(writer);
    mp_writer_free(writer);
    return rc;
}

static void log_reported(const struct attempt *a, const struct mp_writer_result *result,
                         const char *why, int64_t began)
{
    char seconds[32];

    snprintf(seconds, sizeof seconds, "%.3f", (double)(mp_clock_us() - began) / 1e6);
    mp_log_event(a->child->log, MP_LOG_INFO, a->label, "reported", "verdict",
                 mp_verdict_name(result->verdict), "path", result->path, "as", result->user,
                 "seconds", seconds, "fallback", result->fallback ? "yes" : NULL, "why",
                 result->why[0] != '\0' ? result->why : why, NULL);
}

static int report(struct attempt *a, struct mp_error *err)
{
    struct mp_writer_result result = {0};
    struct mp_error no_directory = {0};
    char *jobdir = job_directory(a, &no_directory);
    int64_t began = mp_clock_us();
    bool elsewhere = false;
    int rc = write_report(a, jobdir, &result, &elsewhere, err);

    if (rc < 0 && elsewhere) {
        no_directory = *err;
        rc = prepare(a, err);
        if (rc == 0)
            rc = write_report(a, NULL, &result, &elsewhere, err);
    }
    if (rc == 0)
        log_reported(a, &result, no_directory.text[0] != '\0' ? no_directory.text : NULL,
                     began);
    free(jobdir);
    return rc;
}

static int attempt(struct attempt *a, struct mp_error *err)
{
    if (open_backend(a, err) < 0 || check_entry(&a->entry, err) < 0)
        return -1;
    if (a->entry.start < 0 && (find_start(a, err) < 0 || check_entry(&a->entry, err) < 0))
        return -1;
    if (prepare(a, err) < 0 || wait_for_samples(a, err) < 0)
        return -1;
    return report(a, err);
}

/* --- what becomes of it -------------------------------------------------------------- */

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

static struct mp_answer judge(struct attempt *a, const struct mp_error *err)
{
    if (err->fault == MP_FAULT_STOPPED)
        return put_back(a, mp_worker_now());
    if (a->not_yet)
        return put_back(a, next_look(&a->entry));
    if (a->backend_away || err->fault == MP_FAULT_TRANSIENT)
        return try_again(a, err);
    return give_up(a, err->text);
}

static struct mp_answer work(struct attempt *a)
{
    struct mp_worker_child *child = a->child;
    struct mp_answer answer = {.outcome = MP_OUTCOME_DONE};
    struct mp_error err = {0};

    /* The runs of a requeued job share a directory, so they are reported in order. */
    if (a->entry.restart_count > 0 && mp_queue_has_earlier_run(child->queue, &a->entry))
        return put_back(a, mp_worker_now() + DEFER_LEAST * SECOND);
    if (attempt(a, &err) < 0) {
        answer = judge(a, &err);
        if (err.fault == MP_FAULT_TRANSIENT && !a->not_yet) {
            mp_backend_close(child->session.backend); /* it may be broken */
            child->session.backend = NULL;
        }
    } else if (mp_queue_move(child->queue, MP_RUNNING, MP_DONE, a->key, mp_worker_now(),
                             NULL, &err) < 0) {
        answer = stuck(child->log, a->label, &err);
    }
    mp_session_next(&child->session);
    return answer;
}

struct mp_answer mp_worker_entry(struct mp_worker_child *child, const char *key)
{
    struct attempt a = {.child = child, .key = key};
    struct mp_error err = {0};
    struct mp_answer answer;

    if (mp_queue_read(child->queue, MP_RUNNING, key, &a.entry, &err) < 0) {
        mp_log_event(child->log, MP_LOG_ERROR, key, "unreadable", "reason", err.text, NULL);
        answer.backend_away = false;
        if (mp_queue_move(child->queue, MP_RUNNING, MP_FAILED, key, mp_worker_now(), NULL,
                          &err) < 0)
            return stuck(child->log, key, &err);
        answer.outcome = MP_OUTCOME_FAILED;
        return answer;
    }
    mp_entry_label(&a.entry, a.label);
    answer = work(&a);
    mp_entry_free(&a.entry);
    return answer;
}
