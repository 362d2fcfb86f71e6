/* SPDX-License-Identifier: MIT
 * child.c - a process that works on one entry after the other. */
#include "config.h"

#include "worker/impl.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wait.h"

enum { LAST_NOTES = 2000000 }; /* µs */

/* What is under way in the child. */
struct flight {
    struct mp_attempt *drawing[MP_IN_FLIGHT];
    size_t n;
};

static bool tell(struct mp_worker_child *child, int sock, const struct mp_answer *answer)
{
    if (answer->backend_away && child->have_settings) {
        mp_settings_free(&child->session.settings); /* it may be correct by then */
        child->have_settings = false;
    }
    return send(sock, answer, sizeof *answer, MSG_NOSIGNAL) == sizeof *answer;
}

/* False: time to go. */
static bool take_key(struct mp_worker_child *child, int sock, struct flight *f)
{
    char key[MP_QUEUE_KEY_MAX];
    struct mp_answer answer;
    ssize_t n = recv(sock, key, sizeof key - 1, 0);

    if (n <= 0)
        return false;
    key[n] = '\0';
    answer = mp_attempt_begin(child, key, &f->drawing[f->n]);
    if (answer.outcome == MP_OUTCOME_DRAWING)
        f->n++;
    return tell(child, sock, &answer);
}

static bool finish_one(struct mp_worker_child *child, int sock, struct flight *f,
                       size_t i)
{
    struct mp_attempt *a = f->drawing[i];
    struct mp_answer answer = mp_attempt_finish(a);

    if (answer.outcome == MP_OUTCOME_DRAWING) /* not over: its owner is told of it */
        return true;
    f->drawing[i] = f->drawing[--f->n];
    return tell(child, sock, &answer);
}

/* Wait for a key, a report or a signal, and act on it.  False: time to go. */
static bool step(struct mp_worker_child *child, int sock, struct flight *f)
{
    struct mp_run idle = {.stop_fd = child->session.run.stop_fd,
                          .deadline_us = INT64_MAX};
    struct pollfd p[1 + MP_IN_FLIGHT + 1] = {
        {.fd = f->n < MP_IN_FLIGHT ? sock : -1, .events = POLLIN},
    };
    int64_t until = INT64_MAX;

    for (size_t i = 0; i < f->n; i++) {
        p[1 + i] = (struct pollfd){.fd = mp_attempt_fd(f->drawing[i]), .events = POLLIN};
        if (mp_attempt_until(f->drawing[i]) < until)
            until = mp_attempt_until(f->drawing[i]);
    }
    if (mp_wait(&idle, p, 1 + f->n, until, NULL) < 0)
        return false;
    for (size_t i = 0; i < f->n; i++)
        if (p[1 + i].revents != 0 || mp_clock_us() >= mp_attempt_until(f->drawing[i]))
            return finish_one(child, sock, f, i);
    return p[0].revents == 0 || take_key(child, sock, f);
}

/* Told to stop: what is drawn is put back, unless it is done already; whoever is told
 * something has a moment more. */
static void land(struct mp_worker_child *child, int sock, struct flight *f)
{
    int64_t until = mp_clock_us() + LAST_NOTES;

    while (f->n > 0) {
        if (f->drawing[0]->notice != NULL)
            mp_wait_fd(NULL, mp_attempt_fd(f->drawing[0]), POLLIN, until, NULL);
        if (f->drawing[0]->notice != NULL && mp_clock_us() >= until)
            mp_notice_end(f->drawing[0]->notice);
        finish_one(child, sock, f, 0);
    }
}

static void work_off(struct mp_worker_child *child, int sock)
{
    struct flight f = {.n = 0};

    while (step(child, sock, &f))
        ;
    land(child, sock, &f);
}

/* The spawner first: it and the writers it forks must not have the configuration in their
 * memory. */
static int child_begin(struct mp_worker_child *child, struct mp_error *err)
{
    child->session = (struct mp_session){.run.stop_fd = -1};
    if (mp_spawner_start(&child->spawner, err) < 0)
        return -1;
    return mp_run_init(&child->session.run, "worker", err);
}

void mp_worker_child_main(const struct mp_options *options, struct mp_queue *queue,
                          struct mp_log *log, int sock, pid_t master)
{
    struct mp_worker_child child = {.options = options, .queue = queue, .log = log};
    struct mp_error err = {0};

    /* A killed master takes us with it, by the signal on which we put the entry back. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_DUMPABLE, 0);
    if (getppid() != master)
        _exit(1);
    if (child_begin(&child, &err) == 0)
        work_off(&child, sock);
    else
        mp_log_event(log, MP_LOG_ERROR, NULL, "no_child", "reason", err.text, NULL);
    mp_session_close(&child.session);
    if (child.spawner != NULL)
        mp_spawner_stop(child.spawner);
    _exit(err.text[0] == '\0' ? 0 : 1);
}
