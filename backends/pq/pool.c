/* SPDX-License-Identifier: MIT
 * pool.c - which databases there are. */
#include "config.h"

#include "backends/pq/pool.h"

#include <stdlib.h>
#include <string.h>

#include "backends/pq/tables.h"

static bool known(const struct mp_pq *pq, const char *database)
{
    for (size_t i = 0; i < pq->n_conns; i++)
        if (strcmp(pq->conns[i].database, database) == 0)
            return true;
    return false;
}

int mp_pqpool_init(struct mp_pq *pq, struct mp_error *err)
{
    pq->conns = calloc(pq->n_routes + 1, sizeof *pq->conns);
    if (pq->conns == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for connections");
    for (size_t r = 0; r < pq->n_routes; r++) {
        const char *database = mp_pq_database_of(&pq->routes[r]);

        if (database[0] == '\0')
            return mp_fail(err, MP_FAULT_USAGE,
                           "[route %s] names no database, and section [database] has no "
                           "default",
                           pq->routes[r].name);
        if (known(pq, database))
            continue;
        pq->conns[pq->n_conns++] = (struct mp_pqconn){
            .database = database, .config = pq->config, .target = &pq->target};
    }
    return 0;
}

bool mp_pqpool_planned(const struct mp_pq *pq, const struct mp_plan *plan, size_t i)
{
    for (size_t r = 0; r < plan->n_routes; r++)
        if (strcmp(mp_pq_database_of(&plan->routes[r]), pq->conns[i].database) == 0)
            return true;
    return false;
}
