/* SPDX-License-Identifier: MIT
 * test_reduce.c - columns: mean times width is the energy, no spike gets lost, sums add
 * up, gaps are gaps. */
#include "config.h"

#include <stdio.h>

#include "rig.h"

static char rpc1[] = "rpc-91-1", rpc2[] = "rpc-91-2", rpc3[] = "rpc-91-3",
            rpg1[] = "rpg-93-1";
static char *const one_node[] = {rpc1, NULL};
static char *const three_nodes[] = {rpc1, rpc2, rpc3, NULL};
static char *const gpu_node[] = {rpg1, NULL};

static void near(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        ck_abort_msg("%.17g is not %.17g within %g", got, want, relative);
}

static const struct mp_track *track(const struct rig *rig, enum mp_track_kind kind,
                                    enum mp_role role)
{
    for (size_t i = 0; i < rig->reduced->n_tracks; i++) {
        if (rig->reduced->tracks[i]->kind == kind &&
            rig->reduced->tracks[i]->role == role)
            return rig->reduced->tracks[i];
    }
    ck_abort_msg("no such track");
    return NULL;
}

static double area_kwh(const struct rig *rig, const struct mp_track *t)
{
    double width = (double)(rig->reduced->end - rig->reduced->start) / 1e6 / MP_COLUMNS;
    double joules = 0;

    for (int c = 0; c < MP_COLUMNS; c++)
        joules += (double)t->columns[c].mean * width;
    return joules / RIG_KWH;
}

static const int windows[] = {1, 10, 37, 600, 3600, 86400, 30 * 86400};
enum { N_WINDOWS = sizeof windows / sizeof *windows };

static void feed_noise(struct rig *rig, uint32_t s, int seconds, double phase,
                       uint32_t state)
{
    for (long k = 0; phase + 5.002 * (double)k <= seconds; k++) {
        state = state * 1664525 + 1013904223;
        rig_push(rig, s, phase + 5.002 * (double)k, 200 + (state >> 20));
    }
}

START_TEST(means_keep_the_energy)
{
    for (int i = 0; i < N_WINDOWS; i++) {
        int seconds = windows[i];
        struct rig rig;
        uint32_t s;

        rig_open(&rig, seconds, three_nodes);
        for (uint32_t n = 0; n < 3; n++) {
            s = rig_series(&rig, three_nodes[n], "SystemInputPower", NULL, "W");
            feed_noise(&rig, s, seconds, 0.3 * n, n);
        }
        rig_end(&rig);
        near(area_kwh(&rig, track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT)),
             rig.result->total_kwh, 1e-6);
        rig_close(&rig);
    }
}
END_TEST

/* At every reduction, down to columns of 36 minutes. */
START_TEST(a_spike_of_one_sample_survives)
{
    for (int i = 1; i < N_WINDOWS; i++) {
        double high = 0, low = 1e9;
        int seconds = windows[i], at = seconds / 2 / 5 * 5;
        const struct mp_track *t;
        struct rig rig;
        uint32_t s;

        rig_open(&rig, seconds, one_node);
        s = rig_series(&rig, rpc1, "SystemInputPower", NULL, "W");
        for (int k = 0; k <= seconds; k += 5)
            rig_push(&rig, s, k, k == at ? 1900 : k == at + 5 ? 100 : 500);
        rig_end(&rig);
        t = track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT);
        for (int c = 0; c < MP_COLUMNS; c++) {
            double from = (double)c * seconds / MP_COLUMNS;
            double to = (double)(c + 1) * seconds / MP_COLUMNS;

            high = fmax(high, (double)t->columns[c].max);
            low = fmin(low, (double)t->columns[c].min);
            if (to < at - 5 || from > at + 10) { /* and shows nowhere else */
                ck_assert_float_eq(t->columns[c].max, 500);
                ck_assert_float_eq(t->columns[c].min, 500);
            }
        }
        near(high, 1900, 1e-6);
        near(low, at + 5 <= seconds ? 100 : 500, 1e-6);
        rig_close(&rig);
    }
}
END_TEST

/* One node of three spikes: the sum shows it at its height. */
START_TEST(a_spike_of_one_node_survives_in_the_sum)
{
    const struct mp_track *t;
    struct rig rig;
    double high = 0;

    rig_open(&rig, 86400, three_nodes);
    for (int n = 0; n < 3; n++) {
        uint32_t s = rig_series(&rig, three_nodes[n], "SystemInputPower", NULL, "W");

        for (int k = 0; k <= 86400; k += 5)
            rig_push(&rig, s, k, n == 1 && k == 40000 ? 1900 : 500);
    }
    rig_end(&rig);
    t = track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT);
    for (int c = 0; c < MP_COLUMNS; c++)
        high = fmax(high, (double)t->columns[c].max);
    near(high, 2900, 1e-5);
    near(rig.result->power.max_w, 2900, 1e-12);
    rig_close(&rig);
}
END_TEST

/* Nodes that work and wait in step, faster than a column is wide: the sum swings as far
 * as it does; nodes that take turns make a sum that does not swing. */
START_TEST(the_sum_swings_as_the_nodes_do)
{
    for (int in_step = 0; in_step < 2; in_step++) {
        const struct mp_track *t;
        struct rig rig;

        rig_open(&rig, 86400.5, three_nodes);
        for (int n = 0; n < 2; n++) {
            uint32_t s = rig_series(&rig, three_nodes[n], "SystemInputPower", NULL, "W");

            for (int k = 0; k <= 86400; k += 5)
                rig_push(&rig, s, k, k / 15 % 2 == (in_step ? 0 : n) ? 700 : 300);
        }
        rig_end(&rig);
        t = track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT);
        for (int c = 1; c < MP_COLUMNS - 1; c++) {
            ck_assert_float_eq_tol(t->columns[c].max, in_step ? 1400 : 1000, 0.01F);
            ck_assert_float_eq_tol(t->columns[c].min, in_step ? 600 : 1000, 0.01F);
        }
        rig_close(&rig);
    }
}
END_TEST

START_TEST(a_spike_between_the_instants_of_the_grid_survives)
{
    const struct mp_track *t;
    struct rig rig;
    double high = 0;

    rig_open(&rig, 30 * 86400, three_nodes);
    for (int n = 0; n < 2; n++) {
        uint32_t s = rig_series(&rig, three_nodes[n], "SystemInputPower", NULL, "W");

        for (int k = 0; k < 30 * 86400 / 5; k++)
            rig_push(&rig, s, 5 * k + 2.5, n == 1 && k == 70001 ? 1900 : 500);
    }
    rig_end(&rig);
    t = track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT);
    for (int c = 0; c < MP_COLUMNS; c++)
        high = fmax(high, (double)t->columns[c].max);
    near(high, 2400, 2e-3);
    rig_close(&rig);
}
END_TEST

START_TEST(short_jobs_show_the_line_between_samples)
{
    const struct mp_track *t;
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 10, one_node);
    s = rig_series(&rig, rpc1, "TotalCPUPower", NULL, "W");
    rig_push(&rig, s, 0, 100);
    rig_push(&rig, s, 5, 200);
    rig_push(&rig, s, 10, 0);
    rig_end(&rig);
    t = track(&rig, MP_TRACK_ROLE, MP_ROLE_CPU);
    for (int c = 0; c < MP_COLUMNS; c++) {
        double at = (c + 0.5) * 10 / MP_COLUMNS;

        ck_assert_double_eq_tol((double)t->columns[c].mean,
                                at < 5 ? 100 + 20 * at : 400 - 40 * at, 1e-4);
        ck_assert(t->columns[c].min <= t->columns[c].mean);
        ck_assert(t->columns[c].max >= t->columns[c].mean);
        ck_assert_float_eq(t->columns[c].live, 1);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(gaps_are_not_live)
{
    const struct mp_track *t;
    struct rig rig;

    rig_open(&rig, 1200, three_nodes);
    for (int n = 0; n < 3; n++) {
        uint32_t s = rig_series(&rig, three_nodes[n], "SystemInputPower", NULL, "W");

        rig_hold(&rig, s, 0, 400, 5, 100);
        if (n > 0)
            rig_hold(&rig, s, 405, 800, 5, 100);
        rig_hold(&rig, s, 801.5, 1000, 5, 100);
    }
    rig_end(&rig);
    t = track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT);
    ck_assert_float_eq(t->columns[0].live, 1);
    ck_assert_float_eq(t->columns[399].live, 1);
    ck_assert_float_eq_tol(t->columns[400].live, 2.0F / 3, 1e-6F);
    ck_assert_float_eq_tol(t->columns[800].live, 2.0F / 3, 1e-6F);
    ck_assert_float_eq_tol(t->columns[801].live, 2.0F / 3, 1e-6F); /* for half of it */
    ck_assert_float_eq(t->columns[802].live, 1);
    ck_assert_float_eq(t->columns[1010].live, 1); /* flat for three intervals */
    ck_assert_float_eq(t->columns[1199].live, 0);
    ck_assert_float_eq(t->columns[600].mean, 300); /* bridged */
    rig_close(&rig);
}
END_TEST

/* Three nodes that are all silent for 0.7 of a column are not two silent nodes. */
START_TEST(a_gap_of_all_is_no_gap_of_some)
{
    const struct mp_track *t;
    struct rig rig;

    rig_open(&rig, 12000, three_nodes);
    for (int n = 0; n < 3; n++) {
        uint32_t s = rig_series(&rig, three_nodes[n], "SystemInputPower", NULL, "W");

        rig_hold(&rig, s, 0, 100, 5, 100);
        rig_push(&rig, s, 103, 100);
        rig_hold(&rig, s, 124, 12000, 4, 100);
    }
    rig_end(&rig);
    t = track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT);
    for (int c = 0; c < MP_COLUMNS; c++)
        ck_assert_float_eq(t->columns[c].live, c == 10 || c == 11 ? 0 : 1);
    rig_close(&rig);
}
END_TEST

START_TEST(sums_over_nodes_and_their_spread)
{
    const struct mp_track *sum, *spread;
    struct rig rig;

    rig_open(&rig, 600, three_nodes);
    for (int n = 0; n < 3; n++) {
        const char *node = three_nodes[n];
        uint32_t a = rig_series(&rig, node, "SystemInputPower", "PSU.Slot.1", "W");
        uint32_t b = rig_series(&rig, node, "SystemInputPower", "PSU.Slot.2", "W");

        rig_hold(&rig, a, 0, 600, 5, 100 * (n + 1));
        rig_hold(&rig, b, 0, 600, 5, 50);
    }
    rig_end(&rig);
    sum = track(&rig, MP_TRACK_ROLE, MP_ROLE_INPUT);
    spread = track(&rig, MP_TRACK_NODE_SPREAD, MP_ROLE_INPUT);
    ck_assert_uint_eq(sum->n_series, 6);
    ck_assert_uint_eq(spread->n_series, 3);
    for (int c = 0; c < MP_COLUMNS; c++) {
        ck_assert_float_eq(sum->columns[c].mean, 750);
        ck_assert_float_eq(spread->columns[c].mean, 250);
        ck_assert_float_eq(spread->columns[c].min, 150);
        ck_assert_float_eq(spread->columns[c].max, 350);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(each_gpu_of_one_node_has_its_line)
{
    static const char *const slots[] = {"Video.Slot.10-1", "Video.Slot.9-1",
                                        "Video.Slot.33-1"};
    struct rig rig;

    rig_open(&rig, 600, gpu_node);
    for (int i = 0; i < 3; i++) {
        uint32_t s = rig_series(&rig, rpg1, "PowerConsumption", slots[i], "mW");

        rig_hold(&rig, s, 0, 600, 5, 100000 * (i + 1));
    }
    rig_end(&rig);
    ck_assert_uint_eq(rig.reduced->n_tracks, 4);
    ck_assert_float_eq(rig.reduced->tracks[0]->columns[5].mean, 600);
    ck_assert_int_eq(rig.reduced->tracks[0]->kind, MP_TRACK_ROLE);
    ck_assert_str_eq(rig.reduced->tracks[0]->label, "gpu");
    ck_assert_str_eq(rig.reduced->tracks[1]->label, "Video.Slot.9-1");
    ck_assert_float_eq(rig.reduced->tracks[1]->columns[5].mean, 200);
    ck_assert_str_eq(rig.reduced->tracks[2]->label, "Video.Slot.10-1");
    ck_assert_str_eq(rig.reduced->tracks[3]->label, "Video.Slot.33-1");
    rig_close(&rig);
}
END_TEST

START_TEST(what_no_sample_shows_has_no_track)
{
    struct rig rig;
    uint32_t s;

    rig_open(&rig, 600, one_node);
    s = rig_series(&rig, rpc1, "TotalCPUPower", NULL, "W");
    rig_push_null(&rig, s, 5);
    s = rig_series(&rig, rpc1, "TotalFanPower", NULL, NULL);
    rig_push(&rig, s, 5, 100);
    rig_end(&rig);
    ck_assert_uint_eq(rig.reduced->n_tracks, 0);
    rig_close(&rig);
}
END_TEST

/* Eleven nodes, held at 100 to 200 W in an order that is none. */
START_TEST(quartiles_leave_a_quarter_on_either_side)
{
    static char names[11][12];
    char *nodes[12] = {NULL};
    struct rig rig;

    for (int i = 0; i < 11; i++) {
        snprintf(names[i], sizeof names[i], "rpc-91-%d", i + 1);
        nodes[i] = names[i];
    }
    rig_open(&rig, 600, nodes);
    for (int i = 0; i < 11; i++)
        rig_hold(&rig, rig_series(&rig, names[i], "SystemInputPower", NULL, "W"), 0, 600,
                 5, 100 + 10 * (i * 7 % 11));
    rig_end(&rig);
    ck_assert_ptr_nonnull(rig.reduced->quartiles);
    for (int c = 0; c < MP_COLUMNS; c++) {
        ck_assert_double_eq_tol((double)rig.reduced->quartiles[c].low, 120, 0.01);
        ck_assert_double_eq_tol((double)rig.reduced->quartiles[c].high, 180, 0.01);
    }
    rig_close(&rig);
}
END_TEST

/* Equal values are where a selection goes wrong or goes on for ever. */
START_TEST(quartiles_of_equal_nodes_are_theirs)
{
    static char names[9][12];
    char *nodes[10] = {NULL};
    struct rig rig;

    for (int i = 0; i < 9; i++) {
        snprintf(names[i], sizeof names[i], "rpc-91-%d", i + 1);
        nodes[i] = names[i];
    }
    rig_open(&rig, 60, nodes);
    for (int i = 0; i < 9; i++)
        rig_hold(&rig, rig_series(&rig, names[i], "SystemInputPower", NULL, "W"), 0, 60,
                 5, i == 4 ? 900 : 300);
    rig_end(&rig);
    ck_assert_double_eq_tol((double)rig.reduced->quartiles[600].low, 300, 0.01);
    ck_assert_double_eq_tol((double)rig.reduced->quartiles[600].high, 300, 0.01);
    rig_close(&rig);
}
END_TEST

MP_UNIT_MAIN("reduce", means_keep_the_energy, a_spike_of_one_sample_survives,
             a_spike_of_one_node_survives_in_the_sum, the_sum_swings_as_the_nodes_do,
             a_spike_between_the_instants_of_the_grid_survives,
             short_jobs_show_the_line_between_samples, gaps_are_not_live,
             a_gap_of_all_is_no_gap_of_some, sums_over_nodes_and_their_spread,
             each_gpu_of_one_node_has_its_line, what_no_sample_shows_has_no_track,
             quartiles_leave_a_quarter_on_either_side,
             quartiles_of_equal_nodes_are_theirs)
