/* SPDX-License-Identifier: MIT
 * test_verdict.c - each kind of flaw with the flaw and without it: a job of two GPU nodes
 * whose sensors are read together every 5 s, in order of time, while their power moves.
 */
#include "config.h"

#include "rig.h"

static char rpg1[] = "rpg-93-1", rpg2[] = "rpg-93-2";
static char *const nodes[] = {rpg1, rpg2, NULL};

enum { CPU, MEMORY, STORAGE, FAN, INPUT, OUTPUT, GPU1, GPU2, GPU3, EXTRA, N_SENSORS };
enum { SECONDS = 1200, STEP = 5 };

static const struct {
    const char *metric, *fqdd, *units;
    double share;
} sensors[N_SENSORS] = {
    {"TotalCPUPower", "PowerMetrics", "W", 0.15},
    {"TotalMemoryPower", "PowerMetrics", "W", 0.05},
    {"TotalStoragePower", "PowerMetrics", "W", 0.02},
    {"TotalFanPower", "PowerMetrics", "W", 0.06},
    {"SystemInputPower", "PowerMetrics", "W", 1},
    {"SystemOutputPower", "PowerMetrics", "W", 0.93},
    {"PowerConsumption", "Video.Slot.31-1", "mW", 0.19},
    {"PowerConsumption", "Video.Slot.33-1", "mW", 0.2},
    {"PowerConsumption", "Video.Slot.36-1", "mW", 0.21},
    {NULL, NULL, NULL, 0},
};

/* What becomes of a reading of the first node, W; NAN: it is not there. */
typedef double change(int sensor, int t, double w);

/* One more sensor, or the same once more. */
struct extra {
    const char *metric, *source, *fqdd, *units;
    change *flaw; /* given the sensor INPUT's power, or that of all GPUs */
};

static double power(int node, int t)
{
    return 1000 + 300 * sin(t / 41.0 + node) + 37 * sin(t * 1.3);
}

static uint32_t add(struct rig *rig, const char *node, int k, const struct extra *extra)
{
    uint32_t i = rig_series(rig, node, k < EXTRA ? sensors[k].metric : extra->metric,
                            k < EXTRA ? sensors[k].fqdd : extra->fqdd,
                            k < EXTRA ? sensors[k].units : extra->units);

    if (k == EXTRA && extra->source != NULL) {
        free(rig->table.series[i].source);
        rig->table.series[i].source = strdup(extra->source);
    }
    return i;
}

/* Zero-terminated milliwatts and whole watts, as the sensors say them. */
static void read_sensor(struct rig *rig, uint32_t series, const char *units, int t,
                        double w)
{
    if (!isnan(w))
        rig_push(rig, series, t, units[0] == 'm' ? rint(w * 1000) : rint(w));
}

static void run(struct rig *rig, change *flaw, const struct extra *extra)
{
    uint32_t index[2][N_SENSORS];
    int n = extra != NULL ? N_SENSORS : EXTRA;

    rig_open(rig, SECONDS, nodes);
    for (int node = 0; node < 2; node++)
        for (int k = 0; k < (node == 0 ? n : EXTRA); k++)
            index[node][k] = add(rig, nodes[node], k, extra);
    for (int t = 0; t <= SECONDS; t += STEP) {
        for (int node = 0; node < 2; node++) {
            double p = power(node, t);

            for (int k = 0; k < EXTRA; k++)
                read_sensor(rig, index[node][k], sensors[k].units, t,
                            node == 0 && flaw != NULL ? flaw(k, t, p * sensors[k].share)
                                                      : p * sensors[k].share);
            if (node == 0 && extra != NULL)
                read_sensor(rig, index[0][EXTRA], extra->units, t,
                            extra->flaw(EXTRA, t, p));
        }
    }
    rig_end(rig);
}

static void expect(change *flaw, const struct extra *extra, enum mp_verdict verdict,
                   const char *reason)
{
    struct rig rig;

    run(&rig, flaw, extra);
    if (rig.result->verdict != verdict ||
        (reason != NULL && !rig_has_reason(&rig, reason)))
        ck_abort_msg("%s, %s: wanted \"%s\"", mp_verdict_name(rig.result->verdict),
                     rig.result->n_reasons > 0 ? rig.result->reasons[0] : "no reason",
                     reason != NULL ? reason : mp_verdict_name(verdict));
    rig_close(&rig);
}

START_TEST(nothing_wrong)
{
    expect(NULL, NULL, MP_VALID, NULL);
}
END_TEST

/* ---- spikes ---- */

static double one_spike(int k, int t, double w)
{
    return k == INPUT && t == 600 ? 65535 : w;
}

static double gpu_spike_at_the_end(int k, int t, double w)
{
    return k == GPU1 && t == SECONDS ? 20000 : w;
}

static double twenty_times_ten(int k, int t, double w)
{
    return k == CPU && t % 60 == 0 ? 10 * w : w;
}

static double all_rise_once(int k, int t, double w)
{
    (void)k;
    return t == 600 ? 4 * w : w;
}

START_TEST(spikes)
{
    expect(one_spike, NULL, MP_SUSPECT, "rpg-93-1 input power (1 above 1.5 times");
    expect(gpu_spike_at_the_end, NULL, MP_SUSPECT, "above the input power: rpg-93-1");
    expect(twenty_times_ten, NULL, MP_SUSPECT, "rpg-93-1");
    expect(all_rise_once, NULL, MP_VALID, NULL);
}
END_TEST

/* ---- zeros ---- */

static double gpu_off_at_the_end(int k, int t, double w)
{
    return k == GPU2 && t > 900 ? 0 : w;
}

static double cpu_off_at_first(int k, int t, double w)
{
    return k == CPU && t < 200 ? 0 : w;
}

static double one_zero(int k, int t, double w)
{
    return k == INPUT && t == 600 ? 0 : w;
}

static double all_off(int k, int t, double w)
{
    (void)k;
    return t >= 600 && t < 700 ? 0 : w;
}

static double no_memory(int k, int t, double w)
{
    (void)t;
    return k == MEMORY ? 0 : w;
}

START_TEST(zeros)
{
    expect(gpu_off_at_the_end, NULL, MP_SUSPECT,
           "0 W while the node's other sensors read more, counted as 0 W: rpg-93-1 "
           "PowerConsumption Video.Slot.33-1 (24.9 % of its samples)");
    expect(cpu_off_at_first, NULL, MP_SUSPECT, "rpg-93-1 TotalCPUPower PowerMetrics (1");
    expect(one_zero, NULL, MP_VALID, NULL);
    expect(all_off, NULL, MP_SUSPECT, "check whether the node was off");
}
END_TEST

START_TEST(memory_that_draws_nothing_is_not_measured)
{
    struct rig rig;

    run(&rig, no_memory, NULL);
    ck_assert(isnan(rig.result->nodes[0].components.kwh[MP_ROLE_MEMORY]));
    ck_assert(!isnan(rig.result->nodes[1].components.kwh[MP_ROLE_MEMORY]));
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_has_reason(&rig, "0 W throughout on a running node"));
    ck_assert(rig_is_missing(&rig, rpg1, "TotalMemoryPower"));
    rig_close(&rig);
}
END_TEST

/* ---- frozen ---- */

static double input_frozen(int k, int t, double w)
{
    return k == INPUT && t > 1000 ? 1000 : w;
}

static double gpu_frozen(int k, int t, double w)
{
    return k == GPU3 && t > 300 ? 200 : w;
}

static double node_frozen(int k, int t, double w)
{
    return t > 400 ? power(0, 400) * sensors[k].share : w;
}

static double fans_at_one_speed(int k, int t, double w)
{
    (void)t;
    return k == FAN ? 60 : w;
}

START_TEST(frozen)
{
    expect(input_frozen, NULL, MP_SUSPECT, "rpg-93-1 SystemInputPower PowerMetrics");
    expect(gpu_frozen, NULL, MP_SUSPECT,
           "frozen: exactly the same reading while the node's other sensors move: "
           "rpg-93-1 PowerConsumption Video.Slot.36-1 (200 W for 75 % of the window)");
    expect(node_frozen, NULL, MP_SUSPECT,
           "where the last value is sent again, of rpg-93-1");
    expect(fans_at_one_speed, NULL, MP_VALID, NULL);
}
END_TEST

/* ---- counted twice ---- */

static double the_input(int k, int t, double w)
{
    (void)k;
    (void)t;
    return w;
}

static double a_little_off(int k, int t, double w)
{
    return the_input(k, t, w) + t % 7;
}

static double all_gpus(int k, int t, double w)
{
    (void)k;
    (void)t;
    return w * 0.6;
}

static double another_gpu(int k, int t, double w)
{
    (void)k;
    return w * 0.05 * (1 + 0.5 * sin(t / 29.0));
}

START_TEST(counted_twice)
{
    const struct extra source = {"SystemInputPower", "rawsensor", "PowerMetrics", "W",
                                 the_input};
    const struct extra fqdd = {"SystemInputPower", NULL, "Board", "W", the_input};
    const struct extra near = {"SystemInputPower", NULL, "Board", "W", a_little_off};
    const struct extra total = {"PowerConsumption", NULL, "Video.All", "mW", all_gpus};
    const struct extra gpu = {"PowerConsumption", NULL, "Video.Slot.38-1", "mW",
                              another_gpu};

    expect(NULL, &source, MP_SUSPECT,
           "counted twice: rpg-93-1 SystemInputPower PowerMetrics and rawsensor (equal)");
    expect(NULL, &fqdd, MP_SUSPECT,
           "counted twice: rpg-93-1 SystemInputPower Board and PowerMetrics (equal)");
    expect(NULL, &near, MP_SUSPECT, "(next to equal)");
    expect(NULL, &total, MP_SUSPECT,
           "counted twice: rpg-93-1 PowerConsumption Video.All (the sum of the others)");
    expect(NULL, &gpu, MP_PARTIAL, "unlike on other nodes, from rpg-93-2");
}
END_TEST

static int changes_at, until;

static double old_name(int k, int t, double w)
{
    return k == INPUT && t > until ? NAN : w;
}

static double new_name(int k, int t, double w)
{
    (void)k;
    return t < changes_at ? NAN : w;
}

START_TEST(a_sensor_renamed)
{
    const struct extra renamed = {"SystemInputPower", NULL, "Board", "W", new_name};
    static const int cases[][2] = {{600, 595}, {600, 700}, {100, 95}, {900, 1000}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        changes_at = cases[i][0];
        until = cases[i][1];
        expect(old_name, &renamed, MP_SUSPECT, "(one follows the other)");
    }
}
END_TEST

/* ---- several values at one time ---- */

static double second_opinion(int k, int t, double w)
{
    (void)k;
    return t % changes_at == 0 ? 1.3 * w : NAN;
}

START_TEST(values_that_contradict_each_other)
{
    struct extra again = {"SystemInputPower", NULL, "PowerMetrics", "W", second_opinion};
    struct rig rig;
    uint32_t s[N_SENSORS];

    for (int often = 0; often < 2; often++) {
        changes_at = often ? 20 : 300;
        rig_open(&rig, SECONDS, nodes);
        for (int k = 0; k < EXTRA; k++)
            s[k] = add(&rig, rpg1, k, &again);
        for (int t = 0; t <= SECONDS; t += STEP) {
            for (int k = 0; k < EXTRA; k++)
                read_sensor(&rig, s[k], sensors[k].units, t,
                            power(0, t) * sensors[k].share);
            read_sensor(&rig, s[INPUT], "W", t, second_opinion(INPUT, t, power(0, t)));
        }
        rig_end(&rig);
        ck_assert(rig_has_reason(&rig, "contradict each other at one time") == often);
        rig_close(&rig);
    }
}
END_TEST

/* Rows of GPUs without FQDD; each `lost`-th is lost. */
static void nameless(struct rig *rig, int lost)
{
    uint32_t s[GPU1 + 1];
    int n = 0;

    rig_open(rig, SECONDS, nodes);
    for (int k = 0; k < GPU1; k++)
        s[k] = add(rig, rpg1, k, NULL);
    s[GPU1] = rig_series(rig, rpg1, "PowerConsumption", NULL, "mW");
    for (int t = 0; t <= SECONDS; t += STEP) {
        for (int k = 0; k < EXTRA; k++)
            if (k < GPU1 || ++n % lost != 0)
                read_sensor(rig, s[k < GPU1 ? k : GPU1], sensors[k].units, t,
                            power(0, t) * sensors[k].share);
    }
    rig_end(rig);
}

START_TEST(gpus_without_a_name_add_up)
{
    const struct mp_node_result *n;
    struct rig rig;

    nameless(&rig, 1000000);
    n = &rig.result->nodes[0];
    ck_assert_double_eq_tol(n->components.kwh[MP_ROLE_GPU], 0.6 * n->energy_kwh, 1e-4);
    ck_assert_uint_eq(rig.result->series[GPU1].dropped_repeated, 0);
    ck_assert(!rig_has_reason(&rig, "nothing tells apart"));
    rig_close(&rig);
    nameless(&rig, 100); /* now and then one is lost, and its share stands in for it */
    n = &rig.result->nodes[0];
    ck_assert_double_eq_tol(n->components.kwh[MP_ROLE_GPU], 0.6 * n->energy_kwh, 1e-3);
    rig_close(&rig);
    nameless(&rig, 5);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(&rig, "nothing tells apart"));
    rig_close(&rig);
}
END_TEST

/* ---- units and sums ---- */

static double scale;
static int scaled;

static double times(int k, int t, double w)
{
    (void)t;
    return k == scaled ? scale * w : w;
}

START_TEST(units_and_sums)
{
    static const struct {
        int sensor;
        double times;
        const char *reason;
    } cases[] = {
        {GPU1, 0.001, "the units are hardly right: rpg-93-1 PowerConsumption"},
        {GPU1, 0.1, "a tenth or ten times of the node's other GPUs"},
        {GPU1, 1000, "more than any GPU draws"},
        {CPU, 0.01, "less than an idle CPU draws"},
        {CPU, 10, "the components add up to more than the input power: rpg-93-1"},
        {INPUT, 2, "the power supplies lose more than any do: rpg-93-1 53.5 %"},
        {INPUT, 0.1, "rpg-93-1"},
        {INPUT, 0.9, "the output power is above the input power: rpg-93-1 by 3.3 %"},
        {INPUT, 100, "more than any node draws"},
        {OUTPUT, 0.1, "the power supplies lose more than any do: rpg-93-1"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scaled = cases[i].sensor;
        scale = cases[i].times;
        expect(times, NULL, MP_SUSPECT, cases[i].reason);
    }
    scaled = INPUT; /* a poor power supply, but one */
    scale = 1.1;
    expect(times, NULL, MP_VALID, NULL);
}
END_TEST

START_TEST(units_that_contradict_each_other)
{
    struct rig rig;

    rig_open(&rig, 60, nodes);
    rig_healthy(&rig, rpg1, 60, 400);
    rig.findings.units_contradict = true;
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(&rig, "the database gives a metric several units"));
    rig_close(&rig);
}
END_TEST

/* As many samples as an interval needs, and what they leave open. */
START_TEST(samples_too_far_apart)
{
    for (int wild = 0; wild < 2; wild++) {
        struct rig rig;
        uint32_t s;

        rig_open(&rig, 600, nodes);
        s = rig_series(&rig, rpg1, "SystemInputPower", NULL, "W");
        for (int t = 0; t <= 600; t += 60)
            rig_push(&rig, s, t, wild && t / 60 % 2 == 0 ? 900 : 300);
        rig_end(&rig);
        ck_assert(rig_has_reason(&rig, "the samples tell the energy to ±") == wild);
        rig_close(&rig);
    }
}
END_TEST

/* One sensor after the other, as a sorted file has them: nothing is compared. */
START_TEST(sorted_by_sensor)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, SECONDS, nodes);
    for (int node = 0; node < 2; node++) {
        for (int k = EXTRA - 1; k >= 0; k--) {
            s = add(&rig, nodes[node], k, NULL);
            for (int t = 0; t <= SECONDS; t += STEP)
                read_sensor(&rig, s, sensors[k].units, t,
                            (t == SECONDS - STEP ? 4 : 1) * power(node, t) *
                                sensors[k].share);
        }
    }
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_VALID);
    rig_close(&rig);
}
END_TEST

static double late_input(int k, int t, double w)
{
    return k == INPUT ? power(0, t - 60) : w;
}

START_TEST(input_that_comes_late)
{
    expect(late_input, NULL, MP_SUSPECT, "instants");
}
END_TEST

/* ---- sensors that others have ---- */

static double no_third_gpu(int k, int t, double w)
{
    (void)t;
    return k == GPU3 ? NAN : w;
}

START_TEST(a_gpu_that_the_other_node_has)
{
    expect(no_third_gpu, NULL, MP_PARTIAL,
           "PowerConsumption: Video.Slot.36-1 has no usable sample, unlike on other "
           "nodes, from rpg-93-1");
}
END_TEST

MP_UNIT_MAIN("verdict", nothing_wrong, spikes, zeros,
             memory_that_draws_nothing_is_not_measured, frozen, counted_twice,
             a_sensor_renamed, values_that_contradict_each_other,
             gpus_without_a_name_add_up, units_and_sums, units_that_contradict_each_other,
             samples_too_far_apart, sorted_by_sensor, input_that_comes_late,
             a_gpu_that_the_other_node_has)
