/* SPDX-License-Identifier: MIT
 * energy.c - the energy sink: trapezoids per series, and the
 * job's input power on a grid. */
#include "config.h"

#include "energy/energy.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/impl.h"

enum { GRID_MOST = 1 << 19 }; /* 4 MiB; 1 s apart up to six days, 5 s at thirty */

static const double US_PER_KWH_W = 3.6e12; /* 1 kWh = 3.6e6 J = 3.6e12 W·µs */

const char *mp_verdict_name(enum mp_verdict v)
{
    switch (v) {
    case MP_VALID:
        return "valid";
    case MP_PARTIAL:
        return "partial";
    case MP_SUSPECT:
        break;
    }
    return "suspect";
}

static int energy_begin(struct mp_sink *sink, const struct mp_plan *plan,
                        const struct mp_series_table *table, struct mp_error *err)
{
    struct mp_energy *e = (struct mp_energy *)sink;

    e->plan = plan;
    e->table = table;
    if (mp_grid_init(&e->grid, plan->start, plan->end, GRID_MOST) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the power grid");
    return 0;
}

/* The first sample of a series. */
static int meet(struct mp_energy *e, uint32_t index, struct mp_error *err)
{
    const struct mp_series *s;
    struct mp_acc *a;

    if (index >= e->n_accs) {
        size_t n = e->table->n;
        struct mp_acc *grown = realloc(e->accs, n * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", n);
        memset(grown + e->n_accs, 0, (n - e->n_accs) * sizeof *grown);
        e->accs = grown;
        e->n_accs = n;
    }
    a = &e->accs[index];
    s = &e->table->series[index];
    a->met = true;
    a->power = mp_units_to_watt(s->units, &a->factor);
    a->limit = MP_PLAUSIBLE_W / a->factor;
    a->on_grid = a->power && mp_metric_of(e, index)->role == MP_ROLE_INPUT;
    if (!a->power && s->units != NULL && mp_metric_of(e, index)->role != MP_ROLE_NONE)
        return mp_fail(err, MP_FAULT_FAILED,
                       "metric %s of %s is in %s, which is none of W, mW and kW: correct "
                       "its units in metrics_definition, or give it the role none",
                       s->metric, s->hostname, s->units);
    return 0;
}

static void add_line(struct mp_energy *e, struct mp_acc *acc, struct mp_vertex a,
                     struct mp_vertex b)
{
    mp_sum_add(&acc->area2, (a.value + b.value) * (double)(b.time - a.time));
    if (acc->on_grid)
        mp_grid_line(&e->grid, &acc->place, &a, &b, acc->factor);
}

static int add_vertex(struct mp_energy *e, struct mp_acc *a, struct mp_vertex v)
{
    if (!a->any) {
        a->any = true;
        a->first = v;
        a->min = a->max = v.value;
        add_line(e, a, (struct mp_vertex){e->plan->start, v.value}, v);
    } else {
        add_line(e, a, a->last, v);
        if (mp_steps_add(&a->steps, a->last.time, v.time) < 0)
            return -1;
        if (v.value < a->min)
            a->min = v.value;
        if (v.value > a->max)
            a->max = v.value;
    }
    if (v.value > 0) {
        a->zeros += a->zero_run;
        a->zero_run = 0;
    } else if (a->max > 0) {
        a->zero_run++;
    }
    a->last = v;
    return 0;
}

static int bad_order(struct mp_energy *e, const struct mp_sample *s, struct mp_error *err)
{
    const struct mp_series *series = &e->table->series[s->series];
    bool inside = s->time >= e->plan->start && s->time <= e->plan->end;

    return mp_fail(err, MP_FAULT_FAILED, "a sample of %s of %s at %" PRId64 ".%06d s %s",
                   series->metric, series->hostname, s->time / 1000000,
                   (int)(s->time % 1000000),
                   inside ? "is earlier than the one before it: sort the samples by time "
                            "within each series"
                          : "lies outside the job's window");
}

static int energy_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                        struct mp_error *err)
{
    struct mp_energy *e = (struct mp_energy *)sink;
    struct mp_vertex final;

    for (const struct mp_sample *s = samples; s < samples + n; s++) {
        struct mp_acc *a;
        enum mp_fate fate;

        if ((s->series >= e->n_accs || !e->accs[s->series].met) &&
            meet(e, s->series, err) < 0)
            return -1;
        a = &e->accs[s->series];
        fate = mp_sample_fate(s, a->limit);
        a->fate[fate]++;
        if (s->time < e->plan->start || s->time > e->plan->end)
            return bad_order(e, s, err);
        if (fate != MP_FATE_COUNTS || !a->power)
            continue;
        switch (mp_trace_push(&a->trace, s, &final)) {
        case MP_TRACE_FIRST:
            break;
        case MP_TRACE_REPEATED:
            a->repeated++;
            break;
        case MP_TRACE_FINAL:
            if (add_vertex(e, a, final) < 0)
                return mp_fail(err, MP_FAULT_FAILED, "out of memory for sampling steps");
            break;
        case MP_TRACE_BACKWARDS:
            return bad_order(e, s, err);
        }
    }
    return 0;
}

/* The last sample of every series is final now; its value holds to the window's end. */
static int energy_end(struct mp_sink *sink, struct mp_error *err)
{
    struct mp_energy *e = (struct mp_energy *)sink;

    for (size_t i = 0; i < e->n_accs; i++) {
        struct mp_acc *a = &e->accs[i];

        if (!a->trace.any)
            continue;
        if (add_vertex(e, a, a->trace.waiting) < 0)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for sampling steps");
        add_line(e, a, a->last, (struct mp_vertex){e->plan->end, a->last.value});
    }
    return 0;
}

static const struct mp_sink_ops energy_ops = {
    .name = "energy",
    .begin = energy_begin,
    .batch = energy_batch,
    .end = energy_end,
};

int mp_energy_new(struct mp_energy **out, struct mp_error *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the energy");
    (*out)->sink.ops = &energy_ops;
    return 0;
}

struct mp_sink *mp_energy_sink(struct mp_energy *e)
{
    return &e->sink;
}

static void series_result(const struct mp_energy *e, size_t i)
{
    struct mp_series_result *r = &e->result.series[i];
    const struct mp_acc *a = i < e->n_accs ? &e->accs[i] : NULL;
    double window = (double)(e->plan->end - e->plan->start);
    double area;

    *r = (struct mp_series_result){
        .energy_kwh = NAN, .mean_w = NAN, .min_w = NAN, .max_w = NAN, .interval_s = NAN};
    if (a == NULL)
        return;
    for (int fate = 0; fate < MP_N_FATES; fate++)
        r->samples += a->fate[fate];
    r->dropped_null = a->fate[MP_FATE_NULL];
    if (!a->power)
        return;
    r->dropped_nan = a->fate[MP_FATE_NAN];
    r->dropped_negative = a->fate[MP_FATE_NEGATIVE];
    r->dropped_implausible = a->fate[MP_FATE_IMPLAUSIBLE];
    r->dropped_repeated = a->repeated;
    r->zeros = a->zeros;
    r->usable = a->any;
    if (!a->any)
        return;
    r->first = a->first.time;
    r->last = a->last.time;
    area = (a->area2.high + a->area2.low) / 2;
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

static void free_result(struct mp_energy_result *r)
{
    struct mp_findings missing = {.missing = r->missing, .n_missing = r->n_missing};

    mp_findings_free(&missing);
    for (size_t i = 0; i < r->n_reasons; i++)
        free(r->reasons[i]);
    free(r->reasons);
    free(r->series);
    free(r->order);
    free(r->nodes);
    *r = (struct mp_energy_result){0};
}

int mp_energy_result(struct mp_energy *e, const struct mp_findings *findings,
                     const struct mp_energy_result **out, struct mp_error *err)
{
    struct mp_energy_result *r = &e->result;

    free_result(r);
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
    if (sort_series(e, err) < 0 || mp_quality_series(e, err) < 0 ||
        mp_components_sum(e, err) < 0 || mp_quality_verdict(e, findings, err) < 0)
        return -1;
    *out = r;
    return 0;
}

void mp_energy_free(struct mp_energy *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->n_accs; i++)
        mp_steps_free(&e->accs[i].steps);
    free(e->accs);
    mp_grid_free(&e->grid);
    free(e->gaps);
    free_result(&e->result);
    free(e);
}
