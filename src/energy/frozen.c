/* SPDX-License-Identifier: MIT
 * frozen.c - sensors that repeat their last value.
 *
 * Of 1,300 measured series of nodes and GPUs above 25 W the longest natural stretch of
 * exactly equal readings is 535 s; less may well stand still (fans, memory, storage). */
#include "config.h"

#include <math.h>

#include "energy/rules.h"

#define LONG_US INT64_C(600000000)

/* A busy sensor that has moved so far need not stand still so long. */
#define SHORT_US INT64_C(240000000)

static const double STANDS_STILL_W = 25;
static const double BUSY_W = 100; /* more than an idle CPU or GPU draws */

static bool may_freeze(const struct mp_sensor *s)
{
    return (s->role == MP_ROLE_INPUT || s->role == MP_ROLE_OUTPUT ||
            s->role == MP_ROLE_CPU || s->role == MP_ROLE_GPU) &&
           s->longest.n > 1;
}

static bool is_lively(const struct mp_sensor *s, unsigned least)
{
    uint64_t rest = s->n - s->longest.n;

    return rest >= least && 2 * s->changes >= rest;
}

static bool is_long(const struct mp_still *s)
{
    return s->to - s->from >= LONG_US;
}

/* Often enough to be no spike of the other's. */
static bool often(uint64_t readings, const struct mp_still *s)
{
    return readings >= 3 && 5 * readings >= s->n;
}

/* Others of its node moved while it did not.  Input and output are each other's measure:
 * there, some readings are enough. */
static bool stood_alone(const struct mp_sensor *s)
{
    const struct mp_still *l = &s->longest;
    bool whole = s->role == MP_ROLE_INPUT || s->role == MP_ROLE_OUTPUT;

    if (!may_freeze(s))
        return false;
    if (is_long(l) && l->w >= STANDS_STILL_W && often(l->moved, l))
        return true;
    if (l->to - l->from >= SHORT_US && l->n >= 24 && l->w >= BUSY_W && is_lively(s, 10) &&
        often(l->far, l))
        return true;
    return whole && l->n >= 8 && often(l->far, l);
}

/* Every sensor of the node that may stand for it stood still for long. */
static bool node_stood(const struct mp_rules *q, size_t node, bool *lively)
{
    const struct mp_instants *in = &q->e->instants;
    size_t n = 0;

    *lively = false;
    for (int role = 0; role < MP_ROLE_NONE; role++) {
        for (uint32_t k = in->nodes[node].first[role]; k != MP_NO_SENSOR;
             k = in->sensors[k].next) {
            const struct mp_sensor *s = &in->sensors[k];
            if (!may_freeze(s) || s->longest.w < STANDS_STILL_W)
                continue;
            if (!is_long(&s->longest))
                return false;
            n++;
            *lively = *lively || is_lively(s, 20);
        }
    }
    return n > 0;
}

/* Of the route's nodes, how many did not stand still. */
static size_t count_moving(const struct mp_rules *q, uint32_t route, size_t *nodes)
{
    size_t moving = 0;
    bool lively;

    *nodes = 0;
    for (size_t i = 0; i < q->r->n_nodes; i++) {
        if (q->e->plan->nodes[i].route != route || q->r->nodes[i].samples == 0)
            continue;
        ++*nodes;
        moving += !node_stood(q, i, &lively);
    }
    return moving;
}

static int judge_nodes(const struct mp_rules *q)
{
    struct mp_names frozen;

    mp_names_open(&frozen);
    for (size_t i = 0; i < q->r->n_nodes; i++) {
        size_t nodes, moving;
        bool lively;

        if (!node_stood(q, i, &lively))
            continue;
        moving = count_moving(q, q->e->plan->nodes[i].route, &nodes);
        if (lively || (moving > 0 && 2 * moving >= nodes))
            mp_names_add(&frozen, "%s", q->e->plan->nodes[i].name);
    }
    return mp_reason_names(q->r, MP_SUSPECT, &frozen,
                           "frozen: exactly the same readings of all sensors for 10 "
                           "minutes and more, as where the last value is sent again, of ",
                           "; check the node's controller and its collector", q->err);
}

int mp_rule_frozen(const struct mp_rules *q)
{
    double window = (double)(q->e->plan->end - q->e->plan->start);
    struct mp_names frozen;

    mp_names_open(&frozen);
    for (size_t k = 0; k < q->r->n_series; k++) {
        size_t i = q->r->order[k];
        const struct mp_sensor *s = mp_sensor_of(q, i);

        if (s == NULL || !stood_alone(s))
            continue;
        mp_names_sensor(&frozen, q->e->plan, mp_series_of(q, i),
                        " (%.0f W for %.0f %% of the window)", s->longest.w,
                        mp_percent((double)(s->longest.to - s->longest.from), window));
    }
    if (mp_reason_names(q->r, MP_SUSPECT, &frozen,
                        "frozen: exactly the same reading while the node's other sensors "
                        "move: ",
                        "; check the sensor", q->err) < 0)
        return -1;
    return judge_nodes(q);
}
