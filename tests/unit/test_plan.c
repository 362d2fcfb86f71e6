/* SPDX-License-Identifier: MIT
 * test_plan.c - routing by prefix, each node once, whatever the case of its name. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "model/plan.h"
#include "unit.h"

static struct mp_metric metrics[] = {
    {.name = (char *)"TotalCPUPower", .role = MP_ROLE_CPU},
    {.name = (char *)"SystemInputPower", .role = MP_ROLE_INPUT}};

static struct mp_route route(const char *name, const char *prefix,
                             struct mp_route_value *own)
{
    return (struct mp_route){.name = (char *)name,
                             .prefix = (char *)prefix,
                             .own = own,
                             .n_own = own != NULL,
                             .metrics = metrics,
                             .n_metrics = 2};
}

static struct mp_plan plan;
static struct mp_error err;

START_TEST(routes_by_longest_prefix)
{
    struct mp_route_value h100[] = {{(char *)"database", (char *)"h100"}};
    struct mp_route routes[] = {route("r", "r", NULL), route("rpc", "rpc", NULL),
                                route("rpg", "RPG", h100), route("unused", "x", NULL)};
    char *names[] = {(char *)"rpg-93-1", (char *)"rpc-91-1", (char *)"rz-1",
                     (char *)"login1",   (char *)"RPC-91-2", (char *)"rp"};

    ck_assert_int_eq(mp_plan_make(&plan, names, 6, routes, 4, 5, 9, &err), 0);
    ck_assert_int_eq(plan.start, 5);
    ck_assert_int_eq(plan.end, 9);
    ck_assert_uint_eq(plan.n_routes, 3);
    ck_assert_str_eq(plan.routes[0].name, "r");
    ck_assert_str_eq(plan.routes[1].name, "rpc");
    ck_assert_str_eq(mp_route_value(&plan.routes[2], "database"), "h100");
    ck_assert_str_eq(mp_route_value(&plan.routes[2], "schema"), "");
    ck_assert_uint_eq(plan.routes[2].n_metrics, 2);
    ck_assert_str_eq(plan.routes[2].metrics[1].name, "SystemInputPower");
    ck_assert_int_eq(plan.routes[2].metrics[1].role, MP_ROLE_INPUT);
    ck_assert_uint_eq(plan.n_nodes, 5);
    ck_assert_str_eq(plan.nodes[0].name, "rpg-93-1");
    ck_assert_uint_eq(plan.nodes[0].route, 2);
    ck_assert_uint_eq(plan.nodes[1].route, 1);
    ck_assert_uint_eq(plan.nodes[2].route, 0);
    ck_assert_str_eq(plan.nodes[3].name, "RPC-91-2");
    ck_assert_uint_eq(plan.nodes[3].route, 1);
    ck_assert_uint_eq(plan.nodes[4].route, 0);
    ck_assert_uint_eq(plan.n_unrouted, 1);
    ck_assert_str_eq(plan.unrouted[0], "login1");
    mp_plan_free(&plan);
}
END_TEST

START_TEST(names_each_node_once)
{
    struct mp_route routes[] = {route("rpc", "rpc", NULL)};
    char *names[] = {(char *)"rpc-1", (char *)"x", (char *)"RPC-1", (char *)"rpc-2",
                     (char *)"rpc-1", (char *)"X", (char *)"rpc-01"};

    ck_assert_int_eq(mp_plan_make(&plan, names, 7, routes, 1, 0, 0, &err), 0);
    ck_assert_uint_eq(plan.n_nodes, 3);
    ck_assert_str_eq(plan.nodes[0].name, "rpc-1");
    ck_assert_str_eq(plan.nodes[1].name, "rpc-2");
    ck_assert_str_eq(plan.nodes[2].name, "rpc-01");
    ck_assert_uint_eq(plan.n_unrouted, 1);
    ck_assert_int_eq(mp_plan_find_node(&plan, "Rpc-2"), 1);
    ck_assert_int_eq(mp_plan_find_node(&plan, "x"), -1);
    ck_assert_int_eq(mp_plan_find_node(&plan, "rpc-3"), -1);
    ck_assert_int_eq(mp_plan_find_node(&plan, ""), -1);
    mp_plan_free(&plan);
    ck_assert_int_eq(mp_plan_find_node(&plan, "rpc-1"), -1);
}
END_TEST

START_TEST(no_routed_node_is_no_error)
{
    struct mp_route routes[] = {route("rpc", "rpc", NULL)};
    char *names[] = {(char *)"login1"};

    ck_assert_int_eq(mp_plan_make(&plan, names, 1, routes, 1, 0, 1, &err), 0);
    ck_assert_uint_eq(plan.n_nodes, 0);
    ck_assert_uint_eq(plan.n_routes, 0);
    ck_assert_uint_eq(plan.n_unrouted, 1);
    mp_plan_free(&plan);
    ck_assert_int_eq(mp_plan_make(&plan, NULL, 0, NULL, 0, 0, 1, &err), 0);
    mp_plan_free(&plan);
}
END_TEST

START_TEST(refuses_a_reversed_window)
{
    ck_assert_int_eq(mp_plan_make(&plan, NULL, 0, NULL, 0, 1, 0, &err), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    ck_assert_int_eq(mp_plan_make(&plan, NULL, 0, NULL, 0, INT64_MAX, INT64_MIN, &err),
                     -1);
}
END_TEST

START_TEST(holds_a_hundred_thousand_nodes)
{
    enum { N = 100000 };
    struct mp_route routes[] = {route("n", "n", NULL)};
    char **names = calloc(N, sizeof *names);

    for (int i = 0; i < N; i++) {
        names[i] = malloc(16);
        snprintf(names[i], 16, "n%05d", i);
    }
    ck_assert_int_eq(mp_plan_make(&plan, names, N, routes, 1, 0, 1, &err), 0);
    ck_assert_uint_eq(plan.n_nodes, N);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(mp_plan_find_node(&plan, names[i]), i);
    mp_plan_free(&plan);
    for (int i = 0; i < N; i++)
        free(names[i]);
    free(names);
}
END_TEST

START_TEST(names_every_role)
{
    for (int i = 0; i < MP_N_ROLES; i++) {
        enum mp_role role = MP_N_ROLES;

        if (i == MP_ROLE_PSU_LOSS || i == MP_ROLE_OTHERS) {
            ck_assert(!mp_role_parse(mp_role_name((enum mp_role)i), &role));
            continue;
        }
        ck_assert(mp_role_parse(mp_role_name((enum mp_role)i), &role));
        ck_assert_int_eq((int)role, i);
    }
    ck_assert(!mp_role_parse("CPU", &(enum mp_role){0}));
    ck_assert(!mp_role_parse("", &(enum mp_role){0}));
}
END_TEST

MP_UNIT_MAIN("plan", routes_by_longest_prefix, names_each_node_once,
             no_routed_node_is_no_error, refuses_a_reversed_window,
             holds_a_hundred_thousand_nodes, names_every_role)
