/* SPDX-License-Identifier: MIT
 * test_energy.c - the integral against closed forms. */
#include "config.h"

#include "rig.h"

static const double pi = 3.14159265358979323846;

static char rpc1[] = "rpc-91-1", rpc2[] = "rpc-91-2", rpg1[] = "rpg-93-1";
static char *const one_node[] = {rpc1, NULL};
static char *const two_nodes[] = {rpc1, rpc2, NULL};
static char *const gpu_node[] = {rpg1, NULL};

static void near(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        ck_abort_msg("%.17g is not %.17g within %g", got, want, relative);
}

START_TEST(constant_power)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_hold(&rig, s, 3, 600, 5, 360);
    rig_end(&rig);
    near(rig.result->total_kwh, 0.06, 1e-15);
    near(rig.result->power.mean_w, 360, 1e-15);
    near(rig.result->power.min_w, 360, 0);
    near(rig.result->power.max_w, 360, 0);
    near(rig.result->series[s].interval_s, 5, 0);
    near(rig.result->series[s].coverage, 1, 0);
    near(rig.result->series[s].longest_gap_s, 5, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(ramp_is_exact)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 1000, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    for (int t = 0; t <= 1000; t += 10)
        rig_push(&rig, s, t, 100 + 0.5 * t);
    rig_end(&rig);
    near(rig.result->total_kwh, (100.0 * 1000 + 0.25 * 1000 * 1000) / RIG_KWH, 1e-15);
    near(rig.result->power.min_w, 100, 0);
    near(rig.result->power.max_w, 600, 0);
    rig_close(&rig);
}
END_TEST

/* The trapezoids of half a period of a sine, at equal steps h, come to its integral times
 * h/2 cot(h/2). */
START_TEST(sampled_sine)
{
    struct rig rig;
    uint32_t s;
    double h = pi / 100;

    rig_open(&rig, 1000, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    for (int k = 0; k <= 100; k++)
        rig_push(&rig, s, 10 * k, 100 + 300 * sin(h * k));
    rig_end(&rig);
    near(rig.result->total_kwh,
         (100 * 1000 + 300 * 1000 / pi * 2 * (h / 2 / tan(h / 2))) / RIG_KWH, 1e-13);
    rig_close(&rig);
}
END_TEST

/* A sensor's average of 30 s trails by 15: readings are shifted back, and the last is
 * held to the end. */
START_TEST(lag_shifts_readings_back)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, one_node);
    rig.plan.routes[0].metrics[4].lag = 15000000;
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    for (int t = 2; t <= 600; t += 4)
        rig_push(&rig, s, t, 100 + (t - 15));
    rig_end(&rig);
    near(rig.result->total_kwh,
         (100 * 583 + 583 * 583 / 2.0 + (600 - 583) * 683) / RIG_KWH, 1e-14);
    rig_close(&rig);

    rig_open(&rig, 10, one_node);
    rig.plan.routes[0].metrics[4].lag = 15000000;
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 2, 300);
    rig_push(&rig, s, 7, 400);
    rig_end(&rig);
    near(rig.result->total_kwh, 400 * 10 / RIG_KWH, 1e-14);
    rig_close(&rig);
}
END_TEST

START_TEST(edges_are_held_flat)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 100, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 10, 200);
    rig_push(&rig, s, 30, 400);
    rig_push(&rig, s, 90, 100);
    rig_end(&rig);
    near(rig.result->total_kwh, (10 * 200 + 20 * 300 + 60 * 250 + 10 * 100) / RIG_KWH,
         1e-15);
    rig_close(&rig);
}
END_TEST

START_TEST(samples_of_one_time_count_by_their_mean)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 20, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 0, 150);
    rig_push(&rig, s, 0, 50);
    rig_push(&rig, s, 10, 30);
    rig_push(&rig, s, 10, 70);
    rig_push(&rig, s, 10, 200);
    rig_push_null(&rig, s, 10); /* no value: it changes nothing */
    rig_push(&rig, s, 20, 199);
    rig_push(&rig, s, 20, 1);
    rig_end(&rig);
    near(rig.result->total_kwh, 100 * 20 / RIG_KWH, 1e-15);
    near(rig.result->power.max_w, 100, 0);
    ck_assert_uint_eq(rig.result->series[s].dropped_repeated, 4);
    ck_assert_uint_eq(rig.result->series[s].dropped_null, 1);
    ck_assert_uint_eq(rig.result->series[s].samples, 8);
    ck_assert_uint_eq(rig.reduced->n_tracks, 1);
    for (int c = 0; c < MP_COLUMNS; c++)
        ck_assert_float_eq(rig.reduced->tracks[0]->columns[c].max, 100);
    rig_close(&rig);
}
END_TEST

START_TEST(what_is_no_power_is_left_out)
{
    struct rig rig;
    const struct mp_series_result *r;
    uint32_t s;

    rig_open(&rig, 50, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 0, 100);
    rig_push_null(&rig, s, 5);
    rig_push(&rig, s, 10, NAN);
    rig_push(&rig, s, 15, -1);
    rig_push(&rig, s, 20, -INFINITY);
    rig_push(&rig, s, 25, INFINITY);
    rig_push(&rig, s, 30, 4.2e12);
    rig_push(&rig, s, 35, 100);
    rig_push(&rig, s, 50, 100);
    rig_end(&rig);
    r = &rig.result->series[s];
    near(rig.result->total_kwh, 100 * 50 / RIG_KWH, 1e-15);
    ck_assert_uint_eq(r->samples, 9);
    ck_assert_uint_eq(r->dropped_null, 1);
    ck_assert_uint_eq(r->dropped_nan, 1);
    ck_assert_uint_eq(r->dropped_negative, 2);
    ck_assert_uint_eq(r->dropped_implausible, 2);
    ck_assert_int_eq(rig.result->verdict, MP_SUSPECT);
    rig_close(&rig);
}
END_TEST

START_TEST(a_high_spike_stays)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 100, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    for (int t = 0; t <= 100; t += 5)
        rig_push(&rig, s, t, t == 50 ? 65535 : 500);
    rig_end(&rig);
    near(rig.result->power.max_w, 65535, 0);
    near(rig.result->total_kwh, (500 * 100 + 65035 * 5) / RIG_KWH, 1e-14);
    rig_close(&rig);
}
END_TEST

START_TEST(units)
{
    struct rig rig;
    uint32_t w, mw, kw;

    rig_open(&rig, 100, gpu_node);
    w = rig_series(&rig, rpg1, "SystemInputPower", "PowerMetrics", "W");
    mw = rig_series(&rig, rpg1, "PowerConsumption", "Video.Slot.31-1", "mW");
    kw = rig_series(&rig, rpg1, "TotalCPUPower", "PowerMetrics", "kW");
    for (int t = 0; t <= 100; t += 5) {
        rig_push(&rig, w, t, 900);
        rig_push(&rig, mw, t, 62000);
        rig_push(&rig, kw, t, 0.25);
    }
    rig_end(&rig);
    near(rig.result->total_kwh, 900 * 100 / RIG_KWH, 1e-15);
    near(rig.result->components.kwh[MP_ROLE_GPU], 62 * 100 / RIG_KWH, 1e-15);
    near(rig.result->series[mw].max_w, 62, 0);
    near(rig.result->components.kwh[MP_ROLE_CPU], 250 * 100 / RIG_KWH, 1e-15);
    rig_close(&rig);
}
END_TEST

START_TEST(units_may_be_words)
{
    static const struct {
        const char *units;
        double w;
    } known[] = {{"Watts", 100},     {"watt", 100},       {"WATT", 100},
                 {"kilowatts", 1e5}, {"milliwatts", 0.1}, {"Milliwatt", 0.1}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double factor;

        ck_assert(mp_units_to_watt(known[i].units, &factor));
        near(100 * factor, known[i].w, 1e-12);
        ck_assert(!mp_units_to_watt("wattss", &factor));
        ck_assert(!mp_units_to_watt("mw", &factor));
    }
}
END_TEST

START_TEST(unknown_unit_is_an_error)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 100, one_node);
    s = rig_series(&rig, rpc1, "TotalFanPower", "PowerMetrics", "MW");
    ck_assert_int_eq(rig_try(&rig, s, 0, 100), -1);
    ck_assert_ptr_nonnull(strstr(rig.err.text, "TotalFanPower"));
    ck_assert_ptr_nonnull(strstr(rig.err.text, "MW"));
    rig_close(&rig);
}
END_TEST

START_TEST(backwards_in_time_is_an_error)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 100, one_node);
    s = rig_series(&rig, rpc1, "TotalFanPower", "PowerMetrics", "W");
    rig_push(&rig, s, 10, 100);
    ck_assert_int_eq(rig_try(&rig, s, 5, 100), -1);
    ck_assert_ptr_nonnull(strstr(rig.err.text, "rpc-91-1"));
    ck_assert_int_eq(rig_try(&rig, s, 101, 100), -1);
    rig_close(&rig);
}
END_TEST

/* Thirty days at 5 s of values and steps that are no round numbers in binary: the carried
 * rounding error keeps the sum right to the last digit but one. */
START_TEST(long_sums_stay_exact)
{
    struct rig rig;
    long double joules = 0;
    double last = 0;
    uint32_t s;
    long n = 30 * 86400 / 5;

    rig_open(&rig, 30.0 * 86400, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    for (long k = 0; k <= n; k++) {
        double v = 1000.0 / (double)(1 + k * 7919 % 9973);

        rig_push(&rig, s, 5.0 * (double)k, v);
        if (k > 0)
            joules += ((long double)v + (long double)last) * 2.5L;
        last = v;
    }
    rig_end(&rig);
    near(rig.result->total_kwh, (double)(joules / 3.6e6L), 4e-16);
    rig_close(&rig);
}
END_TEST

/* Thirty days around the end of summer time (2 November 2025 in Chicago). */
START_TEST(summer_time_is_none_of_our_business)
{
    struct rig rig;
    uint32_t s;

    setenv("TZ", "America/Chicago", 1);
    rig_open(&rig, 30.0 * 86400, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_hold(&rig, s, 0, 30.0 * 86400, 5, 100);
    rig_end(&rig);
    near(rig.result->total_kwh, 72, 1e-15);
    near(rig.result->series[s].longest_gap_s, 5, 0);
    near(rig.result->series[s].coverage, 1, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(one_sample_is_held_over_the_window)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 10, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 4, 500);
    rig_end(&rig);
    near(rig.result->total_kwh, 5000 / RIG_KWH, 1e-15);
    near(rig.result->series[s].coverage, 1, 0);
    ck_assert(isnan(rig.result->series[s].interval_s));
    rig_close(&rig);
}
END_TEST

START_TEST(an_instant_has_power_and_no_energy)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 0, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 0, 500);
    rig_end(&rig);
    near(rig.result->total_kwh, 0, 0);
    near(rig.result->power.mean_w, 500, 0);
    near(rig.result->power.max_w, 500, 0);
    ck_assert_float_eq(rig.reduced->tracks[0]->columns[7].mean, 500);
    rig_close(&rig);
}
END_TEST

/* Two triangles that peak at different times: the sum's extremes are not the sums of the
 * extremes. */
START_TEST(extremes_of_the_job_are_those_of_the_sum)
{
    struct rig rig;
    uint32_t a, b;

    rig_open(&rig, 100, two_nodes);
    a = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    b = rig_series(&rig, rpc2, "SystemInputPower", "PowerMetrics", "W");
    for (int t = 0; t <= 100; t += 10) {
        rig_push(&rig, a, t, 100 + t);
        rig_push(&rig, b, t, 400 - 2 * t);
    }
    rig_end(&rig);
    near(rig.result->power.max_w, 500, 1e-12);
    near(rig.result->power.min_w, 400, 1e-12);
    near(rig.result->power.mean_w, 450, 1e-14);
    near(rig.result->nodes[0].power.max_w, 200, 0);
    near(rig.result->nodes[1].power.min_w, 200, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(spike_of_one_node_shows_in_the_sum)
{
    struct rig rig;
    uint32_t a, b;

    rig_open(&rig, 3600, two_nodes);
    a = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    b = rig_series(&rig, rpc2, "SystemInputPower", "PowerMetrics", "W");
    for (int t = 0; t <= 3600; t += 5)
        rig_push(&rig, a, t, t == 1805 ? 1300 : 300);
    for (int t = 2; t <= 3600; t += 5)
        rig_push(&rig, b, t, 200);
    rig_end(&rig);
    near(rig.result->power.max_w, 1500, 1e-12);
    near(rig.result->power.min_w, 500, 1e-12);
    rig_close(&rig);
}
END_TEST

/* A window without a sample: the straight line between its neighbours, a single one's
 * level.  What lies inside and what lies outside do not mix. */
START_TEST(neighbours_make_a_straight_line)
{
    struct rig rig;
    uint32_t s, single;

    rig_open(&rig, 3, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    single = rig_series(&rig, rpc1, "TotalCPUPower", "PowerMetrics", "W");
    rig_push(&rig, s, -1, 100);
    rig_push(&rig, s, 4, 200);
    rig_push(&rig, single, -20, 50);
    rig_end(&rig);
    near(rig.result->total_kwh, 3 * 150 / RIG_KWH, 1e-15);
    near(rig.result->power.min_w, 120, 1e-15);
    near(rig.result->power.max_w, 180, 1e-15);
    ck_assert_uint_eq(rig.result->series[s].samples, 2);
    ck_assert_uint_eq(rig.result->series[s].borrowed, 2);
    near(rig.result->series[s].coverage, 1, 0);
    near(rig.result->series[s].interval_s, 5, 0);
    ck_assert(isnan(rig.result->series[s].uncertainty_kwh));
    near(rig.result->series[single].energy_kwh, 3 * 50 / RIG_KWH, 1e-15);
    near(rig.result->series[single].coverage, 0, 0);
    ck_assert_uint_eq(rig.result->series[single].n_gaps, 1);
    ck_assert_int_eq(rig_try(&rig, s, 1, 100), -1);
    rig_close(&rig);
    rig_open(&rig, 3, one_node);
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, 1, 100);
    ck_assert_int_eq(rig_try(&rig, s, 4, 100), -1);
    rig_end(&rig);
    rig_close(&rig);
    rig_open(&rig, 0, one_node); /* a job of no length */
    s = rig_series(&rig, rpc1, "SystemInputPower", "PowerMetrics", "W");
    rig_push(&rig, s, -1, 100);
    rig_push(&rig, s, 4, 200);
    rig_end(&rig);
    near(rig.result->power.mean_w, 120, 1e-15);
    near(rig.result->total_kwh, 0, 0);
    rig_close(&rig);
}
END_TEST

MP_UNIT_MAIN("energy", neighbours_make_a_straight_line, constant_power, ramp_is_exact,
             sampled_sine, edges_are_held_flat, lag_shifts_readings_back,
             samples_of_one_time_count_by_their_mean, what_is_no_power_is_left_out,
             a_high_spike_stays, units, units_may_be_words, unknown_unit_is_an_error,
             backwards_in_time_is_an_error, long_sums_stay_exact,
             summer_time_is_none_of_our_business, one_sample_is_held_over_the_window,
             an_instant_has_power_and_no_energy, extremes_of_the_job_are_those_of_the_sum,
             spike_of_one_node_shows_in_the_sum)
