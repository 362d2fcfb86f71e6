/* SPDX-License-Identifier: MIT
 * pool.h - the sessions of one mp_pq: one for each different database of the routes. */
#ifndef MP_PQPOOL_H
#define MP_PQPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/pq/state.h"
#include "model/plan.h"

struct mp_pq {
    const struct mp_database_config *config;
    const struct mp_route *routes; /* all that are configured */
    size_t n_routes;
    struct mp_pq_target target;
    struct mp_pqconn *conns; /* in the order of the routes; not connected until needed */
    size_t n_conns;
};

int mp_pqpool_init(struct mp_pq *pq, struct mp_error *err);

/* Does the plan read from pq->conns[i]? */
bool mp_pqpool_planned(const struct mp_pq *pq, const struct mp_plan *plan, size_t i);

#endif
