/* SPDX-License-Identifier: MIT
 * test_share.c - shares of a node's energy: closed forms, and random occupancies whose
 * shares and idle stretches add up to the node. */
#include "config.h"

#include <stdint.h>

#include "rig.h"

enum { STEP = 5, STEPS = 720, JOBS_MAX = 200 }; /* an hour */

struct job {
    int from, until; /* steps */
    uint32_t cpus;
};

struct node {
    double w[STEPS + 1];
    struct job jobs[JOBS_MAX];
    int n;
};

static uint64_t dice_state;
static bool said; /* the last report's reasons speak of sharing */

static double dice(void) /* in [0, 1) */
{
    dice_state =
        dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(dice_state >> 11) / 9007199254740992.0;
}

/* The report of [from, until], for somebody with `own` CPUs; all jobs but `me` are
 * neighbours. */
static struct mp_energy_result report(const struct node *node, int from, int until,
                                      int me, uint32_t own, double idle_w)
{
    static char name[] = "rpc-1";
    char *names[] = {name};
    struct mp_occupancy occupancy = {0};
    struct rig rig = {0};
    struct mp_energy_result copy;
    uint32_t input;

    ck_assert_int_eq(mp_plan_make(&rig.plan, names, 1, rig_routes(), 2,
                                  RIG_START + from * STEP * INT64_C(1000000),
                                  RIG_START + until * STEP * INT64_C(1000000), &rig.err),
                     0);
    ck_assert_int_eq(mp_occupancy_init(&occupancy, 1, &rig.err), 0);
    occupancy.nodes[0] = (struct mp_presence_of){true, own, idle_w};
    for (int i = 0; i < node->n; i++) {
        const struct mp_stay stay = {
            .cpus = node->jobs[i].cpus,
            .job = (uint64_t)i + 1,
            .from = RIG_START + node->jobs[i].from * STEP * INT64_C(1000000),
            .until = RIG_START + node->jobs[i].until * STEP * INT64_C(1000000)};

        if (i != me)
            ck_assert_int_eq(mp_occupancy_add(&occupancy, &stay, rig.plan.start,
                                              rig.plan.end, &rig.err),
                             0);
    }
    mp_occupancy_close(&occupancy);
    ck_assert_int_eq(mp_energy_new(&rig.energy, &rig.err), 0);
    mp_energy_set_occupancy(rig.energy, &occupancy);
    mp_traces_init(&rig.traces, (struct mp_follower *[]){mp_energy_follower(rig.energy)},
                   1);
    ck_assert_int_eq(mp_sink_begin(&rig.traces.sink, &rig.plan, &rig.table, &rig.err), 0);
    input = rig_series(&rig, "rpc-1", "SystemInputPower", NULL, "W");
    for (int i = from; i <= until; i++)
        rig_push(&rig, input, i * STEP, node->w[i]);
    ck_assert_int_eq(mp_sink_end(&rig.traces.sink, &rig.err), 0);
    ck_assert_int_eq(mp_energy_result(rig.energy, NULL, &rig.result, &rig.err), 0);
    copy = *rig.result;
    said = false;
    for (size_t i = 0; i < copy.n_reasons; i++)
        said = said || strstr(copy.reasons[i], "shared with other jobs: rpc-1") != NULL;
    mp_traces_free(&rig.traces);
    mp_energy_free(rig.energy);
    mp_occupancy_free(&occupancy);
    mp_series_table_free(&rig.table);
    mp_plan_free(&rig.plan);
    return copy;
}

static double energy_of(const struct node *node, int from, int until)
{
    double j = 0;

    for (int i = from; i < until; i++)
        j += (node->w[i] + node->w[i + 1]) / 2 * STEP;
    return j / RIG_KWH;
}

static void flat(struct node *node, double w)
{
    *node = (struct node){.n = 0};
    for (int i = 0; i <= STEPS; i++)
        node->w[i] = w;
}

START_TEST(alone_the_share_is_the_node)
{
    struct node node;
    struct mp_energy_result r;

    flat(&node, 600);
    r = report(&node, 0, STEPS, -1, 4, 0);
    ck_assert(r.share.kwh == r.total_kwh && r.share.low_kwh == r.total_kwh &&
              r.share.high_kwh == r.total_kwh);
    ck_assert(!r.shared && r.sharing_known && !said);
}
END_TEST

/* 1 of 4 CPUs for the second half of an hour at 600 W, of which 200 W are idle power:
 * 300 Wh alone, a quarter of 300 Wh, at least a quarter of 100 Wh, at most
 * 200 Wh more. */
START_TEST(a_neighbour_for_half_the_time)
{
    struct node node;
    struct mp_energy_result r;

    flat(&node, 600);
    node.jobs[node.n++] = (struct job){STEPS / 2, STEPS, 3};
    r = report(&node, 0, STEPS, -1, 1, 200);
    ck_assert_double_eq_tol(r.total_kwh, 0.6, 1e-12);
    ck_assert_double_eq_tol(r.share.kwh, 0.375, 1e-12);
    ck_assert_double_eq_tol(r.share.low_kwh, 0.325, 1e-12);
    ck_assert_double_eq_tol(r.share.high_kwh, 0.525, 1e-12);
    ck_assert_double_eq_tol(r.idle_kwh, 0.2, 1e-12);
    ck_assert(r.shared && said);
}
END_TEST

/* Where nothing hangs on the guess, the verdict does not. */
START_TEST(a_short_visit_lowers_nothing)
{
    struct node node;
    struct mp_energy_result r;

    flat(&node, 600);
    node.jobs[node.n++] = (struct job){0, STEPS / 100, 3};
    r = report(&node, 0, STEPS, -1, 1, 200);
    ck_assert(r.shared && !said);
}
END_TEST

/* At a steady power the bounds are close, but nothing says that it was not all idle. */
START_TEST(a_guess_at_idle_power_is_said)
{
    struct node node;
    struct mp_energy_result r;

    flat(&node, 600);
    node.jobs[node.n++] = (struct job){0, STEPS, 3};
    r = report(&node, 0, STEPS, -1, 1, 0);
    ck_assert_double_eq_tol(r.share.kwh, 0.15, 1e-12);
    ck_assert(said);
    r = report(&node, 0, STEPS, -1, 1, 600);
    ck_assert(!said && r.shared);
}
END_TEST

START_TEST(without_cpus_there_is_no_share)
{
    struct node node;
    struct mp_energy_result r;

    flat(&node, 600);
    node.jobs[node.n++] = (struct job){0, STEPS, 3};
    r = report(&node, 0, STEPS, -1, 0, 0);
    ck_assert(isnan(r.share.kwh) && r.shared && said);
    ck_assert_double_eq_tol(r.total_kwh, 0.6, 1e-12);
}
END_TEST

/* Nothing idle is known: the lowest tenth of what the node drew. */
START_TEST(the_lowest_tenth_stands_for_idle)
{
    struct node node;
    struct mp_energy_result r;

    flat(&node, 600);
    for (int i = 100; i < 180; i++)
        node.w[i] = 150;
    r = report(&node, 0, STEPS, -1, 1, 0);
    ck_assert_double_eq_tol(r.idle_kwh, 0.150, 1e-12);
}
END_TEST

/* Jobs come and go, overlap, are requeued (two stays apart), suspended (away between) and
 * share; what they get and what nobody gets is the node's energy. */
START_TEST(random_occupancies_add_up)
{
    for (int round = 0; round < 60; round++) {
        struct node node = {.n = 0};
        double given = 0, nobodys = 0, node_kwh;
        bool taken[STEPS] = {false};

        dice_state = (uint64_t)round * 7919 + 1;
        for (int i = 0; i <= STEPS; i++)
            node.w[i] = 200 + 800 * dice();
        node.n = 1 + (int)(dice() * dice() * JOBS_MAX);
        for (int k = 0; k < node.n; k++) {
            int from = (int)(dice() * (STEPS - 1));

            node.jobs[k] = (struct job){from, from + 1 + (int)(dice() * (STEPS - from)),
                                        1 + (uint32_t)(dice() * 64)};
            if (node.jobs[k].until > STEPS)
                node.jobs[k].until = STEPS;
            for (int i = node.jobs[k].from; i < node.jobs[k].until; i++)
                taken[i] = true;
        }
        for (int k = 0; k < node.n; k++) {
            struct mp_energy_result r = report(
                &node, node.jobs[k].from, node.jobs[k].until, k, node.jobs[k].cpus, 0);

            ck_assert(r.share.low_kwh <= r.share.kwh && r.share.kwh <= r.share.high_kwh);
            ck_assert_double_le(r.share.high_kwh, r.total_kwh * (1 + 1e-12));
            given += r.share.kwh;
        }
        for (int i = 0; i < STEPS; i++)
            nobodys += taken[i] ? 0 : energy_of(&node, i, i + 1);
        node_kwh = energy_of(&node, 0, STEPS);
        ck_assert_double_eq_tol(given + nobodys, node_kwh, node_kwh * 1e-9);
    }
}
END_TEST

MP_UNIT_MAIN("share", alone_the_share_is_the_node, a_neighbour_for_half_the_time,
             a_short_visit_lowers_nothing, a_guess_at_idle_power_is_said,
             without_cpus_there_is_no_share, the_lowest_tenth_stands_for_idle,
             random_occupancies_add_up)
