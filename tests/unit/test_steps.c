/* SPDX-License-Identifier: MIT
 * test_steps.c - median and longest steps against a plain sort. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "energy/steps.h"
#include "unit.h"

enum { N = 20000 };

/* A small generator of its own, so that every run is the same. */
static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static int ascending(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void add_all(struct mp_steps *s, const int64_t *lengths, size_t n)
{
    int64_t t = 0;

    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(mp_steps_add(s, t, t + lengths[i]), 0);
        t += lengths[i];
    }
}

START_TEST(no_step_has_no_median)
{
    struct mp_steps s = {0};

    ck_assert(isnan(mp_steps_median(&s)));
    ck_assert_int_eq(mp_steps_above(&s, MP_SHORTEST_GAP_US), 0);
}
END_TEST

START_TEST(few_lengths_are_exact)
{
    struct mp_steps s = {0};
    const int64_t odd[] = {5000000, 6000000, 5000000, 10000000, 6000000};
    const int64_t more[] = {7000000};

    add_all(&s, odd, 5);
    ck_assert_double_eq(mp_steps_median(&s), 6e6);
    add_all(&s, more, 1);
    ck_assert_double_eq(mp_steps_median(&s), 6e6);
    add_all(&s, odd, 1);
    add_all(&s, odd, 1);
    ck_assert_double_eq(mp_steps_median(&s), 5.5e6);
    mp_steps_free(&s);
}
END_TEST

/* Microsecond jitter, and gaps of all lengths among it. */
START_TEST(jitter_needs_no_more_room)
{
    struct mp_steps s = {0};
    int64_t *lengths = malloc(N * sizeof *lengths);
    uint32_t state = 7;

    ck_assert_ptr_nonnull(lengths);
    for (size_t i = 0; i < N; i++) {
        lengths[i] = 4990000 + next(&state) % 20000;
        if (i % 300 == 0)
            lengths[i] = 16000000 + (int64_t)next(&state) * 100;
    }
    add_all(&s, lengths, N);
    ck_assert_uint_le(s.n_classes, MP_STEP_CLASSES);
    qsort(lengths, N, sizeof *lengths, ascending);
    ck_assert_double_eq_tol(mp_steps_median(&s), (double)lengths[N / 2], 5000);
    ck_assert_int_eq(s.max, lengths[N - 1]);
    free(lengths);
    mp_steps_free(&s);
}
END_TEST

START_TEST(any_length_has_a_class)
{
    struct mp_steps s = {0};
    uint32_t state = 3;

    for (int i = 0; i < 100000; i++) {
        int64_t length = (int64_t)next(&state) << (next(&state) % 20);

        ck_assert_int_eq(mp_steps_add(&s, 0, length > 0 ? length : 1), 0);
    }
    ck_assert_uint_eq(s.n, 100000);
    ck_assert_uint_le(s.n_classes, 63);
    ck_assert(mp_steps_median(&s) > 0);
    mp_steps_free(&s);
}
END_TEST

START_TEST(the_longest_stay_in_order_of_time)
{
    struct mp_steps s = {0};
    int64_t *lengths = malloc(N * sizeof *lengths), t = 0, least;
    uint32_t state = 11;

    ck_assert_ptr_nonnull(lengths);
    for (size_t i = 0; i < N; i++)
        lengths[i] = 5000000 + (int64_t)next(&state) % 100000000;
    add_all(&s, lengths, N);
    mp_steps_sort_longest(&s);
    qsort(lengths, N, sizeof *lengths, ascending);
    least = lengths[N - MP_LONG_STEPS];
    ck_assert_uint_eq(s.n_longest, MP_LONG_STEPS);
    for (int i = 0; i < MP_LONG_STEPS; i++) {
        ck_assert_int_ge(s.longest[i].start, t);
        ck_assert_int_ge(s.longest[i].end - s.longest[i].start, least);
        t = s.longest[i].end;
    }
    free(lengths);
    mp_steps_free(&s);
}
END_TEST

START_TEST(time_in_long_steps)
{
    struct mp_steps s = {0};
    const int64_t some[] = {5000000, 20000000, 5000000, 30000000};
    int64_t many[200];

    add_all(&s, some, 4);
    ck_assert_int_eq(mp_steps_above(&s, 15000000), 50000000);
    ck_assert_int_eq(mp_steps_above(&s, 20000000), 30000000);
    for (int i = 0; i < 200; i++)
        many[i] = 40000000;
    add_all(&s, many, 200);
    ck_assert_int_eq(mp_steps_above(&s, 15000000), 50000000 + INT64_C(200) * 40000000);
    mp_steps_free(&s);
}
END_TEST

MP_UNIT_MAIN("steps", no_step_has_no_median, few_lengths_are_exact,
             jitter_needs_no_more_room, any_length_has_a_class,
             the_longest_stay_in_order_of_time, time_in_long_steps)
