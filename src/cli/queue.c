/* SPDX-License-Identifier: MIT
 * queue.c - `monster-power queue`: what waits, runs and
 * failed, and why; `queue retry`, `queue forget`. */
#include "config.h"

#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "config/options.h"
#include "queue/queue.h"
#include "queue/status.h"
#include "config/settings.h"
#include "backends/backend.h"

static const char usage_text[] =
    "Shows the queue of finished jobs: what waits for its report and until when, what a\n"
    "worker is at, and what failed, with the reason. `queue retry ID` puts a failed\n"
    "job back into the queue, and makes a report of the last day anew; `queue forget "
    "ID`\n"
    "takes a failed or waiting one out.  ID is as the first column shows it, or `all`\n"
    "that failed.  Who is neither root nor SlurmUser is shown their own jobs.\n";

enum { SHOWN_MAX = 2000, SECOND = 1000000 };

/* --- the table ---------------------------------------------------------------------- */

static void print_time(int64_t us)
{
    char text[32];
    time_t s = us / SECOND;
    struct tm tm;

    localtime_r(&s, &tm);
    strftime(text, sizeof text, "%m-%d %H:%M:%S", &tm);
    printf("%-15s ", text);
}

static void print_entry(const struct mp_queue *q, enum mp_queue_state state,
                        const struct mp_queue_item *item)
{
    char label[MP_ENTRY_LABEL_MAX], user[80], reason[1200];
    struct mp_error err = {0};
    struct mp_entry e;

    if (mp_queue_read(q, state, item->key, &e, &err) < 0) {
        mp_log_escape(user, sizeof user, item->key);
        printf("%-14s %-8s unreadable: %s\n", user, mp_queue_state_name(state), err.text);
        return;
    }
    mp_entry_label(&e, label);
    mp_log_escape(user, sizeof user, e.user != NULL ? e.user : "?");
    printf("%-14s %-8s %3" PRId64 " %-10s ", label, mp_queue_state_name(state),
           e.restart_count, user);
    print_time(e.end * SECOND);
    printf("%5" PRId64 " ", e.tries);
    print_time(item->due);
    if (e.reason != NULL) {
        mp_log_escape(reason, sizeof reason, e.reason);
        fputs(reason, stdout);
    }
    putchar('\n');
    mp_entry_free(&e);
}

static int print_state(const struct mp_queue *q, enum mp_queue_state state,
                       size_t counts[MP_N_STATES], struct mp_error *err)
{
    struct mp_queue_item *items = calloc(SHOWN_MAX, sizeof *items);
    size_t n;
    int rc;

    if (items == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    rc = mp_queue_scan(q, state, NULL, items, SHOWN_MAX, &n, &counts[state], err);
    if (rc == 0) {
        for (size_t i = 0; i < n; i++)
            print_entry(q, state, &items[i]);
        if (n < counts[state])
            printf("... and %zu more %s\n", counts[state] - n,
                   mp_queue_state_name(state));
    }
    free(items);
    return rc;
}

static void print_worker(const struct mp_queue *q)
{
    if (mp_queue_is_locked(q))
        printf("worker: process %ld\n", mp_queue_lock_read_pid(q));
    else if (mp_queue_has_service(q))
        printf(
            "worker: none; start monster-power-worker.service, or remove %s/service to "
            "have epilogs start one\n",
            q->path);
    else
        printf("worker: none; the next job's end starts one, or `monster-power worker "
               "--drain`\n");
}

static int count_done(const struct mp_queue *q, size_t *done, struct mp_error *err)
{
    struct mp_queue_item none;
    size_t n;

    return mp_queue_scan(q, MP_DONE, NULL, &none, 0, &n, done, err);
}

static int show(const struct mp_queue *q, struct mp_error *err)
{
    size_t counts[MP_N_STATES] = {0};

    printf("%-14s %-8s %3s %-10s %-15s %5s %-15s %s\n", "JOB", "STATE", "RUN", "USER",
           "ENDED", "TRIES", "DUE/SINCE", "REASON");
    if (print_state(q, MP_RUNNING, counts, err) < 0 ||
        print_state(q, MP_WAITING, counts, err) < 0 ||
        print_state(q, MP_FAILED, counts, err) < 0 ||
        count_done(q, &counts[MP_DONE], err) < 0)
        return -1;
    printf("%zu running, %zu waiting, %zu failed, %zu reported in the last day\n",
           counts[MP_RUNNING], counts[MP_WAITING], counts[MP_FAILED], counts[MP_DONE]);
    print_worker(q);
    return 0;
}

/* --- retry and forget --------------------------------------------------------------- */

struct action {
    struct mp_queue *q;
    enum mp_queue_state state; /* of the entries that are looked at */
    const char *id;
    bool forget;
    size_t n;
    int rc;
    struct mp_error *err;
};

static bool is_meant(const struct action *a, const char *key, const struct mp_entry *e)
{
    char label[MP_ENTRY_LABEL_MAX], number[24];

    mp_entry_label(e, label);
    snprintf(number, sizeof number, "%" PRId64, e->job_id);
    return strcmp(a->id, "all") == 0 || strcmp(a->id, label) == 0 ||
           strcmp(a->id, number) == 0 || strcmp(a->id, key) == 0;
}

static int put_back(struct action *a, const char *key, struct mp_entry *e)
{
    time_t now = time(NULL);

    e->tries = e->interrupted = e->overran = 0;
    e->queued = now;
    if (mp_queue_store(a->q, a->state, key, e, a->err) < 0)
        return -1;
    return mp_queue_move(a->q, a->state, MP_WAITING, key, (int64_t)now * SECOND, NULL,
                         a->err);
}

static bool act_on(void *arg, const char *key)
{
    struct action *a = arg;
    struct mp_entry e;

    if (mp_queue_read(a->q, a->state, key, &e, a->err) < 0) {
        /* what nobody can read can still be forgotten, by its key */
        if (strcmp(a->id, key) == 0 && !a->forget)
            a->rc = -1;
        else if (strcmp(a->id, key) == 0) {
            a->rc = mp_queue_remove(a->q, a->state, key, a->err);
            a->n++;
        }
        return a->rc == 0;
    }
    if (is_meant(a, key, &e)) {
        a->rc = a->forget ? mp_queue_remove(a->q, a->state, key, a->err)
                          : put_back(a, key, &e);
        a->n++;
    }
    mp_entry_free(&e);
    return a->rc == 0;
}

/* All that failed; a job by its number also where it was reported, which is then made
 * anew, or, to be forgotten, where it still waits. */
static int act(struct mp_queue *q, const char *verb, const char *id, struct mp_error *err)
{
    struct action a = {
        .q = q, .id = id, .forget = strcmp(verb, "forget") == 0, .err = err};
    const bool all = strcmp(id, "all") == 0;
    const enum mp_queue_state states[] = {MP_FAILED, a.forget ? MP_WAITING : MP_DONE};

    for (int i = 0; i < (all ? 1 : 2); i++) {
        a.state = states[i];
        if (mp_queue_each(q, a.state, act_on, &a, err) < 0 || a.rc < 0)
            return -1;
    }
    if (a.n == 0 && !all)
        return mp_fail(err, MP_FAULT_FAILED,
                       "no %s job is called %s; `monster-power queue` lists them",
                       a.forget ? "failed or waiting" : "failed or reported", id);
    printf("%zu %s\n", a.n, a.forget ? "forgotten" : "put back");
    print_worker(q);
    return 0;
}

/* --- somebody who is not the queue's ------------------------------------------------ */

/* What a worker left for the user we are. */
static int show_own(const char *directory, struct mp_error *err)
{
    char line[256], label[MP_ENTRY_LABEL_MAX + 1], state[16];
    long long tries, due;
    FILE *in;

    if (mp_status_open(directory, &in, err) < 0)
        return -1;
    printf("%-14s %-8s %5s %s\n", "YOUR JOB", "STATE", "TRIES", "DUE/SINCE");
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        if (sscanf(line, "%48[0-9_+] %15[a-z] %lld %lld", label, state, &tries, &due) ==
                4 &&
            due >= 0 && due <= MP_ENTRY_TIME_LAST) {
            printf("%-14s %-8s %5lld ", label, state, tries);
            print_time(due * SECOND);
            putchar('\n');
        }
    if (in != NULL)
        fclose(in);
    printf("what was reported is not listed; where no report could be made, "
           "power_<id>/NO_REPORT.txt beside the job's output says why\n");
    return 0;
}

/* Is the queue somebody else's?  Then *status gets where it is told of. */
static bool is_not_ours(const struct mp_options *options, char **status)
{
    struct mp_settings s;
    struct mp_error ignored;
    struct stat st;
    bool other;

    mp_settings_salvage(&s, options->config, &ignored);
    other = s.queue != NULL && geteuid() != 0 &&
            ((stat(s.queue->directory, &st) == 0 && st.st_uid != geteuid()) ||
             (options->config == NULL && ignored.text[0] != '\0' &&
              access(s.queue->directory, R_OK) != 0));
    *status = other ? strdup(s.queue->status) : NULL;
    mp_settings_free(&s);
    return *status != NULL;
}

/* --- the command -------------------------------------------------------------------- */

static int open_queue(struct mp_queue *q, const struct mp_options *options,
                      struct mp_error *err)
{
    struct mp_settings settings;
    int rc;

    if (mp_backends_settings(&settings, options->config, options->overrides,
                             options->n_overrides, err) < 0)
        return -1;
    rc = mp_queue_open(q, settings.queue->directory, false, err);
    mp_settings_free(&settings);
    return rc;
}

int mp_cmd_queue(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    const struct mp_usage usage = {
        .line = "usage: monster-power queue [retry ID|all | forget ID|all] [OPTION...]",
        .text = usage_text,
        .max_operands = 2,
        .no_backend = true,
    };
    struct mp_options options;
    struct mp_queue q;
    char *status;
    int rc;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (options.n_operands != 0 && ((strcmp(options.operands[0], "retry") != 0 &&
                                     strcmp(options.operands[0], "forget") != 0) ||
                                    options.n_operands != 2))
        return mp_fail(err, MP_FAULT_USAGE,
                       "queue: the actions are `queue retry ID` and `queue forget ID`");
    if (options.n_operands == 0 && is_not_ours(&options, &status)) {
        rc = show_own(status, err);
        free(status);
        return rc;
    }
    if (open_queue(&q, &options, err) < 0) {
        if (err->fault != MP_FAULT_NOT_YET)
            return -1;
        if (options.n_operands != 0)
            return mp_fail(err, MP_FAULT_FAILED, "nothing was ever queued");
        printf("%s: nothing was ever queued\n", err->text);
        return 0;
    }
    rc = options.n_operands == 0 ? show(&q, err)
                                 : act(&q, options.operands[0], options.operands[1], err);
    mp_queue_close(&q);
    return rc;
}
