/* SPDX-License-Identifier: MIT
 * trace.c - which samples count, and when they are final. */
#include "config.h"

#include "energy/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum mp_fate fate_of(const struct mp_sample *s, double limit)
{
    if (s->kind == MP_VALUE_NULL)
        return MP_FATE_NULL;
    if (s->value >= 0 && s->value <= limit)
        return MP_FATE_COUNTS;
    if (s->value < 0)
        return MP_FATE_NEGATIVE;
    return s->value > limit ? MP_FATE_IMPLAUSIBLE : MP_FATE_NAN;
}

static int traces_begin(struct mp_sink *sink, const struct mp_plan *plan,
                        const struct mp_series_table *table, struct mp_error *err)
{
    struct mp_traces *t = (struct mp_traces *)sink;

    t->plan = plan;
    t->table = table;
    for (size_t i = 0; i < t->n_followers; i++)
        if (t->followers[i]->ops->begin(t->followers[i], t, err) < 0)
            return -1;
    return 0;
}

/* The first sample of a series. */
static int meet(struct mp_traces *t, uint32_t index, struct mp_error *err)
{
    const struct mp_series *s = &t->table->series[index];
    const char *own = mp_traces_metric(t, index)->units;
    const char *units = own != NULL ? own : s->units;
    struct mp_trace *trace;

    if (index >= t->n) {
        size_t n = t->table->n;
        struct mp_trace *grown = realloc(t->series, n * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", n);
        memset(grown + t->n, 0, (n - t->n) * sizeof *grown);
        t->series = grown;
        t->n = n;
    }
    trace = &t->series[index];
    trace->met = true;
    trace->waiting.time = INT64_MIN;
    trace->lag = mp_series_lag(s, mp_traces_metric(t, index));
    trace->counter = mp_traces_metric(t, index)->counter;
    trace->power = trace->counter ? mp_units_to_joule(units, &trace->factor)
                                  : mp_units_to_watt(units, &trace->factor);
    trace->limit = (trace->counter ? MP_COUNT_MOST_J : MP_PLAUSIBLE_W) / trace->factor;
    mp_count_start(&trace->count);
    if (!trace->power && units != NULL &&
        mp_traces_metric(t, index)->role != MP_ROLE_NONE)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "metric %s of %s is in %s, which is none of %s: correct its units "
            "in metrics_definition or in the route, or give it the role none%s",
            s->metric, s->hostname, units,
            trace->counter ? "J, kJ, MJ, mJ, uJ, Wh and kWh" : "W, mW and kW",
            mp_units_to_joule(units, &trace->factor)
                ? "; if it counts energy, kind = Name:counter says so"
                : "");
    return 0;
}

static int bad_order(struct mp_traces *t, const struct mp_sample *s, struct mp_error *err)
{
    const struct mp_series *series = &t->table->series[s->series];
    bool inside = s->time >= t->plan->start && s->time <= t->plan->end;

    return mp_fail(err, MP_FAULT_FAILED, "a sample of %s of %s at %" PRId64 ".%06d s %s",
                   series->metric, series->hostname, s->time / 1000000,
                   (int)(s->time % 1000000),
                   inside ? "is earlier than the one before it: sort the samples by time "
                            "within each series"
                          : "lies outside the job's window");
}

static int tell(struct mp_traces *t, struct mp_error *err)
{
    size_t n_ready = t->n_ready, n_heard = t->n_heard;

    t->n_ready = t->n_heard = 0;
    for (size_t i = 0; i < t->n_followers; i++) {
        struct mp_follower *f = t->followers[i];

        if (n_heard > 0 && f->ops->samples != NULL &&
            f->ops->samples(f, t->heard, n_heard, err) < 0)
            return -1;
        if (n_ready > 0 && f->ops->vertices(f, t->ready, n_ready, err) < 0)
            return -1;
    }
    return 0;
}

static inline int tell_vertex(struct mp_traces *t, const struct mp_vertex *v,
                              struct mp_error *err)
{
    t->ready[t->n_ready++] = *v;
    return t->n_ready < MP_VERTICES_AT_ONCE ? 0 : tell(t, err);
}

static inline int tell_sample(struct mp_traces *t, const struct mp_trace *trace,
                              double watt, struct mp_error *err)
{
    const struct mp_vertex *v = &trace->waiting;

    if (trace->borrowed > 0 || trace->counter)
        return 0; /* nothing else of the job is known of its instant */
    t->heard[t->n_heard++] = (struct mp_vertex){v->time, watt, v->series};
    return t->n_heard < MP_VERTICES_AT_ONCE ? 0 : tell(t, err);
}

/* What a reading says of the time before it; the line is cut where the window starts. */
static int tell_lagging(struct mp_traces *t, struct mp_trace *trace, struct mp_error *err)
{
    const int64_t start = t->plan->start;
    struct mp_vertex v = trace->waiting;

    v.time -= trace->lag;
    if (v.time < start) {
        trace->early = v;
        trace->any_early = true;
        return 0;
    }
    if (trace->any_early && v.time > start) {
        const struct mp_vertex a = trace->early;
        const double share = (double)(start - a.time) / (double)(v.time - a.time);
        const struct mp_vertex cut = {start, a.value + share * (v.value - a.value),
                                      v.series};

        if (tell_vertex(t, &cut, err) < 0)
            return -1;
    }
    trace->any_early = false;
    return tell_vertex(t, &v, err);
}

/* All readings of the series trail so far that none says anything of the window. */
static int tell_early(struct mp_traces *t, const struct mp_trace *trace,
                      struct mp_error *err)
{
    struct mp_vertex v = trace->early;

    v.time = t->plan->start;
    return trace->any_early ? tell_vertex(t, &v, err) : 0;
}

/* Are the samples of the first stamp those of several sensors?  Equal ones are one
 * sensor's row, stored twice, but for GPUs, which may all be idle. */
static uint32_t count_alike(const struct mp_traces *t, const struct mp_trace *trace)
{
    uint32_t series = trace->waiting.series;
    enum mp_role role = mp_traces_metric(t, series)->role;

    if (trace->n_at < 2 || t->table->series[series].fqdd != NULL || trace->counter ||
        role == MP_ROLE_INPUT || role == MP_ROLE_OUTPUT || role == MP_ROLE_NONE ||
        (trace->low == trace->high && role != MP_ROLE_GPU))
        return 1;
    return trace->n_at;
}

/* What the samples of one time come to. */
static double value_of(const struct mp_trace *trace, uint32_t alike)
{
    if (trace->low == trace->high)
        return trace->low * alike;
    return trace->n_at == alike ? trace->sum : trace->sum / trace->n_at * alike;
}

/* A neighbour: the nearest one of each side. */
static int keep_neighbour(struct mp_traces *t, struct mp_trace *trace)
{
    bool before = trace->waiting.time < t->plan->start;
    struct mp_vertex *v = before ? &trace->before : &trace->behind;

    if (before || !trace->has_behind) {
        *v = trace->waiting;
        v->time -= trace->lag;
    }
    trace->has_before = trace->has_before || before;
    trace->has_behind = trace->has_behind || !before;
    return 0;
}

/* What the step up to the sample that waits comes to; a step that a reset spoiled is told
 * together with the next. */
static int tell_count(struct mp_traces *t, struct mp_trace *trace, struct mp_error *err)
{
    struct mp_vertex v[MP_COUNT_VERTICES];
    size_t n = mp_count_add(&trace->count, &trace->waiting, trace->factor, t->plan->start,
                            t->plan->end, v);

    for (size_t i = 0; i < n; i++)
        if (tell_vertex(t, &v[i], err) < 0)
            return -1;
    return 0;
}

/* No further sample has the time of what waits. */
static int settle(struct mp_traces *t, struct mp_trace *trace, struct mp_error *err)
{
    if (trace->stamps++ == 0) {
        trace->alike = count_alike(t, trace);
        trace->plain = trace->alike == 1 && trace->lag == 0 && trace->borrowed == 0 &&
                       !trace->counter;
    }
    if (trace->n_at != 1 || trace->alike != 1) {
        double spread = trace->high - trace->low;

        trace->waiting.value = value_of(trace, trace->alike);
        if (trace->n_at > trace->alike)
            trace->repeated += trace->n_at - trace->alike;
        trace->contradictions += trace->alike == 1 && spread > 0.02 * trace->high &&
                                 spread * trace->factor > 2;
    }
    trace->uneven += trace->n_at != trace->alike;
    if (trace->counter)
        return tell_count(t, trace, err);
    return trace->borrowed > 0 ? keep_neighbour(t, trace) : tell_lagging(t, trace, err);
}

/* A further sample of the time of what waits. */
static int take_further(struct mp_traces *t, struct mp_trace *trace, double value,
                        struct mp_error *err)
{
    uint32_t alike;

    trace->n_at++;
    trace->sum += value;
    trace->low = value < trace->low ? value : trace->low;
    trace->high = value > trace->high ? value : trace->high;
    alike = trace->stamps > 0 ? trace->alike : count_alike(t, trace);
    return tell_sample(
        t, trace,
        value_of(trace, alike < trace->n_at ? alike : trace->n_at) * trace->factor, err);
}

/* A sample that counts. */
static inline int take(struct mp_traces *t, struct mp_trace *trace,
                       const struct mp_sample *s, struct mp_error *err)
{
    struct mp_vertex *waiting = &trace->waiting;

    if (s->time <= waiting->time)
        return s->time < waiting->time ? bad_order(t, s, err)
                                       : take_further(t, trace, s->value, err);
    if (trace->plain && trace->n_at == 1) { /* as mostly: settled as it is */
        trace->stamps++;
        if (tell_vertex(t, waiting, err) < 0)
            return -1;
    } else if (trace->any && settle(t, trace, err) < 0) {
        return -1;
    }
    *waiting = (struct mp_vertex){s->time, s->value, s->series};
    trace->any = true;
    trace->n_at = 1;
    trace->sum = trace->low = trace->high = s->value;
    return tell_sample(t, trace, s->value * trace->factor, err);
}

/* A sample outside the window is no error where it is near, and there is none inside. */
static int borrow(struct mp_traces *t, struct mp_trace *trace, const struct mp_sample *s,
                  struct mp_error *err)
{
    const int64_t near = trace->counter ? mp_plan_near(t->plan) : mp_plan_borrow(t->plan);
    uint64_t n = 0;

    for (int fate = 0; !trace->counter && fate < MP_N_FATES; fate++)
        n += trace->fate[fate];
    if (n > trace->borrowed || s->time < t->plan->start - near ||
        s->time > t->plan->end + near)
        return bad_order(t, s, err);
    trace->borrowed += !trace->counter;
    return 0;
}

static double value_between(const struct mp_trace *trace, int64_t time)
{
    const struct mp_vertex *a = &trace->before, *b = &trace->behind;

    if (!trace->has_before || !trace->has_behind)
        return trace->has_before ? a->value : b->value;
    if (time > b->time) /* it lags */
        return b->value;
    return a->value +
           (b->value - a->value) * (double)(time - a->time) / (double)(b->time - a->time);
}

/* The line of a series that has neighbours only. */
static int tell_line(struct mp_traces *t, const struct mp_trace *trace,
                     struct mp_error *err)
{
    const int64_t start = t->plan->start, end = t->plan->end;
    struct mp_vertex v = {start, value_between(trace, start), trace->waiting.series};

    if (tell_vertex(t, &v, err) < 0)
        return -1;
    if (start == end)
        return 0;
    v.time = end;
    v.value = value_between(trace, end);
    return tell_vertex(t, &v, err);
}

static int traces_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                        struct mp_error *err)
{
    struct mp_traces *t = (struct mp_traces *)sink;

    for (const struct mp_sample *s = samples; s < samples + n; s++) {
        struct mp_trace *trace;
        enum mp_fate fate;

        if ((s->series >= t->n || !t->series[s->series].met) &&
            meet(t, s->series, err) < 0)
            return -1;
        trace = &t->series[s->series];
        if (s->time < t->plan->start || s->time > t->plan->end) {
            if (borrow(t, trace, s, err) < 0)
                return -1;
        } else if (trace->borrowed > 0) {
            return bad_order(t, s, err);
        }
        fate = fate_of(s, trace->limit);
        trace->fate[fate]++;
        if (fate == MP_FATE_COUNTS && trace->power && take(t, trace, s, err) < 0)
            return -1;
    }
    return tell(t, err);
}

/* A counter without a step says nothing. */
static int end_count(struct mp_traces *t, uint32_t index, struct mp_error *err)
{
    struct mp_trace *trace = &t->series[index];
    struct mp_vertex v;

    if (!trace->counter)
        return 0;
    if (mp_count_end(&trace->count, t->plan->start, t->plan->end, &v) > 0 &&
        tell_vertex(t, &v, err) < 0)
        return -1;
    trace->any = trace->count.from <= trace->count.to;
    return 0;
}

/* What still waits is final. */
static int traces_end(struct mp_sink *sink, struct mp_error *err)
{
    struct mp_traces *t = (struct mp_traces *)sink;

    for (uint32_t i = 0; i < t->n; i++) {
        if (!t->series[i].any)
            continue;
        if (settle(t, &t->series[i], err) < 0 || end_count(t, i, err) < 0 ||
            tell_early(t, &t->series[i], err) < 0 ||
            (t->series[i].borrowed > 0 && tell_line(t, &t->series[i], err) < 0) ||
            tell(t, err) < 0)
            return -1;
        if (!t->series[i].any)
            continue;
        for (size_t k = 0; k < t->n_followers; k++)
            if (t->followers[k]->ops->last(t->followers[k], i, err) < 0)
                return -1;
    }
    return 0;
}

static const struct mp_sink_ops traces_ops = {
    .name = "traces",
    .begin = traces_begin,
    .batch = traces_batch,
    .end = traces_end,
};

void mp_traces_init(struct mp_traces *t, struct mp_follower *const *followers, size_t n)
{
    *t = (struct mp_traces){.sink.ops = &traces_ops};
    for (size_t i = 0; i < n && i < MP_FOLLOWERS_MAX; i++)
        t->followers[t->n_followers++] = followers[i];
}

void mp_traces_free(struct mp_traces *t)
{
    free(t->series);
    t->series = NULL;
    t->n = 0;
}
