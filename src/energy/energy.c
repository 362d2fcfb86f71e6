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

void mp_energy_free(struct mp_energy *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->n_accs; i++)
        mp_steps_free(&e->accs[i].steps);
    free(e->accs);
    mp_grid_free(&e->grid);
    mp_energy_result_free(&e->result);
    free(e);
}
