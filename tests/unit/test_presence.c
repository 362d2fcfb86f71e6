/* SPDX-License-Identifier: MIT
 * test_presence.c - which planned nodes and metrics are absent, and what explains it. */
#include "config.h"

#include "rig.h"
#include "energy/presence.h"

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

static size_t metric_of(const struct rig *rig, size_t node, const char *name)
{
    const struct mp_route *route = &rig->plan.routes[rig->plan.nodes[node].route];
    size_t m = 0;

    while (strcmp(route->metrics[m].name, name) != 0)
        ck_assert_uint_lt(++m, route->n_metrics);
    return m;
}

static void find(struct rig *rig, struct mp_presences *p)
{
    ck_assert_int_eq(mp_presences_of_series(p, &rig->plan, &rig->table, &rig->err), 0);
}

static void explain(struct rig *rig, const char *node, const char *metric,
                    const char *reason)
{
    ck_assert_int_eq(mp_findings_missing(&rig->findings, node, metric, reason, &rig->err),
                     0);
}

static const char *reason(const struct rig *rig, const struct mp_presences *p,
                          size_t node, const char *metric)
{
    const char *why =
        mp_presence_reason(p, &rig->findings, node, metric_of(rig, node, metric));

    return why != NULL ? why : "";
}

static void close_plan(struct rig *rig, struct mp_presences *p)
{
    mp_presences_free(p);
    mp_findings_free(&rig->findings);
    mp_series_table_free(&rig->table);
    mp_plan_free(&rig->plan);
}

START_TEST(a_silent_node_and_a_silent_metric)
{
    struct mp_presences p;
    struct rig rig;

    open_plan(&rig, (const char *[]){"rpc-1", "rpc-2", "rpg-1", NULL});
    speak(&rig, "rpc-1", "TotalFanPower");
    speak(&rig, "rpg-1", "");
    find(&rig, &p);
    ck_assert(!mp_presence_silent(&p, 0));
    ck_assert(mp_presence_silent(&p, 1));
    ck_assert(!mp_presence_silent(&p, 2));
    for (size_t m = 0; m < 6; m++)
        ck_assert_int_eq(*mp_presence_at(&p, 0, m),
                         m == metric_of(&rig, 0, "TotalFanPower") ? MP_ABSENT
                                                                  : MP_PRESENT);
    close_plan(&rig, &p);
}
END_TEST

START_TEST(the_backend_knows_why)
{
    struct mp_presences p;
    struct rig rig;

    open_plan(&rig, (const char *[]){"rpc-1", "rpc-2", "rpg-1", NULL});
    speak(&rig, "rpc-1", "TotalFanPower");
    speak(&rig, "rpg-1", "SystemOutputPower TotalCPUPower TotalFanPower");
    explain(&rig, "nowhere", NULL, "no route");
    explain(&rig, "RPC-2", NULL, "unknown");
    explain(&rig, NULL, "totalfanpower", "no table");
    explain(&rig, "rpg-1", "SystemOutputPower", "broken");
    find(&rig, &p);
    ck_assert_str_eq(reason(&rig, &p, 0, "TotalFanPower"), "no table");
    ck_assert_str_eq(reason(&rig, &p, 1, "TotalCPUPower"), "unknown");
    ck_assert_str_eq(reason(&rig, &p, 2, "TotalFanPower"), "no table");
    ck_assert_str_eq(reason(&rig, &p, 2, "SystemOutputPower"), "broken");
    ck_assert_str_eq(reason(&rig, &p, 2, "TotalCPUPower"), "");
    close_plan(&rig, &p);
}
END_TEST

START_TEST(a_table_missing_in_one_database_only)
{
    struct mp_presences p;
    struct rig rig;

    /* both routes have TotalFanPower; only rpg's is gone, and rpc-2's fan is silent */
    open_plan(&rig, (const char *[]){"rpc-1", "rpc-2", "rpg-1", NULL});
    speak(&rig, "rpc-1", "");
    speak(&rig, "rpc-2", "TotalFanPower");
    speak(&rig, "rpg-1", "TotalFanPower");
    explain(&rig, NULL, "TotalFanPower", "no table in h100");
    find(&rig, &p);
    ck_assert_str_eq(reason(&rig, &p, 1, "TotalFanPower"), "");
    ck_assert_str_eq(reason(&rig, &p, 2, "TotalFanPower"), "no table in h100");
    close_plan(&rig, &p);
}
END_TEST

MP_UNIT_MAIN("presence", a_silent_node_and_a_silent_metric, the_backend_knows_why,
             a_table_missing_in_one_database_only)
