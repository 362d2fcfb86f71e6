/* SPDX-License-Identifier: MIT
 * presence.h - what each metric of each planned node left: nothing, or of what use it is.
 */
#ifndef MP_PRESENCE_H
#define MP_PRESENCE_H

#include <stdint.h>

#include "base/error.h"
#include "model/plan.h"
#include "model/sample.h"

#define MP_ABSENT_REASON "no rows in the window"

/* The best that a node's series of a metric come to. */
enum mp_presence { MP_ABSENT, MP_UNUSABLE, MP_UNITLESS, MP_PRESENT };

/* All zero is an empty one. */
struct mp_presences {
    const struct mp_plan *plan; /* borrowed */
    uint8_t *at;                /* [node * width + metric]: enum mp_presence */
    size_t width;               /* metrics of the route with the most */
};

/* Everything absent.  -1: out of memory. */
int mp_presences_init(struct mp_presences *p, const struct mp_plan *plan,
                      struct mp_error *err);
/* Every series of the table present: for who has samples, but no energy of them. */
int mp_presences_of_series(struct mp_presences *p, const struct mp_plan *plan,
                           const struct mp_series_table *table, struct mp_error *err);
void mp_presences_free(struct mp_presences *p);

static inline uint8_t *mp_presence_at(const struct mp_presences *p, size_t node,
                                      size_t metric)
{
    return &p->at[node * p->width + metric];
}

/* Did the node leave nothing at all? */
bool mp_presence_silent(const struct mp_presences *p, size_t node);

/* Why the backend says it is absent, or NULL where it does not know.  A finding without a
 * node is about a route none of whose nodes has the metric. */
const char *mp_presence_reason(const struct mp_presences *p,
                               const struct mp_findings *findings, size_t node,
                               size_t metric);

#endif
