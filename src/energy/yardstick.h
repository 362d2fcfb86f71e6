/* SPDX-License-Identifier: MIT
 * yardstick.h - which steps between samples are gaps, by the steps around them.
 *
 * A step is a gap where it is longer than MP_SHORTEST_GAP_US and than three times what is
 * usual there: the median of the three steps before it or of the three after it,
 * whichever is longer.  So an interval that changes in the middle of a job is none, and
 * neither is one that is slow throughout. */
#ifndef MP_YARDSTICK_H
#define MP_YARDSTICK_H

#include "energy/steps.h"

enum { MP_BESIDE = 3, MP_AROUND = 8 }; /* 2 * MP_BESIDE + 1, and quick to divide by */

/* All zero is a new one. */
struct mp_yardstick {
    struct mp_long_step recent[MP_AROUND]; /* a ring; step i at i % MP_AROUND */
    int64_t first[MP_BESIDE];              /* lengths of the first steps, µs */
    uint64_t n;                            /* steps so far */
    uint32_t longs; /* bit i: the step i before the newest may be a gap */
};

/* Is step i a gap, as far as the steps around it are known? */
int mp_yardstick_judge(const struct mp_yardstick *y, uint64_t i, struct mp_steps *gaps);

/* The next step; a gap that it makes certain is added to `gaps`.  -1: out of memory. */
static inline int mp_yardstick_step(struct mp_yardstick *y, int64_t start, int64_t end,
                                    struct mp_steps *gaps)
{
    int64_t length = end - start;

    if (y->n < MP_BESIDE)
        y->first[y->n] = length;
    y->recent[y->n++ % MP_AROUND] = (struct mp_long_step){start, end};
    y->longs = y->longs << 1 | (length > MP_SHORTEST_GAP_US);
    return (y->longs >> MP_BESIDE & 1) != 0
               ? mp_yardstick_judge(y, y->n - 1 - MP_BESIDE, gaps)
               : 0;
}
/* After the last one. */
int mp_yardstick_end(struct mp_yardstick *y, struct mp_steps *gaps);

/* What is usual at the beginning and at the end, µs; 0 without a step. */
int64_t mp_yardstick_first(const struct mp_yardstick *y);
int64_t mp_yardstick_last(const struct mp_yardstick *y);

#endif
