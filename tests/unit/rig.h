/* SPDX-License-Identifier: MIT
 * rig.h - a plan of rpc and rpg nodes and the sinks of a report, to be fed by hand.
 *
 * Times are seconds from the window's start, values in the series' own units. */
#ifndef MP_TEST_RIG_H
#define MP_TEST_RIG_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/evaluate.h"
#include "model/plan.h"
#include "chart/reduce.h"
#include "model/sink.h"
#include "unit.h"

#define RIG_START INT64_C(1760497200000000) /* 2025-10-15 03:00 UTC */
#define RIG_KWH 3.6e6                       /* J */

struct rig {
    struct mp_plan plan;
    struct mp_series_table table;
    struct mp_findings findings;
    struct mp_energy *energy;
    struct mp_reduce *reduce;
    struct mp_traces traces;
    struct mp_error err;
    const struct mp_energy_result *result;
    const struct mp_reduced *reduced;
};

/* The routes of the default configuration: no storage of its own. */
static inline const struct mp_route *rig_routes(void)
{
    static char cpu[] = "TotalCPUPower", memory[] = "TotalMemoryPower",
                storage[] = "TotalStoragePower", fan[] = "TotalFanPower",
                input[] = "SystemInputPower", output[] = "SystemOutputPower",
                gpu[] = "PowerConsumption", rpc[] = "rpc", rpg[] = "rpg";
    static struct mp_metric metrics[] = {
        {.name = cpu, .role = MP_ROLE_CPU},
        {.name = memory, .role = MP_ROLE_MEMORY},
        {.name = storage, .role = MP_ROLE_STORAGE},
        {.name = fan, .role = MP_ROLE_FAN},
        {.name = input, .role = MP_ROLE_INPUT},
        {.name = output, .role = MP_ROLE_OUTPUT},
        {.name = gpu, .role = MP_ROLE_GPU},
    };
    static const struct mp_route routes[] = {
        {.name = rpc, .prefix = rpc, .metrics = metrics, .n_metrics = 6},
        {.name = rpg, .prefix = rpg, .metrics = metrics, .n_metrics = 7},
    };

    return routes;
}

/* `names`: node names, ended by NULL. */
static inline void rig_open(struct rig *rig, double seconds, char *const *names)
{
    size_t n = 0;

    *rig = (struct rig){0};
    while (names[n] != NULL)
        n++;
    ck_assert_int_eq(mp_plan_make(&rig->plan, names, n, rig_routes(), 2, RIG_START,
                                  RIG_START + llround(seconds * 1e6), &rig->err),
                     0);
    ck_assert_int_eq(mp_energy_new(&rig->energy, &rig->err), 0);
    ck_assert_int_eq(mp_reduce_new(&rig->reduce, &rig->err), 0);
    mp_traces_init(&rig->traces,
                   (struct mp_follower *[]){mp_energy_follower(rig->energy),
                                            mp_reduce_follower(rig->reduce)},
                   2);
    ck_assert_int_eq(mp_sink_begin(&rig->traces.sink, &rig->plan, &rig->table, &rig->err),
                     0);
}

static inline uint32_t rig_series(struct rig *rig, const char *node, const char *metric,
                                  const char *fqdd, const char *units)
{
    static char source[] = "powermetrics";
    long n = mp_plan_find_node(&rig->plan, node);
    const struct mp_route *route;
    struct mp_series s = {.source = source};
    uint32_t index;

    ck_assert_int_ge(n, 0);
    s.node = (uint32_t)n;
    s.hostname = rig->plan.nodes[n].name;
    s.route = rig->plan.nodes[n].route;
    s.fqdd = (char *)(uintptr_t)fqdd;
    s.units = (char *)(uintptr_t)units;
    route = &rig->plan.routes[s.route];
    while (strcmp(route->metrics[s.metric_index].name, metric) != 0)
        ck_assert_uint_lt(++s.metric_index, route->n_metrics);
    s.metric = route->metrics[s.metric_index].name;
    ck_assert_int_eq(mp_series_add(&rig->table, &s, &index, &rig->err), 0);
    return index;
}

static inline int rig_try(struct rig *rig, uint32_t series, double t, double value)
{
    struct mp_sample s = {.time = RIG_START + llround(t * 1e6),
                          .value = value,
                          .series = series,
                          .kind = MP_VALUE_FLOAT8};

    return mp_sink_batch(&rig->traces.sink, &s, 1, &rig->err);
}

static inline void rig_push(struct rig *rig, uint32_t series, double t, double value)
{
    if (rig_try(rig, series, t, value) < 0)
        ck_abort_msg("%s", rig->err.text);
}

static inline void rig_push_null(struct rig *rig, uint32_t series, double t)
{
    struct mp_sample s = {.time = RIG_START + llround(t * 1e6),
                          .value = NAN,
                          .series = series,
                          .kind = MP_VALUE_NULL};

    ck_assert_int_eq(mp_sink_batch(&rig->traces.sink, &s, 1, &rig->err), 0);
}

/* `w` at every `step` seconds from `from` up to and including `to`. */
static inline void rig_hold(struct rig *rig, uint32_t series, double from, double to,
                            double step, double w)
{
    for (long k = 0; from + (double)k * step <= to; k++)
        rig_push(rig, series, from + (double)k * step, w);
}

static inline void rig_end(struct rig *rig)
{
    if (mp_sink_end(&rig->traces.sink, &rig->err) < 0 ||
        mp_energy_result(rig->energy, &rig->findings, &rig->result, &rig->err) < 0 ||
        mp_reduce_result(rig->reduce, rig->result, &rig->reduced, &rig->err) < 0)
        ck_abort_msg("%s", rig->err.text);
}

static inline void rig_close(struct rig *rig)
{
    mp_energy_free(rig->energy);
    mp_reduce_free(rig->reduce);
    mp_traces_free(&rig->traces);
    mp_series_table_free(&rig->table);
    mp_findings_free(&rig->findings);
    mp_plan_free(&rig->plan);
}

/* All of a node's series at `w`, every 5 s: a node with nothing wrong.  The components
 * come to 0.8 w, the output to 0.9 w. */
static inline void rig_healthy(struct rig *rig, const char *node, double seconds,
                               double w)
{
    static const struct {
        const char *metric;
        double share;
    } parts[] = {{"TotalCPUPower", 0.4},     {"TotalMemoryPower", 0.2},
                 {"TotalStoragePower", 0.1}, {"TotalFanPower", 0.1},
                 {"SystemInputPower", 1},    {"SystemOutputPower", 0.9}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        rig_hold(rig, rig_series(rig, node, parts[i].metric, "PowerMetrics", "W"), 0,
                 seconds, 5, w * parts[i].share);
}

static inline bool rig_has_reason(const struct rig *rig, const char *part)
{
    for (size_t i = 0; i < rig->result->n_reasons; i++) {
        if (strstr(rig->result->reasons[i], part) != NULL)
            return true;
    }
    return false;
}

static inline bool rig_is_missing(const struct rig *rig, const char *node,
                                  const char *metric)
{
    for (size_t i = 0; i < rig->result->n_missing; i++) {
        const struct mp_missing *m = &rig->result->missing[i];

        if (m->node == NULL || strcmp(m->node, node) != 0)
            continue;
        if (metric == NULL ? m->metric == NULL
                           : m->metric != NULL && strcmp(m->metric, metric) == 0)
            return true;
    }
    return false;
}

#endif
