/* SPDX-License-Identifier: MIT
 * occupancy.h - who else was on a job's nodes, from when to when and with how many CPUs,
 * and what the nodes draw when nobody is there.
 *
 * Pure facts of whoever knows them (MonSTer's slurm.node_jobs, a jobs.csv beside a
 * replayed file); what they make of the energy is energy/share.h.  Neighbours are numbers
 * here, never names.
 */
#ifndef MP_OCCUPANCY_H
#define MP_OCCUPANCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A neighbour's stay on a node. */
struct mp_stay {
    uint32_t node; /* index into the plan's nodes */
    uint32_t cpus; /* at least 1 */
    uint64_t job;  /* its number */
    int64_t from;  /* µs since the epoch; inside the window */
    int64_t until; /* later than `from` */
};

struct mp_presence_of {
    bool known;    /* somebody can tell who was on this node */
    uint32_t own;  /* CPUs of the job itself; 0: nobody says */
    double idle_w; /* what the node drew while no job was on it; 0: nobody says */
};

struct mp_occupancy {
    struct mp_presence_of
        *nodes; /* n_nodes, as in the plan; NULL: nobody knows anything */
    size_t n_nodes;
    struct mp_stay *stays; /* in order of node, from, job, until */
    size_t n_stays, capacity;
};

/* Room for the nodes; all unknown. */
int mp_occupancy_init(struct mp_occupancy *o, size_t n_nodes, struct mp_error *err);
/* A stay, cut to [start, end]; outside it, or empty, it is passed over.  Stays of one job
 * on one node may overlap: they are made one where mp_occupancy_close is called. */
int mp_occupancy_add(struct mp_occupancy *o, const struct mp_stay *stay, int64_t start,
                     int64_t end, struct mp_error *err);
/* After the last one: put them in order. */
void mp_occupancy_close(struct mp_occupancy *o);
/* Every node of the job is known. */
bool mp_occupancy_is_known(const struct mp_occupancy *o);
void mp_occupancy_free(struct mp_occupancy *o);

#endif
