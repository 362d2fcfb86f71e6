/* SPDX-License-Identifier: MIT
 * trace.h - which stored samples of a series count, shared by the integral and the chart
 * so that both see the same polyline.
 *
 * A sample is left out where it is NULL, NaN, negative, or above MP_PLAUSIBLE_W: no
 * sensor of one node measures a megawatt, but management controllers do send single
 * samples of terawatts.  A high value below that stays: nobody can tell it from a real
 * one.  Of several samples with one time the last that counts replaces the others, so a
 * sample is final only when a later one arrives: until then it waits in the trace.
 */
#ifndef MP_TRACE_H
#define MP_TRACE_H

#include "model/sample.h"

#define MP_PLAUSIBLE_W 1e6

enum mp_fate {
    MP_FATE_COUNTS,
    MP_FATE_NULL,
    MP_FATE_NAN,
    MP_FATE_NEGATIVE,    /* -Infinity too */
    MP_FATE_IMPLAUSIBLE, /* +Infinity too */
    MP_N_FATES
};

/* `limit` is MP_PLAUSIBLE_W in the series' own units. */
static inline enum mp_fate mp_sample_fate(const struct mp_sample *s, double limit)
{
    if (s->kind == MP_VALUE_NULL)
        return MP_FATE_NULL;
    if (s->value >= 0 && s->value <= limit)
        return MP_FATE_COUNTS;
    if (s->value < 0)
        return MP_FATE_NEGATIVE;
    return s->value > limit ? MP_FATE_IMPLAUSIBLE : MP_FATE_NAN;
}

/* A point of the polyline, in the series' own units. */
struct mp_vertex {
    int64_t time;
    double value;
};

struct mp_trace {
    struct mp_vertex waiting;
    bool any; /* `waiting` holds a sample */
};

enum mp_trace_step {
    MP_TRACE_FIRST,     /* it waits; nothing was waiting before */
    MP_TRACE_FINAL,     /* *final is what waited until now */
    MP_TRACE_REPEATED,  /* it replaced a sample of the same time */
    MP_TRACE_BACKWARDS, /* earlier than the one before it: the backend broke its contract
                         */
};

/* Take a sample that counts. */
static inline enum mp_trace_step
mp_trace_push(struct mp_trace *t, const struct mp_sample *s, struct mp_vertex *final)
{
    enum mp_trace_step step = MP_TRACE_FINAL;

    if (!t->any)
        step = MP_TRACE_FIRST;
    else if (s->time == t->waiting.time)
        step = MP_TRACE_REPEATED;
    else if (s->time < t->waiting.time)
        return MP_TRACE_BACKWARDS;
    *final = t->waiting;
    t->waiting = (struct mp_vertex){s->time, s->value};
    t->any = true;
    return step;
}

#endif
