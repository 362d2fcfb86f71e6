/* SPDX-License-Identifier: MIT
 * test_silent.c - which planned nodes and metrics are reported as missing, and which not.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "energy/silent.h"

/* The findings as "node/metric/reason" lines, * for NULL; frees everything. */
static void says(struct rig *rig, const char *want)
{
    char got[4096] = "";
    size_t n = 0;

    ck_assert_int_eq(mp_silent_find(&rig->plan, &rig->table, &rig->findings, &rig->err),
                     0);
    for (size_t i = 0; i < rig->findings.n_missing; i++) {
        const struct mp_missing *m = &rig->findings.missing[i];

        n += (size_t)snprintf(got + n, sizeof got - n, "%s/%s/%s\n",
                              m->node != NULL ? m->node : "*",
                              m->metric != NULL ? m->metric : "*", m->reason);
    }
    ck_assert_str_eq(got, want);
    mp_findings_free(&rig->findings);
    mp_series_table_free(&rig->table);
    mp_plan_free(&rig->plan);
}

static void open_plan(struct rig *rig, const char *const *names)
{
    size_t n = 0;

    *rig = (struct rig){0};
    while (names[n] != NULL)
        n++;
    ck_assert_int_eq(mp_plan_make(&rig->plan, (char *const *)(uintptr_t)names, n,
                                  rig_routes(), 2, RIG_START, RIG_START + 1, &rig->err),
                     0);
}

/* Every metric of the node but those named. */
static void speak(struct rig *rig, const char *node, const char *but)
{
    long n = mp_plan_find_node(&rig->plan, node);
    const struct mp_route *route = &rig->plan.routes[rig->plan.nodes[n].route];

    for (size_t m = 0; m < route->n_metrics; m++)
        if (strstr(but, route->metrics[m].name) == NULL)
            rig_series(rig, node, route->metrics[m].name, "f", "W");
}

START_TEST(nothing_where_all_speak)
{
    struct rig rig;

    open_plan(&rig, (const char *[]){"rpc-1", "rpg-1", NULL});
    speak(&rig, "rpc-1", "");
    speak(&rig, "rpg-1", "");
    says(&rig, "");
}
END_TEST

START_TEST(a_silent_node_and_a_silent_metric)
{
    struct rig rig;

    open_plan(&rig, (const char *[]){"rpc-1", "rpc-2", "rpg-1", NULL});
    speak(&rig, "rpc-1", "TotalFanPower");
    speak(&rig, "rpg-1", "PowerConsumption SystemInputPower");
    says(&rig, "rpc-1/TotalFanPower/no rows in the window\n"
               "rpc-2/*/no rows in the window\n"
               "rpg-1/SystemInputPower/no rows in the window\n"
               "rpg-1/PowerConsumption/no rows in the window\n");
}
END_TEST

START_TEST(what_is_explained_is_not_said_twice)
{
    struct rig rig;

    open_plan(&rig, (const char *[]){"rpc-1", "rpc-2", "rpg-1", NULL});
    speak(&rig, "rpc-1", "TotalFanPower");
    speak(&rig, "rpg-1", "SystemOutputPower TotalCPUPower");
    mp_findings_missing(&rig.findings, "RPC-2", NULL, "unknown", &rig.err);
    mp_findings_missing(&rig.findings, NULL, "totalfanpower", "no table", &rig.err);
    mp_findings_missing(&rig.findings, "rpg-1", "SystemOutputPower", "broken", &rig.err);
    mp_findings_missing(&rig.findings, "nowhere", NULL, "no route", &rig.err);
    says(&rig, "RPC-2/*/unknown\n"
               "*/totalfanpower/no table\n"
               "rpg-1/SystemOutputPower/broken\n"
               "nowhere/*/no route\n"
               "rpg-1/TotalCPUPower/no rows in the window\n");
}
END_TEST

START_TEST(a_table_missing_in_one_database_only)
{
    struct rig rig;

    /* both routes have TotalFanPower; only rpg's is gone, and rpc-2's fan is silent */
    open_plan(&rig, (const char *[]){"rpc-1", "rpc-2", "rpg-1", NULL});
    speak(&rig, "rpc-1", "");
    speak(&rig, "rpc-2", "TotalFanPower");
    speak(&rig, "rpg-1", "TotalFanPower");
    mp_findings_missing(&rig.findings, NULL, "TotalFanPower", "no table in h100",
                        &rig.err);
    says(&rig, "*/TotalFanPower/no table in h100\n"
               "rpc-2/TotalFanPower/no rows in the window\n");
}
END_TEST

MP_UNIT_MAIN("silent", nothing_where_all_speak, a_silent_node_and_a_silent_metric,
             what_is_explained_is_not_said_twice, a_table_missing_in_one_database_only)
