/* SPDX-License-Identifier: MIT
 * count.h - a counter of energy to the power of its steps.
 *
 * Between two samples c0 at t0 and c1 at t1 the power is (c1 - c0)/(t1 - t0): a vertex in
 * the middle of what of the step lies in the window.  The energy is the sum of the steps,
 * that is last minus first; a step that crosses an edge of the window counts in
 * proportion, and where no sample lies beyond the edge the nearest step's power holds up
 * to it.
 *
 * A counter that falls has wrapped or was reset.  Wrapped, where it was in the upper half
 * of a range that counters have, and what it then counted is no more than four times, and
 * no less than a quarter of, the power of the step before.  Else reset: nobody knows what
 * was counted in that step, and the mean power of its two neighbours stands in, or what
 * was counted since, if that is more.
 */
#ifndef MP_COUNT_H
#define MP_COUNT_H

#include <stddef.h>
#include <stdint.h>

#define MP_COUNT_MOST_J 1e15 /* no node has counted so much */
enum { MP_COUNT_VERTICES = 2 };

/* A point of a polyline. */
struct mp_vertex {
    int64_t time;    /* µs */
    double value;    /* in the series' own units */
    uint32_t series; /* index in the series table */
};

/* A counter of energy on its way to power. */
struct mp_count {
    struct mp_vertex last; /* the last stamp */
    int64_t hole_from,
        hole_to;  /* a step that a reset spoiled and no next step told yet */
    double least; /* ... what was counted in it since */
    double units; /* counted within the window */
    double w;     /* the last step's power, units a second; NaN: none yet */
    double first_w;
    int64_t from, to; /* what of the window `units` are of; from > to: nothing */
    uint64_t resets, wraps;
};

void mp_count_start(struct mp_count *c);
/* The next stamp, in order of time; `factor` makes J of its units.  How many vertices, in
 * units a second. */
size_t mp_count_add(struct mp_count *c, const struct mp_vertex *v, double factor,
                    int64_t start, int64_t end, struct mp_vertex out[MP_COUNT_VERTICES]);
/* There are no more; 0 or 1 vertex. */
size_t mp_count_end(struct mp_count *c, int64_t start, int64_t end,
                    struct mp_vertex *out);

#endif
