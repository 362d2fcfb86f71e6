/* SPDX-License-Identifier: MIT
 * result.h - what a report's samples came to: kWh, power and coverage of series, nodes
 * and job, and the verdict.
 *
 * Sums over series give nodes and the job.  NaN is "nothing measured it", never 0, and is
 * left out of sums; a sum of nothing is NaN.
 */
#ifndef MP_RESULT_H
#define MP_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "energy/steps.h"
#include "model/role.h"
#include "model/sample.h"

/* What an energy's interval comes from (interval.h). */
enum mp_uncertainty_part {
    MP_BY_SAMPLING,   /* between the samples */
    MP_BY_EDGES,      /* before the first and behind the last */
    MP_BY_GAPS,       /* in steps above 15 s */
    MP_BY_RESOLUTION, /* the values' own step */
    MP_BY_CLOCK,      /* start and end of the job are whole seconds */
    MP_BY_SENSOR,     /* the sensors' class, as far as it is known */
    MP_N_BY
};
const char *mp_uncertainty_name(enum mp_uncertainty_part part); /* "sampling", ... */

struct mp_uncertainty {
    double kwh;            /* half-width of the 95 % interval; NaN: too few samples */
    double share[MP_N_BY]; /* of the half-width; 1 together, or all 0 */
    bool sensor_known;     /* no series' class is missing */
};

/* "sensor accuracy, typically 2-5 %, not included", or that it is. */
const char *mp_sensor_words(const struct mp_uncertainty *u);

/* A stretch of the window that no sample stands for. */
struct mp_gap {
    int64_t start, end; /* µs; the samples at both sides, or an edge of the window and the
                           point from where (up to where) the nearest sample covers */
};

/* What one series came to.  Index = index in the series table. */
struct mp_series_result {
    uint64_t samples;            /* stored rows, dropped ones included */
    uint64_t borrowed;           /* ... of which lie outside the window: then all */
    double energy_kwh;           /* NaN with no usable sample, like the next three */
    double mean_w, min_w, max_w; /* mean = energy / window; the value where the window is
                                    a single instant */
    double uncertainty_kwh;      /* half-width at 95 %; NaN with fewer than three that
                                    count */
    double coverage;             /* 0..1 */
    double interval_s;           /* median step; NaN with fewer than two samples */
    double longest_gap_s;        /* longest stretch of the window without a sample */
    uint64_t dropped_null, dropped_nan, dropped_negative, dropped_implausible;
    uint64_t dropped_repeated;
    int64_t first, last;       /* µs; times of the first and last sample that count */
    uint64_t zeros;            /* samples of 0 W between others above 0 */
    const struct mp_gap *gaps; /* in order of time, the MP_LONG_STEPS longest and the
                                  edges; borrowed from `all_gaps` */
    size_t n_gaps;
    bool usable; /* units known and at least one usable sample */
};

struct mp_components {
    double kwh[MP_N_COMPONENTS];             /* NaN where nothing measured it */
    double uncertainty_kwh[MP_N_COMPONENTS]; /* half-width at 95 %; NaN: none */
};

struct mp_power {
    double mean_w, min_w, max_w;
};

/* What of an input energy is the job's, kWh (share.h).  Where nobody else was there all
 * three are the energy itself; NaN where nobody says how many CPUs the job had. */
struct mp_share {
    double kwh, low_kwh, high_kwh;
};

struct mp_node_result {
    double energy_kwh;      /* its input energy; NaN where the node has no input power */
    double uncertainty_kwh; /* half-width at 95 %; NaN: none */
    double output_kwh;      /* what its power supplies delivered; NaN likewise */
    struct mp_components components;
    double excess_kwh;     /* by how much the components exceed the input; else 0 */
    struct mp_power power; /* several input series: the sums of their extremes */
    double coverage;       /* the least of its input series; 0 where it has none */
    uint64_t samples;
    uint32_t n_inputs; /* usable input series: one in all, or one per power supply */
    struct mp_share share;
    double idle_w;       /* drawn without any job; NaN: nothing measured it */
    bool idle_measured;  /* ... then; else it is the window's lowest tenth */
    double idle_kwh;     /* over the window; at most energy_kwh */
    uint32_t neighbours; /* different jobs that were on the node too ... */
    uint64_t neighbour;  /* ... one of which this is */
};

enum { MP_LINE_COLUMNS = 64 };

enum mp_verdict { MP_VALID, MP_PARTIAL, MP_SUSPECT };
const char *mp_verdict_name(enum mp_verdict v); /* "valid", "partial", "suspect" */

/* A node whose energy is far from the others': outliers.h. */
struct mp_outlier {
    uint32_t node;     /* index into the plan's nodes */
    double median_kwh; /* of its route's measured nodes */
};

struct mp_energy_result {
    double total_kwh; /* input energy of the job; NaN where nothing measured it */
    struct mp_uncertainty uncertainty; /* of total_kwh */
    struct mp_components components;
    double excess_kwh; /* sum over nodes */
    /* The job's input power.  The mean is total / window.  With one input series the
     * extremes are those of its samples; with several, those of the sum of their
     * polylines at every full grid_s seconds from the window's start (exact where samples
     * stand on such instants, as MonSTer's whole seconds do up to six days). */
    struct mp_share share; /* sums over nodes */
    double idle_kwh;
    bool sharing_known; /* of every node somebody can say who was on it */
    bool shared;        /* others were on some of them */
    struct mp_power power;
    double grid_s;
    double line[MP_LINE_COLUMNS]; /* W, its mean in n_line equal parts of the window; NaN
                                     where all inputs have a gap (line.h) */
    size_t n_line;
    double coverage;                 /* mean of the nodes' */
    struct mp_series_result *series; /* n_series */
    size_t n_series;
    uint32_t *order; /* n_series indices: by node of the plan, metric of the route,
                        source, fqdd; the same whatever order a backend met them in */
    struct mp_node_result *nodes; /* one per plan node */
    size_t n_nodes;
    struct mp_missing *missing; /* n_missing: nodes, metrics and sensors without a usable
                                   sample; metric NULL: the whole node, node NULL: all
                                   nodes of a route */
    size_t n_missing;
    struct mp_outlier *outliers; /* n_outliers, in order of the plan */
    size_t n_outliers;
    struct mp_gap *all_gaps; /* of all series, one after the other */
    uint64_t samples;        /* rows in all */
    enum mp_verdict verdict;
    char **reasons; /* owned lines, empty when valid */
    size_t n_reasons;
};

/* The job's own energy: its share where it shared nodes and that is known, else what its
 * nodes drew. */
double mp_headline_kwh(const struct mp_energy_result *r);
/* How the share was found, or why there is none; one sentence. */
const char *mp_sharing_words(const struct mp_energy_result *r);

void mp_energy_result_free(struct mp_energy_result *r);

#endif
