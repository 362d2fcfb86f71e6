/* SPDX-License-Identifier: MIT
 * instants.h - what the sensors of a node say of one another: follows the samples, and
 * keeps for each sensor and each node what the rules of the verdict ask for.
 *
 * At an instant, the stamp of a node's samples, input and output power and the parts of
 * one node can be compared; a round is one reading of every sensor of a node's role,
 * whatever their stamps.  All values are W.  Memory is constant per series and per node.
 *
 * Rows in order of time, as databases give them and raw_power.csv holds them, are needed
 * for the comparisons between sensors: of a file that is sorted by sensor only what each
 * sensor says by itself is known (runs of equal values, zeros, means), so that fewer
 * flaws are found in it.
 */
#ifndef MP_INSTANTS_H
#define MP_INSTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "energy/trace.h"
#include "model/plan.h"
#include "model/sample.h"

/* The longest stretch of exactly equal readings. */
struct mp_still {
    int64_t from, to; /* µs */
    uint64_t n;       /* readings */
    double w;
    /* what else on the node moves with it (instants.c), meanwhile */
    double beside;       /* at first; NaN: nothing else is known */
    uint64_t moved, far; /* readings at which it was 5 % and 5 W, and 15 % and 25 W, from
                              there */
};

/* Two quantities read together: n, means, and sums of the products of deviations. */
struct mp_both {
    uint64_t n;
    double x, y, xx, yy, xy;
};

/* One series; index = index in the series table. */
struct mp_sensor {
    bool met;
    bool busy_before; /* see zeros_busy: they did before its last sample */
    uint8_t role;
    uint32_t node;
    uint32_t next;  /* the next sensor of the same node and role, or MP_NO_SENSOR */
    uint32_t round; /* of its node's role */
    int64_t time;   /* of its last sample; INT64_MIN: none yet */
    double w;       /* ... and its value; NaN */
    uint64_t n, changes;
    double sum;
    /* its last three samples and what was beside the first two of them; samples far above
     * both neighbours, with nothing else that moved so */
    double last[3], beside[3];
    uint64_t spikes;
    double spike_w;                 /* by how much, added up */
    uint64_t zeros, zeros_busy;     /* all; while the node's other sensors read more */
    struct mp_still still, longest; /* of one reading so far: only n is set */
    /* rounds of its node's role */
    uint32_t twin; /* a sensor of the round that said the same, or MP_NO_SENSOR */
    uint64_t rounds, same, same_moves;
    uint64_t full, is_sum; /* rounds of all the role's sensors, three or more */
    struct mp_both others; /* it, and the sum of the round's others */
};

#define MP_NO_SENSOR UINT32_MAX

/* One node; index = index in the plan. */
struct mp_watch {
    uint32_t first[MP_N_ROLES];   /* its sensors, a list by role */
    uint32_t sensors[MP_N_ROLES]; /* how many */
    double now[MP_N_ROLES];       /* the sum of their last values */
    double was[MP_N_ROLES];       /* the same at the end of the instant before this one */
    int64_t heard[MP_N_ROLES];    /* when last */
    uint32_t round[MP_N_ROLES];
    uint32_t parts;      /* the components that it has; a bit for each role */
    uint32_t fresh;      /* the roles that were heard lately (instants.c) ... */
    int64_t fresh_until; /* ... at stamps from this one to that */
    /* the instant being read */
    bool by_sensor; /* one sensor after the other, so that there are no instants */
    int64_t stamp;
    uint32_t spoke; /* roles */
    double at[MP_N_ROLES];
    uint32_t n_at[MP_N_ROLES];
    /* input and output at one instant */
    uint64_t pairs, output_above, loss_high, spikes;
    double pair_w;           /* input, added up */
    double above_w, spike_w; /* by how much, added up */
    /* input and the parts read at the same instant */
    uint64_t wholes, parts_above;
    double whole_w, parts_above_w;
    /* input and all parts, whenever they were read: in blocks of instants, and parts
     * above all that the node has drawn so far */
    uint64_t blocks, blocks_above, peaks;
    uint32_t in_block;
    double block_w, block_parts_w, blocks_above_w;
    double input_before, most_input, most_parts, peaks_w;
};

struct mp_instants {
    const struct mp_plan *plan;
    const struct mp_series_table *table;
    struct mp_sensor *sensors;
    size_t n_sensors;
    struct mp_watch *nodes; /* one per plan node */
};

/* All zero is an empty one. */
int mp_instants_begin(struct mp_instants *in, const struct mp_plan *plan,
                      const struct mp_series_table *table, struct mp_error *err);
/* Samples that count, W, in the order in which they come; a further one of the same time
 * brings what the time then comes to. */
int mp_instants_samples(struct mp_instants *in, const struct mp_vertex *v, size_t n,
                        struct mp_error *err);
/* After the last one. */
void mp_instants_end(struct mp_instants *in);
void mp_instants_free(struct mp_instants *in);

static inline double mp_both_correlation(const struct mp_both *b)
{
    double d = b->xx * b->yy;

    return d > 0 ? b->xy / __builtin_sqrt(d) : 0;
}

#endif
