/* SPDX-License-Identifier: MIT
 * collector.h - a known power curve, read as MonSTer's collector reads a node, and what
 * the program's own energy code makes of it.
 *
 * Every 5.00 to 5.05 s from a random phase on; stamps are cut to the second and values
 * are whole watts; the job's start and end are cut to the second, too. */
#ifndef MP_TEST_COLLECTOR_H
#define MP_TEST_COLLECTOR_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy/energy.h"
#include "energy/evaluate.h"
#include "energy/trace.h"
#include "model/plan.h"

/* A polyline; what stands before `t[0]` and behind `t[n - 1]` is flat. */
struct curve {
    double *t, *w; /* s, W */
    double *ws;    /* W s from t[0] on */
    size_t n, capacity;
};

static inline void curve_add(struct curve *c, double t, double w)
{
    if (c->n == c->capacity) {
        c->capacity = c->capacity > 0 ? 2 * c->capacity : 1024;
        c->t = realloc(c->t, c->capacity * sizeof *c->t);
        c->w = realloc(c->w, c->capacity * sizeof *c->w);
        c->ws = realloc(c->ws, c->capacity * sizeof *c->ws);
        if (c->t == NULL || c->w == NULL || c->ws == NULL)
            abort();
    }
    c->t[c->n] = t;
    c->w[c->n] = w;
    c->ws[c->n] =
        c->n == 0 ? 0 : c->ws[c->n - 1] + (t - c->t[c->n - 1]) * (w + c->w[c->n - 1]) / 2;
    c->n++;
}

static inline void curve_free(struct curve *c)
{
    free(c->t);
    free(c->w);
    free(c->ws);
    *c = (struct curve){0};
}

enum { CURVES_MAX = 64 };

/* The columns of a trace; how many. */
static inline int curve_read(const char *path, struct curve curves[CURVES_MAX])
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char line[8192];
    int most = 0;

    if (in == NULL) {
        perror(path);
        exit(1);
    }
    while (fgets(line, sizeof line, in) != NULL) {
        char *at, *end;
        double t = strtod(line, &end);
        int n = 0;

        for (at = end; at != line && *at == ',' && n < CURVES_MAX; at = end, n++) {
            double w = strtod(at + 1, &end);

            if (end > at + 1 && (curves[n].n == 0 || t > curves[n].t[curves[n].n - 1]))
                curve_add(&curves[n], t, w);
        }
        most = n > most ? n : most;
    }
    if (in != stdin)
        fclose(in);
    return most;
}

/* The last point at or before t. */
static inline size_t curve_place(const struct curve *c, double t)
{
    size_t low = 0, high = c->n;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        *(c->t[middle] <= t ? &low : &high) = middle;
    }
    return low;
}

static inline double curve_at(const struct curve *c, double t)
{
    size_t i = curve_place(c, t);

    if (t <= c->t[0] || i + 1 == c->n)
        return c->w[t <= c->t[0] ? 0 : c->n - 1];
    return c->w[i] + (c->w[i + 1] - c->w[i]) * (t - c->t[i]) / (c->t[i + 1] - c->t[i]);
}

/* W s from t[0] to t, which lies in the curve. */
static inline double curve_upto(const struct curve *c, double t)
{
    size_t i = curve_place(c, t);

    return c->ws[i] + (t - c->t[i]) * (c->w[i] + curve_at(c, t)) / 2;
}

struct dice {
    uint64_t state; /* never 0 */
};

/* In [0, 1). */
static inline double dice_roll(struct dice *d)
{
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return (double)(d->state >> 11) / 9007199254740992.0;
}

/* Of a standard normal distribution. */
static inline double dice_normal(struct dice *d)
{
    return sqrt(-2 * log(1 - dice_roll(d))) * cos(2 * M_PI * dice_roll(d));
}

struct reading {
    double lost;              /* share of the samples, at random */
    double gap_from, gap_len; /* s; none in this stretch */
    double interval;          /* s; 0: 5 to 5.05 */
    int keep;                 /* 0: all; 1, 2: the odd ones, the even ones */
};

struct outcome {
    double kwh, half; /* half NaN: no interval */
    double truth;     /* kWh */
};

#define COLLECTOR_START INT64_C(1760497200)

static inline void collector_feed(const struct curve *c, const struct reading *r,
                                  struct dice *d, const struct mp_plan *plan, double from,
                                  double to, struct mp_sink *sink)
{
    const double step = r->interval > 0 ? r->interval : 5;
    struct mp_error err = {0};
    int n = 0;

    for (double t = from - step * (1 + dice_roll(d)); t < to + 1;
         t += step * (1 + 0.01 * dice_roll(d))) {
        struct mp_sample s = {.time = (COLLECTOR_START + (int64_t)floor(t)) * 1000000,
                              .value = round(curve_at(c, t)),
                              .kind = MP_VALUE_FLOAT8};

        if (dice_roll(d) < r->lost || (r->keep > 0 && ++n % 2 != r->keep - 1) ||
            (t >= r->gap_from && t < r->gap_from + r->gap_len) || s.time < plan->start ||
            s.time > plan->end)
            continue;
        if (mp_sink_batch(sink, &s, 1, &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
    }
}

/* A job that runs from `from` to `to`, s within the curve. */
static inline struct outcome collect(const struct curve *c, const struct reading *r,
                                     struct dice *d, double from, double to)
{
    static char name[] = "n1", prefix[] = "n", metric[] = "P", watt[] = "W";
    static struct mp_metric metrics[] = {{.name = metric, .role = MP_ROLE_INPUT}};
    const struct mp_route route = {
        .name = prefix, .prefix = prefix, .metrics = metrics, .n_metrics = 1};
    const struct mp_series series = {.hostname = name, .metric = metric, .units = watt};
    const struct mp_energy_result *result;
    struct mp_series_table table = {0};
    struct mp_traces traces;
    struct mp_energy *energy;
    struct mp_error err = {0};
    struct mp_plan plan;
    struct outcome o;
    uint32_t index;

    if (mp_plan_make(&plan, (char *[]){name}, 1, &route, 1,
                     (COLLECTOR_START + (int64_t)floor(from)) * 1000000,
                     (COLLECTOR_START + (int64_t)floor(to)) * 1000000, &err) < 0 ||
        mp_series_add(&table, &series, &index, &err) < 0 ||
        mp_energy_new(&energy, &err) < 0)
        abort();
    mp_traces_init(&traces, (struct mp_follower *[]){mp_energy_follower(energy)}, 1);
    if (mp_sink_begin(&traces.sink, &plan, &table, &err) < 0)
        abort();
    collector_feed(c, r, d, &plan, from, to, &traces.sink);
    if (mp_sink_end(&traces.sink, &err) < 0 ||
        mp_energy_result(energy, NULL, &result, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    o = (struct outcome){.kwh = result->total_kwh,
                         .half = result->uncertainty.kwh,
                         .truth = (curve_upto(c, to) - curve_upto(c, from)) / 3.6e6};
    mp_energy_free(energy);
    mp_traces_free(&traces);
    mp_series_table_free(&table);
    mp_plan_free(&plan);
    return o;
}

#endif
