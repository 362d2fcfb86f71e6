/* SPDX-License-Identifier: MIT
 * sums.c - what does not add up: input and output, the whole and its parts, over the
 * window and at its instants; and spikes that nothing else on the node shows. */
#include "config.h"

#include <inttypes.h>
#include <math.h>

#include "energy/rules.h"

static const double EXCESS_TOLERATED = 0.05;
static const double OUTPUT_TOLERATED = 0.01;
static const double LOSS_TOLERATED = 0.2; /* of the input: no power supply is so bad */
static const double INSTANTS_TOLERATED = 0.05;
static const double HARMLESS = 0.01; /* of the energy */
static const double ROUNDED_W = 2;   /* input and output in whole watts */

/* "rpc-91-1 by 12.5 %": of what the node drew; without any, there is no such share. */
static void add_surplus(struct mp_names *l, const char *node, double surplus,
                        double input)
{
    if (input > 0)
        mp_names_add(l, "%s by %.1f %%", node, 100 * surplus / input);
    else
        mp_names_add(l, "%s, whose input is 0", node);
}

struct lists {
    struct mp_names excess, output, loss, excess_at, output_at, loss_at, spikes;
};

static bool many(uint64_t n, uint64_t of)
{
    return n >= 2 && (double)n >= INSTANTS_TOLERATED * (double)of;
}

/* Over the window: each true of it is found again at most of its instants. */
static bool judge_window(const struct mp_node_result *n, const char *name, double hours,
                         struct lists *l)
{
    double rounded = ROUNDED_W * hours / 1000;
    double surplus = n->output_kwh - n->energy_kwh;

    if (surplus > n->energy_kwh * OUTPUT_TOLERATED + rounded)
        add_surplus(&l->output, name, surplus, n->energy_kwh);
    else if (-surplus > n->energy_kwh * LOSS_TOLERATED + rounded)
        mp_names_add(&l->loss, "%s %.1f %%", name, -100 * surplus / n->energy_kwh);
    else if (n->excess_kwh > n->energy_kwh * EXCESS_TOLERATED)
        add_surplus(&l->excess, name, n->excess_kwh, n->energy_kwh);
    else
        return false;
    return true;
}

/* A few instants at which the input alone jumps, whatever they make of the window. */
static bool judge_input_spikes(const struct mp_watch *w, const char *name,
                               struct lists *l)
{
    if (w->spike_w <= HARMLESS * w->pair_w || many(w->spikes, w->pairs))
        return false;
    mp_names_add(&l->spikes,
                 "%s input power (%" PRIu64 " above 1.5 times the output, %.1f %% of its "
                 "energy)",
                 name, w->spikes, mp_percent(w->spike_w, w->pair_w));
    return true;
}

static void judge_instants(const struct mp_watch *w, const char *name, struct lists *l)
{
    if (many(w->output_above, w->pairs) || w->above_w > HARMLESS * w->pair_w)
        mp_names_add(&l->output_at, "%s at %" PRIu64 " of %" PRIu64 " instants", name,
                     w->output_above, w->pairs);
    else if (many(w->loss_high, w->pairs))
        mp_names_add(&l->loss_at, "%s at %" PRIu64 " of %" PRIu64 " instants", name,
                     w->loss_high, w->pairs);
    if (many(w->parts_above, w->wholes) || w->parts_above_w > HARMLESS * w->whole_w)
        mp_names_add(&l->excess_at, "%s at %" PRIu64 " of %" PRIu64 " instants", name,
                     w->parts_above, w->wholes);
    else if (many(w->blocks_above, w->blocks) ||
             w->blocks_above_w > HARMLESS * w->whole_w)
        mp_names_add(&l->excess_at, "%s in %" PRIu64 " of %" PRIu64 " minutes", name,
                     w->blocks_above, w->blocks);
    else if (w->peaks_w > HARMLESS * w->whole_w)
        mp_names_add(&l->excess_at, "%s at %" PRIu64 " of %" PRIu64 " instants", name,
                     w->peaks, w->wholes);
}

/* One sample, far above both its neighbours and what else moved. */
static void judge_spikes(const struct mp_rules *q, struct lists *l)
{
    for (size_t k = 0; k < q->r->n_series; k++) {
        size_t i = q->r->order[k];
        const struct mp_sensor *s = mp_sensor_of(q, i);

        bool told = s != NULL && s->role == MP_ROLE_INPUT &&
                    q->e->instants.nodes[s->node].spikes > 0;

        if (s == NULL || s->spike_w <= HARMLESS * s->sum || told)
            continue;
        mp_names_sensor(&l->spikes, q->e->plan, mp_series_of(q, i),
                        " (%" PRIu64 ", %.1f %% of its energy)", s->spikes,
                        mp_percent(s->spike_w, s->sum));
    }
}

int mp_rule_sums(const struct mp_rules *q)
{
    double hours = (double)(q->e->plan->end - q->e->plan->start) / 3.6e9;
    struct lists l;
    struct {
        struct mp_names *names;
        const char *before, *after;
    } all[] = {
        {&l.excess, "the components add up to more than the input power: ",
         "; check which of the sensors is wrong"},
        {&l.output, "the output power is above the input power: ",
         "; check which of the two is wrong"},
        {&l.loss, "the power supplies lose more than any do: ",
         " of the input power; check input and output"},
        {&l.excess_at, "the components are above the input power: ",
         "; check which of the sensors is wrong"},
        {&l.output_at, "the output power is above the input power: ",
         "; check which of the two is wrong"},
        {&l.loss_at,
         "the power supplies lose more than any do: ", "; check input and output"},
        {&l.spikes,
         "spikes that the node's other sensors do not show: ", "; check the sensor"},
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mp_names_open(all[i].names);
    for (size_t i = 0; i < q->r->n_nodes; i++) {
        const struct mp_watch *w = &q->e->instants.nodes[i];
        const char *name = q->e->plan->nodes[i].name;

        if (!judge_input_spikes(w, name, &l) &&
            !judge_window(&q->r->nodes[i], name, hours, &l))
            judge_instants(w, name, &l);
    }
    judge_spikes(q, &l);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (mp_reason_names(q->r, MP_SUSPECT, all[i].names, all[i].before, all[i].after,
                            q->err) < 0)
            rc = -1;
    return rc;
}
