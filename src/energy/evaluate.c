/* SPDX-License-Identifier: MIT
 * evaluate.c - one result after the other, in the order in which they need each other. */
#include "config.h"

#include "energy/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/components.h"
#include "energy/impl.h"
#include "energy/line.h"
#include "energy/outliers.h"
#include "energy/quality.h"
#include "energy/verdict.h"
#include "energy/zeros.h"

static const double US_PER_KWH_W = 3.6e12; /* 1 kWh = 3.6e6 J = 3.6e12 W·µs */

/* Rows of every fate. */
static void count_samples(const struct mp_trace *t, struct mp_series_result *r)
{
    for (int fate = 0; fate < MP_N_FATES; fate++)
        r->samples += t->fate[fate];
    r->borrowed = t->borrowed;
    r->dropped_null = t->fate[MP_FATE_NULL];
    if (!t->power)
        return;
    r->dropped_nan = t->fate[MP_FATE_NAN];
    r->dropped_negative = t->fate[MP_FATE_NEGATIVE];
    r->dropped_implausible = t->fate[MP_FATE_IMPLAUSIBLE];
    r->dropped_repeated = t->repeated;
}

static void series_result(const struct mp_energy *e, size_t i)
{
    struct mp_series_result *r = &e->result.series[i];
    const struct mp_acc *a = i < e->n_accs ? &e->accs[i] : NULL;
    double window = (double)(e->plan->end - e->plan->start);
    double area;

    *r = (struct mp_series_result){.energy_kwh = NAN,
                                   .mean_w = NAN,
                                   .min_w = NAN,
                                   .max_w = NAN,
                                   .interval_s = NAN,
                                   .uncertainty_kwh = NAN};
    if (i < e->traces->n)
        count_samples(&e->traces->series[i], r);
    if (a == NULL || !a->any)
        return;
    r->usable = true;
    r->zeros = a->zeros;
    r->first = a->first.time;
    r->last = a->last.time;
    area = (a->area2.high + a->area2.low) / 2;
    if (e->traces->series[i].counter)
        area = e->traces->series[i].count.units * 1e6;
    r->energy_kwh = mp_to_watt(a, area / US_PER_KWH_W);
    r->mean_w = mp_to_watt(a, window > 0 ? area / window : a->last.value);
    r->min_w = mp_to_watt(a, a->min);
    r->max_w = mp_to_watt(a, a->max);
}

struct sort_key {
    const struct mp_series *series;
    uint32_t index;
};

static int compare_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int in_plan_order(const void *a, const void *b)
{
    const struct sort_key *x = a, *y = b;
    const struct mp_series *s = x->series, *t = y->series;
    int c;

    if (s->node != t->node)
        return s->node < t->node ? -1 : 1;
    if (s->metric_index != t->metric_index)
        return s->metric_index < t->metric_index ? -1 : 1;
    if ((c = compare_text(s->source, t->source)) != 0 ||
        (c = compare_text(s->fqdd, t->fqdd)) != 0 ||
        (c = compare_text(s->units, t->units)) != 0)
        return c;
    return (x->index > y->index) - (x->index < y->index);
}

static int sort_series(struct mp_energy *e, struct mp_error *err)
{
    struct mp_energy_result *r = &e->result;
    struct sort_key *keys = calloc(r->n_series + 1, sizeof *keys);

    r->order = calloc(r->n_series + 1, sizeof *r->order);
    if (keys == NULL || r->order == NULL) {
        free(keys);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", r->n_series);
    }
    for (size_t i = 0; i < r->n_series; i++)
        keys[i] = (struct sort_key){&e->table->series[i], (uint32_t)i};
    qsort(keys, r->n_series, sizeof *keys, in_plan_order);
    for (size_t i = 0; i < r->n_series; i++)
        r->order[i] = keys[i].index;
    free(keys);
    return 0;
}

int mp_energy_result(struct mp_energy *e, const struct mp_findings *findings,
                     const struct mp_energy_result **out, struct mp_error *err)
{
    struct mp_energy_result *r = &e->result;

    mp_energy_result_free(r);
    r->n_series = e->table->n;
    r->n_nodes = e->plan->n_nodes;
    r->series = calloc(r->n_series + 1, sizeof *r->series);
    r->nodes = calloc(r->n_nodes + 1, sizeof *r->nodes);
    if (r->series == NULL || r->nodes == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the result");
    for (size_t i = 0; i < r->n_series; i++) {
        series_result(e, i);
        r->samples += r->series[i].samples;
    }
    if (sort_series(e, err) < 0 || mp_quality_series(e, err) < 0)
        return -1;
    mp_instants_end(&e->instants);
    mp_zeros_set_aside(e);
    if (mp_components_sum(e, err) < 0 || mp_outliers_find(e->plan, r, err) < 0 ||
        mp_verdict_find(e, findings, err) < 0)
        return -1;
    mp_line_make(e->plan, e->table, &e->grid, r);
    *out = r;
    return 0;
}
