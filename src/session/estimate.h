/* SPDX-License-Identifier: MIT
 * estimate.h - what a report would cost, from a few minutes of its window.
 *
 * Rows and bytes are those of the minutes that were read, times window over minutes: as
 * good as the collector is steady.  Time is a + b rows, from a short and a long stretch,
 * and is that of reading, adding up and writing raw_power.csv; the pictures come on top.
 */
#ifndef MP_ESTIMATE_H
#define MP_ESTIMATE_H

#include <stdint.h>

#include "base/error.h"
#include "session/session.h"

struct mp_estimate {
    double rows;
    double bytes; /* of raw_power.csv */
    double seconds;
    int64_t read_us; /* how much of the window was read */
};

/* Of an open session's job.  MP_FAULT_NO_SAMPLES where the minutes have none. */
int mp_session_estimate(struct mp_session *s, struct mp_estimate *e,
                        struct mp_error *err);

#endif
