/* SPDX-License-Identifier: MIT
 * plan.h - what to read: the job's nodes, each routed to a database and its metrics.
 *
 * Pure: no I/O.  A plan is made from the nodelist (slurm/nodelist.h) and the configured
 * routes (config/settings.h), and never changes afterwards.
 */
#ifndef MP_PLAN_H
#define MP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/keyset.h"
#include "model/role.h"

enum { MP_ACCURACY_MAX = 100 };                /* % */
#define MP_LAG_MAX_US (INT64_C(600) * 1000000) /* longer is no average any more */

struct mp_metric {
    char *name; /* as configured, e.g. TotalCPUPower; table = lower case of it; owned */
    enum mp_role role;
    double accuracy; /* of its sensors, % of the reading; 0: the database's, if any */
    int64_t lag;     /* µs that its readings trail, as averages do; 0: none */
    char *units;     /* in place of the database's; owned; NULL: those */
    bool counter;    /* counts energy up; else it says power */
    bool optional;   /* of a ready-made list: it may be that no node has it */
};

/* What a route carries for a backend, which declared the key and knows its meaning. */
struct mp_route_value {
    char *name, *value; /* owned; value is never NULL */
};

/* Nodes whose name starts with `prefix` (any case; the longest prefix wins). */
struct mp_route {
    char *name; /* the word after "route" in the section's name */
    char *prefix;
    struct mp_metric *metrics;
    size_t n_metrics;
    struct mp_route_value *own;
    size_t n_own;
};

struct mp_plan_node {
    char *name;     /* as the nodelist spells it */
    uint32_t route; /* index into mp_plan.routes */
};

struct mp_plan {
    int64_t start, end;      /* µs since the epoch; both ends belong to the window */
    struct mp_route *routes; /* only those with at least one node, in configured order */
    size_t n_routes;
    struct mp_plan_node *nodes; /* each once, in nodelist order */
    size_t n_nodes;
    char **unrouted; /* nodes whose prefix no route knows, each once */
    size_t n_unrouted;
    bool counters;          /* some metric counts */
    struct mp_keyset names; /* all of them, in either case; owns their texts */
    int32_t *place;         /* per key of `names`: index into nodes, or -1 */
};

/* A job may fall between two samples.  In a window of up to MP_NEAR_US, of a series
 * without a sample inside the last one before and the first one behind it stand in, each
 * up to MP_NEAR_US away: twelve intervals of the collector, one of the slowest sensors.
 * One that is silent for longer is silent. */
#define MP_NEAR_US (INT64_C(60) * 1000000)

/* How far outside the window a sample of power can be of use, µs; 0: it cannot. */
static inline int64_t mp_plan_borrow(const struct mp_plan *plan)
{
    return plan->end - plan->start <= MP_NEAR_US ? MP_NEAR_US : 0;
}

/* The same of any sample.  A counter's edges need its neighbours in every window: its
 * samples up to MP_NEAR_US outside are rows like those inside, in order of time. */
static inline int64_t mp_plan_near(const struct mp_plan *plan)
{
    return plan->counters ? MP_NEAR_US : mp_plan_borrow(plan);
}

/* A deep copy; and what frees one (the struct itself is the caller's). */
int mp_route_copy(struct mp_route *dst, const struct mp_route *src, struct mp_error *err);
void mp_route_clear(struct mp_route *route);

/* Does some metric of the route tell power in that role?  Charts then leave out what a
 * counter says of it. */
bool mp_route_has_power(const struct mp_route *route, enum mp_role role);

/* "" where the route has no value of that name. */
const char *mp_route_value(const struct mp_route *route, const char *name);
int mp_route_set(struct mp_route *route, const char *name, const char *value,
                 struct mp_error *err);

/* Route `names` (n of them, repeats allowed, compared without case).  The plan owns
 * copies of everything; on failure it is left empty.  start > end is a usage error.  No
 * routed node at all is not an error here: n_nodes is then 0 and the caller says which
 * names nobody knows. */
int mp_plan_make(struct mp_plan *plan, char *const *names, size_t n,
                 const struct mp_route *routes, size_t n_routes, int64_t start,
                 int64_t end, struct mp_error *err);
void mp_plan_free(struct mp_plan *plan);

/* Index of the node called `name` (any case), or -1. Constant time. */
long mp_plan_find_node(const struct mp_plan *plan, const char *name);

#endif
