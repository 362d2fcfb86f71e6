/* SPDX-License-Identifier: MIT
 * share.h - what of a shared node's energy is the job's.
 *
 * At each instant the node's power P is divided by CPUs: w = own / (own + others'), so
 * that the shares of all who are there add up to the node, and a job alone has all of it.
 * Part of P is what the node would draw without anybody: its idle power.  CPUs are a
 * guess at who causes the rest: it may all be the neighbours' (`low`), or all the job's
 * (`high`).
 *
 *     share = integral of w P
 *     low   = alone + integral of w idle           while others are there
 *     high  = low   + integral of (P - idle)
 */
#ifndef MP_SHARE_H
#define MP_SHARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "energy/trace.h"
#include "model/occupancy.h"
#include "model/plan.h"

/* How many CPUs others have on one node: others[k] from at[k] to at[k + 1]. */
struct mp_crowd {
    double own;
    int64_t *at; /* n + 1; at[0] is the window's start, at[n] its end */
    double *others;
    size_t n;        /* 0: nobody else was there */
    size_t n_jobs;   /* different ones ... */
    uint64_t job;    /* ... one of which this is */
    double shared;   /* µs while others were there ... */
    double weighted; /* ... each of them times w */
};

/* One per node of the plan; NULL where nobody shares any.  Freed with mp_crowds_free. */
int mp_crowds_make(const struct mp_occupancy *o, const struct mp_plan *plan,
                   struct mp_crowd **out, struct mp_error *err);
void mp_crowds_free(struct mp_crowd *crowds, size_t n);

/* Twice the integrals over the line from a to b, which does not go back behind an earlier
 * one: *share of w P, *alone of P while nobody else is there.  `place` is the caller's,
 * 0 at first. */
void mp_crowd_line(const struct mp_crowd *c, size_t *place, const struct mp_vertex *a,
                   const struct mp_vertex *b, double *share, double *alone);

/* Values of one input series, for the mean of their lowest tenth: in bins of 4 %, so that
 * memory does not grow. */
enum { MP_LOWEST_BINS = 328 };
struct mp_lowest {
    double sum[MP_LOWEST_BINS];
    uint32_t n[MP_LOWEST_BINS];
};
void mp_lowest_add(struct mp_lowest *l, double w);
double mp_lowest_tenth(const struct mp_lowest *l); /* W; NaN: no value */

#endif
