/* SPDX-License-Identifier: MIT
 * ticks.c - where the ticks of a chart's axes stand and what they say. */
#include "config.h"

#include "chart/ticks.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

/* An axis top this much above the data leaves air over the highest line. */
static const double headroom = 1.06;

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* ---- values ---- */

static double nice_step(double least)
{
    double power = pow(10, floor(log10(least)));

    for (int i = 0; i < 3; i++) {
        static const double nice[] = {1, 2, 5};

        if (nice[i] * power >= least * (1 - 1e-9))
            return nice[i] * power;
    }
    return 10 * power;
}

void mp_axis_value(double max, int most, struct mp_value_axis *axis)
{
    double in_unit;

    if (!isfinite(max) || !(max > 1e-9))
        max = 1;
    axis->step = nice_step(max * headroom / most);
    axis->n_steps = (int)ceil(max * headroom / axis->step - 1e-9);
    axis->top = axis->n_steps * axis->step;
    axis->unit = axis->top < 1e4 ? "W" : axis->top < 1e7 ? "kW" : "MW";
    axis->divisor = axis->top < 1e4 ? 1 : axis->top < 1e7 ? 1e3 : 1e6;
    in_unit = axis->step / axis->divisor;
    axis->decimals = in_unit >= 0.999 ? 0 : (int)ceil(-log10(in_unit) - 1e-9);
}

/* ---- local time ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static void local(int64_t at, struct tm *tm)
{
    time_t t = (time_t)floor_div(at, SECOND);

    if (!localtime_r(&t, tm)) {
        memset(tm, 0, sizeof *tm);
        tm->tm_zone = "UTC";
    }
}

static int64_t offset(int64_t at)
{
    struct tm tm;

    local(at, &tm);
    return tm.tm_gmtoff * SECOND;
}

/* The first instant after t at which local time is a multiple of `step` (counted from
 * `phase`).  A day that starts with the clocks going forward starts at that instant. */
static int64_t next_tick(int64_t t, int64_t step, int64_t phase)
{
    for (int tries = 0; tries < 8; tries++) {
        int64_t before = offset(t);
        int64_t next = (floor_div(t + before - phase, step) + 1) * step + phase;
        int64_t u = next - before;
        int64_t after = offset(u);
        int64_t v = next - after;

        if (after == before)
            return u;
        if (v > t && v < u && offset(v) == after)
            return v;
        if ((u + after - phase) % step == 0)
            return u;
        if (v > t && offset(v) == after)
            return v;
        if (step >= DAY)
            return u;
        t = u;
    }
    return t + step;
}

/* Midnight of the first day of the month `months` after the one that t lies in, months
 * counted from January in steps of `months`. */
static int64_t next_month(int64_t t, int months)
{
    struct tm tm;
    struct tm first = {0};

    local(t, &tm);
    first.tm_year = tm.tm_year;
    first.tm_mon = (tm.tm_mon / months + 1) * months;
    first.tm_mday = 1;
    first.tm_isdst = -1;
    return (int64_t)mktime(&first) * SECOND;
}

/* A step between ticks: so many µs from `phase` on, or so many months. */
struct step {
    int64_t us;
    int months;
    int64_t phase;
};

static struct step choose_step(int64_t window, int most)
{
    static const int64_t ms[] = {10,      20,      50,       100,      200,     500,
                                 1000,    2000,    5000,     10000,    15000,   30000,
                                 60000,   120000,  300000,   600000,   900000,  1800000,
                                 3600000, 7200000, 10800000, 21600000, 43200000};
    static const int days[] = {1, 2, 4, 7, 14};
    static const int months[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200};
    const int64_t least = window / most + 1;
    size_t i;

    for (i = 0; i < sizeof ms / sizeof *ms; i++)
        if (ms[i] * 1000 >= least)
            return (struct step){ms[i] * 1000, 0, 0};
    /* weeks start on Monday; the epoch was a Thursday */
    for (i = 0; i < sizeof days / sizeof *days; i++)
        if (days[i] * DAY >= least)
            return (struct step){days[i] * DAY, 0, days[i] % 7 == 0 ? 4 * DAY : 0};
    for (i = 0; i < sizeof months / sizeof *months - 1; i++)
        if (months[i] * 30 * DAY >= least)
            break;
    return (struct step){0, months[i], 0};
}

static int64_t step_on(int64_t t, const struct step *step)
{
    return step->months ? next_month(t, step->months)
                        : next_tick(t, step->us, step->phase);
}

static void tick_label(int64_t at, const struct step *step, char *out, size_t size)
{
    struct tm tm;

    local(at, &tm);
    if (step->months >= 12)
        snprintf(out, size, "%d", tm.tm_year + 1900);
    else if (step->months)
        snprintf(out, size, "%s", month_names[tm.tm_mon]);
    else if (step->us >= DAY)
        snprintf(out, size, "%d %s", tm.tm_mday, month_names[tm.tm_mon]);
    else if (step->us >= 60 * SECOND)
        snprintf(out, size, "%02d:%02d", tm.tm_hour, tm.tm_min);
    else if (step->us >= SECOND)
        snprintf(out, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    else
        snprintf(out, size, "%02d:%02d:%02d.%02d", tm.tm_hour, tm.tm_min, tm.tm_sec,
                 (int)((at - floor_div(at, SECOND) * SECOND) / 10000));
}

static void put_ticks(int64_t start, int64_t end, const struct step *step,
                      struct mp_time_axis *axis)
{
    int64_t at = start - 1;

    axis->n_ticks = 0;
    while (axis->n_ticks < MP_MAX_TICKS) {
        struct mp_time_tick *tick = &axis->ticks[axis->n_ticks];
        int64_t next = step_on(at, step);

        if (next <= at || next > end)
            break;
        at = next;
        tick->at = at;
        tick_label(at, step, tick->label, sizeof tick->label);
        axis->n_ticks++;
    }
}

static void put_spans(int64_t start, int64_t end, const struct step *step,
                      struct mp_time_axis *axis)
{
    const bool years = step->months || step->us >= DAY;
    int64_t from = start;

    axis->n_spans = 0;
    while (from < end && axis->n_spans < MP_MAX_TICKS + 1) {
        struct mp_date_span *span = &axis->spans[axis->n_spans++];
        int64_t next = years ? next_month(from, 12) : next_tick(from, DAY, 0);
        struct tm tm;

        if (next <= from || next > end)
            next = end;
        local(from, &tm);
        span->from = from;
        span->to = next;
        span->short_label[0] = '\0';
        if (years) {
            snprintf(span->label, sizeof span->label, "%d", tm.tm_year + 1900);
        } else {
            snprintf(span->label, sizeof span->label, "%d-%02d-%02d", tm.tm_year + 1900,
                     tm.tm_mon + 1, tm.tm_mday);
            snprintf(span->short_label, sizeof span->short_label, "%d %s", tm.tm_mday,
                     month_names[tm.tm_mon]);
        }
        from = next;
    }
    if (step->months >= 12)
        axis->n_spans = 0;
}

static void zone_text(int64_t at, char *out, size_t size)
{
    struct tm tm;
    int minutes;
    char utc[40];

    local(at, &tm);
    minutes = (int)(labs(tm.tm_gmtoff) / 60);
    if (minutes == 0)
        snprintf(utc, sizeof utc, "UTC");
    else
        snprintf(utc, sizeof utc, "UTC%c%02d:%02d", tm.tm_gmtoff < 0 ? '-' : '+',
                 minutes / 60, minutes % 60);
    /* a zone without letters has its offset for a name */
    if (!tm.tm_zone || strchr("+-0123456789", tm.tm_zone[0]) ||
        strcmp(tm.tm_zone, utc) == 0)
        snprintf(out, size, "%.40s", utc);
    else
        snprintf(out, size, "%.16s (%.24s)", tm.tm_zone, utc);
}

/* The instant in (from, to] at which the offset changes to what it is at `to`. */
static int64_t find_change(int64_t from, int64_t to)
{
    const int64_t before = offset(from);

    while (to - from > SECOND) {
        int64_t middle = from + (to - from) / 2;

        if (offset(middle) == before)
            from = middle;
        else
            to = middle;
    }
    return floor_div(to, SECOND) * SECOND;
}

static void find_changes(int64_t start, int64_t end, struct mp_time_axis *axis)
{
    /* DST is never shorter than a few weeks; a long window is looked at in 1,000 steps */
    const int64_t stride = (end - start) / 1000 > DAY ? (end - start) / 1000 : DAY;

    axis->n_changes = 0;
    axis->changed[0] = axis->change_label[0] = '\0';
    for (int64_t from = start; from < end; from += stride) {
        int64_t to = end - from < stride ? end : from + stride;
        struct tm tm;

        if (offset(from) == offset(to))
            continue;
        if (axis->n_changes++ > 0)
            continue;
        axis->change = find_change(from, to);
        zone_text(axis->change, axis->changed, sizeof axis->changed);
        local(axis->change, &tm);
        snprintf(axis->change_label, sizeof axis->change_label, "%d %s %02d:%02d",
                 tm.tm_mday, month_names[tm.tm_mon], tm.tm_hour, tm.tm_min);
    }
}

void mp_axis_time(int64_t start, int64_t end, int most, struct mp_time_axis *axis)
{
    /* "09:15:05.25" takes half as much room again */
    const int fewer = end - start < most * SECOND && most > 3 ? most * 2 / 3 : most;
    struct step step = choose_step(end - start, fewer);

    put_ticks(start, end, &step, axis);
    put_spans(start, end, &step, axis);
    zone_text(start, axis->zone, sizeof axis->zone);
    find_changes(start, end, axis);
}

void mp_axis_date(int64_t at, char *out, size_t size)
{
    struct tm tm;

    local(at, &tm);
    snprintf(out, size, "%d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The same with thousandths. */
static void date_exact(int64_t at, char *out, size_t size)
{
    char whole[64];

    mp_axis_date(at, whole, sizeof whole);
    snprintf(out, size, "%s.%03d", whole,
             (int)((at % SECOND + SECOND) % SECOND * 1000 / SECOND));
}

void mp_axis_window(int64_t start, int64_t end, char *out, size_t size)
{
    char from[80];
    char to[80];
    char zone[48];
    char first_zone[50] = "";
    const char *shown = to;

    mp_axis_date(start, from, sizeof from);
    mp_axis_date(end, to, sizeof to);
    zone_text(end, zone, sizeof zone);
    if (start == end) {
        snprintf(out, size, "%s %s", from, zone);
        return;
    }
    if (strcmp(from, to) == 0 && offset(start) == offset(end)) {
        date_exact(start, from, sizeof from);
        date_exact(end, to, sizeof to);
    }
    if (offset(start) != offset(end)) {
        first_zone[0] = ' ';
        zone_text(start, first_zone + 1, sizeof first_zone - 1);
    } else if (strncmp(from, to, strcspn(from, " ")) == 0 && strchr(to, ' '))
        shown = strchr(to, ' ') + 1;
    snprintf(out, size, "%s%s \xE2\x80\x93 %s %s", from, first_zone, shown, zone);
}
