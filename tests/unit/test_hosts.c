/* SPDX-License-Identifier: MIT
 * test_hosts.c - names that differ by a domain: who is taken for whom, and who is not. */
#include "config.h"

#include <string.h>

#include "backends/frame/hosts.h"
#include "unit.h"

/* See all of `hosts`, then find `wanted`: its node's name, or "". */
static const char *found(const char *nodes[], const char *hosts[], const char *wanted,
                         struct mp_findings *findings)
{
    static struct mp_plan plan;
    struct mp_metric metric = {.name = (char[]){"P"}, .role = MP_ROLE_INPUT};
    struct mp_route route = {.name = (char[]){"r"},
                             .prefix = (char[]){"n"},
                             .metrics = &metric,
                             .n_metrics = 1};
    struct mp_hosts h = {.plan = &plan};
    struct mp_error err = {0};
    size_t n = 0;
    long node;

    while (nodes[n] != NULL)
        n++;
    mp_plan_free(&plan);
    ck_assert_int_eq(mp_plan_make(&plan, (char *const *)nodes, n, &route, 1, 0, 1, &err),
                     0);
    for (size_t i = 0; hosts[i] != NULL; i++)
        ck_assert_int_eq(mp_hosts_see(&h, hosts[i], &err), 0);
    node = mp_hosts_find(&h, wanted);
    *findings = (struct mp_findings){0};
    ck_assert_int_eq(mp_hosts_say(&h, "S", findings, &err), 0);
    mp_hosts_free(&h);
    return node < 0 ? "" : plan.nodes[node].name;
}

#define LIST(...) ((const char *[]){__VA_ARGS__, NULL})

START_TEST(one_domain_more)
{
    struct mp_findings f;

    ck_assert_str_eq(found(LIST("n1", "n2"), LIST("N1.x", "n2.x"), "n1.X", &f), "n1");
    ck_assert_uint_eq(f.n_warnings, 1);
    ck_assert_uint_eq(f.n_missing, 0);
    ck_assert_str_eq(f.warnings[0],
                     "S spells nodes with another domain than the job; matched by their "
                     "first label: n1 is N1.x, n2 is n2.x there");
    mp_findings_free(&f);
    ck_assert_str_eq(found(LIST("n1.y"), LIST("n1"), "n1", &f), "n1.y");
    ck_assert_str_eq(f.warnings[0] + strlen(f.warnings[0]) - 16, "n1.y is n1 there");
    mp_findings_free(&f);
}
END_TEST

START_TEST(a_name_of_its_own_wins)
{
    struct mp_findings f;

    ck_assert_str_eq(found(LIST("n1"), LIST("n1.x", "n1"), "n1.x", &f), "");
    ck_assert_uint_eq(f.n_warnings + f.n_missing, 0);
    ck_assert_str_eq(found(LIST("n1"), LIST("n1.x", "n1"), "n1", &f), "n1");
    /* n1.x is itself a node of the plan */
    ck_assert_str_eq(found(LIST("n1", "n1.x"), LIST("n1.x"), "n1.x", &f), "n1.x");
    ck_assert_uint_eq(f.n_warnings + f.n_missing, 0);
    ck_assert_str_eq(found(LIST("n1.x"), LIST("n1.y"), "n1.y", &f), "");
    ck_assert_str_eq(found(LIST("n1"), LIST("n10.x", "n.x", ".x"), "n10.x", &f), "");
    ck_assert_uint_eq(f.n_warnings + f.n_missing, 0);
}
END_TEST

START_TEST(several_are_none)
{
    struct mp_findings f;

    ck_assert_str_eq(found(LIST("n1"), LIST("n1.x", "n1.y"), "n1.x", &f), "");
    ck_assert_uint_eq(f.n_warnings, 0);
    ck_assert_uint_eq(f.n_missing, 1);
    ck_assert_str_eq(f.missing[0].node, "n1");
    ck_assert_str_eq(f.missing[0].reason,
                     "S has n1.x and n1.y, and nothing says which of them it is; none "
                     "was taken");
    mp_findings_free(&f);
    ck_assert_str_eq(found(LIST("n1.x", "n1.y"), LIST("n1"), "n1", &f), "");
    ck_assert_uint_eq(f.n_missing, 2);
    ck_assert_str_eq(f.missing[1].reason,
                     "S has n1, which could be another node of the job as well; it was "
                     "not taken");
    mp_findings_free(&f);
}
END_TEST

MP_UNIT_MAIN("hosts", one_domain_more, a_name_of_its_own_wins, several_are_none)
