/* SPDX-License-Identifier: MIT
 * settle.c - where an entry goes when an attempt at it is over, and what is noted. */
#include "config.h"

#include "worker/impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum {
    SECOND = 1000000,  /* µs */
    BACKOFF_FIRST = 5, /* s */
    BACKOFF_LAST = 600,
    OVERRUNS_MAX = 3,
};

int64_t mp_worker_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

static struct mp_answer stuck(struct mp_log *log, const char *label,
                              const struct mp_error *err)
{
    mp_log_event(log, MP_LOG_ERROR, label, "stuck", "reason", err->text, NULL);
    return (struct mp_answer){.outcome = MP_OUTCOME_STUCK};
}

/* Write down what happened and move the entry.  That the text cannot be written (a full
 * disk) does not keep it from moving, which needs no space. */
static struct mp_answer settle(struct mp_queue *queue, struct mp_log *log,
                               const char *key, struct mp_entry *e, const char *reason,
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

struct mp_answer mp_attempt_give_up(struct mp_attempt *a, const char *reason)
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

/* Where the configuration is what failed, what can be had of it counts. */
static int retry_hours_of(const struct mp_worker_child *child)
{
    struct mp_settings salvaged;
    struct mp_error why;
    int hours;

    if (child->have_settings)
        return child->session.settings.queue->retry_hours;
    mp_settings_salvage(&salvaged, child->options->config, &why);
    hours = salvaged.queue != NULL ? salvaged.queue->retry_hours : 0;
    mp_settings_free(&salvaged);
    return hours;
}

struct mp_answer mp_attempt_again(struct mp_attempt *a, const struct mp_error *why)
{
    struct mp_worker_child *child = a->child;
    int retry_hours = retry_hours_of(child);
    int64_t now = mp_worker_now();
    struct mp_answer answer;
    char text[1200], seconds[24];

    a->entry.tries++;
    a->entry.overran += a->run.deadline_us > 0 && mp_clock_us() >= a->run.deadline_us;
    if (a->entry.overran >= OVERRUNS_MAX) {
        snprintf(text, sizeof text,
                 "gave up after %" PRId64 " tries that took all of deadline_seconds: %s",
                 a->entry.overran, why->text);
        return mp_attempt_give_up(a, text);
    }
    if (now / SECOND - a->entry.queued >= (int64_t)retry_hours * 3600) {
        snprintf(text, sizeof text, "gave up after %" PRId64 " tries in %d hours: %s",
                 a->entry.tries, retry_hours, why->text);
        return mp_attempt_give_up(a, text);
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
struct mp_answer mp_attempt_put_back(struct mp_attempt *a, int64_t due)
{
    struct mp_error err = {0};

    if (mp_queue_move(a->child->queue, MP_RUNNING, MP_WAITING, a->key, due, NULL, &err) <
        0)
        return stuck(a->child->log, a->label, &err);
    return (struct mp_answer){.outcome = MP_OUTCOME_LATER};
}

static void last_words(const struct mp_entry *e, const char *reason, char text[256])
{
    snprintf(text, 256, "gave up after %" PRId64 " interruptions; the last: %s",
             e->interrupted, reason);
}

struct mp_answer mp_attempt_give_up_interrupted(struct mp_attempt *a)
{
    char text[256];

    last_words(&a->entry, a->entry.reason != NULL ? a->entry.reason : "unknown", text);
    return mp_attempt_give_up(a, text);
}

struct mp_answer mp_worker_interrupted(struct mp_queue *queue, struct mp_log *log,
                                       const char *key, const char *reason)
{
    char label[MP_ENTRY_LABEL_MAX], text[256];
    struct mp_answer answer;
    struct mp_error err = {0};
    struct mp_entry e;

    if (mp_queue_read(queue, MP_RUNNING, key, &e, &err) < 0)
        return mp_attempt_unreadable(queue, log, key, &err);
    mp_entry_label(&e, label);
    e.interrupted++;
    if (e.interrupted > MP_INTERRUPTIONS_MAX) {
        last_words(&e, reason, text);
        mp_log_event(log, MP_LOG_ERROR, label, "failed", "reason", text, NULL);
        answer = settle(queue, log, key, &e, text, MP_FAILED, mp_worker_now());
    } else {
        bool wait = e.interrupted > 1 && e.interrupted < MP_INTERRUPTIONS_MAX;

        mp_log_event(log, MP_LOG_WARNING, label, "interrupted", "reason", reason, NULL);
        answer = settle(queue, log, key, &e, reason, MP_WAITING,
                        mp_worker_now() +
                            (wait ? backoff_seconds(e.interrupted) : 0) * SECOND);
    }
    mp_entry_free(&e);
    return answer;
}

struct mp_answer mp_attempt_done(struct mp_attempt *a)
{
    struct mp_error err = {0};

    if (mp_queue_move(a->child->queue, MP_RUNNING, MP_DONE, a->key, mp_worker_now(), NULL,
                      &err) < 0)
        return stuck(a->child->log, a->label, &err);
    return (struct mp_answer){.outcome = MP_OUTCOME_DONE};
}

struct mp_answer mp_attempt_unreadable(struct mp_queue *queue, struct mp_log *log,
                                       const char *key, const struct mp_error *why)
{
    struct mp_error err = {0};

    mp_log_event(log, MP_LOG_ERROR, key, "unreadable", "reason", why->text, NULL);
    if (mp_queue_move(queue, MP_RUNNING, MP_FAILED, key, mp_worker_now(), NULL, &err) < 0)
        return stuck(log, key, &err);
    return (struct mp_answer){.outcome = MP_OUTCOME_FAILED};
}
