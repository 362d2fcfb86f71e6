/* SPDX-License-Identifier: MIT
 * progress.h - the sink that shows a person at a terminal how far the fetch is. */
#ifndef MP_PROGRESS_H
#define MP_PROGRESS_H

#include <stdint.h>

#include "model/sink.h"

struct mp_progress {
    struct mp_sink sink;
    const struct mp_plan *plan;
    uint64_t rows;
    int64_t begun_us;
    int64_t last_us; /* when the line was last drawn */
    int64_t newest;  /* µs since the epoch: the newest sample seen */
};

/* Draws on standard error, five times a second at most, and wipes its line at the end. */
void mp_progress_init(struct mp_progress *p);

#endif
