/* SPDX-License-Identifier: MIT
 * hook.c - a job's end becomes a queue entry; a job's start becomes a record. */
#include "config.h"

#include "hook/hook.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "config/settings.h"
#include "queue/entry.h"
#include "hook/environment.h"

struct hook {
    struct mp_settings settings;
    struct mp_log log;
    struct mp_queue queue;
    struct mp_entry entry;
    char label[MP_ENTRY_LABEL_MAX];
    char key[MP_QUEUE_KEY_MAX];
};

/* slurmctld leaves TERM, ALRM, CHLD and more blocked; what
 * we start would inherit that. */
static void reset_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full quota is an error, not our death */
    signal(SIGCHLD, SIG_DFL);
}

/* -1: there is nothing sensible to do. */
static int hook_begin(struct hook *h, struct mp_error *err)
{
    int rc;

    *h = (struct hook){.queue = {.dir = -1}};
    reset_signals();
    prctl(PR_SET_DUMPABLE, 0); /* the file we read may hold a password: no core */
    rc = mp_settings_salvage(&h->settings, NULL, err);
    if (h->settings.power == NULL)
        return -1;
    mp_log_init(&h->log, h->settings.power->logfile);
    if (rc < 0)
        mp_log_event(&h->log, MP_LOG_ERROR, getenv("SLURM_JOB_ID"), "bad_configuration",
                     "reason", err->text, NULL);
    mp_entry_init(&h->entry);
    if (mp_slurmenv_read(&h->entry, (int64_t)time(NULL), err) < 0) {
        mp_log_event(&h->log, MP_LOG_ERROR, getenv("SLURM_JOB_ID"), "bad_environment",
                     "reason", err->text, NULL);
        return -1;
    }
    mp_entry_label(&h->entry, h->label);
    return 0;
}

static void hook_end(struct hook *h)
{
    if (h->queue.path != NULL)
        mp_queue_close(&h->queue);
    mp_entry_free(&h->entry);
    mp_log_close(&h->log);
    mp_settings_free(&h->settings);
}

/* --- epilog ------------------------------------------------------------------------- */

/* A job nobody wants a report of: forget its start, and see that entries which a killed
 * worker left behind are taken up again. */
static void pass_by(struct hook *h, struct mp_error *err)
{
    if (mp_queue_open(&h->queue, h->settings.queue->directory, false, err) < 0) {
        if (err->fault != MP_FAULT_NOT_YET)
            mp_log_event(&h->log, MP_LOG_ERROR, h->label, "bad_queue", "reason",
                         err->text, NULL);
        return;
    }
    mp_queue_start_end(&h->queue, &h->entry, false);
    if (!mp_queue_is_empty(&h->queue, MP_WAITING) ||
        !mp_queue_is_empty(&h->queue, MP_RUNNING))
        mp_handover(&h->queue, &h->log, h->label);
}

/* They may have meant it: not reported, but not without a word either. */
static void note_near_miss(struct hook *h)
{
    const char *keyword = h->settings.power->comment_keyword;
    char word[80];

    if (mp_slurmenv_nearly(keyword, word, sizeof word))
        mp_log_event(&h->log, MP_LOG_WARNING, h->label, "near_miss", "comment", word,
                     "keyword", keyword, "user", h->entry.user, NULL);
}

static int add_entry(struct hook *h, bool *added, struct mp_error *err)
{
    struct mp_entry *e = &h->entry;

    if (mp_queue_open(&h->queue, h->settings.queue->directory, true, err) < 0)
        return -1;
    if (e->start < 0 && mp_queue_start_take(&h->queue, e, err) < 0)
        return -1;
    mp_queue_key(e, h->key);
    return mp_queue_add(
        &h->queue, e, (e->end + h->settings.power->delay_seconds) * 1000000, added, err);
}

static void log_queued(struct hook *h, bool added)
{
    const struct mp_entry *e = &h->entry;
    char restart[24];

    snprintf(restart, sizeof restart, "%" PRId64, e->restart_count);
    mp_log_event(&h->log, MP_LOG_INFO, h->label, added ? "queued" : "already_queued",
                 "key", h->key, "user", e->user, "restart",
                 e->restart_count > 0 ? restart : NULL, "start_from",
                 e->start >= 0 ? e->start_from : "database", "end_from", e->end_from,
                 NULL);
}

static void enqueue(struct hook *h, struct mp_error *err)
{
    bool added;

    if (add_entry(h, &added, err) < 0) {
        mp_log_event(&h->log, MP_LOG_ERROR, h->label, "not_queued", "reason", err->text,
                     "user", h->entry.user, "nodelist", h->entry.nodelist, NULL);
        return;
    }
    mp_queue_start_end(&h->queue, &h->entry, true);
    log_queued(h, added);
    mp_handover(&h->queue, &h->log, h->label);
}

void mp_hook_epilog(void)
{
    struct mp_error err = {0};
    struct hook h;

    if (hook_begin(&h, &err) == 0) {
        if (mp_slurmenv_wanted(h.settings.power->comment_keyword))
            enqueue(&h, &err);
        else {
            note_near_miss(&h);
            pass_by(&h, &err);
        }
    }
    hook_end(&h);
}

/* --- prolog ------------------------------------------------------------------------- */

/* Every job's, as its comment may still change while it runs. */
static void record_start(struct hook *h, struct mp_error *err)
{
    if (mp_queue_open(&h->queue, h->settings.queue->directory, true, err) == 0 &&
        mp_queue_start_record(&h->queue, &h->entry, (int64_t)time(NULL), err) == 0)
        return;
    mp_log_event(&h->log, MP_LOG_ERROR, h->label, "start_not_recorded", "reason",
                 err->text, NULL);
}

void mp_hook_prolog(void)
{
    struct mp_error err = {0};
    struct hook h;

    /* From 23.02 on the epilog is told the start. */
    if (hook_begin(&h, &err) == 0 && h.entry.start < 0)
        record_start(&h, &err);
    hook_end(&h);
}
