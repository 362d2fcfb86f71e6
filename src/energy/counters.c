/* SPDX-License-Identifier: MIT
 * counters.c - where a node tells one quantity as power and as a counter: do the two
 * agree? */
#include "config.h"

#include <math.h>

#include "energy/rules.h"

/* A node's series of one role, of one kind. */
struct told {
    double kwh, half; /* NaN: nothing */
};

static struct told told_by(const struct mp_rules *q, uint32_t node, enum mp_role role,
                           bool counter)
{
    struct told t = {NAN, 0};

    for (size_t i = 0; i < q->r->n_series; i++) {
        const struct mp_series_result *s = &q->r->series[i];

        if (mp_series_of(q, i)->node != node || mp_role_of(q, i) != role || !s->usable ||
            mp_metric_of(q->e, i)->counter != counter)
            continue;
        mp_add_measured(&t.kwh, s->energy_kwh);
        t.half += isnan(s->uncertainty_kwh) ? s->energy_kwh : s->uncertainty_kwh;
    }
    return t;
}

static bool has_both(const struct mp_route *route, enum mp_role role)
{
    for (size_t i = 0; i < route->n_metrics; i++)
        if (route->metrics[i].counter && route->metrics[i].role == role)
            return mp_route_has_power(route, role);
    return false;
}

static int judge_role(const struct mp_rules *q, enum mp_role role)
{
    const struct mp_plan *plan = q->e->plan;
    struct mp_names off;

    mp_names_open(&off);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        struct told power, count;

        if (!has_both(&plan->routes[plan->nodes[i].route], role))
            continue;
        power = told_by(q, i, role, false);
        count = told_by(q, i, role, true);
        if (fabs(power.kwh - count.kwh) > power.half + count.half)
            mp_names_add(&off, "%s of %s (%.4g kWh counted, %.4g kWh by its power)",
                         mp_role_name(role), plan->nodes[i].name, count.kwh, power.kwh);
    }
    return mp_reason_names(q->r, MP_PARTIAL, &off,
                           "counter and power differ by more than both can be off: ",
                           "; the counter's energy is taken", q->err);
}

int mp_rule_counters(const struct mp_rules *q)
{
    for (int role = 0; q->e->plan->counters && role < MP_ROLE_NONE; role++)
        if (mp_role_is_measured((enum mp_role)role) &&
            judge_role(q, (enum mp_role)role) < 0)
            return -1;
    return 0;
}
