/* SPDX-License-Identifier: MIT
 * units.c - sensors whose values are a power of ten away from what they can be. */
#include "config.h"

#include <math.h>

#include "energy/rules.h"

static const double NODE_MOST_W = 50e3; /* no node draws as much */
static const double GPU_MOST_W = 10e3;  /* no board does */
static const double GPU_LEAST_W = 5;    /* an idle one draws more */

/* The node's input power, 0 where nothing says. */
static double node_w(const struct mp_rules *q, uint32_t node)
{
    double w = q->r->nodes[node].power.mean_w;

    return w == w ? w : 0;
}

/* A GPU that moves with the others, ten times lower or higher. */
static bool off_by_ten(const struct mp_rules *q, const struct mp_sensor *s)
{
    uint32_t n = q->e->instants.nodes[s->node].sensors[MP_ROLE_GPU];
    double mean = s->others.x, theirs = n > 1 ? s->others.y / (n - 1) : 0;
    double moves = s->others.n > 1 ? sqrt(s->others.xx / (double)(s->others.n - 1)) : 0;

    if (s->others.n < 8 || !(theirs > 0) || moves < 0.03 * mean ||
        mp_both_correlation(&s->others) < 0.9)
        return false;
    return (mean > 0.07 * theirs && mean < 0.14 * theirs) ||
           (mean > 7 * theirs && mean < 14 * theirs);
}

/* What the value, in W, cannot be; NULL: it can. */
static const char *why_not(const struct mp_rules *q, size_t i, const struct mp_sensor *s)
{
    double w = q->r->series[i].mean_w, whole = node_w(q, s->node);

    if (!(w > 0))
        return NULL;
    switch (s->role) {
    case MP_ROLE_INPUT:
    case MP_ROLE_OUTPUT:
        return w > NODE_MOST_W ? "more than any node draws"
               : w < 1         ? "less than any node draws"
                               : NULL;
    case MP_ROLE_GPU:
        if (w > GPU_MOST_W * q->e->traces->series[i].alike)
            return "more than any GPU draws";
        if (w < GPU_LEAST_W && whole > 100)
            return "less than an idle GPU draws";
        return off_by_ten(q, s) ? "a tenth or ten times of the node's other GPUs" : NULL;
    case MP_ROLE_CPU:
        return (w < 1 && whole > 100) || w < 0.003 * whole ? "less than an idle CPU draws"
                                                           : NULL;
    case MP_ROLE_MEMORY:
    case MP_ROLE_FAN:
        return w < 0.5 && whole > 200 ? "too little" : NULL;
    default:
        return NULL;
    }
}

int mp_rule_units(const struct mp_rules *q)
{
    struct mp_names off;

    mp_names_open(&off);
    for (size_t k = 0; k < q->r->n_series; k++) {
        size_t i = q->r->order[k];
        const struct mp_sensor *s = mp_sensor_of(q, i);
        const char *why = s != NULL && q->r->series[i].usable ? why_not(q, i, s) : NULL;

        if (why != NULL)
            mp_names_sensor(&off, q->e->plan, mp_series_of(q, i),
                            " (%.3g W on average, %s)", q->r->series[i].mean_w, why);
    }
    return mp_reason_names(q->r, MP_SUSPECT, &off, "the units are hardly right: ",
                           "; correct them in metrics_definition or in the configuration",
                           q->err);
}
