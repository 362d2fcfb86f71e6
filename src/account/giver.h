/* SPDX-License-Identifier: MIT
 * giver.h - gives the energy of many nodes to the jobs on them, in one pass over
 * the samples.
 *
 * Follows the polylines of input power (energy/trace.h), day after day.  Each stay of a
 * job on a node gets its own line, exactly as the job's report would draw it: through the
 * samples between its start and end, whose first and last value hold to both.  Of that
 * the job's share is w = its CPUs / CPUs of all who are there, at each instant.  A node's
 * energy is that of its line from the window's start to its end; what no stay was given
 * is nobody's.  Memory grows with nodes and stays, never with samples.
 */
#ifndef MP_GIVER_H
#define MP_GIVER_H

#include "base/error.h"
#include "base/keyset.h"
#include "energy/interval.h"
#include "energy/trace.h"
#include "model/occupancy.h"

/* One input sensor, over all days. */
struct mp_giver_sensor {
    uint32_t node;
    struct mp_vertex first, last;
    bool any;
    double kwh;                /* the whole line's */
    uint64_t counted, dropped; /* samples; those below 0 or above 1 MW */
    double factor;             /* to W */
};

/* A stay, as one sensor of its node sees it. */
struct mp_giver_part {
    uint32_t sensor;
    struct mp_vertex first, last;
    struct mp_interval interval;
    double kwh, share_kwh; /* the whole node's, and the job's */
    size_t place;          /* in the node's crowd */
    bool closed;
    struct mp_giver_part *next; /* of the same stay; owned */
};

struct mp_giver; /* opaque */

/* `o` has every stay of the window, and is borrowed, like the names of the nodes. */
int mp_giver_new(struct mp_giver **out, const struct mp_plan *plan,
                 const struct mp_occupancy *o, struct mp_error *err);
struct mp_follower *mp_giver_follower(struct mp_giver *g);
/* A copy of all that was added up, and back to it: a day that broke off is read again. */
int mp_giver_remember(struct mp_giver *g, struct mp_error *err);
void mp_giver_go_back(struct mp_giver *g);
/* After the last day: everything holds to its end. */
void mp_giver_close(struct mp_giver *g);
/* Of stay i of the occupancy; NULL: no sample fell into it. */
const struct mp_giver_part *mp_giver_parts(const struct mp_giver *g, size_t stay);
const struct mp_giver_sensor *mp_giver_sensors(const struct mp_giver *g, size_t *n);
/* A sensor of which too many samples cannot be true: what it says stands apart. */
bool mp_giver_is_suspect(const struct mp_giver_sensor *s);
void mp_giver_free(struct mp_giver *g);

#endif
