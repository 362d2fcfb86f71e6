/* SPDX-License-Identifier: MIT
 * verdict.c - what covers too little, what cannot be true,
 * and the verdict that follows. */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "energy/inquest.h"

static const double COVERAGE_ENOUGH = 0.95;
static const double EXCESS_TOLERATED = 0.05;

enum { COVERAGES_SHOWN = 8 };

/* Series order[from .. to) are one node's. */
static int judge_node_coverage(struct mp_inquest *q, size_t from, size_t to,
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
    return mp_reason_give(q, MP_PARTIAL,
                          "%s: the samples of %s%s cover only %.1f %% of the window, the "
                          "longest stretch without one is %.0f s",
                          q->e->plan->nodes[worst->node].name, worst->metric, more,
                          floor(least * 1000) / 10, r->series[at].longest_gap_s);
}

static int judge_coverage(struct mp_inquest *q)
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
        q, MP_PARTIAL,
        "%zu more nodes have series that cover less than %.0f %% of the "
        "window",
        low_nodes - COVERAGES_SHOWN, COVERAGE_ENOUGH * 100);
}

/* Values that cannot be true were left out. */
static int judge_dropped(struct mp_inquest *q)
{
    const struct mp_energy_result *r = &q->e->result;
    struct mp_names negative, implausible;
    int rc = 0;

    mp_names_open(&negative);
    mp_names_open(&implausible);
    for (size_t k = 0; k < r->n_series; k++) {
        const struct mp_series *s = &q->e->table->series[r->order[k]];
        const struct mp_series_result *v = &r->series[r->order[k]];
        const char *node = q->e->plan->nodes[s->node].name;

        if (mp_metric_of(q->e, r->order[k])->role == MP_ROLE_NONE)
            continue;
        if (v->dropped_negative > 0)
            mp_names_add(&negative, "%" PRIu64 " in %s of %s", v->dropped_negative,
                         s->metric, node);
        if (v->dropped_implausible > 0)
            mp_names_add(&implausible, "%" PRIu64 " in %s of %s", v->dropped_implausible,
                         s->metric, node);
    }
    if (mp_reason_names(q, MP_SUSPECT, &negative, "values below 0 were left out: ", "") <
        0)
        rc = -1;
    if (mp_reason_names(q, MP_SUSPECT, &implausible,
                        "values above 1 MW, which no node draws, were left out: ", "") <
        0)
        rc = -1;
    return rc;
}

/* Zeros are kept, but not believed where something must draw power.  One of several power
 * supplies may well stand by. */
static void list_zeros(struct mp_inquest *q, struct mp_names *zeros,
                       struct mp_names *nothing)
{
    const struct mp_energy_result *r = &q->e->result;

    for (size_t k = 0; k < r->n_series; k++) {
        const struct mp_series *s = &q->e->table->series[r->order[k]];
        const struct mp_series_result *v = &r->series[r->order[k]];
        enum mp_role role = mp_metric_of(q->e, r->order[k])->role;
        const char *node = q->e->plan->nodes[s->node].name;
        bool alone = r->nodes[s->node].n_inputs == 1;

        if (role == MP_ROLE_INPUT && alone && v->zeros > 0)
            mp_names_add(zeros, "%" PRIu64 " in %s of %s", v->zeros, s->metric, node);
        if (!v->usable || v->max_w > 0)
            continue;
        if ((role == MP_ROLE_INPUT && alone) || role == MP_ROLE_CPU ||
            role == MP_ROLE_GPU)
            mp_names_add(nothing, "%s of %s%s%s", s->metric, node,
                         s->fqdd != NULL ? " " : "", s->fqdd != NULL ? s->fqdd : "");
    }
}

static int judge_zeros(struct mp_inquest *q)
{
    struct mp_names zeros, nothing;
    int rc = 0;

    mp_names_open(&zeros);
    mp_names_open(&nothing);
    list_zeros(q, &zeros, &nothing);
    if (mp_reason_names(
            q, MP_SUSPECT, &zeros,
            "input power of 0 W between higher values, as a management controller "
            "sends that is not ready, was counted as 0 W: ",
            "") < 0)
        rc = -1;
    if (mp_reason_names(q, MP_SUSPECT, &nothing, "0 W throughout: ", "") < 0)
        rc = -1;
    return rc;
}

/* May both be the same sensor under two names? */
static bool one_after_the_other(const struct mp_inquest *q, size_t i, size_t j)
{
    const struct mp_series *s = &q->e->table->series[i], *t = &q->e->table->series[j];
    const struct mp_series_result *a = &q->e->result.series[i],
                                  *b = &q->e->result.series[j];

    return a->usable && b->usable && (a->last < b->first || b->last < a->first) &&
           (s->fqdd == NULL || t->fqdd == NULL || strcmp(s->fqdd, t->fqdd) == 0);
}

/* A sensor that changes its source or FQDD in the window makes two series, each of which
 * is held over all of it. */
static int judge_renamed(struct mp_inquest *q)
{
    const struct mp_energy_result *r = &q->e->result;
    struct mp_names renamed;

    mp_names_open(&renamed);
    for (size_t k = 1; k < r->n_series; k++) {
        size_t i = r->order[k - 1], j = r->order[k];
        const struct mp_series *s = &q->e->table->series[i], *t = &q->e->table->series[j];

        if (s->node == t->node && s->metric_index == t->metric_index &&
            mp_metric_of(q->e, i)->role != MP_ROLE_NONE && one_after_the_other(q, i, j))
            mp_names_add(&renamed, "%s of %s", s->metric,
                         q->e->plan->nodes[s->node].name);
    }
    return mp_reason_names(
        q, MP_SUSPECT, &renamed,
        "counted twice, since the sensor changes its source or FQDD in "
        "the window: ",
        "");
}

/* "rpc-91-1 by 12.5 %": of what the node drew; without any, there is no such share. */
static void add_surplus(struct mp_names *l, const char *node, double surplus,
                        double input)
{
    if (input > 0)
        mp_names_add(l, "%s by %.1f %%", node, 100 * surplus / input);
    else
        mp_names_add(l, "%s, whose input is 0", node);
}

/* What does not add up. */
static int judge_sums(struct mp_inquest *q)
{
    const struct mp_energy_result *r = &q->e->result;
    struct mp_names excess, output;
    int rc = 0;

    mp_names_open(&excess);
    mp_names_open(&output);
    for (size_t i = 0; i < r->n_nodes; i++) {
        const struct mp_node_result *n = &r->nodes[i];
        const char *name = q->e->plan->nodes[i].name;
        double tolerated = n->energy_kwh * EXCESS_TOLERATED;

        if (n->excess_kwh > tolerated)
            add_surplus(&excess, name, n->excess_kwh, n->energy_kwh);
        if (n->output_kwh - n->energy_kwh > tolerated)
            add_surplus(&output, name, n->output_kwh - n->energy_kwh, n->energy_kwh);
    }
    if (mp_reason_names(q, MP_SUSPECT, &excess,
                        "the components add up to more than the input power: ", "") < 0)
        rc = -1;
    if (mp_reason_names(q, MP_SUSPECT, &output,
                        "the output power is above the input power: ", "") < 0)
        rc = -1;
    return rc;
}

/* A backend may know of something missing that the samples do not show. */
static int judge_findings(struct mp_inquest *q, const struct mp_findings *findings)
{
    if (findings == NULL || findings->n_missing == 0 || q->e->result.verdict != MP_VALID)
        return 0;
    return mp_reason_give(q, MP_PARTIAL,
                          "not everything could be read: see backend_findings");
}

int mp_quality_verdict(struct mp_energy *e, const struct mp_findings *findings,
                       struct mp_error *err)
{
    struct mp_inquest q = {.e = e, .err = err};

    e->result.verdict = MP_VALID;
    /* What makes it suspect comes first: the charts show the first reason beside the
     * verdict. */
    if (judge_dropped(&q) < 0 || judge_zeros(&q) < 0 || judge_renamed(&q) < 0 ||
        judge_sums(&q) < 0 || mp_judge_missing(&q) < 0 || judge_coverage(&q) < 0 ||
        judge_findings(&q, findings) < 0)
        return -1;
    return 0;
}
