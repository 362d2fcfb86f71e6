/* SPDX-License-Identifier: MIT
 * line.c - means of the grid, and the gaps in them. */
#include "config.h"

#include "energy/line.h"

#include <math.h>

static bool is_input(const struct mp_plan *plan, const struct mp_series *s)
{
    return plan->routes[s->route].metrics[s->metric_index].role == MP_ROLE_INPUT;
}

static bool in_gap(const struct mp_series_result *s, int64_t time)
{
    for (size_t i = 0; i < s->n_gaps; i++)
        if (time > s->gaps[i].start && time < s->gaps[i].end)
            return true;
    return false;
}

static bool is_seen(const struct mp_plan *plan, const struct mp_series_table *table,
                    const struct mp_energy_result *r, int64_t time)
{
    for (size_t i = 0; i < r->n_series; i++)
        if (r->series[i].usable && is_input(plan, &table->series[i]) &&
            !in_gap(&r->series[i], time))
            return true;
    return false;
}

void mp_line_make(const struct mp_plan *plan, const struct mp_series_table *table,
                  const struct mp_grid *grid, struct mp_energy_result *r)
{
    r->n_line = grid->n < MP_LINE_COLUMNS ? grid->n : MP_LINE_COLUMNS;
    for (size_t k = 0; k < r->n_line; k++) {
        size_t from = k * grid->n / r->n_line, to = (k + 1) * grid->n / r->n_line;
        double sum = 0;

        for (size_t i = from; i < to; i++)
            sum += grid->w[i];
        r->line[k] =
            is_seen(plan, table, r, grid->start + (int64_t)(from + to) / 2 * grid->step)
                ? sum / (double)(to - from)
                : NAN;
    }
}
