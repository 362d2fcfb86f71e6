/* SPDX-License-Identifier: MIT
 * wait.h - waiting for a database, never without a bound. */
#ifndef MP_PQWAIT_H
#define MP_PQWAIT_H

#include <stdint.h>

#include "backends/pq/state.h"
#include "base/error.h"
#include "base/run.h"

/* Waits until `fd` is ready, at most until `limit_us` on mp_clock_us's clock.  1: it is;
 * 0: the limit came first; -1: stopped, the run's deadline, or the carrier broke. */
int mp_pqwait(struct mp_pqconn *c, const struct mp_run *run, int fd, short events,
              int64_t limit_us, struct mp_error *err);

#endif
