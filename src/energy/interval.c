/* SPDX-License-Identifier: MIT
 * interval.c - variances of single series, and of what they add up to. */
#include "config.h"

#include "energy/interval.h"

#include <math.h>

static const double S_PER_KWH_W = 3.6e6; /* 1 kWh = 3.6e6 W s */
static const double LONG = MP_SHORTEST_GAP_US * 1e-6;
static const double TWO_SIDED_95 = 1.96;

void mp_interval_start(struct mp_interval *s, struct mp_vertex v, double watt)
{
    *s = (struct mp_interval){.n = 1, .origin = v.value, .per_quantum = 1 / watt};
    s->finest = 1000 * s->per_quantum; /* a milliwatt */
    if (!mp_interval_is_whole(v.value * s->per_quantum))
        mp_interval_refine(s, v.value);
}

void mp_interval_refine(struct mp_interval *s, double value)
{
    while (s->per_quantum <= s->finest && !mp_interval_is_whole(value * s->per_quantum))
        s->per_quantum *= 10;
    if (s->per_quantum > s->finest)
        s->per_quantum = 0;
}

/* Of the sums, from the units of the series and its origin. */
struct moments {
    double mean, variance;
    double rate; /* ρ; infinite where all steps are gaps */
};

static struct moments moments_of(const struct mp_interval *s)
{
    const double n = (double)s->n;
    struct moments m = {.mean = s->sum / n};

    m.variance = fmax(0, (s->squares - s->sum * m.mean) / (n - 1));
    m.rate = s->steps > 0 ? s->moved / s->steps : INFINITY;
    return m;
}

/* `h` s from the window's edge to the nearest vertex, whose value is `y`. */
static double edge(const struct mp_interval *s, const struct moments *m, double h,
                   double y)
{
    const double off = y - s->origin - m->mean;
    const double wander = m->rate * h * h * h / 3;
    const double held = h * h * (m->variance + off * off);

    if (h <= 0)
        return 0;
    if (h > LONG)
        return fmin(wander, held) + pow(0.1 * LONG * y, 2);
    return (isinf(m->rate) ? held : wander) + pow(0.1 * h * y, 2);
}

static double gaps(const struct mp_interval *s, const struct moments *m)
{
    const double held = s->gap2 * m->variance + s->gap2_mm - 2 * m->mean * s->gap2_m +
                        m->mean * m->mean * s->gap2;

    return s->gap2 > 0 ? fmin(m->rate * s->gap3 / 12, fmax(0, held)) : 0;
}

struct mp_budget mp_interval_budget(const struct mp_interval *s, struct mp_vertex first,
                                    struct mp_vertex last, int64_t start, int64_t end,
                                    double factor)
{
    const double kwh = factor / S_PER_KWH_W;
    const double window = (double)(end - start) * 1e-6;
    const double quantum = s->per_quantum > 0 ? 1 / s->per_quantum : 0;
    struct mp_budget b = mp_budget_none();
    struct moments m;

    b.y0 = first.value * factor;
    b.y1 = last.value * factor;
    b.known = s->n >= MP_INTERVAL_LEAST;
    if (!b.known)
        return b;
    m = moments_of(s);
    b.var[MP_BY_SAMPLING] = 2 * s->sampling / 3;
    b.var[MP_BY_EDGES] = edge(s, &m, (double)(first.time - start) * 1e-6, first.value) +
                         edge(s, &m, (double)(end - last.time) * 1e-6, last.value);
    b.var[MP_BY_GAPS] = gaps(s, &m);
    b.var[MP_BY_RESOLUTION] = pow(quantum * window, 2) / 12;
    for (int i = 0; i < MP_BY_CLOCK; i++)
        b.var[i] *= kwh * kwh;
    return b;
}

struct mp_budget mp_budget_none(void)
{
    return (struct mp_budget){.known = true, .sensor_known = true};
}

static double deviation(const struct mp_budget *b)
{
    double sum = 0;

    for (int i = 0; i < MP_BY_CLOCK; i++)
        sum += b->var[i];
    return sqrt(sum);
}

static void add_common(struct mp_budget *sum, const struct mp_budget *b, int sign)
{
    sum->y0 += sign * b->y0;
    sum->y1 += sign * b->y1;
    sum->sensor += b->sensor;
    sum->known = sum->known && b->known;
    sum->sensor_known = sum->sensor_known && b->sensor_known;
}

void mp_budget_add_together(struct mp_budget *sum, const struct mp_budget *b, int sign)
{
    const double mine = deviation(sum), theirs = deviation(b), all = mine + theirs;

    /* (mine + theirs)², divided in the proportion of each side's parts */
    for (int i = 0; i < MP_BY_CLOCK; i++)
        sum->var[i] = all * ((mine > 0 ? sum->var[i] / mine : 0) +
                             (theirs > 0 ? b->var[i] / theirs : 0));
    add_common(sum, b, sign);
}

void mp_budget_add_apart(struct mp_budget *sum, const struct mp_budget *b)
{
    for (int i = 0; i < MP_BY_CLOCK; i++)
        sum->var[i] += b->var[i];
    add_common(sum, b, 1);
}

struct mp_uncertainty mp_budget_interval(const struct mp_budget *b, bool clock)
{
    const double common = clock
                              ? (b->y0 * b->y0 + b->y1 * b->y1 + pow(b->y1 - b->y0, 2)) /
                                    12 / (S_PER_KWH_W * S_PER_KWH_W)
                              : 0;
    const double var = pow(deviation(b), 2) + common;
    struct mp_uncertainty u = {.kwh = NAN, .sensor_known = b->sensor_known};

    if (!b->known)
        return u;
    u.kwh = TWO_SIDED_95 * sqrt(var) + b->sensor;
    if (!(u.kwh > 0))
        return u;
    for (int i = 0; i <= MP_BY_CLOCK; i++)
        u.share[i] = var > 0 ? (i < MP_BY_CLOCK ? b->var[i] : common) / var *
                                   (1 - b->sensor / u.kwh)
                             : 0;
    u.share[MP_BY_SENSOR] = b->sensor / u.kwh;
    return u;
}
