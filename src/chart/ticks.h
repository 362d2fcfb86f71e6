/* SPDX-License-Identifier: MIT
 * ticks.h - where the ticks of a chart's axes stand and what they say. */
#ifndef MP_CHART_TICKS_H
#define MP_CHART_TICKS_H

#include <stddef.h>
#include <stdint.h>

struct mp_value_axis {
    double top;  /* W; the axis runs from 0 to here, n_steps steps of `step` */
    double step; /* W: 1, 2 or 5 times a power of ten of the unit */
    int n_steps;
    const char *unit; /* "W", "kW" or "MW" */
    double divisor;   /* W per unit */
    int decimals;     /* that the steps' labels need */
};

/* For values up to `max` W with a little headroom and about `most` steps.  A max that is
 * not a number above 0 counts as 1 W. */
void mp_axis_value(double max, int most, struct mp_value_axis *axis);

enum { MP_MAX_TICKS = 40 };

struct mp_time_tick {
    int64_t at; /* µs since the epoch */
    char label[40];
};

/* A stretch of the window that shares a date (or, where the ticks are dates, a year). */
struct mp_date_span {
    int64_t from, to;
    char label[40];
    char short_label[40]; /* where the label does not fit; may be "" */
};

struct mp_time_axis {
    struct mp_time_tick ticks[MP_MAX_TICKS];
    size_t n_ticks;
    struct mp_date_span spans[MP_MAX_TICKS + 1];
    size_t n_spans;
    char zone[48];         /* "CST (UTC-06:00)", in force at the start */
    size_t n_changes;      /* of the offset from UTC within the window */
    int64_t change;        /* the first one, if any */
    char changed[48];      /* the zone after it */
    char change_label[64]; /* its local time, "8 Mar 03:00" */
};

/* Ticks at sensible local times of [start, end] (µs, start < end), at most `most` (2 to
 * MP_MAX_TICKS) of them, in the process's time zone. */
void mp_axis_time(int64_t start, int64_t end, int most, struct mp_time_axis *axis);

/* "2026-02-04 09:15:05", local time. */
void mp_axis_date(int64_t at, char *out, size_t size);
/* "2026-02-04 09:15:05 - 10:15:05 CST (UTC-06:00)", the dash an en dash, the second date
 * only where it differs, the first zone only where the second differs. */
void mp_axis_window(int64_t start, int64_t end, char *out, size_t size);

#endif
