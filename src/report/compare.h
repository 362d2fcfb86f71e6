/* SPDX-License-Identifier: MIT
 * compare.h - two reports, A and B: what differs by more than it may by chance.  Pure.
 *
 * Every difference is B - A.  Beside it stands how large it may be where nothing differs,
 * with 95 %:
 *
 *     may_be² = half_A² + half_B²                    the two intervals
 *             + t² Σ (s e)² + t² Σ (e_odd - m)²      nodes that only one of them had
 *     ... + the guess, where it is a job's share of nodes that others shared
 *
 * e is the energy of a node that is in one report only; s is how nodes differ.  A robust
 * standard deviation: of both reports, |e - m|/m over each route's nodes, m their median;
 * of these the middle one, the least of each route (its median's own) left out, times
 * 1.4826; t is Student's 97.5 % with 0.4 (nodes - routes) degrees of freedom, which makes
 * up for the few nodes and for a median's being half as sharp as a mean.  Nodes that
 * stand out in their report (outliers.h) count with their own distance from m instead.
 * With fewer than MP_COMPARE_LEAST nodes to spare, s is an assumption and t 1.96.
 *
 * On the same nodes, the sensors' class plays no part in the total: it is the same twice.
 * The guess is how far the shares may lie towards each other: (share - low) of the larger
 * and (high - share) of the smaller (energy/share.h).
 */
#ifndef MP_COMPARE_H
#define MP_COMPARE_H

#include "report/digest.h"

enum mp_beyond {
    MP_BEYOND_UNKNOWN, /* a side is not measured, or has no interval */
    MP_WITHIN,
    MP_BEYOND_MORE, /* B more than A, by more than may be */
    MP_BEYOND_LESS,
};

struct mp_difference {
    double a, b;
    double may_be; /* NaN: nobody knows */
    enum mp_beyond beyond;
};

static inline double mp_difference_of(const struct mp_difference *d)
{
    return d->b - d->a;
}

/* In % of A; NaN where A is 0. */
double mp_difference_percent(const struct mp_difference *d);

/* A node of both, or a place among the sorted nodes of each. */
struct mp_compared_node {
    const char *name; /* borrowed from A, or "least", "middle", "most" */
    struct mp_difference kwh;
};

enum { MP_COMPARE_LEAST = 3 }; /* nodes above one a route, to say how they differ */

struct mp_comparison {
    struct mp_difference energy;       /* kWh: of the jobs; their shares where `share` */
    struct mp_difference nodes_energy; /* kWh, of the whole nodes; the same without it */
    struct mp_difference mean_w;       /* of `energy` */
    struct mp_difference seconds;
    struct mp_difference components[MP_N_COMPONENTS]; /* kWh, of the whole nodes */
    bool share;         /* others were on the nodes of A or B */
    bool share_unknown; /* ... and of one of them nobody knows its share: whole nodes */
    /* What energy.may_be is made of, kWh. */
    double by_samples, by_nodes, by_guess;
    size_t common;                  /* nodes that are in both */
    double spread;                  /* s; 0 where both had the same nodes */
    size_t spread_of;               /* nodes it is measured on; 0: assumed */
    bool matched;                   /* `nodes` are those of both; else places */
    struct mp_compared_node *nodes; /* owned */
    size_t n_nodes;
};

/* `a` and `b` are borrowed for as long as *c lives. */
int mp_compare(struct mp_comparison *c, const struct mp_digest *a,
               const struct mp_digest *b, struct mp_error *err);
void mp_comparison_free(struct mp_comparison *c);

#endif
