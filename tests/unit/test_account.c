/* SPDX-License-Identifier: MIT
 * test_account.c - one pass over a node's samples, day by day: what each stay is given,
 * and what nobody had, held against sums made step by step. */
#include "config.h"

#include <stdint.h>

#include "account/giver.h"
#include "rig.h"

enum { STEP = 5, STEPS = 720, SECONDS = STEP * STEPS, STAYS_MAX = 200 };

#define AT(second) (RIG_START + (int64_t)(second)*1000000)

struct node {
    double w[STEPS + 1];
    struct mp_stay stays[STAYS_MAX];
    int n;
};

static uint64_t dice_state;

static int dice(int n) /* in [0, n) */
{
    dice_state =
        dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((dice_state >> 33) % (uint64_t)n);
}

/* One to 200 stays, at multiples of `grain` seconds; some jobs come back after a while:
 * requeued, or suspended. */
static void throw_node(struct node *node, int grain)
{
    const int most = 1 + dice(STAYS_MAX), ends = SECONDS / grain;

    *node = (struct node){0};
    for (int i = 0; i <= STEPS; i++)
        node->w[i] = 200 + dice(4000) / 8.0;
    while (node->n < most) {
        const uint64_t job = (uint64_t)node->n + 1;
        const uint32_t cpus = 1 + (uint32_t)dice(64);

        for (int from = dice(ends), until; from < ends && node->n < most;
             from = until + 1 + dice(50)) {
            until = from + 1 + dice(ends - from);
            node->stays[node->n++] = (struct mp_stay){.cpus = cpus,
                                                      .job = job,
                                                      .from = AT(from * grain),
                                                      .until = AT(until * grain)};
            if (dice(3) > 0)
                break;
        }
    }
}

/* The samples of steps [from, until), a day of the window. */
static void feed(struct mp_giver *g, const struct node *node, int from, int until,
                 bool breaks)
{
    static char name[] = "rpc-1";
    char *names[] = {name};
    struct rig rig = {0};
    uint32_t input;

    ck_assert_int_eq(mp_plan_make(&rig.plan, names, 1, rig_routes(), 2, AT(from * STEP),
                                  AT(until * STEP) - 1, &rig.err),
                     0);
    mp_traces_init(&rig.traces, (struct mp_follower *[]){mp_giver_follower(g)}, 1);
    ck_assert_int_eq(mp_sink_begin(&rig.traces.sink, &rig.plan, &rig.table, &rig.err), 0);
    input = rig_series(&rig, name, "SystemInputPower", "PowerMetrics", "W");
    for (int i = from; i < (breaks ? (from + until) / 2 : until); i++)
        rig_push(&rig, input, (double)i * STEP, node->w[i]);
    if (breaks)
        mp_sink_abort(&rig.traces.sink);
    else
        ck_assert_int_eq(mp_sink_end(&rig.traces.sink, &rig.err), 0);
    rig_close(&rig);
}

/* Some days, of which some break off half-way and are read again. */
static void feed_days(struct mp_giver *g, const struct node *node)
{
    struct mp_error err = {0};

    for (int from = 0, until; from <= STEPS; from = until) {
        until = from + 1 + dice(STEPS);
        if (until > STEPS)
            until = STEPS + 1;
        ck_assert_int_eq(mp_giver_remember(g, &err), 0);
        if (dice(2) == 0) {
            feed(g, node, from, until, true);
            mp_giver_go_back(g);
            ck_assert_int_eq(mp_giver_remember(g, &err), 0);
        }
        feed(g, node, from, until, false);
    }
}

/* The line of a stay: its first and last sample hold to its ends.  NULL: the node's. */
static double line_at(const struct node *node, const struct mp_stay *s, int second)
{
    int i;

    if (s != NULL) {
        const int from = (int)((s->from - RIG_START) / 1000000),
                  until = (int)((s->until - RIG_START) / 1000000),
                  first = (from + STEP - 1) / STEP * STEP, last = until / STEP * STEP;

        second = second < first ? first : second > last ? last : second;
    }
    i = second / STEP;
    return i == STEPS ? node->w[i]
                      : node->w[i] + (node->w[i + 1] - node->w[i]) *
                                         ((double)(second - i * STEP) / STEP);
}

static double second_kwh(const struct node *node, const struct mp_stay *s, int second)
{
    return (line_at(node, s, second) + line_at(node, s, second + 1)) / 2 / RIG_KWH;
}

static void count_cpus(const struct node *node, double cpus[SECONDS])
{
    for (int t = 0; t < SECONDS; t++)
        cpus[t] = 0;
    for (int i = 0; i < node->n; i++)
        for (int t = 0; t < SECONDS; t++)
            if (node->stays[i].from <= AT(t) && node->stays[i].until > AT(t))
                cpus[t] += node->stays[i].cpus;
}

static double share_of(const struct node *node, const struct mp_stay *s,
                       const double *cpus, double *whole)
{
    double share = 0;

    *whole = 0;
    for (int t = 0; t < SECONDS; t++)
        if (s->from <= AT(t) && s->until > AT(t)) {
            share += second_kwh(node, s, t) * s->cpus / cpus[t];
            *whole += second_kwh(node, s, t);
        }
    return share;
}

static double idle_of(const struct node *node, const double *cpus)
{
    double idle = 0;

    for (int t = 0; t < SECONDS; t++)
        if (cpus[t] <= 0)
            idle += second_kwh(node, NULL, t);
    return idle;
}

/* A stay between two samples has none of its own. */
static bool has_sample(const struct mp_stay *s)
{
    const int64_t step = STEP * INT64_C(1000000);

    return (s->from - RIG_START + step - 1) / step <= (s->until - RIG_START) / step;
}

/* `even`: all stays begin and end at samples, so that nothing is held. */
static void check_node(const struct node *node, bool even)
{
    static char name[] = "rpc-1";
    char *names[] = {name};
    struct mp_plan plan = {0};
    struct mp_occupancy o = {0};
    struct mp_error err = {0};
    struct mp_giver *g = NULL;
    const struct mp_giver_sensor *sensors;
    size_t n_sensors;
    double given = 0, cpus[SECONDS];

    ck_assert_int_eq(
        mp_plan_make(&plan, names, 1, rig_routes(), 2, AT(0), AT(SECONDS), &err), 0);
    ck_assert_int_eq(mp_occupancy_init(&o, 1, &err), 0);
    o.nodes[0].known = true;
    for (int i = 0; i < node->n; i++)
        ck_assert_int_eq(
            mp_occupancy_add(&o, &node->stays[i], plan.start, plan.end, &err), 0);
    mp_occupancy_close(&o);
    ck_assert_int_eq(mp_giver_new(&g, &plan, &o, &err), 0);
    feed_days(g, node);
    count_cpus(node, cpus);
    mp_giver_close(g);
    for (size_t i = 0; i < o.n_stays; i++) {
        const struct mp_giver_part *p = mp_giver_parts(g, i);
        double whole, share = share_of(node, &o.stays[i], cpus, &whole);

        ck_assert_int_eq(p != NULL, has_sample(&o.stays[i]));
        if (p == NULL)
            continue;
        ck_assert_double_eq_tol(p->kwh, whole, 1e-9 * whole);
        ck_assert_double_eq_tol(p->share_kwh, share, 1e-9 * share);
        given += p->share_kwh;
    }
    sensors = mp_giver_sensors(g, &n_sensors);
    ck_assert_uint_eq(n_sensors, 1);
    if (even)
        ck_assert_double_eq_tol(given + idle_of(node, cpus), sensors->kwh,
                                1e-9 * sensors->kwh);
    mp_giver_free(g);
    mp_occupancy_free(&o);
    mp_plan_free(&plan);
}

static void check_nodes(int grain)
{
    struct node node;

    for (int i = 0; i < 40; i++) {
        dice_state = (uint64_t)i + 1;
        throw_node(&node, grain);
        check_node(&node, grain == STEP);
    }
}

START_TEST(shares_and_idle_stretches_are_what_the_node_drew)
{
    check_nodes(STEP);
}
END_TEST

START_TEST(lines_are_cut_between_samples)
{
    check_nodes(1);
}
END_TEST

MP_UNIT_MAIN("account", shares_and_idle_stretches_are_what_the_node_drew,
             lines_are_cut_between_samples)
