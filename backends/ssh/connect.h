/* SPDX-License-Identifier: MIT
 * connect.h - a TCP connection that is made, or given up, in bounded time; and the wait
 * that everything before the tunnel stands in.
 */
#ifndef MP_SSH_CONNECT_H
#define MP_SSH_CONNECT_H

#include <stdint.h>

#include "base/error.h"
#include "base/run.h"

/* When to give up: connect_timeout, and the run's own deadline and stop request. */
struct mp_limit {
    const struct mp_run *run;
    int64_t until_us; /* on mp_clock_us's clock */
};

enum { MP_WAIT_READY = 0, MP_WAIT_TIMEOUT = 1 };

/* Wait for `events` of fd: MP_WAIT_READY, MP_WAIT_TIMEOUT (until_us is over; the caller
 * says what that means), or -1 with *err where the run was stopped or its deadline is
 * over. */
int mp_limit_wait(const struct mp_limit *limit, int fd, short events,
                  struct mp_error *err);

/* Name lookup and connect(2), every address in turn.  *fd is non-blocking, close-on-exec,
 * TCP_NODELAY.  `name` is the server as messages call it. */
int mp_ssh_connect(const char *host, int port, const char *name,
                   const struct mp_limit *limit, int *fd, struct mp_error *err);

#endif
