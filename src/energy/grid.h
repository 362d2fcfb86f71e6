/* SPDX-License-Identifier: MIT
 * grid.h - the sum of many polylines at equal instants, in bounded memory.
 *
 * The instants are `step` apart from the window's start, whole seconds, as few as keep
 * them below a given number.  Where every vertex stands on one of them, as MonSTer's
 * whole seconds do on a grid of one second, the extremes of the sum on the grid are its
 * extremes.
 */
#ifndef MP_GRID_H
#define MP_GRID_H

#include "energy/trace.h"

struct mp_grid {
    double *w; /* the sum at start + k * step; n of them */
    size_t n;
    int64_t start, step; /* µs */
    bool off;            /* mp_grid_vertex met one between two instants */
};

/* Each series' own place: how many instants it has passed. */
typedef uint32_t mp_grid_place;

/* -1: out of memory. */
int mp_grid_init(struct mp_grid *g, int64_t start, int64_t end, int64_t most);
void mp_grid_free(struct mp_grid *g);

/* Add `factor` times the straight line from *a to *b at the instants not yet passed, up
 * to b.  A series' lines follow one another from the window's start to its end. */
static inline void mp_grid_line(struct mp_grid *g, mp_grid_place *place,
                                const struct mp_vertex *a, const struct mp_vertex *b,
                                double factor)
{
    int64_t t = g->start + (int64_t)*place * g->step;

    if (t <= b->time) {
        double slope = b->time > a->time
                           ? (b->value - a->value) / (double)(b->time - a->time) * factor
                           : 0;
        double w = a->value * factor;

        for (; t <= b->time; t += g->step)
            g->w[(*place)++] += w + slope * (double)(t - a->time);
    }
}

/* After a line to a vertex: is it on the grid? */
static inline void mp_grid_vertex(struct mp_grid *g, mp_grid_place place, int64_t time)
{
    if (g->start + ((int64_t)place - 1) * g->step != time)
        g->off = true;
}

#endif
