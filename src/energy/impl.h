/* SPDX-License-Identifier: MIT
 * impl.h - the integral from inside: what it keeps of each series while it reads, for the
 * files of this folder only. */
#ifndef MP_ENERGY_IMPL_H
#define MP_ENERGY_IMPL_H

#include "base/error.h"
#include "energy/grid.h"
#include "energy/instants.h"
#include "energy/interval.h"
#include "energy/result.h"
#include "energy/share.h"
#include "energy/steps.h"
#include "energy/trace.h"
#include "energy/yardstick.h"
#include "model/plan.h"

/* A sum with its rounding error carried along (two-sum), so that half a million steps of
 * µs lose nothing that shows in a double. */
struct mp_sum {
    double high, low;
};

static inline void mp_sum_add(struct mp_sum *s, double x)
{
    double total = s->high + x;
    double part = total - s->high;

    s->low += (s->high - (total - part)) + (x - part);
    s->high = total;
}

/* One series while it is read; values in its own units. */
struct mp_acc {
    struct mp_vertex first, last; /* at both ends so far */
    struct mp_sum area2;          /* twice the integral, units * µs */
    double min, max;
    double factor; /* to W */
    struct mp_steps steps;
    struct mp_interval interval;
    struct mp_yardstick yardstick;
    struct mp_steps gaps; /* those of the steps that are gaps by it */
    uint64_t zeros;       /* between values above 0 */
    uint64_t zero_run;    /* since the last value above 0 */
    mp_grid_place place;
    bool on_grid;                 /* input power; of it alone are the next five */
    const struct mp_crowd *crowd; /* NULL: nobody else was on its node */
    size_t crowd_place;
    struct mp_sum share2, alone2; /* as area2 */
    struct mp_lowest *lowest;     /* owned */
    bool any;                     /* it has had a vertex */
};

struct mp_energy {
    struct mp_follower follower;
    const struct mp_traces *traces; /* fates and units of the series */
    const struct mp_plan *plan;
    const struct mp_series_table *table;
    struct mp_acc *accs;
    size_t n_accs;
    struct mp_grid grid;         /* W, the job's input power */
    struct mp_instants instants; /* what the verdict compares */
    struct mp_energy_result result;
    bool suspended;                       /* the job was, for a while */
    const struct mp_occupancy *occupancy; /* NULL: nobody knows */
    struct mp_crowd *crowds;              /* n_crowds, one a node; NULL: none is shared */
    size_t n_crowds;
};

/* From the series' units to W; a thousandth by division, which is exact where the decimal
 * value is. */
static inline double mp_to_watt(const struct mp_acc *a, double v)
{
    return a->factor < 1 ? v / (1 / a->factor) : v * a->factor;
}

/* NaN is "nothing": a sum of what there is. */
static inline void mp_add_measured(double *sum, double x)
{
    if (x == x)
        *sum = *sum == *sum ? *sum + x : x;
}

static inline const struct mp_metric *mp_metric_of(const struct mp_energy *e,
                                                   size_t series)
{
    const struct mp_series *s = &e->table->series[series];

    return &e->plan->routes[s->route].metrics[s->metric_index];
}

#endif
