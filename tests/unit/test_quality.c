/* SPDX-License-Identifier: MIT
 * test_quality.c - gaps, coverage, verdict and its reasons; the pie's arithmetic where
 * data is missing.  Each test of a fault names what the Python script did instead. */
#include "config.h"

#include "rig.h"

static char rpc1[] = "rpc-91-1", rpc2[] = "rpc-91-2", rpc3[] = "rpc-91-3",
            rpg1[] = "rpg-93-1", rpg2[] = "rpg-93-2", rpg3[] = "rpg-93-3",
            stranger[] = "login-1";
static char *const one_node[] = {rpc1, NULL};
static char *const two_nodes[] = {rpc1, rpc2, NULL};
static char *const three_nodes[] = {rpc1, rpc2, rpc3, NULL};
static char *const gpu_node[] = {rpg1, NULL};
static char *const mixed[] = {rpc1, rpg1, NULL};
static char *const gpu_nodes[] = {rpg1, rpg2, rpg3, NULL};
static char *const with_stranger[] = {rpc1, stranger, NULL};

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want)))
        ck_abort_msg("%.17g is not %.17g", got, want);
}

static void gpus(struct rig *rig, const char *node, double seconds, int n)
{
    static const char *const slots[] = {"Video.Slot.31-1", "Video.Slot.33-1",
                                        "Video.Slot.36-1", "Video.Slot.38-1"};

    for (int i = 0; i < n; i++)
        rig_hold(rig, rig_series(rig, node, "PowerConsumption", slots[i], "mW"), 0,
                 seconds, 5, 10000);
}

START_TEST(nothing_wrong_is_valid)
{
    struct rig rig;

    rig_open(&rig, 600, mixed);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_healthy(&rig, rpg1, 600, 1000);
    gpus(&rig, rpg1, 600, 4);
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_VALID);
    ck_assert_uint_eq(rig.result->n_reasons, 0);
    ck_assert_uint_eq(rig.result->n_missing, 0);
    near(rig.result->total_kwh, 1400 * 600 / RIG_KWH);
    near(rig.result->components.kwh[MP_ROLE_PSU_LOSS], 140 * 600 / RIG_KWH);
    near(rig.result->components.kwh[MP_ROLE_GPU], 40 * 600 / RIG_KWH);
    near(rig.result->components.kwh[MP_ROLE_OTHERS], (40 + 60) * 600 / RIG_KWH);
    near(rig.result->nodes[0].components.kwh[MP_ROLE_OTHERS], 40 * 600 / RIG_KWH);
    ck_assert(isnan(rig.result->nodes[0].components.kwh[MP_ROLE_GPU]));
    ck_assert_double_eq(rig.result->excess_kwh, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_gap_is_bridged_and_counted)
{
    struct rig rig;
    const struct mp_series_result *r;
    uint32_t s;

    rig_open(&rig, 3600, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_hold(&rig, s, 0, 1200, 5, 100);
    rig_hold(&rig, s, 1800, 3600, 5, 300);
    rig_end(&rig);
    r = &rig.result->series[s];
    near(rig.result->total_kwh, (1200 * 100 + 600 * 200 + 1800 * 300) / RIG_KWH);
    near(r->coverage, 5.0 / 6);
    near(r->longest_gap_s, 600);
    ck_assert_uint_eq(r->n_gaps, 1);
    ck_assert_int_eq(r->gaps[0].start, RIG_START + 1200000000);
    ck_assert_int_eq(r->gaps[0].end, RIG_START + 1800000000);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_has_reason(&rig,
                             "rpc-91-1: the samples of SystemInputPower cover only "
                             "83.3 % of the window, the longest stretch without one is "
                             "600 s"));
    rig_close(&rig);
}
END_TEST

START_TEST(a_step_of_three_intervals_is_no_gap)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 1000, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_hold(&rig, s, 0, 500, 10, 100);
    rig_hold(&rig, s, 530, 700, 10, 100);  /* 30 s: three intervals */
    rig_hold(&rig, s, 731, 1000, 10, 100); /* 31 s */
    rig_end(&rig);
    near(rig.result->series[s].coverage, 1 - 0.031);
    ck_assert_uint_eq(rig.result->series[s].n_gaps, 1);
    rig_close(&rig);
}
END_TEST

START_TEST(fifteen_seconds_are_no_gap)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 100, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_hold(&rig, s, 0, 50, 1, 100);
    rig_hold(&rig, s, 65, 100, 1, 100);
    rig_end(&rig);
    near(rig.result->series[s].coverage, 1);
    near(rig.result->series[s].longest_gap_s, 15);
    rig_close(&rig);
}
END_TEST

START_TEST(edges_beyond_three_intervals_are_uncovered)
{
    struct rig rig;
    const struct mp_series_result *r;
    uint32_t s;

    rig_open(&rig, 1000, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_hold(&rig, s, 300, 900, 10, 100);
    rig_end(&rig);
    r = &rig.result->series[s];
    near(r->coverage, 1 - (270 + 70) / 1000.0);
    near(r->longest_gap_s, 300);
    ck_assert_uint_eq(r->n_gaps, 2);
    ck_assert_int_eq(r->gaps[0].start, RIG_START);
    ck_assert_int_eq(r->gaps[0].end, RIG_START + 270000000);
    ck_assert_int_eq(r->gaps[1].start, RIG_START + 930000000);
    ck_assert_int_eq(r->gaps[1].end, RIG_START + 1000000000);
    rig_close(&rig);
}
END_TEST

/* The script: an hour's energy from one sample, without a word. */
START_TEST(one_sample_in_an_hour_covers_little)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 3600, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 1800, 100);
    rig_end(&rig);
    near(rig.result->total_kwh, 0.1);
    near(rig.result->series[s].coverage, 30.0 / 3600);
    near(rig.result->series[s].longest_gap_s, 1800);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    rig_close(&rig);
}
END_TEST

/* Two samples have a median step, but no interval that anyone could rely on. */
START_TEST(two_samples_an_hour_apart_cover_little)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 3600, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 300, 100);
    rig_push(&rig, s, 3300, 100);
    rig_end(&rig);
    near(rig.result->series[s].interval_s, 3000);
    near(rig.result->series[s].coverage, 1 - (285 + 3000 + 285) / 3600.0);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    rig_close(&rig);
}
END_TEST

/* A node that stutters is measured by the interval of its peers. */
START_TEST(a_stuttering_node_is_not_a_slow_one)
{
    struct rig rig;

    rig_open(&rig, 3600, three_nodes);
    rig_healthy(&rig, rpc1, 3600, 400);
    rig_healthy(&rig, rpc2, 3600, 400);
    for (int i = 0; i < 6; i++) {
        static const char *const metrics[] = {"TotalCPUPower",     "TotalMemoryPower",
                                              "TotalStoragePower", "TotalFanPower",
                                              "SystemInputPower",  "SystemOutputPower"};

        rig_hold(&rig, rig_series(&rig, rpc3, metrics[i], NULL, "W"), 0, 3600, 600,
                 i < 4 ? 50 : 400);
    }
    rig_end(&rig);
    near(rig.result->nodes[2].coverage + 1, 1);
    near(rig.result->nodes[0].coverage, 1);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    rig_close(&rig);
}
END_TEST

START_TEST(slow_sampling_is_no_fault)
{
    struct rig rig;

    rig_open(&rig, 3600, two_nodes);
    for (int i = 0; i < 2; i++) {
        uint32_t s = rig_series(&rig, two_nodes[i], "SystemInputPower", NULL, "W");

        rig_hold(&rig, s, 0, 3600, 300, 100);
    }
    rig_end(&rig);
    near(rig.result->coverage, 1);
    rig_close(&rig);
}
END_TEST

/* What is usual, is usual there. */
START_TEST(an_interval_that_changes_is_no_gap)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 1200, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", NULL, "W");
    rig_hold(&rig, s, 0, 300, 5, 100);
    rig_hold(&rig, s, 360, 1200, 60, 100);
    rig_end(&rig);
    near(rig.result->coverage, 1);
    ck_assert_uint_eq(rig.result->series[s].n_gaps, 0);
    rig_close(&rig);
}
END_TEST

/* A sample in five minutes is one for an hour, not for ten minutes. */
START_TEST(a_step_of_half_the_job_is_a_gap)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 700, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", NULL, "W");
    rig_hold(&rig, s, 50, 700, 300, 100);
    rig_end(&rig);
    near(rig.result->coverage, 1 - (600 + 35 + 35) / 700.0);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    rig_close(&rig);
}
END_TEST

START_TEST(a_node_that_is_read_more_slowly_has_no_gaps)
{
    struct rig rig;

    rig_open(&rig, 3600, two_nodes);
    rig_healthy(&rig, rpc1, 3600, 400);
    rig_hold(&rig, rig_series(&rig, rpc2, "SystemInputPower", NULL, "W"), 0, 3600, 18,
             100);
    rig_end(&rig);
    near(rig.result->nodes[1].coverage, 1);
    rig_close(&rig);
}
END_TEST

START_TEST(more_gaps_than_are_kept_still_count)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 100 * 1000, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    for (int k = 0; k < 100; k++) /* 100 gaps of 101 .. 200 s */
        rig_hold(&rig, s, 1000 * k, 1000 * k + 899 - k, 1, 100);
    rig_push(&rig, s, 100 * 1000, 100);
    rig_end(&rig);
    ck_assert_uint_eq(rig.result->series[s].n_gaps, MP_LONG_STEPS);
    near(rig.result->series[s].coverage, 1 - (101 + 200) / 2.0 * 100 / 100e3);
    near(rig.result->series[s].longest_gap_s, 200);
    rig_close(&rig);
}
END_TEST

/* The script: a NULL empties the metric's energy. */
START_TEST(a_null_is_a_missing_sample)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, one_node);
    rig_healthy(&rig, rpc1, 600, 400);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.2", "W");
    for (int t = 0; t <= 600; t += 5) {
        if (t == 300)
            rig_push_null(&rig, s, t);
        else
            rig_push(&rig, s, t, 20);
    }
    rig_end(&rig);
    near(rig.result->total_kwh, 420 * 600 / RIG_KWH);
    ck_assert_uint_eq(rig.result->series[s].dropped_null, 1);
    ck_assert_int_eq(rig.result->verdict, MP_VALID);
    rig_close(&rig);
}
END_TEST

START_TEST(two_power_supplies_add_up)
{
    struct rig rig;
    uint32_t a, b;

    rig_open(&rig, 100, one_node);
    a = rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.1", "W");
    b = rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.2", "W");
    for (int t = 0; t <= 100; t += 5) {
        rig_push(&rig, a, t, 100 + t);
        rig_push(&rig, b, t, 300 - t);
    }
    rig_end(&rig);
    near(rig.result->total_kwh, 400 * 100 / RIG_KWH);
    near(rig.result->nodes[0].power.min_w, 400);
    near(rig.result->nodes[0].power.max_w, 400);
    near(rig.result->power.max_w, 400);
    rig_close(&rig);
}
END_TEST

START_TEST(the_worse_power_supply_is_the_nodes_coverage)
{
    for (int first = 0; first < 2; first++) {
        struct rig rig;
        uint32_t a, b;

        rig_open(&rig, 1000, one_node);
        a = rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.1", "W");
        b = rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.2", "W");
        rig_hold(&rig, first == 0 ? a : b, 0, 1000, 5, 100);
        rig_hold(&rig, first == 0 ? b : a, 0, 485, 5, 100);
        rig_end(&rig);
        near(rig.result->nodes[0].coverage, 0.5);
        rig_close(&rig);
    }
}
END_TEST

/* Left out, few do no harm; many do. */
START_TEST(many_that_were_left_out_are_suspect)
{
    static const double values[] = {-5, 1e12};

    for (int i = 0; i < 4; i++) {
        struct rig rig;
        uint32_t s;

        rig_open(&rig, 600, one_node);
        rig_healthy(&rig, rpc1, 600, 100);
        s = rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.2", "W");
        for (int t = 0; t <= 600; t += 5)
            rig_push(&rig, s, t,
                     t == 50 || (t % 10 == 0 && i % 2 == 1) ? values[i / 2] : 5);
        rig_end(&rig);
        ck_assert_int_eq(rig.result->verdict, i % 2 == 0 ? MP_VALID : MP_SUSPECT);
        ck_assert(i % 2 == 0 ||
                  rig_has_reason(&rig, "left out: rpc-91-1 SystemInputPower PSU.Slot.2 "
                                       "(50.4 % of its samples)"));
        rig_close(&rig);
    }
}
END_TEST

START_TEST(a_silent_node_is_named)
{
    struct rig rig;

    rig_open(&rig, 600, two_nodes);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_end(&rig);
    near(rig.result->total_kwh, 400 * 600 / RIG_KWH);
    ck_assert(isnan(rig.result->nodes[1].energy_kwh));
    ck_assert_double_eq(rig.result->nodes[1].coverage, 0);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_has_reason(&rig, "rpc-91-2"));
    ck_assert(rig_is_missing(&rig, rpc2, NULL));
    ck_assert_uint_eq(rig.result->n_missing, 1);
    rig_close(&rig);
}
END_TEST

START_TEST(a_node_of_no_route_is_named)
{
    struct rig rig;

    rig_open(&rig, 600, with_stranger);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_has_reason(&rig, "login-1"));
    ck_assert(rig_is_missing(&rig, stranger, NULL));
    rig_close(&rig);
}
END_TEST

/* The script: no pie at all without SystemInputPower. */
START_TEST(without_input_there_is_still_a_pie)
{
    struct rig rig;

    rig_open(&rig, 600, two_nodes);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_hold(&rig, rig_series(&rig, rpc2, "TotalCPUPower", NULL, "W"), 0, 600, 5, 300);
    rig_end(&rig);
    near(rig.result->components.kwh[MP_ROLE_CPU], (160 + 300) * 600 / RIG_KWH);
    near(rig.result->total_kwh, 400 * 600 / RIG_KWH);
    near(rig.result->components.kwh[MP_ROLE_OTHERS], 40 * 600 / RIG_KWH);
    ck_assert(isnan(rig.result->nodes[1].components.kwh[MP_ROLE_OTHERS]));
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert_uint_eq(rig.result->n_reasons, 3);
    ck_assert(rig_has_reason(&rig, "no sample of TotalMemoryPower, TotalStoragePower, "
                                   "TotalFanPower from rpc-91-2"));
    ck_assert(!rig_has_reason(&rig, "contained in others"));
    ck_assert(rig_has_reason(&rig,
                             "no sample of SystemInputPower from rpc-91-2; the total is "
                             "without it"));
    rig_close(&rig);
}
END_TEST

/* The script: what a silent GPU drew ends up in Others, unsaid. */
START_TEST(a_silent_gpu_is_named)
{
    struct rig rig;

    rig_open(&rig, 600, mixed);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_healthy(&rig, rpg1, 600, 1000);
    rig_end(&rig);
    ck_assert(isnan(rig.result->components.kwh[MP_ROLE_GPU]));
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_has_reason(&rig,
                             "no sample of PowerConsumption from rpg-93-1; that share is "
                             "contained in others"));
    ck_assert(rig_is_missing(&rig, rpg1, "PowerConsumption"));
    ck_assert(!rig_is_missing(&rig, rpc1, "PowerConsumption"));
    rig_close(&rig);
}
END_TEST

START_TEST(a_gpu_of_nulls_is_named)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, gpu_node);
    rig_healthy(&rig, rpg1, 600, 1000);
    s = rig_series(&rig, rpg1, "PowerConsumption", NULL, "mW");
    for (int t = 0; t <= 600; t += 5)
        rig_push_null(&rig, s, t);
    rig_end(&rig);
    ck_assert(isnan(rig.result->components.kwh[MP_ROLE_GPU]));
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_has_reason(&rig, "no usable sample of PowerConsumption from rpg-93-1"));
    ck_assert(rig_is_missing(&rig, rpg1, "PowerConsumption"));
    rig_close(&rig);
}
END_TEST

START_TEST(one_silent_gpu_of_four_is_named)
{
    struct rig rig;

    rig_open(&rig, 600, gpu_nodes);
    for (int i = 0; i < 3; i++) {
        rig_healthy(&rig, gpu_nodes[i], 600, 1000);
        gpus(&rig, gpu_nodes[i], 600, i == 1 ? 3 : 4);
    }
    rig_end(&rig);
    near(rig.result->components.kwh[MP_ROLE_GPU], 11 * 10 * 600 / RIG_KWH);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_has_reason(&rig, "Video.Slot.38-1"));
    ck_assert(rig_has_reason(&rig, "rpg-93-2"));
    ck_assert_uint_eq(rig.result->n_missing, 1);
    ck_assert(rig_is_missing(&rig, rpg2, "PowerConsumption"));
    rig_close(&rig);
}
END_TEST

/* The script: GPU rows without an FQDD end up in Others; equally named GPUs of different
 * nodes are one zigzag series. */
START_TEST(gpus_count_by_metric_and_node)
{
    struct rig rig;

    rig_open(&rig, 600, gpu_nodes);
    for (int i = 0; i < 3; i++) {
        uint32_t s = rig_series(&rig, gpu_nodes[i], "PowerConsumption", NULL, "mW");

        rig_healthy(&rig, gpu_nodes[i], 600, 1000);
        rig_hold(&rig, s, 0, 600, 5, 10000 * (i + 1));
    }
    rig_end(&rig);
    near(rig.result->components.kwh[MP_ROLE_GPU], 60 * 600 / RIG_KWH);
    near(rig.result->nodes[2].components.kwh[MP_ROLE_GPU], 30 * 600 / RIG_KWH);
    near(rig.result->components.kwh[MP_ROLE_OTHERS], (300 - 60) * 600 / RIG_KWH);
    ck_assert_int_eq(rig.result->verdict, MP_VALID);
    rig_close(&rig);
}
END_TEST

/* The script: 62,000 mW without a row in metrics_definition are 62,000 W. */
START_TEST(a_missing_unit_is_not_watt)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, gpu_node);
    rig_healthy(&rig, rpg1, 600, 1000);
    s = rig_series(&rig, rpg1, "PowerConsumption", "Video.Slot.31-1", NULL);
    rig_hold(&rig, s, 0, 600, 5, 62000);
    rig_end(&rig);
    ck_assert(isnan(rig.result->components.kwh[MP_ROLE_GPU]));
    ck_assert(!rig.result->series[s].usable);
    ck_assert_uint_eq(rig.result->series[s].samples, 121);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert(rig_is_missing(&rig, rpg1, "PowerConsumption"));
    ck_assert_ptr_nonnull(strstr(rig.result->missing[0].reason, "no unit"));
    rig_close(&rig);
}
END_TEST

/* The script: components above the input make a total that is not the input. */
START_TEST(components_above_the_input_are_suspect)
{
    struct rig rig;

    rig_open(&rig, 600, two_nodes);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_healthy(&rig, rpc2, 600, 400);
    rig_hold(&rig, rig_series(&rig, rpc2, "TotalCPUPower", "CPU.Socket.2", "W"), 0, 600,
             5, 80);
    rig_end(&rig);
    near(rig.result->total_kwh, 800 * 600 / RIG_KWH);
    near(rig.result->excess_kwh, 40 * 600 / RIG_KWH);
    near(rig.result->nodes[1].components.kwh[MP_ROLE_OTHERS] + 1, 1);
    near(rig.result->components.kwh[MP_ROLE_OTHERS], 40 * 600 / RIG_KWH);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(&rig, "rpc-91-2 by 10.0 %"));
    rig_close(&rig);
}
END_TEST

START_TEST(components_a_little_above_are_shown_only)
{
    struct rig rig;

    rig_open(&rig, 600, one_node);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_hold(&rig, rig_series(&rig, rpc1, "TotalCPUPower", "CPU.Socket.2", "W"), 0, 600,
             5, 59);
    rig_end(&rig);
    near(rig.result->excess_kwh, 19 * 600 / RIG_KWH);
    ck_assert_int_eq(rig.result->verdict, MP_VALID);
    rig_close(&rig);
}
END_TEST

/* The script: output above input hides the PSU loss. */
START_TEST(output_above_input_is_suspect)
{
    struct rig rig;
    uint32_t in, out;

    rig_open(&rig, 600, one_node);
    in = rig_series(&rig, rpc1, "SystemInputPower", NULL, "W");
    out = rig_series(&rig, rpc1, "SystemOutputPower", NULL, "W");
    rig_hold(&rig, in, 0, 600, 5, 400);
    rig_hold(&rig, out, 0, 600, 5, 440);
    rig_end(&rig);
    ck_assert_double_eq(rig.result->components.kwh[MP_ROLE_PSU_LOSS], 0);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(
        &rig, "output power is above the input power: rpc-91-1 by 10.0 %"));
    rig_close(&rig);
}
END_TEST

/* A share of nothing is no number. */
START_TEST(components_without_input_have_no_percentage)
{
    struct rig rig;

    rig_open(&rig, 600, one_node);
    rig_hold(&rig, rig_series(&rig, rpc1, "SystemInputPower", NULL, "W"), 0, 600, 5, 0);
    rig_hold(&rig, rig_series(&rig, rpc1, "TotalCPUPower", NULL, "W"), 0, 600, 5, 30);
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(&rig, "than the input power: rpc-91-1, whose input is 0"));
    ck_assert(!rig_has_reason(&rig, "inf"));
    rig_close(&rig);
}
END_TEST

/* The charts name one reason only: one of the verdict's own. */
START_TEST(the_first_reason_is_the_verdicts)
{
    struct rig rig;

    rig_open(&rig, 600, two_nodes);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_hold(&rig, rig_series(&rig, rpc1, "TotalCPUPower", "CPU.Socket.2", "W"), 0, 600,
             5, 400);
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert_uint_ge(rig.result->n_reasons, 2);
    ck_assert_ptr_nonnull(strstr(rig.result->reasons[0], "add up to more"));
    ck_assert(rig_has_reason(&rig, rpc2));
    rig_close(&rig);
}
END_TEST

/* The script: losses worked out from the job's sums, where a node's excess of output
 * hides the loss of another. */
START_TEST(losses_are_worked_out_per_node)
{
    static const double in[] = {400, 400}, out[] = {360, 410};
    struct rig rig;

    rig_open(&rig, 600, two_nodes);
    for (int i = 0; i < 2; i++) {
        uint32_t a = rig_series(&rig, two_nodes[i], "SystemInputPower", NULL, "W");
        uint32_t b = rig_series(&rig, two_nodes[i], "SystemOutputPower", NULL, "W");

        rig_hold(&rig, a, 0, 600, 5, in[i]);
        rig_hold(&rig, b, 0, 600, 5, out[i]);
    }
    rig_end(&rig);
    near(rig.result->components.kwh[MP_ROLE_PSU_LOSS], 40 * 600 / RIG_KWH);
    near(rig.result->components.kwh[MP_ROLE_OTHERS], (360 + 400) * 600 / RIG_KWH);
    rig_close(&rig);
}
END_TEST

START_TEST(a_controller_that_is_not_ready_is_suspect)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", NULL, "W");
    for (int t = 0; t <= 600; t += 5)
        rig_push(&rig, s, t, t < 50 || t == 300 || t == 305 || t > 590 ? 0 : 100);
    rig_end(&rig);
    ck_assert_uint_eq(rig.result->series[s].zeros, 2);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(
        &rig, "was counted as 0 W: rpc-91-1 SystemInputPower (11.6 % of its samples)"));
    rig_close(&rig);
}
END_TEST

START_TEST(a_gpu_that_draws_nothing_is_suspect)
{
    struct rig rig;

    rig_open(&rig, 600, gpu_node);
    rig_healthy(&rig, rpg1, 600, 1000);
    rig_hold(&rig, rig_series(&rig, rpg1, "PowerConsumption", "Video.Slot.31-1", "mW"), 0,
             600, 5, 0);
    rig_end(&rig);
    ck_assert(isnan(rig.result->components.kwh[MP_ROLE_GPU]));
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(
        &rig, "0 W throughout: rpg-93-1 PowerConsumption Video.Slot.31-1"));
    rig_close(&rig);
}
END_TEST

START_TEST(a_power_supply_may_stand_by)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, one_node);
    rig_healthy(&rig, rpc1, 600, 400);
    rig_hold(&rig, rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.2", "W"), 0, 600,
             5, 0);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PSU.Slot.3", "W");
    for (int t = 0; t <= 600; t += 5)
        rig_push(&rig, s, t, t > 200 && t < 400 ? 0 : 20);
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_VALID);
    rig_close(&rig);
}
END_TEST

START_TEST(a_sensor_that_changes_its_name_is_suspect)
{
    struct rig rig;

    rig_open(&rig, 600, gpu_node);
    rig_healthy(&rig, rpg1, 600, 1000);
    rig_hold(&rig, rig_series(&rig, rpg1, "PowerConsumption", NULL, "mW"), 0, 300, 5,
             10000);
    rig_hold(&rig, rig_series(&rig, rpg1, "PowerConsumption", "Video.Slot.31-1", "mW"),
             305, 600, 5, 10000);
    rig_end(&rig);
    near(rig.result->components.kwh[MP_ROLE_GPU], 2 * 10 * 600 / RIG_KWH);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    ck_assert(rig_has_reason(&rig, "counted twice"));
    ck_assert(rig_has_reason(&rig, "counted twice: rpg-93-1 PowerConsumption"));
    ck_assert(rig_has_reason(&rig, "one follows the other"));
    rig_close(&rig);
}
END_TEST

START_TEST(two_sensors_of_a_short_job_are_not_one)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 10, one_node);
    rig_healthy(&rig, rpc1, 10, 400);
    s = rig_series(&rig, rpc1, "TotalFanPower", "Fan.A", "W");
    rig_push(&rig, s, 2, 1);
    s = rig_series(&rig, rpc1, "TotalFanPower", "Fan.B", "W");
    rig_push(&rig, s, 4, 1);
    rig_end(&rig);
    ck_assert(!rig_has_reason(&rig, "twice"));
    rig_close(&rig);
}
END_TEST

START_TEST(control_bytes_do_not_reach_a_reason)
{
    struct rig rig;

    rig_open(&rig, 600, gpu_node);
    rig_healthy(&rig, rpg1, 600, 1000);
    rig_hold(&rig, rig_series(&rig, rpg1, "PowerConsumption", "a\nb\033[31m", "mW"), 0,
             600, 5, 0);
    rig_end(&rig);
    ck_assert(rig_has_reason(&rig, "a?b?[31m"));
    rig_close(&rig);
}
END_TEST

START_TEST(what_the_backend_misses_is_not_forgotten)
{
    struct rig rig;

    rig_open(&rig, 600, one_node);
    rig_healthy(&rig, rpc1, 600, 400);
    ck_assert_int_eq(
        mp_findings_missing(&rig.findings, rpc1, NULL, "half of it", &rig.err), 0);
    rig_end(&rig);
    ck_assert_int_eq(rig.result->verdict, MP_PARTIAL);
    ck_assert_uint_eq(rig.result->n_reasons, 1);
    rig_close(&rig);
}
END_TEST

/* The order in which a backend meets series must not show. */
START_TEST(order_of_series_does_not_matter)
{
    struct rig a, b;
    uint32_t s;

    rig_open(&a, 600, two_nodes);
    rig_healthy(&a, rpc1, 600, 400.1);
    rig_healthy(&a, rpc2, 600, 300.7);
    rig_end(&a);
    rig_open(&b, 600, two_nodes);
    s = rig_series(&b, rpc2, "SystemOutputPower", "PowerMetrics", "W");
    rig_hold(&b, s, 0, 600, 5, 300.7 * 0.9);
    rig_healthy(&b, rpc1, 600, 400.1);
    rig_healthy(&b, rpc2, 600, 300.7);
    rig_end(&b);
    ck_assert_double_eq(a.result->total_kwh, b.result->total_kwh);
    ck_assert_str_eq(a.table.series[a.result->order[0]].metric, "TotalCPUPower");
    ck_assert_str_eq(b.table.series[b.result->order[0]].metric, "TotalCPUPower");
    ck_assert_str_eq(b.table.series[b.result->order[b.result->n_series - 1]].hostname,
                     rpc2);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

MP_UNIT_MAIN("quality", nothing_wrong_is_valid, a_gap_is_bridged_and_counted,
             a_step_of_three_intervals_is_no_gap, fifteen_seconds_are_no_gap,
             edges_beyond_three_intervals_are_uncovered,
             one_sample_in_an_hour_covers_little, two_samples_an_hour_apart_cover_little,
             a_stuttering_node_is_not_a_slow_one, slow_sampling_is_no_fault,
             an_interval_that_changes_is_no_gap, a_step_of_half_the_job_is_a_gap,
             a_node_that_is_read_more_slowly_has_no_gaps,
             more_gaps_than_are_kept_still_count, a_null_is_a_missing_sample,
             two_power_supplies_add_up, the_worse_power_supply_is_the_nodes_coverage,
             many_that_were_left_out_are_suspect, a_silent_node_is_named,
             a_node_of_no_route_is_named, without_input_there_is_still_a_pie,
             a_silent_gpu_is_named, a_gpu_of_nulls_is_named,
             one_silent_gpu_of_four_is_named, gpus_count_by_metric_and_node,
             a_missing_unit_is_not_watt, components_above_the_input_are_suspect,
             components_a_little_above_are_shown_only, output_above_input_is_suspect,
             components_without_input_have_no_percentage,
             the_first_reason_is_the_verdicts, losses_are_worked_out_per_node,
             a_controller_that_is_not_ready_is_suspect,
             a_gpu_that_draws_nothing_is_suspect, a_power_supply_may_stand_by,
             a_sensor_that_changes_its_name_is_suspect,
             two_sensors_of_a_short_job_are_not_one, control_bytes_do_not_reach_a_reason,
             what_the_backend_misses_is_not_forgotten, order_of_series_does_not_matter)
