/* SPDX-License-Identifier: MIT
 * wait.c - poll(), bounded by a run and a moment. */
#include "config.h"

#include "base/wait.h"

#include <errno.h>
#include <string.h>

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Milliseconds to `until_us`, rounded up; an hour at most, -1 where there is no end. */
static int poll_ms(int64_t until_us)
{
    int64_t left;

    if (until_us == INT64_MAX)
        return -1;
    left = until_us - mp_clock_us();
    return left <= 0 ? 0 : (int)((earlier(left, INT64_C(3600000000)) + 999) / 1000);
}

static bool has_any(const struct pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i].revents != 0)
            return true;
    return false;
}

int mp_wait(const struct mp_run *run, struct pollfd *fds, size_t n, int64_t until_us,
            struct mp_error *err)
{
    int64_t deadline = run != NULL ? run->deadline_us : INT64_MAX;
    int64_t end = earlier(until_us, deadline);

    fds[n] = (struct pollfd){.fd = run != NULL ? run->stop_fd : -1, .events = POLLIN};
    for (;;) {
        if (poll(fds, n + 1, poll_ms(end)) < 0 && errno != EINTR)
            return mp_fail(err, MP_FAULT_FAILED, "cannot wait: poll: %s",
                           strerror(errno));
        if ((fds[n].revents != 0 || deadline != INT64_MAX) && mp_run_check(run, err) < 0)
            return -1;
        if (has_any(fds, n))
            return 1;
        if (until_us != INT64_MAX && mp_clock_us() >= until_us)
            return 0;
    }
}

int mp_wait_fd(const struct mp_run *run, int fd, short events, int64_t until_us,
               struct mp_error *err)
{
    struct pollfd fds[2] = {{.fd = fd, .events = events}};

    return mp_wait(run, fds, 1, until_us, err);
}

short mp_ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return poll(&p, 1, 0) > 0 ? p.revents : 0;
}
