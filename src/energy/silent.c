/* SPDX-License-Identifier: MIT
 * silent.c - planned (node, metric) pairs without a series. */
#include "config.h"

#include "energy/silent.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of each pair, at [node * width + metric]. */
struct pairs {
    bool *has;       /* it has a series */
    bool *explained; /* its absence is already among the findings */
    size_t width;
};

static void mark_series(struct pairs *pairs, const struct mp_series_table *series)
{
    for (size_t i = 0; i < series->n; i++)
        pairs->has[series->series[i].node * pairs->width +
                   series->series[i].metric_index] = true;
}

/* Does no node of this route have the metric?  Then "missing for all nodes", which names
 * no route, may be about this one. */
static bool nobody_has(const struct mp_plan *plan, const struct pairs *pairs,
                       uint32_t route, size_t metric)
{
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].route == route && pairs->has[i * pairs->width + metric])
            return false;
    return true;
}

/* Mark metric `m` of every node of the route as explained. */
static void mark_route(const struct mp_plan *plan, struct pairs *pairs, uint32_t route,
                       size_t m)
{
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].route == route)
            pairs->explained[i * pairs->width + m] = true;
}

static void mark_metric(const struct mp_plan *plan, struct pairs *pairs,
                        const char *metric)
{
    for (uint32_t r = 0; r < plan->n_routes; r++) {
        const struct mp_route *route = &plan->routes[r];

        for (size_t m = 0; m < route->n_metrics; m++)
            if (strcasecmp(route->metrics[m].name, metric) == 0 &&
                nobody_has(plan, pairs, r, m))
                mark_route(plan, pairs, r, m);
    }
}

static void mark_node(const struct mp_plan *plan, struct pairs *pairs,
                      const struct mp_missing *missing)
{
    long node = mp_plan_find_node(plan, missing->node);

    if (node < 0)
        return;
    const struct mp_route *route = &plan->routes[plan->nodes[node].route];
    for (size_t m = 0; m < route->n_metrics; m++)
        if (missing->metric == NULL ||
            strcasecmp(route->metrics[m].name, missing->metric) == 0)
            pairs->explained[(size_t)node * pairs->width + m] = true;
}

static void mark_explained(const struct mp_plan *plan, struct pairs *pairs,
                           const struct mp_findings *findings)
{
    for (size_t i = 0; i < findings->n_missing; i++) {
        const struct mp_missing *missing = &findings->missing[i];

        if (missing->node != NULL)
            mark_node(plan, pairs, missing);
        else if (missing->metric != NULL)
            mark_metric(plan, pairs, missing->metric);
    }
}

static int report_node(const struct mp_plan *plan, const struct pairs *pairs, size_t node,
                       bool silent, struct mp_findings *findings, struct mp_error *err)
{
    const struct mp_plan_node *n = &plan->nodes[node];
    const struct mp_route *route = &plan->routes[n->route];

    for (size_t m = 0; m < route->n_metrics; m++) {
        size_t at = node * pairs->width + m;

        if (pairs->has[at] || pairs->explained[at])
            continue;
        if (mp_findings_missing(findings, n->name, silent ? NULL : route->metrics[m].name,
                                MP_SILENT_REASON, err) < 0)
            return -1;
        if (silent)
            break;
    }
    return 0;
}

int mp_silent_find(const struct mp_plan *plan, const struct mp_series_table *series,
                   struct mp_findings *findings, struct mp_error *err)
{
    struct pairs pairs = {.width = 1};
    bool *speaks = calloc(plan->n_nodes + 1, sizeof *speaks);
    int rc = 0;

    for (size_t r = 0; r < plan->n_routes; r++)
        if (plan->routes[r].n_metrics > pairs.width)
            pairs.width = plan->routes[r].n_metrics;
    pairs.has = calloc(plan->n_nodes + 1, pairs.width * sizeof *pairs.has);
    pairs.explained = calloc(plan->n_nodes + 1, pairs.width * sizeof *pairs.explained);
    if (pairs.has == NULL || pairs.explained == NULL || speaks == NULL) {
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes", plan->n_nodes);
        goto out;
    }
    for (size_t i = 0; i < series->n; i++)
        speaks[series->series[i].node] = true;
    mark_series(&pairs, series);
    mark_explained(plan, &pairs, findings);
    for (size_t i = 0; i < plan->n_nodes && rc == 0; i++)
        rc = report_node(plan, &pairs, i, !speaks[i], findings, err);
out:
    free(pairs.has);
    free(pairs.explained);
    free(speaks);
    return rc;
}
