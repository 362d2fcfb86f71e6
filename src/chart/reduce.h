/* SPDX-License-Identifier: MIT
 * reduce.h - follows the polylines of all series into chart columns.
 *
 * The window is cut into MP_COLUMNS equal columns.  A series is a polyline through its
 * vertices (energy/trace.h), flat to the edges of the window, as in
 * energy/energy.h; what a column gets from it is the mean of that polyline over the
 * column and its smallest and largest value there, so that a spike of one sample survives
 * any reduction, and a column narrower than the sampling interval gets its piece of the
 * line. Components are sums over series: the means add up exactly, so that mean times
 * width summed over the columns is the energy.  The extremes of a sum are those of the
 * sum of the polylines on a grid (energy/grid.h: 1 s up to 36 hours, 20 s at thirty
 * days).  Where samples stand between the grid's instants, the largest deviation of any
 * one series from its mean in the column is added to the sum of means, too, so that the
 * spike of one node among many shows at its height.
 *
 * Memory: one set of columns and one grid per track, not per series; a series holds its
 * current column; for spread and heat map, 5 bytes per column and
 * node (6 MB for 1,000 nodes). */
#ifndef MP_REDUCE_H
#define MP_REDUCE_H

#include <stdbool.h>
#include <stdint.h>

#include "energy/result.h"
#include "base/error.h"
#include "energy/trace.h"

enum {
    MP_COLUMNS = 1200,
    MP_FEW_SAMPLES = 16, /* columns with samples that are few enough to be marked */
    MP_GPU_TRACKS = 64,  /* of a single-node job; further GPUs count in the sum only */
};

struct mp_column {
    float mean, min,
        max;    /* W; of a track with a usable series never NaN: gaps are bridged */
    float live; /* share of the track's series that have samples here (0..1): those of
                   which less than half the column lies in energy's gaps */
};

enum mp_track_kind {
    MP_TRACK_ROLE, /* one component summed over nodes (and GPUs); role says which */
    MP_TRACK_GPU,  /* one GPU of a single-node job; label = fqdd */
    MP_TRACK_NODE_SPREAD, /* over nodes, of the node's input power: mean, least, largest
                             node mean in the column; only with two nodes or more */
};

struct mp_track {
    enum mp_track_kind kind;
    enum mp_role role;
    char *label; /* owned; component name or fqdd ("GPU" where it has none) */
    struct mp_column columns[MP_COLUMNS];
    size_t n_series; /* how many series it sums; spread: how many nodes */
    /* The columns that its samples stand in; above MP_FEW_SAMPLES: so many or more. */
    uint16_t sampled[MP_FEW_SAMPLES];
    size_t n_sampled;
};

/* Input power of one node, where there are several. */
struct mp_node_columns {
    float mean[MP_COLUMNS];  /* W; gaps are bridged */
    bool silent[MP_COLUMNS]; /* half of the column or more lies in a gap */
};

/* W: a quarter of the nodes lies below `low`, a quarter above `high`. */
struct mp_quartiles {
    float low, high;
};
enum { MP_QUARTILE_NODES = 8 }; /* measured nodes; with fewer they say little */

struct mp_reduced {
    int64_t start,
        end; /* µs; column c is [start + c * (end - start) / MP_COLUMNS, ...) */
    struct mp_track **tracks; /* roles with a usable series in enum order (none is left
                                 out), then GPUs by fqdd, then spread */
    size_t n_tracks;
    struct mp_quartiles
        *quartiles; /* of the nodes' means, MP_COLUMNS of them; NULL: fewer
                                       than MP_QUARTILE_NODES nodes */
    struct mp_node_columns **nodes; /* of the plan, n_nodes; NULL: not measured */
    size_t n_nodes;
};

struct mp_reduce; /* opaque */

int mp_reduce_new(struct mp_reduce **out, struct mp_error *err);
struct mp_follower *mp_reduce_follower(struct mp_reduce *r);
/* After the end of the samples, while their plan and series table still live; `energy`
 * knows each series' gaps.  Owned by `r`. */
int mp_reduce_result(struct mp_reduce *r, const struct mp_energy_result *energy,
                     const struct mp_reduced **out, struct mp_error *err);
void mp_reduce_free(struct mp_reduce *r);

#endif
