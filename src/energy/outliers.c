/* SPDX-License-Identifier: MIT
 * outliers.c - nodes whose energy is far from that of the others of their route. */
#include "config.h"

#include "energy/outliers.h"

#include <math.h>
#include <stdlib.h>

static const double FURTHEST = 3.5 * 1.4826; /* MADs */
static const double LEAST_SHARE = 0.05;      /* of the median */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts the values. */
static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static bool is_measured(const struct mp_plan *plan, const struct mp_energy_result *r,
                        size_t node, size_t route)
{
    return plan->nodes[node].route == route && !isnan(r->nodes[node].energy_kwh);
}

/* `values` has room for all nodes. */
static void find_in_route(const struct mp_plan *plan, struct mp_energy_result *r,
                          size_t route, double *values)
{
    double middle, away;
    size_t n = 0;

    for (size_t i = 0; i < r->n_nodes; i++)
        if (is_measured(plan, r, i, route))
            values[n++] = r->nodes[i].energy_kwh;
    if (n < MP_OUTLIER_NODES)
        return;
    middle = median(values, n);
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - middle);
    away = fmax(FURTHEST * median(values, n), LEAST_SHARE * middle);
    for (size_t i = 0; i < r->n_nodes; i++)
        if (is_measured(plan, r, i, route) &&
            fabs(r->nodes[i].energy_kwh - middle) > away)
            r->outliers[r->n_outliers++] =
                (struct mp_outlier){.node = (uint32_t)i, .median_kwh = middle};
}

static int in_plan_order(const void *a, const void *b)
{
    const struct mp_outlier *x = a, *y = b;

    return (x->node > y->node) - (x->node < y->node);
}

int mp_outliers_find(const struct mp_plan *plan, struct mp_energy_result *r,
                     struct mp_error *err)
{
    double *values = malloc((r->n_nodes + 1) * sizeof *values);

    r->n_outliers = 0;
    r->outliers = calloc(r->n_nodes + 1, sizeof *r->outliers);
    if (values == NULL || r->outliers == NULL) {
        free(values);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the nodes' energies");
    }
    for (size_t route = 0; route < plan->n_routes; route++)
        find_in_route(plan, r, route, values);
    qsort(r->outliers, r->n_outliers, sizeof *r->outliers, in_plan_order);
    free(values);
    return 0;
}
