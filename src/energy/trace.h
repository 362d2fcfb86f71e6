/* SPDX-License-Identifier: MIT
 * trace.h - the sink that makes of samples the vertices of each series' polyline, once
 * for all who follow it: the integral and the chart see the same line.
 *
 * A sample is left out where it is NULL, NaN, negative, or above MP_PLAUSIBLE_W: no
 * sensor of one node measures a megawatt, but management controllers do send single
 * samples of terawatts.  A high value below that stays: nobody can tell it from a real
 * one.
 *
 * Several samples of a series with one time are one vertex, final only when a later
 * sample arrives: until then it waits in its trace.  Its value is their mean: of two
 * truths neither is known to be the better, and the mean has no bias.  Where the first
 * stamp of a series without an FQDD, of a role that is a part of the node, has several
 * values, these are of as many sensors that nothing tells apart (GPUs, mostly): from then
 * on it is their number times the mean, which is their sum, and stands in for one that
 * is missing.
 *
 * A series without a sample in a short window comes with its neighbours outside it
 * (model/plan.h): its line is then the straight one between the two, cut off at the
 * window's edges, or the level of the only one.
 */
#ifndef MP_TRACE_H
#define MP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "energy/count.h"
#include "model/plan.h"
#include "model/sample.h"
#include "model/sink.h"

#define MP_PLAUSIBLE_W 1e6

enum mp_fate {
    MP_FATE_COUNTS,
    MP_FATE_NULL,
    MP_FATE_NAN,
    MP_FATE_NEGATIVE,    /* -Infinity too */
    MP_FATE_IMPLAUSIBLE, /* +Infinity too */
    MP_N_FATES
};

/* One series; index = index in the series table. */
struct mp_trace {
    struct mp_vertex waiting; /* its last vertex so far; at INT64_MIN: none */
    struct mp_vertex early;   /* the last that its lag puts before the window ... */
    bool any_early;           /* ... where it has one, and none within yet */
    int64_t lag;           /* µs that its readings trail: vertices are so much earlier */
    double factor;         /* to W */
    double limit;          /* MP_PLAUSIBLE_W in its units */
    double sum, low, high; /* of the samples with that time ... */
    uint32_t n_at;         /* ... and how many there are */
    uint32_t alike;        /* sensors that nothing tells apart; 1, mostly */
    bool counter;          /* it counts energy: vertices are what its steps come to */
    struct mp_count count;
    bool plain; /* it is 1, without lag and neighbours: known after the first time */
    uint64_t fate[MP_N_FATES];
    uint64_t repeated;       /* samples beyond one of each sensor with one time */
    uint64_t stamps;         /* different times ... */
    uint64_t contradictions; /* ... with values that differ by more than 2 % */
    uint64_t borrowed;       /* samples outside the window; then there is none inside */
    struct mp_vertex before, behind; /* ... and what they come to, where has_... */
    bool has_before, has_behind;
    uint64_t uneven; /* ... with more or fewer samples than `alike` */
    bool met;        /* a sample has come */
    bool power;      /* units known: else nothing of it counts */
    bool any;        /* a sample that counts has come */
};

struct mp_traces;
struct mp_follower;

struct mp_follower_ops {
    /* `traces` lives until the follower's owner frees it. */
    int (*begin)(struct mp_follower *f, const struct mp_traces *traces,
                 struct mp_error *err);
    /* Vertices of any series, each series' in order of time, never two of one time; all
     * lie in the window.  Borrowed. */
    int (*vertices)(struct mp_follower *f, const struct mp_vertex *v, size_t n,
                    struct mp_error *err);
    /* Optional.  Samples that count, as they come; again, with what its time then comes
     * to, for every further one of a time.  W.  Borrowed. */
    int (*samples)(struct mp_follower *f, const struct mp_vertex *v, size_t n,
                   struct mp_error *err);
    /* The series, which has had a vertex, gets no more. */
    int (*last)(struct mp_follower *f, uint32_t series, struct mp_error *err);
};

/* First member of every follower's own struct. */
struct mp_follower {
    const struct mp_follower_ops *ops;
};

enum { MP_FOLLOWERS_MAX = 4, MP_VERTICES_AT_ONCE = 256 };

struct mp_traces {
    struct mp_sink sink;
    const struct mp_plan *plan; /* borrowed from the backend, like the table */
    const struct mp_series_table *table;
    struct mp_trace *series; /* n of them, as far as they were met */
    size_t n;
    struct mp_follower *followers[MP_FOLLOWERS_MAX]; /* borrowed */
    size_t n_followers;
    /* not yet told: vertices, and samples in W */
    struct mp_vertex ready[MP_VERTICES_AT_ONCE], heard[MP_VERTICES_AT_ONCE];
    size_t n_ready, n_heard;
};

/* The sink is &t->sink.  Its batch fails, naming metric and node, where samples of a
 * series go back in time or leave the window (but for neighbours), and where a unit is
 * none of mW, W, kW, unless the metric has no role (MP_ROLE_NONE). */
void mp_traces_init(struct mp_traces *t, struct mp_follower *const *followers, size_t n);
void mp_traces_free(struct mp_traces *t);

static inline const struct mp_metric *mp_traces_metric(const struct mp_traces *t,
                                                       uint32_t series)
{
    const struct mp_series *s = &t->table->series[series];

    return &t->plan->routes[s->route].metrics[s->metric_index];
}

#endif
