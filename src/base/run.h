/* SPDX-License-Identifier: MIT
 * run.h - what bounds one piece of work: a deadline and a request to stop.
 *
 * SIGINT, SIGTERM and SIGHUP are blocked in the whole process and read from a signalfd,
 * so that no handler and no global is needed: whoever waits does so with base/wait.h, and
 * whoever computes asks mp_run_check once a batch.
 */
#ifndef MP_RUN_H
#define MP_RUN_H

#include <stdint.h>

#include "base/error.h"

struct mp_run {
    int stop_fd;         /* readable: stop now.  -1: nothing can stop us (tests) */
    int64_t deadline_us; /* on mp_clock_us's clock; INT64_MAX: none */
    const char *purpose; /* "profile 1234": for application_name; borrowed, not NULL */
};

/* CLOCK_MONOTONIC in µs. */
int64_t mp_clock_us(void);

/* Empty the inherited signal mask (slurmctld leaves most signals blocked), then block the
 * stop signals (SIGHUP unless it is ignored, as nohup has it) and open the signalfd. */
int mp_run_init(struct mp_run *run, const char *purpose, struct mp_error *err);
void mp_run_close(struct mp_run *run);

/* 0, or -1 with MP_FAULT_STOPPED (stop requested) or
 * MP_FAULT_TRANSIENT (deadline over). */
int mp_run_check(const struct mp_run *run, struct mp_error *err);

/* Milliseconds to the deadline, 1 where it is over; -1: there is none. */
int64_t mp_run_left_ms(const struct mp_run *run);

#endif
