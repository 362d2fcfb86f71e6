/* SPDX-License-Identifier: MIT
 * run.c - stop requests through a signalfd, and the deadline. */
#include "config.h"

#include "base/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

int64_t mp_clock_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int mp_run_init(struct mp_run *run, const char *purpose, struct mp_error *err)
{
    struct sigaction hangup;
    sigset_t stop;

    *run = (struct mp_run){.stop_fd = -1, .deadline_us = INT64_MAX, .purpose = purpose};
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    /* nohup has it ignored; blocked, it would reach the signalfd all the same */
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&stop, SIGHUP);
    if (sigprocmask(SIG_SETMASK, &stop, NULL) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot set the signal mask: %s",
                       strerror(errno));
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an EPIPE, reported as such */
    signal(SIGXFSZ, SIG_IGN); /* ulimit -f: a file too large is an error of write */
    run->stop_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run->stop_fd < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot watch for signals: %s",
                       strerror(errno));
    return 0;
}

void mp_run_close(struct mp_run *run)
{
    if (run->stop_fd >= 0)
        close(run->stop_fd);
    run->stop_fd = -1;
}

int mp_run_check(const struct mp_run *run, struct mp_error *err)
{
    struct pollfd p = {.fd = run->stop_fd, .events = POLLIN};

    if (run->stop_fd >= 0 && poll(&p, 1, 0) > 0)
        return mp_fail(err, MP_FAULT_STOPPED,
                       "stopped by a signal; no report was written");
    if (run->deadline_us != INT64_MAX && mp_clock_us() >= run->deadline_us)
        return mp_fail(err, MP_FAULT_TRANSIENT,
                       "the deadline is over (deadline_seconds in section [power])");
    return 0;
}

int64_t mp_run_left_ms(const struct mp_run *run)
{
    int64_t left;

    if (run->deadline_us == INT64_MAX)
        return -1;
    left = (run->deadline_us - mp_clock_us() + 999) / 1000;
    return left > 0 ? left : 1;
}
