/* SPDX-License-Identifier: MIT
 * test_compare.c - what two reports may differ by, against closed forms and by rolling
 * dice. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/compare.h"
#include "tests/trust/collector.h"
#include "unit.h"

enum { NODES = 64 };

/* A report of an hour that nobody read from a file. */
struct paper {
    struct mp_digest_node nodes[NODES];
    char names[NODES][16];
    struct mp_digest d;
};

static char verdict[] = "valid";

/* `n` nodes n<first>, n<first+1>, ... of 1 kWh each, with intervals of 0.3 % each. */
static void write_paper(struct paper *p, size_t n, int first)
{
    *p = (struct paper){.d = {.nodes = p->nodes,
                              .n_nodes = n,
                              .start = 0,
                              .end = INT64_C(3600000000),
                              .verdict = verdict}};
    for (size_t i = 0; i < n; i++) {
        snprintf(p->names[i], sizeof p->names[i], "n%d", first + (int)i);
        p->nodes[i] = (struct mp_digest_node){
            .name = p->names[i], .kwh = 1, .half = 0.003, .median_kwh = NAN};
        for (int k = 0; k < MP_N_COMPONENTS; k++)
            p->nodes[i].components[k] = NAN;
    }
    p->d.kwh = (double)n;
    p->d.half = 0.003 * sqrt((double)n);
    for (int k = 0; k < MP_N_COMPONENTS; k++)
        p->d.components[k] = p->d.halves[k] = NAN;
}

static struct mp_comparison compared(const struct paper *a, const struct paper *b)
{
    struct mp_comparison c;
    struct mp_error err = {0};

    ck_assert_int_eq(mp_compare(&c, &a->d, &b->d, &err), 0);
    return c;
}

static void close_to(double got, double want)
{
    ck_assert_msg(fabs(got - want) <= 1e-9 * fmax(1, fabs(want)), "%.12g, not %.12g", got,
                  want);
}

START_TEST(on_the_same_nodes_the_two_intervals_alone_count)
{
    struct paper a, b;
    struct mp_comparison c;

    write_paper(&a, 4, 1);
    write_paper(&b, 4, 1);
    b.d.kwh = 4.008;
    b.nodes[2].kwh = 1.008;
    c = compared(&a, &b);
    ck_assert(c.matched);
    close_to(c.energy.may_be, 0.006 * sqrt(2));
    close_to(c.by_nodes, 0);
    ck_assert_int_eq(c.energy.beyond, MP_WITHIN);
    close_to(mp_difference_percent(&c.energy), 0.2);
    ck_assert_uint_eq(c.n_nodes, 4);
    ck_assert_int_eq(c.nodes[1].kwh.beyond, MP_WITHIN);
    ck_assert_int_eq(c.nodes[2].kwh.beyond, MP_BEYOND_MORE);
    mp_comparison_free(&c);
    b.d.kwh = 3.99;
    c = compared(&a, &b);
    ck_assert_int_eq(c.energy.beyond, MP_BEYOND_LESS);
    close_to(c.mean_w.a, 4000);
    close_to(c.mean_w.may_be, 6 * sqrt(2));
    mp_comparison_free(&c);
}
END_TEST

START_TEST(the_same_nodes_in_another_order_are_the_same)
{
    struct paper a, b;
    struct mp_digest_node first;
    struct mp_comparison c;

    write_paper(&a, 4, 1);
    write_paper(&b, 4, 1);
    first = b.nodes[0];
    b.nodes[0] = b.nodes[3];
    b.nodes[3] = first;
    b.nodes[3].kwh = 2;
    c = compared(&a, &b);
    ck_assert(c.matched);
    ck_assert_str_eq(c.nodes[0].name, "n1");
    close_to(c.nodes[0].kwh.b, 2);
    mp_comparison_free(&c);
}
END_TEST

START_TEST(the_sensors_class_cancels_on_the_same_nodes_only)
{
    struct paper a, b;
    struct mp_comparison c;

    write_paper(&a, 1, 1);
    write_paper(&b, 1, 1);
    a.d.half = b.d.half = 0.05;
    a.d.by_sensor = b.d.by_sensor = 0.9;
    c = compared(&a, &b);
    close_to(c.by_samples, 0.005 * sqrt(2));
    mp_comparison_free(&c);
    write_paper(&b, 1, 2);
    b.d.half = 0.05;
    b.d.by_sensor = 0.9;
    c = compared(&a, &b);
    close_to(c.by_samples, 0.05 * sqrt(2));
    mp_comparison_free(&c);
}
END_TEST

/* Two nodes tell nothing: 2.5 % each, and the middle of both reports. */
START_TEST(where_nothing_tells_how_nodes_differ_it_is_assumed)
{
    struct paper a, b;
    struct mp_comparison c;

    write_paper(&a, 1, 1);
    write_paper(&b, 1, 2);
    b.d.kwh = b.nodes[0].kwh = 1.05;
    c = compared(&a, &b);
    ck_assert(!c.matched);
    ck_assert_uint_eq(c.spread_of, 0);
    close_to(c.spread, 0.025);
    close_to(c.by_nodes, 1.96 * 0.025 * hypot(1, 1.05));
    ck_assert_int_eq(c.energy.beyond, MP_WITHIN);
    ck_assert_uint_eq(c.n_nodes, 1);
    ck_assert_str_eq(c.nodes[0].name, "middle");
    mp_comparison_free(&c);
}
END_TEST

/* Nodes that both had differ in neither, and one node's oddness counts as it is. */
START_TEST(only_nodes_of_one_report_add_to_it)
{
    struct paper a, b;
    struct mp_comparison c;
    double all, some, t;

    write_paper(&a, 5, 1);
    write_paper(&b, 5, 6);
    for (int i = 0; i < 5; i++)
        a.nodes[i].kwh = b.nodes[i].kwh = 0.98 + 0.01 * i;
    c = compared(&a, &b);
    all = c.by_nodes;
    /* the distances are 2, 1, 0, 1, 2 % in both: the middle of all but two zeros */
    close_to(c.spread, 1.4826 * 0.015);
    ck_assert_uint_eq(c.spread_of, 10);
    mp_comparison_free(&c);
    write_paper(&b, 5, 3); /* n3 to n5 are in both */
    for (int i = 0; i < 5; i++)
        b.nodes[i].kwh = 0.98 + 0.01 * i;
    c = compared(&a, &b);
    ck_assert_uint_eq(c.common, 3);
    some = c.by_nodes;
    close_to(pow(some / all, 2),
             (0.98 * 0.98 + 0.99 * 0.99 + 1.01 * 1.01 + 1.02 * 1.02) / (2 * 5.001));
    t = some / (c.spread * sqrt(0.98 * 0.98 + 0.99 * 0.99 + 1.01 * 1.01 + 1.02 * 1.02));
    mp_comparison_free(&c);
    b.nodes[4].kwh = 2;
    b.nodes[4].median_kwh = 1;
    c = compared(&a, &b);
    ck_assert(c.by_nodes > t * 1);
    mp_comparison_free(&c);
}
END_TEST

START_TEST(a_share_is_compared_with_what_is_guessed_of_it)
{
    struct paper a, b;
    struct mp_comparison c;

    write_paper(&a, 1, 1);
    write_paper(&b, 1, 1);
    a.d.half = b.d.half = 0;
    b.d.shared = true;
    b.d.share_kwh = 0.6;
    b.d.share_low_kwh = 0.5;
    b.d.share_high_kwh = 0.9;
    c = compared(&a, &b);
    ck_assert(c.share);
    close_to(c.energy.b, 0.6);
    close_to(c.by_guess, 0.3);
    ck_assert_int_eq(c.energy.beyond, MP_BEYOND_LESS);
    close_to(c.nodes_energy.b, 1);
    mp_comparison_free(&c);
    b.d.share_high_kwh = 1.1;
    c = compared(&a, &b);
    ck_assert_int_eq(c.energy.beyond, MP_WITHIN);
    mp_comparison_free(&c);
    b.d.share_kwh = NAN;
    c = compared(&a, &b);
    ck_assert(!c.share && c.share_unknown);
    close_to(c.energy.b, 1);
    mp_comparison_free(&c);
}
END_TEST

START_TEST(what_is_not_known_is_no_difference)
{
    struct paper a, b;
    struct mp_comparison c;

    write_paper(&a, 1, 1);
    write_paper(&b, 1, 1);
    b.d.kwh = 5;
    b.d.half = NAN;
    c = compared(&a, &b);
    ck_assert_int_eq(c.energy.beyond, MP_BEYOND_UNKNOWN);
    ck_assert_int_eq(c.seconds.beyond, MP_WITHIN);
    ck_assert_int_eq(c.components[0].beyond, MP_BEYOND_UNKNOWN);
    mp_comparison_free(&c);
    a.d.n_nodes = b.d.n_nodes = 0;
    a.d.kwh = NAN;
    c = compared(&a, &b);
    ck_assert_int_eq(c.energy.beyond, MP_BEYOND_UNKNOWN);
    mp_comparison_free(&c);
}
END_TEST

/* Whole seconds at both ends of both: one is chance, two are not. */
START_TEST(lengths_differ_from_two_seconds_on)
{
    struct paper a, b;
    struct mp_comparison c;

    write_paper(&a, 1, 1);
    write_paper(&b, 1, 1);
    b.d.end += 1000000;
    c = compared(&a, &b);
    ck_assert_int_eq(c.seconds.beyond, MP_WITHIN);
    mp_comparison_free(&c);
    b.d.end += 1000000;
    c = compared(&a, &b);
    ck_assert_int_eq(c.seconds.beyond, MP_BEYOND_MORE);
    mp_comparison_free(&c);
    b.d.start += 500000; /* exact to the microsecond, and 1.5 s longer */
    a.d.start += 250000;
    c = compared(&a, &b);
    ck_assert_int_eq(c.seconds.beyond, MP_BEYOND_MORE);
    mp_comparison_free(&c);
}
END_TEST

/* --- dice --------------------------------------------------------------------------- */

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

/* As outliers.h has it. */
static void mark_outliers(struct paper *p)
{
    double v[NODES], m, mad;
    size_t n = p->d.n_nodes;

    for (size_t i = 0; i < n; i++)
        v[i] = p->nodes[i].kwh;
    qsort(v, n, sizeof *v, ascending);
    m = (v[(n - 1) / 2] + v[n / 2]) / 2;
    for (size_t i = 0; i < n; i++)
        v[i] = fabs(p->nodes[i].kwh - m);
    qsort(v, n, sizeof *v, ascending);
    mad = (v[(n - 1) / 2] + v[n / 2]) / 2;
    for (size_t i = 0; n >= 4 && i < n; i++)
        if (fabs(p->nodes[i].kwh - m) > fmax(3.5 * 1.4826 * mad, 0.05 * m))
            p->nodes[i].median_kwh = m;
}

/* Nodes that differ by 2 %, one in `odd` of them by 20 % more; all times `factor`. */
static void roll_paper(struct paper *p, struct dice *d, size_t n, int first, double odd,
                       double factor)
{
    write_paper(p, n, first);
    p->d.kwh = 0;
    p->d.half = 0;
    for (size_t i = 0; i < n; i++) {
        double kwh = 1 + 0.02 * dice_normal(d);

        if (dice_roll(d) < odd)
            kwh += 0.2 * dice_normal(d);
        p->nodes[i].kwh = factor * kwh;
        p->d.kwh += p->nodes[i].kwh;
    }
    mark_outliers(p);
}

static double alarms(size_t na, size_t nb, double odd, double factor)
{
    enum { PAIRS = 3000 };
    struct dice d = {.state = 88172645463325252u};
    int n = 0;

    for (int i = 0; i < PAIRS; i++) {
        struct paper a, b;
        struct mp_comparison c;

        roll_paper(&a, &d, na, 1, odd, 1);
        roll_paper(&b, &d, nb, 100, odd, factor * (double)na / (double)nb);
        c = compared(&a, &b);
        n += c.energy.beyond != MP_WITHIN;
        mp_comparison_free(&c);
    }
    return (double)n / PAIRS;
}

START_TEST(two_runs_on_different_nodes_raise_few_alarms)
{
    static const size_t sizes[][2] = {{1, 1}, {1, 4},  {2, 3},   {3, 3},   {4, 4},
                                      {5, 5}, {1, 16}, {16, 16}, {64, 64}, {4, 64}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (double odd = 0; odd < 0.07; odd += 0.03) {
            double share = alarms(sizes[i][0], sizes[i][1], odd, 1);

            /* that a job's only node is odd nothing tells */
            ck_assert_msg(share <= 0.055 || (sizes[i][0] == 1 && odd > 0),
                          "%zu and %zu nodes, %.2f odd: %.3f", sizes[i][0], sizes[i][1],
                          odd, share);
        }
}
END_TEST

START_TEST(and_five_per_cent_more_is_seen)
{
    ck_assert(alarms(8, 8, 0, 1.05) > 0.8);
    ck_assert(alarms(64, 64, 0.03, 1.03) > 0.95);
}
END_TEST

MP_UNIT_MAIN("compare", on_the_same_nodes_the_two_intervals_alone_count,
             the_same_nodes_in_another_order_are_the_same,
             the_sensors_class_cancels_on_the_same_nodes_only,
             where_nothing_tells_how_nodes_differ_it_is_assumed,
             only_nodes_of_one_report_add_to_it,
             a_share_is_compared_with_what_is_guessed_of_it,
             what_is_not_known_is_no_difference, lengths_differ_from_two_seconds_on,
             two_runs_on_different_nodes_raise_few_alarms, and_five_per_cent_more_is_seen)
