/* SPDX-License-Identifier: MIT
 * energy.h - the sink that integrates power, and the verdict on the result.
 *
 * Per series: trapezoids between samples in order of time, the first and last value held
 * flat to the edges of the window, W from the units.  NULL, NaN and negative values and all
 * but the last of a repeated timestamp are counted and left out.
 *
 * Quality: the sampling interval is the series' median step.  A gap is a step above 3
 * intervals and above 15 s.  Coverage is the share of the window that lies neither inside a
 * gap nor further than 3 intervals (at least 15 s) from the nearest edge sample.  Gaps are
 * bridged in the energy, counted, and lower the verdict.
 *
 * Memory per series is bounded: steps are kept as a table of distinct lengths, and of the
 * longest steps only MP_LONG_STEPS are kept by place.
 */
#ifndef MP_ENERGY_H
#define MP_ENERGY_H

#include <stdint.h>

#include "error.h"
#include "plan.h"
#include "sample.h"
#include "sink.h"

enum { MP_LONG_STEPS = 64 };

struct mp_gap {
    int64_t start, end; /* µs; the samples at both sides */
};

/* What one series came to.  Index = index in the series table. */
struct mp_series_result {
    uint64_t samples; /* stored rows in the window, dropped ones included */
    double energy_kwh;
    double mean_w, min_w, max_w; /* mean = energy / window; NaN with no usable sample */
    double coverage;             /* 0..1 */
    double interval_s;           /* median step; NaN with fewer than two samples */
    double longest_gap_s;        /* longest stretch of the window without a sample */
    uint64_t dropped_null, dropped_nan, dropped_negative, dropped_repeated;
    const struct mp_gap *gaps; /* in order of time; borrowed from the sink */
    size_t n_gaps;
    bool usable;     /* units known and at least one usable sample */
};

/* kWh by component; NaN where nothing measured it. */
struct mp_components {
    double cpu, memory, storage, fan, gpu, psu_loss, others;
};

struct mp_power {
    double mean_w, min_w, max_w;
};

struct mp_node_result {
    double energy_kwh; /* its input energy; NaN where the node has no input power */
    struct mp_components components;
    struct mp_power power;
    double coverage; /* of its input power; 0 where it has none */
};

enum mp_verdict { MP_VALID, MP_PARTIAL, MP_SUSPECT };
const char *mp_verdict_name(enum mp_verdict v); /* "valid", "partial", "suspect" */

struct mp_energy_result {
    double total_kwh; /* input energy of the job; NaN where nothing measured it */
    struct mp_components components;
    struct mp_power power; /* the job's input power: sum over nodes; see energy.c */
    struct mp_series_result *series; /* n_series */
    size_t n_series;
    struct mp_node_result *nodes; /* one per plan node */
    size_t n_nodes;
    uint64_t samples; /* rows in all */
    enum mp_verdict verdict;
    char **reasons; /* owned lines, empty when valid */
    size_t n_reasons;
};

struct mp_energy; /* the sink; opaque */

int mp_energy_new(struct mp_energy **out, struct mp_error *err);
struct mp_sink *mp_energy_sink(struct mp_energy *e);
/* After the sink's end.  Owned by `e`; `findings` lowers the verdict and adds reasons.  A
 * unit that is none of mW, W, kW is an error naming metric and unit; a missing unit makes
 * the series unusable and the verdict partial. */
int mp_energy_result(struct mp_energy *e, const struct mp_findings *findings,
                     const struct mp_energy_result **out, struct mp_error *err);
void mp_energy_free(struct mp_energy *e);

#endif
