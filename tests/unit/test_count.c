/* SPDX-License-Identifier: MIT
 * test_count.c - a counter of energy against closed forms: last minus first, edges,
 * resets and wraps. */
#include "config.h"

#include <math.h>

#include "energy/count.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

/* What a counter of J has counted t seconds after it was zero: P = 200 W + 2 t. */
static double ramp(double t)
{
    return 200 * t + t * t;
}

struct fed {
    struct mp_count c;
    struct mp_vertex v[400];
    size_t n;
};

static void feed(struct fed *f, double t, double value, double factor, int64_t start,
                 int64_t end)
{
    const struct mp_vertex v = {llround(t * 1e6), value, 7};

    f->n += mp_count_add(&f->c, &v, factor, start, end, &f->v[f->n]);
}

static double finish(struct fed *f, int64_t start, int64_t end)
{
    f->n += mp_count_end(&f->c, start, end, &f->v[f->n]);
    for (size_t i = 1; i < f->n; i++)
        ck_assert_int_lt(f->v[i - 1].time, f->v[i].time);
    for (size_t i = 0; i < f->n; i++)
        ck_assert(f->v[i].time >= start && f->v[i].time <= end);
    return f->c.units;
}

START_TEST(energy_is_last_minus_first)
{
    const int64_t end = 600 * SECOND;
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    for (int t = 0; t <= 600; t += 5)
        feed(&f, t, 1e9 + ramp(t), 1, 0, end);
    ck_assert_double_eq_tol(finish(&f, 0, end), ramp(600), 1e-6);
    ck_assert_uint_eq(f.n, 120);
    for (size_t i = 0; i < f.n; i++) /* the power in the middle of the step */
        ck_assert_double_eq_tol(f.v[i].value, 200 + 2 * (double)f.v[i].time * 1e-6, 1e-5);
}
END_TEST

/* The window's edges lie inside steps. */
START_TEST(neighbours_make_the_edges)
{
    const int64_t start = 102 * SECOND, end = 203500000;
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    for (int t = 50; t <= 260; t += 5)
        feed(&f, t, 300.0 * t, 1, start, end);
    ck_assert_double_eq_tol(finish(&f, start, end), 300 * 101.5, 1e-9);
}
END_TEST

START_TEST(without_neighbours_the_nearest_step_holds)
{
    const int64_t start = 100 * SECOND, end = 200 * SECOND;
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    for (int t = 104; t < 200; t += 5)
        feed(&f, t, 300.0 * t, 1, start, end);
    ck_assert_double_eq_tol(finish(&f, start, end), 300 * 100, 1e-9);
}
END_TEST

START_TEST(one_sample_says_nothing)
{
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    feed(&f, 5, 1234, 1, 0, 10 * SECOND);
    finish(&f, 0, 10 * SECOND);
    ck_assert_uint_eq(f.n, 0);
    ck_assert_int_gt(f.c.from, f.c.to);
}
END_TEST

START_TEST(a_window_between_two_samples)
{
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    feed(&f, 0, 1000, 1, 2 * SECOND, 3 * SECOND);
    feed(&f, 5, 2500, 1, 2 * SECOND, 3 * SECOND);
    ck_assert_double_eq_tol(finish(&f, 2 * SECOND, 3 * SECOND), 300, 1e-9);
    ck_assert_uint_eq(f.n, 1);
}
END_TEST

/* Set to zero at 302.5 s, and at 451 s twice in a row. */
START_TEST(resets_lose_nothing_of_a_steady_load)
{
    const int64_t end = 600 * SECOND;
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    for (int t = 0; t <= 600; t += 5) {
        double zero = t > 455 ? 457 : t > 451 ? 451 : t > 302 ? 302.5 : -7000;

        feed(&f, t, 400 * (t - zero), 1, 0, end);
    }
    ck_assert_double_eq_tol(finish(&f, 0, end), 400 * 600, 1e-6);
    ck_assert_uint_ge(f.c.resets, 2);
    ck_assert_uint_eq(f.c.wraps, 0);
}
END_TEST

/* A ramp's power in the step that is lost is the mean of its neighbours'. */
START_TEST(a_reset_on_a_ramp_is_bridged)
{
    const int64_t end = 600 * SECOND;
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    for (int t = 0; t <= 600; t += 5)
        feed(&f, t, t > 301 ? ramp(t) - ramp(301) : 5e6 + ramp(t), 1, 0, end);
    ck_assert_double_eq_tol(finish(&f, 0, end), ramp(600), 1e-5);
    ck_assert_uint_eq(f.c.resets, 1);
}
END_TEST

START_TEST(resets_at_both_ends)
{
    const int64_t end = 100 * SECOND;
    struct fed f = {.n = 0};

    mp_count_start(&f.c);
    feed(&f, 0, 9e9, 1, 0, end);
    for (int t = 5; t <= 95; t += 5)
        feed(&f, t, 100.0 * t, 1, 0, end);
    feed(&f, 100, 0, 1, 0, end);
    ck_assert_double_eq_tol(finish(&f, 0, end), 100 * 100, 1e-9);
    ck_assert_uint_eq(f.c.resets, 2);
}
END_TEST

/* RAPL in J and in uJ, 32 bits of mJ: several times round. */
START_TEST(wraps_are_no_resets)
{
    static const struct {
        double range, factor, w;
    } cases[] = {{262143.328850, 1, 900},
                 {65532.610987, 1, 150},
                 {262143328850.0, 1e-6, 900},
                 {4294967296.0, 1e-3, 20000}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double per_s = cases[i].w / cases[i].factor;
        struct fed f = {.n = 0};

        mp_count_start(&f.c);
        for (int t = 0; t <= 3600; t += 15)
            feed(&f, t, fmod(cases[i].range * 0.9 + per_s * t, cases[i].range),
                 cases[i].factor, 0, 3600 * SECOND);
        ck_assert_double_eq_tol(finish(&f, 0, 3600 * SECOND) * cases[i].factor,
                                cases[i].w * 3600, 1);
        ck_assert_uint_ge(f.c.wraps, 1);
        ck_assert_uint_eq(f.c.resets, 0);
    }
}
END_TEST

MP_UNIT_MAIN("count", energy_is_last_minus_first, neighbours_make_the_edges,
             without_neighbours_the_nearest_step_holds, one_sample_says_nothing,
             a_window_between_two_samples, resets_lose_nothing_of_a_steady_load,
             a_reset_on_a_ramp_is_bridged, resets_at_both_ends, wraps_are_no_resets)
