/* SPDX-License-Identifier: MIT
 * cancel.c - PQcancel in a thread of its own.
 *
 * PQcancel connects anew and waits until the server closes that connection; it takes no
 * timeout and cannot be interrupted.  A server that is stopped accepts (its kernel does)
 * and then never answers, so whoever wants to give up must not be the one who waits. */
#include "config.h"

#include "backends/pq/cancel.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/wait.h"

enum { WAIT_US = 1000000 };

struct request {
    PGcancel *cancel;
    int done_fd; /* closed when done: the other end of the pipe then hangs up */
};

static void *run_cancel(void *arg)
{
    struct request *r = arg;
    char text[256];

    PQcancel(r->cancel, text, sizeof text);
    PQfreeCancel(r->cancel);
    close(r->done_fd);
    free(r);
    return NULL;
}

static int start(struct request *r)
{
    pthread_attr_t attr;
    pthread_t thread;
    int rc;

    if (pthread_attr_init(&attr) != 0)
        return -1;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    rc = pthread_create(&thread, &attr, run_cancel, r);
    pthread_attr_destroy(&attr);
    return rc == 0 ? 0 : -1;
}

void mp_pqcancel(PGconn *pg)
{
    struct request *r = malloc(sizeof *r);
    int fds[2] = {-1, -1};

    if (r == NULL || pipe2(fds, O_CLOEXEC) < 0) {
        free(r);
        return;
    }
    r->cancel = PQgetCancel(pg);
    r->done_fd = fds[1];
    if (r->cancel == NULL || start(r) < 0) {
        PQfreeCancel(r->cancel);
        close(fds[1]);
        free(r);
    } else {
        mp_wait_fd(NULL, fds[0], 0, mp_clock_us() + WAIT_US, NULL);
    }
    close(fds[0]);
}
