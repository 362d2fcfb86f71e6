/* SPDX-License-Identifier: MIT
 * zeros.c - 0 W that cannot be: of a sensor whose node is at work. */
#include "config.h"

#include "energy/zeros.h"

#include <inttypes.h>
#include <math.h>

static const double HARMLESS = 0.01; /* of a sensor's samples: so much its energy lacks */
static const double LITTLE_W = 5;    /* a sensor that reads less may well round to 0 */
static const double RUNNING_W = 50;  /* what the node draws at least, if it runs */

/* Is there nothing in a running node that would draw nothing?  Drives sleep; one of
 * several power supplies stands by. */
static bool must_draw(const struct mp_rules *q, size_t i)
{
    enum mp_role role = mp_role_of(q, i);
    const struct mp_watch *node = &q->e->instants.nodes[mp_series_of(q, i)->node];

    if (role == MP_ROLE_INPUT || role == MP_ROLE_OUTPUT)
        return node->sensors[role] == 1;
    return role != MP_ROLE_STORAGE && role != MP_ROLE_NONE;
}

static bool node_runs(const struct mp_rules *q, const struct mp_sensor *s)
{
    const struct mp_watch *node = &q->e->instants.nodes[s->node];
    double w = 0;

    for (int role = 0; role < MP_ROLE_NONE; role++)
        for (uint32_t k = node->first[role]; k != MP_NO_SENSOR;
             k = q->e->instants.sensors[k].next)
            if (q->r->series[k].usable && role != MP_ROLE_OUTPUT)
                w = fmax(w, q->r->series[k].mean_w);
    return w >= RUNNING_W;
}

void mp_zeros_set_aside(struct mp_energy *e)
{
    const struct mp_rules q = {.e = e, .r = &e->result};

    for (size_t i = 0; i < e->result.n_series; i++) {
        const struct mp_sensor *s = mp_sensor_of(&q, i);
        struct mp_series_result *r = &e->result.series[i];

        if (s == NULL || s->zeros < s->n || !must_draw(&q, i) || !node_runs(&q, s))
            continue;
        r->usable = false;
        r->energy_kwh = r->mean_w = r->min_w = r->max_w = NAN;
    }
}

/* Throughout. */
static void list_nothing(const struct mp_rules *q, size_t i, struct mp_names *unmeasured,
                         struct mp_names *nothing)
{
    enum mp_role role = mp_role_of(q, i);
    bool vital = role == MP_ROLE_INPUT || role == MP_ROLE_CPU || role == MP_ROLE_GPU ||
                 role == MP_ROLE_OUTPUT;

    if (!q->r->series[i].usable)
        mp_names_sensor(vital ? nothing : unmeasured, q->e->plan, mp_series_of(q, i),
                        "%s", "");
    else if (vital && must_draw(q, i) && role != MP_ROLE_OUTPUT)
        mp_names_sensor(nothing, q->e->plan, mp_series_of(q, i), "%s", "");
}

int mp_rule_zeros(const struct mp_rules *q)
{
    struct mp_names some, alone, nothing, unmeasured;
    int rc = 0;

    mp_names_open(&some);
    mp_names_open(&alone);
    mp_names_open(&nothing);
    mp_names_open(&unmeasured);
    for (size_t k = 0; k < q->r->n_series; k++) {
        size_t i = q->r->order[k];
        const struct mp_sensor *s = mp_sensor_of(q, i);
        double n = s != NULL ? (double)s->n : 0;

        if (s == NULL || s->zeros == 0)
            continue;
        if (s->zeros == s->n) {
            list_nothing(q, i, &unmeasured, &nothing);
            continue;
        }
        if (s->sum < LITTLE_W * (n - (double)s->zeros) ||
            (s->role <= MP_ROLE_OUTPUT && s->role >= MP_ROLE_INPUT && !must_draw(q, i)))
            continue;
        if ((double)s->zeros_busy > HARMLESS * n)
            mp_names_sensor(&some, q->e->plan, mp_series_of(q, i),
                            " (%.1f %% of its samples)",
                            mp_percent((double)s->zeros_busy, n));
        else if (s->role == MP_ROLE_INPUT && (double)s->zeros > HARMLESS * n)
            mp_names_sensor(&alone, q->e->plan, mp_series_of(q, i),
                            " (%.1f %% of its samples)", mp_percent((double)s->zeros, n));
    }
    if (mp_reason_names(q->r, MP_SUSPECT, &some,
                        "0 W while the node's other sensors read more, counted as 0 W: ",
                        "; about that share of the energy is missing there, check the "
                        "sensor",
                        q->err) < 0)
        rc = -1;
    if (mp_reason_names(
            q->r, MP_SUSPECT, &alone,
            "input power of 0 W, as a management controller sends that is not "
            "ready, was counted as 0 W: ",
            "; check whether the node was off", q->err) < 0)
        rc = -1;
    if (mp_reason_names(q->r, MP_SUSPECT, &nothing,
                        "0 W throughout: ", "; check the sensor", q->err) < 0)
        rc = -1;
    if (mp_reason_names(q->r, MP_PARTIAL, &unmeasured,
                        "0 W throughout on a running node, so not measured: ",
                        "; check the sensor", q->err) < 0)
        rc = -1;
    return rc;
}
