/* SPDX-License-Identifier: MIT
 * verdict.c - what covers too little, what cannot be true,
 * and the verdict that follows. */
#include "config.h"

#include "energy/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy/rules.h"

static const double COVERAGE_ENOUGH = 0.95;
static const double DROPPED_TOLERATED = 0.25;
static const double WIDTH_TOLERATED = 0.05; /* half of the interval, of the total */

enum { COVERAGES_SHOWN = 8 };

/* Series order[from .. to) are one node's. */
static int judge_node_coverage(const struct mp_rules *q, size_t from, size_t to,
                               size_t *low_nodes)
{
    const struct mp_energy_result *r = &q->e->result;
    const struct mp_series *worst = NULL;
    double least = COVERAGE_ENOUGH;
    size_t low = 0, at = 0;
    char more[64] = "";

    for (size_t k = from; k < to; k++) {
        size_t i = r->order[k];

        if (!r->series[i].usable || mp_metric_of(q->e, i)->role == MP_ROLE_NONE ||
            !(r->series[i].coverage < COVERAGE_ENOUGH))
            continue;
        low++;
        if (r->series[i].coverage < least ||
            (r->series[i].coverage == least &&
             mp_metric_of(q->e, i)->role == MP_ROLE_INPUT)) {
            least = r->series[i].coverage;
            worst = &q->e->table->series[i];
            at = i;
        }
    }
    if (low == 0 || ++*low_nodes > COVERAGES_SHOWN)
        return 0;
    if (low > 1)
        snprintf(more, sizeof more, " and %zu other series", low - 1);
    return mp_reason_give(q->r, MP_PARTIAL, q->err,
                          "%s: the samples of %s%s cover only %.1f %% of the window, the "
                          "longest stretch without one is %.0f s",
                          q->e->plan->nodes[worst->node].name, worst->metric, more,
                          floor(least * 1000) / 10, r->series[at].longest_gap_s);
}

static int judge_coverage(const struct mp_rules *q)
{
    const struct mp_energy_result *r = &q->e->result;
    size_t low_nodes = 0;

    for (size_t from = 0, to; from < r->n_series; from = to) {
        uint32_t node = q->e->table->series[r->order[from]].node;

        for (to = from + 1;
             to < r->n_series && q->e->table->series[r->order[to]].node == node; to++)
            ;
        if (judge_node_coverage(q, from, to, &low_nodes) < 0)
            return -1;
    }
    if (low_nodes <= COVERAGES_SHOWN)
        return 0;
    return mp_reason_give(
        q->r, MP_PARTIAL, q->err,
        "%zu more nodes have series that cover less than %.0f %% of the "
        "window",
        low_nodes - COVERAGES_SHOWN, COVERAGE_ENOUGH * 100);
}

/* Too few samples, or too far between, for what the power did between them. */
static int judge_interval(const struct mp_rules *q)
{
    const struct mp_uncertainty *u = &q->r->uncertainty;
    double total = q->r->total_kwh, half = u->kwh * (1 - u->share[MP_BY_SENSOR]);

    if (!(total > 0) || !(half > WIDTH_TOLERATED * total))
        return 0;
    return mp_reason_give(
        q->r, MP_PARTIAL, q->err,
        "the samples tell the energy to ± %.0f %% only (95 %% "
        "interval): more of them, or a longer job, would tell it better",
        100 * half / total);
}

/* Values that cannot be true were left out: of many, the rest is not to be trusted. */
static int judge_dropped(const struct mp_rules *q)
{
    struct mp_names dropped;

    mp_names_open(&dropped);
    for (size_t k = 0; k < q->r->n_series; k++) {
        size_t i = q->r->order[k];
        const struct mp_series_result *v = &q->r->series[i];
        double n = (double)(v->dropped_negative + v->dropped_implausible);

        if (mp_role_of(q, i) != MP_ROLE_NONE &&
            n > DROPPED_TOLERATED * (double)v->samples)
            mp_names_sensor(&dropped, q->e->plan, mp_series_of(q, i),
                            " (%.1f %% of its samples)",
                            mp_percent(n, (double)v->samples));
    }
    return mp_reason_names(q->r, MP_SUSPECT, &dropped,
                           "many values below 0 or above 1 MW, which no node draws, were "
                           "left out: ",
                           "; check the sensor and its units", q->err);
}

/* Which of a metric's units is right nobody but the administrator knows. */
static int judge_units(const struct mp_rules *q, const struct mp_findings *findings)
{
    if (findings == NULL || !findings->units_contradict)
        return 0;
    return mp_reason_give(q->r, MP_SUSPECT, q->err,
                          "the database gives a metric several units, so that its energy "
                          "may be off by 1,000: see backend_findings, and correct "
                          "metrics_definition or set its units in the configuration");
}

/* A backend may know of something missing that the samples do not show. */
static int judge_findings(const struct mp_rules *q, const struct mp_findings *findings)
{
    if (findings == NULL || findings->n_missing == 0 || q->e->result.verdict != MP_VALID)
        return 0;
    return mp_reason_give(q->r, MP_PARTIAL, q->err,
                          "not everything could be read: see backend_findings");
}

/* The window is not all the job's, and no sample shows which part is. */
static int judge_suspended(const struct mp_rules *q)
{
    if (!q->e->suspended)
        return 0;
    return mp_reason_give(q->r, MP_PARTIAL, q->err,
                          "the job was suspended for a part of its window: the energy is "
                          "that of the nodes from its start to its end, whoever ran on "
                          "them, and the samples alone cannot tell when it ran");
}

/* CPUs are a guess at who drew what above idle power, and the lowest tenth of a window is
 * a guess at that: how much hangs on them. */
static bool share_is_sure(const struct mp_energy_result *r, bool *idle_measured)
{
    const struct mp_share *s = &r->share;

    *idle_measured = true;
    for (size_t i = 0; i < r->n_nodes; i++)
        if (r->nodes[i].neighbours > 0 && !r->nodes[i].idle_measured)
            *idle_measured = false;
    if (!((s->high_kwh - s->low_kwh) / 2 <= WIDTH_TOLERATED * s->kwh))
        return false;
    return *idle_measured || r->total_kwh - s->kwh <= WIDTH_TOLERATED * r->total_kwh;
}

static void name_neighbours(const struct mp_rules *q, struct mp_names *nodes)
{
    mp_names_open(nodes);
    for (size_t i = 0; i < q->r->n_nodes; i++) {
        const struct mp_node_result *n = &q->r->nodes[i];

        if (n->neighbours == 1)
            mp_names_add(nodes, "%s (job %" PRIu64 ")", q->e->plan->nodes[i].name,
                         n->neighbour);
        else if (n->neighbours > 1)
            mp_names_add(nodes, "%s (%u jobs)", q->e->plan->nodes[i].name, n->neighbours);
    }
}

static int judge_shared(const struct mp_rules *q)
{
    const struct mp_energy_result *r = q->r;
    bool gpus = !isnan(r->components.kwh[MP_ROLE_GPU]), idle_measured;
    struct mp_names nodes;
    int rc;

    if (!r->shared || share_is_sure(r, &idle_measured))
        return 0;
    name_neighbours(q, &nodes);
    if (mp_names_close(&nodes, q->err) < 0)
        return -1;
    if (isnan(r->share.kwh))
        rc = mp_reason_give(q->r, MP_PARTIAL, q->err,
                            "shared with other jobs: %s; the energy is the whole nodes', "
                            "and what this job's share of it is cannot be told: nobody "
                            "says how many CPUs it had",
                            nodes.text);
    else
        rc = mp_reason_give(
            q->r, MP_PARTIAL, q->err,
            "shared with other jobs: %s; of the nodes' %.4g kWh this job's share is %.4g "
            "kWh by CPUs, and may be from %.4g to %.4g kWh%s%s",
            nodes.text, r->total_kwh, r->share.kwh, r->share.low_kwh, r->share.high_kwh,
            idle_measured ? ""
                          : ", taking the lowest tenth of the window for idle power, of "
                            "which no other sample is known",
            gpus ? "; whose the GPUs were is not known: they are not told apart "
                   "from the rest"
                 : "");
    free(nodes.text);
    return rc;
}

int mp_verdict_find(struct mp_energy *e, const struct mp_findings *findings,
                    struct mp_error *err)
{
    const struct mp_rules q = {.e = e, .r = &e->result, .err = err};

    e->result.verdict = MP_VALID;
    /* What makes it suspect comes first: the charts show the first reason beside the
     * verdict. */
    if (judge_units(&q, findings) < 0 || mp_rule_twice(&q) < 0 || mp_rule_units(&q) < 0 ||
        mp_rule_sums(&q) < 0 || mp_rule_counters(&q) < 0 || mp_rule_zeros(&q) < 0 ||
        mp_rule_frozen(&q) < 0 || judge_dropped(&q) < 0 || mp_rule_missing(&q) < 0 ||
        judge_coverage(&q) < 0 || judge_interval(&q) < 0 || judge_suspended(&q) < 0 ||
        judge_shared(&q) < 0 || judge_findings(&q, findings) < 0)
        return -1;
    return 0;
}
