/* SPDX-License-Identifier: MIT
 * worker_child.c - a process that works on one entry after the other. */
#include "config.h"

#include "worker_impl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* 1: a key came; 0: time to go. */
static int next_key(struct mp_worker_child *child, int sock, char *key, size_t size)
{
    struct pollfd p[2] = {{.fd = sock, .events = POLLIN},
                          {.fd = child->session.run.stop_fd, .events = POLLIN}};
    ssize_t n;

    while (poll(p, 2, -1) < 0)
        if (errno != EINTR)
            return 0;
    if (p[1].revents != 0)
        return 0;
    n = recv(sock, key, size - 1, 0);
    if (n <= 0)
        return 0;
    key[n] = '\0';
    return 1;
}

static void work_off(struct mp_worker_child *child, int sock)
{
    char key[MP_QUEUE_KEY_MAX];

    while (next_key(child, sock, key, sizeof key)) {
        struct mp_answer answer = mp_worker_entry(child, key);

        if (send(sock, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
            break;
        if (answer.backend_away && child->have_settings) {
            mp_settings_free(&child->session.settings); /* it may be mended by then */
            child->have_settings = false;
        }
    }
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
