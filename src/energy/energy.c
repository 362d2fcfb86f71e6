/* SPDX-License-Identifier: MIT
 * energy.c - trapezoids per series, and the job's input power on a grid. */
#include "config.h"

#include "energy/energy.h"

#include <stdlib.h>
#include <string.h>

#include "energy/impl.h"

enum { GRID_MOST = 1 << 19 }; /* 4 MiB; 1 s apart up to six days, 5 s at thirty */

static int energy_begin(struct mp_follower *f, const struct mp_traces *traces,
                        struct mp_error *err)
{
    struct mp_energy *e = (struct mp_energy *)f;

    e->traces = traces;
    e->plan = traces->plan;
    e->table = traces->table;
    if (mp_grid_init(&e->grid, e->plan->start, e->plan->end, GRID_MOST) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the power grid");
    e->n_crowds = e->plan->n_nodes;
    if (mp_crowds_make(e->occupancy, e->plan, &e->crowds, err) < 0)
        return -1;
    return mp_instants_begin(&e->instants, e->plan, e->table, err);
}

static int reach(struct mp_energy *e, struct mp_error *err)
{
    size_t n = e->table->n;
    struct mp_acc *grown;

    grown = realloc(e->accs, n * sizeof *grown);
    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", n);
    memset(grown + e->n_accs, 0, (n - e->n_accs) * sizeof *grown);
    e->accs = grown;
    e->n_accs = n;
    return 0;
}

/* Of an input whose node others were on too. */
static void add_shared(struct mp_acc *acc, const struct mp_vertex *a,
                       const struct mp_vertex *b)
{
    double share, alone;

    mp_crowd_line(acc->crowd, &acc->crowd_place, a, b, &share, &alone);
    mp_sum_add(&acc->share2, share);
    mp_sum_add(&acc->alone2, alone);
}

static inline void add_line(struct mp_energy *e, struct mp_acc *acc,
                            const struct mp_vertex *a, const struct mp_vertex *b)
{
    mp_sum_add(&acc->area2, (a->value + b->value) * (double)(b->time - a->time));
    if (acc->on_grid)
        mp_grid_line(&e->grid, &acc->place, a, b, acc->factor);
    if (acc->crowd != NULL)
        add_shared(acc, a, b);
}

/* Input power; as a counter, where nothing else tells it. */
static bool is_on_grid(const struct mp_energy *e, uint32_t series)
{
    const struct mp_series *s = &e->table->series[series];
    const struct mp_route *route = &e->plan->routes[s->route];
    const struct mp_metric *m = &route->metrics[s->metric_index];

    return m->role == MP_ROLE_INPUT &&
           !(m->counter && mp_route_has_power(route, MP_ROLE_INPUT));
}

/* What is asked of input power only. */
static int start_input(struct mp_energy *e, struct mp_acc *a, uint32_t series)
{
    const struct mp_crowd *crowd =
        e->crowds != NULL ? &e->crowds[e->table->series[series].node] : NULL;

    a->on_grid = is_on_grid(e, series);
    if (!a->on_grid)
        return 0;
    a->crowd = crowd != NULL && crowd->n > 0 ? crowd : NULL;
    a->lowest = calloc(1, sizeof *a->lowest);
    return a->lowest != NULL ? 0 : -1;
}

static int start_series(struct mp_energy *e, struct mp_acc *a, const struct mp_vertex *v)
{
    const struct mp_vertex start = {e->plan->start, v->value, v->series};

    a->any = true;
    a->factor = e->traces->series[v->series].factor;
    a->first = *v;
    a->min = a->max = v->value;
    mp_interval_start(&a->interval, *v, 1 / a->factor);
    if (start_input(e, a, v->series) < 0)
        return -1;
    add_line(e, a, &start, v);
    return 0;
}

static inline int add_vertex(struct mp_energy *e, struct mp_acc *a,
                             const struct mp_vertex *v)
{
    if (!a->any) {
        if (start_series(e, a, v) < 0)
            return -1;
    } else {
        add_line(e, a, &a->last, v);
        mp_interval_add(&a->interval, &a->last, v);
        if (mp_steps_add(&a->steps, a->last.time, v->time) < 0 ||
            mp_yardstick_step(&a->yardstick, a->last.time, v->time, &a->gaps) < 0)
            return -1;
        if (v->value < a->min)
            a->min = v->value;
        if (v->value > a->max)
            a->max = v->value;
    }
    if (a->lowest != NULL)
        mp_lowest_add(a->lowest, v->value * a->factor);
    if (v->value <= 0) {
        a->zero_run += a->max > 0;
    } else if (a->zero_run > 0) {
        a->zeros += a->zero_run;
        a->zero_run = 0;
    }
    a->last = *v;
    return 0;
}

static int energy_vertices(struct mp_follower *f, const struct mp_vertex *v, size_t n,
                           struct mp_error *err)
{
    struct mp_energy *e = (struct mp_energy *)f;

    for (const struct mp_vertex *end = v + n; v < end; v++) {
        if (v->series >= e->n_accs && reach(e, err) < 0)
            return -1;
        if (add_vertex(e, &e->accs[v->series], v) < 0)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for a series");
    }
    return 0;
}

static int energy_samples(struct mp_follower *f, const struct mp_vertex *v, size_t n,
                          struct mp_error *err)
{
    return mp_instants_samples(&((struct mp_energy *)f)->instants, v, n, err);
}

/* The last value holds to the window's end. */
static int energy_last(struct mp_follower *f, uint32_t series, struct mp_error *err)
{
    struct mp_energy *e = (struct mp_energy *)f;
    struct mp_acc *a = &e->accs[series];
    const struct mp_vertex end = {e->plan->end, a->last.value, series};

    add_line(e, a, &a->last, &end);
    if (mp_yardstick_end(&a->yardstick, &a->gaps) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for gaps");
    return 0;
}

static const struct mp_follower_ops energy_ops = {
    .begin = energy_begin,
    .vertices = energy_vertices,
    .samples = energy_samples,
    .last = energy_last,
};

int mp_energy_new(struct mp_energy **out, struct mp_error *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the energy");
    (*out)->follower.ops = &energy_ops;
    return 0;
}

struct mp_follower *mp_energy_follower(struct mp_energy *e)
{
    return &e->follower;
}

void mp_energy_set_suspended(struct mp_energy *e)
{
    e->suspended = true;
}

void mp_energy_set_occupancy(struct mp_energy *e, const struct mp_occupancy *o)
{
    e->occupancy = o;
}

void mp_energy_settle(struct mp_energy *e)
{
    for (size_t i = 0; i < e->n_accs; i++) {
        mp_steps_free(&e->accs[i].steps);
        mp_steps_free(&e->accs[i].gaps);
        free(e->accs[i].lowest);
    }
    free(e->accs);
    e->accs = NULL;
    e->n_accs = 0;
    mp_crowds_free(e->crowds, e->n_crowds);
    e->crowds = NULL;
    mp_grid_free(&e->grid);
    mp_instants_free(&e->instants);
}

void mp_energy_free(struct mp_energy *e)
{
    if (e == NULL)
        return;
    mp_energy_settle(e);
    mp_energy_result_free(&e->result);
    free(e);
}
