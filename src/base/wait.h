/* SPDX-License-Identifier: MIT
 * wait.h - the program's one wait for descriptors, which ends with the run. */
#ifndef MP_WAIT_H
#define MP_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/run.h"

/* Until one of fds[0 .. n) has something (1, as its revents say) or mp_clock_us comes to
 * `until_us` (0; INT64_MAX: never).  -1: stopped, the run's deadline is over, or it
 * cannot wait; what the descriptors have by then stands in revents all the same.
 * fds[n] is the wait's own: the array has n + 1 elements.  `run` NULL: nothing stops it.
 */
int mp_wait(const struct mp_run *run, struct pollfd *fds, size_t n, int64_t until_us,
            struct mp_error *err);

/* The same for one descriptor; -1: for none, which is a sleep. */
int mp_wait_fd(const struct mp_run *run, int fd, short events, int64_t until_us,
               struct mp_error *err);

/* What `fd` has of `events` at this moment. */
short mp_ready(int fd, short events);

#endif
