/* SPDX-License-Identifier: MIT
 * count.c - steps of a counter. */
#include "config.h"

#include "energy/count.h"

#include <math.h>
#include <stdbool.h>

void mp_count_start(struct mp_count *c)
{
    *c = (struct mp_count){.last.time = INT64_MIN,
                           .w = NAN,
                           .first_w = NAN,
                           .from = INT64_MAX,
                           .to = INT64_MIN};
}

static double seconds(int64_t from, int64_t to)
{
    return (double)(to - from) * 1e-6;
}

/* A step of so many units a second; 1: it has a vertex in the window. */
static size_t tell_step(struct mp_count *c, int64_t from, int64_t to, double w,
                        int64_t start, int64_t end, struct mp_vertex *out)
{
    const int64_t a = from > start ? from : start, b = to < end ? to : end;

    c->w = w;
    if (a > b || (a == b && (start != end || c->from <= c->to)))
        return 0;
    if (c->from > c->to) {
        c->from = a;
        c->first_w = w;
    }
    c->to = b;
    c->units += w * seconds(a, b);
    *out = (struct mp_vertex){a + (b - a) / 2, w, c->last.series};
    return 1;
}

/* What was counted if it wrapped; NaN: it did not. */
static double wrapped(const struct mp_count *c, const struct mp_vertex *v, double factor)
{
    /* J: RAPL's 2^32 steps of 61 and 15 uJ, as max_energy_range_uj has them; 32 bits of
     * mJ and of uJ.  And 32 bits of the counter's own units. */
    static const double known[] = {262143.328850, 65532.610987, 4294967.296, 4294.967296};
    const double dt = seconds(c->last.time, v->time);

    for (size_t i = 0; i <= sizeof known / sizeof *known; i++) {
        double range =
            i < sizeof known / sizeof *known ? known[i] / factor : 4294967296.0;
        double w = (range - c->last.value + v->value) / dt;

        if (c->last.value <= range && c->last.value >= range / 2 && w <= 4 * c->w &&
            w >= c->w / 4)
            return range - c->last.value + v->value;
    }
    return NAN;
}

static bool has_hole(const struct mp_count *c)
{
    return c->hole_to > c->hole_from;
}

/* `next`: the power of the step behind it; NaN: there is none. */
static size_t fill_hole(struct mp_count *c, double next, int64_t start, int64_t end,
                        struct mp_vertex *out)
{
    double least = c->least / seconds(c->hole_from, c->hole_to);
    double w = isnan(c->w) ? next : isnan(next) ? c->w : (c->w + next) / 2;
    size_t n;

    w = w >= least ? w : least;
    n = tell_step(c, c->hole_from, c->hole_to, w, start, end, out);
    c->hole_from = c->hole_to = 0;
    return n;
}

/* Several resets in a row make one hole. */
static void open_hole(struct mp_count *c, const struct mp_vertex *v)
{
    if (!has_hole(c))
        c->hole_from = c->last.time;
    c->least = (has_hole(c) ? c->least : 0) + v->value;
    c->hole_to = v->time;
    c->resets++;
}

size_t mp_count_add(struct mp_count *c, const struct mp_vertex *v, double factor,
                    int64_t start, int64_t end, struct mp_vertex out[MP_COUNT_VERTICES])
{
    const int64_t from = c->last.time;
    double units = v->value - c->last.value;
    size_t n = 0;

    if (from != INT64_MIN && units < 0) {
        units = has_hole(c) ? NAN : wrapped(c, v, factor);
        if (isnan(units))
            open_hole(c, v);
        else
            c->wraps++;
    }
    if (from != INT64_MIN && !isnan(units)) {
        double w = units / seconds(from, v->time);

        c->last.series = v->series;
        if (has_hole(c))
            n = fill_hole(c, w, start, end, out);
        n += tell_step(c, from, v->time, w, start, end, out + n);
    }
    c->last = *v;
    return n;
}

size_t mp_count_end(struct mp_count *c, int64_t start, int64_t end, struct mp_vertex *out)
{
    size_t n = has_hole(c) ? fill_hole(c, NAN, start, end, out) : 0;

    if (c->from > c->to)
        return n;
    c->units += c->first_w * seconds(start, c->from) + c->w * seconds(c->to, end);
    c->from = start;
    c->to = end;
    return n;
}
