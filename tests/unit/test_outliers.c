/* SPDX-License-Identifier: MIT
 * test_outliers.c - which nodes stand out, and which must not. */
#include "config.h"

#include <math.h>

#include "energy/outliers.h"
#include "unit.h"

enum { NODES = 40 };

struct job {
    struct mp_plan_node planned[NODES];
    struct mp_node_result nodes[NODES];
    struct mp_plan plan;
    struct mp_energy_result result;
    struct mp_error err;
};

/* Energies of nodes, all of route 0. */
static void open_job(struct job *j, const double *kwh, size_t n)
{
    *j = (struct job){.plan = {.nodes = j->planned, .n_nodes = n, .n_routes = 2},
                      .result = {.nodes = j->nodes, .n_nodes = n}};
    for (size_t i = 0; i < n; i++)
        j->nodes[i].energy_kwh = kwh[i];
}

static size_t find(struct job *j)
{
    ck_assert_int_eq(mp_outliers_find(&j->plan, &j->result, &j->err), 0);
    return j->result.n_outliers;
}

static void close_job(struct job *j)
{
    free(j->result.outliers);
}

START_TEST(a_node_far_off_is_found_on_either_side)
{
    static const double kwh[] = {1.00, 1.02, 0.61, 0.98, 1.01, 1.44, 0.99};
    struct job j;

    open_job(&j, kwh, 7);
    ck_assert_uint_eq(find(&j), 2);
    ck_assert_uint_eq(j.result.outliers[0].node, 2);
    ck_assert_uint_eq(j.result.outliers[1].node, 5);
    ck_assert(j.result.outliers[0].median_kwh == 1.0);
    close_job(&j);
}
END_TEST

/* The limit is 3.5 * 1.4826 * MAD: with a MAD of 0.02 around 1 it lies at 0.103782. */
START_TEST(the_limit_is_where_the_formula_has_it)
{
    double kwh[] = {0.96, 0.98, 0.98, 1.0, 1.02, 1.02, 1.1037};
    struct job j;

    open_job(&j, kwh, 7);
    ck_assert_uint_eq(find(&j), 0);
    close_job(&j);
    kwh[6] = 1.1039;
    open_job(&j, kwh, 7);
    ck_assert_uint_eq(find(&j), 1);
    close_job(&j);
}
END_TEST

/* Below 5 % a difference is no finding, however alike the others are. */
START_TEST(a_hair_is_no_finding)
{
    double kwh[] = {1, 1, 1, 1, 1, 1.049};
    struct job j;

    open_job(&j, kwh, 6);
    ck_assert_uint_eq(find(&j), 0);
    close_job(&j);
    kwh[5] = 1.051;
    open_job(&j, kwh, 6);
    ck_assert_uint_eq(find(&j), 1);
    close_job(&j);
}
END_TEST

START_TEST(many_odd_nodes_do_not_hide_each_other)
{
    double kwh[NODES];
    struct job j;

    for (int i = 0; i < NODES; i++)
        kwh[i] = i % 5 < 2 ? 5 : 1 + 0.01 * (i % 3);
    open_job(&j, kwh, NODES);
    ck_assert_uint_eq(find(&j), NODES * 2 / 5);
    close_job(&j);
}
END_TEST

/* Nodes with GPUs draw more than those without. */
START_TEST(a_route_is_compared_with_itself)
{
    static const double kwh[] = {1, 4, 1, 4, 1, 4, 1, 4, 2};
    struct job j;

    open_job(&j, kwh, 9);
    for (size_t i = 1; i < 9; i += 2)
        j.planned[i].route = 1;
    ck_assert_uint_eq(find(&j), 1);
    ck_assert_uint_eq(j.result.outliers[0].node, 8);
    close_job(&j);
}
END_TEST

START_TEST(too_few_or_unmeasured_nodes_say_nothing)
{
    double kwh[] = {1, 1, 9, NAN, NAN};
    struct job j;

    open_job(&j, kwh, 5);
    ck_assert_uint_eq(find(&j), 0);
    close_job(&j);
    kwh[3] = 1;
    open_job(&j, kwh, 5);
    ck_assert_uint_eq(find(&j), 1);
    close_job(&j);
    open_job(&j, kwh, 0);
    ck_assert_uint_eq(find(&j), 0);
    close_job(&j);
}
END_TEST

MP_UNIT_MAIN("outliers", a_node_far_off_is_found_on_either_side,
             the_limit_is_where_the_formula_has_it, a_hair_is_no_finding,
             many_odd_nodes_do_not_hide_each_other, a_route_is_compared_with_itself,
             too_few_or_unmeasured_nodes_say_nothing)
