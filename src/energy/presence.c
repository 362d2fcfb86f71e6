/* SPDX-License-Identifier: MIT
 * presence.c - a table of planned (node, metric) pairs. */
#include "config.h"

#include "energy/presence.h"

#include <stdlib.h>
#include <strings.h>

int mp_presences_init(struct mp_presences *p, const struct mp_plan *plan,
                      struct mp_error *err)
{
    *p = (struct mp_presences){.plan = plan, .width = 1};
    for (size_t r = 0; r < plan->n_routes; r++)
        if (plan->routes[r].n_metrics > p->width)
            p->width = plan->routes[r].n_metrics;
    p->at = calloc(plan->n_nodes + 1, p->width);
    if (p->at == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes",
                       plan->n_nodes);
    return 0;
}

int mp_presences_of_series(struct mp_presences *p, const struct mp_plan *plan,
                           const struct mp_series_table *table, struct mp_error *err)
{
    if (mp_presences_init(p, plan, err) < 0)
        return -1;
    for (size_t i = 0; i < table->n; i++)
        *mp_presence_at(p, table->series[i].node, table->series[i].metric_index) =
            MP_PRESENT;
    return 0;
}

void mp_presences_free(struct mp_presences *p)
{
    free(p->at);
    p->at = NULL;
}

bool mp_presence_silent(const struct mp_presences *p, size_t node)
{
    for (size_t m = 0; m < p->width; m++)
        if (*mp_presence_at(p, node, m) != MP_ABSENT)
            return false;
    return true;
}

static bool nobody_has(const struct mp_presences *p, uint32_t route, size_t metric)
{
    for (size_t i = 0; i < p->plan->n_nodes; i++)
        if (p->plan->nodes[i].route == route &&
            *mp_presence_at(p, i, metric) != MP_ABSENT)
            return false;
    return true;
}

const char *mp_presence_reason(const struct mp_presences *p,
                               const struct mp_findings *findings, size_t node,
                               size_t metric)
{
    const struct mp_plan_node *n = &p->plan->nodes[node];
    const char *name = p->plan->routes[n->route].metrics[metric].name;

    for (size_t i = 0; i < findings->n_missing; i++) {
        const struct mp_missing *m = &findings->missing[i];

        if (m->metric != NULL && strcasecmp(m->metric, name) != 0)
            continue;
        if (m->node != NULL ? strcasecmp(m->node, n->name) == 0
                            : nobody_has(p, n->route, metric))
            return m->reason;
    }
    return NULL;
}
