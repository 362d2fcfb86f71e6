/* SPDX-License-Identifier: MIT
 * test_chart_ticks.c - ticks at all lengths of window, in zones with odd offsets and over
 * changes of the clocks. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chart/ticks.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static struct tm local(int64_t at)
{
    time_t t = (time_t)(at / SECOND);
    struct tm tm;

    localtime_r(&t, &tm);
    return tm;
}

/* µs of a local time in the present zone. */
static int64_t at_local(int year, int month, int day, int hour, int minute)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_isdst = -1};

    return (int64_t)mktime(&tm) * SECOND;
}

static const char *labels(int64_t start, int64_t end, int most)
{
    static char out[1000];
    struct mp_time_axis axis;

    mp_axis_time(start, end, most, &axis);
    out[0] = '\0';
    for (size_t i = 0; i < axis.n_ticks; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "",
                 axis.ticks[i].label);
    return out;
}

START_TEST(value_steps_are_nice_and_leave_headroom)
{
    for (double max = 0.01; max < 1e8; max *= 1.07) {
        struct mp_value_axis axis;
        double lead;

        mp_axis_value(max, 10, &axis);
        ck_assert(axis.top >= max * 1.05);
        ck_assert(axis.top <= max * 1.4);
        ck_assert_int_ge(axis.n_steps, 4);
        ck_assert_int_le(axis.n_steps, 11);
        lead = axis.step / pow(10, floor(log10(axis.step) + 1e-9));
        ck_assert(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 ||
                  fabs(lead - 5) < 1e-6);
        /* the label's decimals show the step exactly */
        lead = axis.step / axis.divisor * pow(10, axis.decimals);
        ck_assert(fabs(lead - round(lead)) < 1e-6);
    }
}
END_TEST

START_TEST(units_follow_the_top)
{
    struct mp_value_axis axis;

    mp_axis_value(0.3, 10, &axis);
    ck_assert_str_eq(axis.unit, "W");
    mp_axis_value(8000, 10, &axis);
    ck_assert_str_eq(axis.unit, "W");
    mp_axis_value(3e6, 10, &axis);
    ck_assert_str_eq(axis.unit, "kW");
    mp_axis_value(3e7, 10, &axis);
    ck_assert_str_eq(axis.unit, "MW");
    mp_axis_value(NAN, 10, &axis);
    ck_assert(axis.top > 1);
}
END_TEST

/* All window lengths in several zones, also over the changes of 2025: ticks lie within,
 * rise, are neither too few nor too many, stand at local times their labels tell, and the
 * spans of dates cover the window. */
START_TEST(ticks_are_sound_everywhere)
{
    static const char *const zones[] = {"UTC",
                                        "America/Chicago",
                                        "Asia/Kolkata",
                                        "Australia/Lord_Howe",
                                        "Pacific/Chatham",
                                        "America/Sao_Paulo",
                                        "Africa/Cairo"};
    static const int64_t starts[] = {1760497200, 1762059600 - 3000, 1741503600 - 7000,
                                     1540695600 - 90000, 1745528400 - 5000};

    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        set_zone(zones[z]);
        for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
            for (double length = 0.5; length < 4e8; length *= 1.31) {
                const int64_t start = starts[s] * SECOND + 123456;
                const int64_t end = start + (int64_t)(length * 1e6);
                struct mp_time_axis axis;

                mp_axis_time(start, end, 11, &axis);
                ck_assert_uint_le(axis.n_ticks, 13);
                ck_assert_uint_ge(axis.n_ticks, 2);
                for (size_t i = 0; i < axis.n_ticks; i++) {
                    ck_assert(axis.ticks[i].at >= start && axis.ticks[i].at <= end);
                    ck_assert(i == 0 || axis.ticks[i].at > axis.ticks[i - 1].at);
                    ck_assert_str_ne(axis.ticks[i].label, "");
                }
                for (size_t i = 0; i < axis.n_spans; i++) {
                    ck_assert(axis.spans[i].from == (i ? axis.spans[i - 1].to : start));
                    ck_assert(axis.spans[i].to > axis.spans[i].from);
                }
                if (axis.n_spans > 0)
                    ck_assert(axis.spans[axis.n_spans - 1].to == end);
            }
    }
}
END_TEST

/* Up to a day, ticks are as far apart as their labels say, but for a change of the
 * clocks. */
START_TEST(labels_tell_the_local_time)
{
    static const char *const zones[] = {"America/Chicago", "Asia/Kolkata",
                                        "Asia/Kathmandu"};

    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        set_zone(zones[z]);
        for (int64_t length = 10; length < 100000; length = length * 5 / 4) {
            struct mp_time_axis axis;

            mp_axis_time(1760497213 * SECOND, (1760497213 + length) * SECOND, 11, &axis);
            for (size_t i = 0; i < axis.n_ticks; i++) {
                struct tm tm = local(axis.ticks[i].at);
                char want[40];

                strftime(want, sizeof want, strlen(axis.ticks[i].label) > 5 ? "%T" : "%R",
                         &tm);
                ck_assert_str_eq(axis.ticks[i].label, want);
            }
        }
    }
}
END_TEST

START_TEST(hours_are_whole_where_the_offset_is_not)
{
    set_zone("Asia/Kolkata");
    ck_assert_str_eq(
        labels(at_local(2025, 10, 15, 8, 40), at_local(2025, 10, 15, 14, 5), 11),
        "09:00 09:30 10:00 10:30 11:00 11:30 12:00 12:30 13:00 13:30 14:00");
}
END_TEST

START_TEST(spring_skips_an_hour)
{
    struct mp_time_axis axis;

    set_zone("America/Chicago");
    ck_assert_str_eq(
        labels(at_local(2025, 3, 8, 22, 30), at_local(2025, 3, 9, 7, 30), 11),
        "23:00 00:00 01:00 03:00 04:00 05:00 06:00 07:00");
    mp_axis_time(at_local(2025, 3, 8, 22, 30), at_local(2025, 3, 9, 7, 30), 11, &axis);
    ck_assert_uint_eq(axis.n_changes, 1);
    ck_assert_str_eq(axis.zone, "CST (UTC-06:00)");
    ck_assert_str_eq(axis.changed, "CDT (UTC-05:00)");
    ck_assert_str_eq(axis.change_label, "9 Mar 03:00");
    ck_assert(axis.change == 1741507200 * SECOND);
    /* three hours apart by the clock, whatever the clocks did */
    ck_assert_str_eq(labels(at_local(2025, 3, 8, 12, 0), at_local(2025, 3, 9, 18, 0), 11),
                     "12:00 15:00 18:00 21:00 00:00 03:00 06:00 09:00 12:00 15:00 18:00");
}
END_TEST

START_TEST(autumn_repeats_an_hour)
{
    set_zone("America/Chicago");
    ck_assert_str_eq(
        labels(at_local(2025, 11, 1, 22, 30), at_local(2025, 11, 2, 4, 30), 11),
        "23:00 00:00 01:00 01:00 02:00 03:00 04:00");
    ck_assert_str_eq(
        labels(at_local(2025, 10, 30, 12, 0), at_local(2025, 11, 4, 12, 0), 6),
        "31 Oct 1 Nov 2 Nov 3 Nov 4 Nov");
}
END_TEST

/* Where the clocks went forward at midnight, the day's tick is its first instant. */
START_TEST(a_day_may_start_at_one)
{
    struct mp_time_axis axis;

    set_zone("America/Sao_Paulo"); /* 2018-11-04 began at 01:00 */
    mp_axis_time(at_local(2018, 11, 1, 12, 0), at_local(2018, 11, 7, 12, 0), 6, &axis);
    ck_assert_uint_eq(axis.n_ticks, 6);
    ck_assert_str_eq(axis.ticks[2].label, "4 Nov");
    ck_assert_int_eq(local(axis.ticks[2].at).tm_hour, 1);
    ck_assert_int_eq(local(axis.ticks[3].at).tm_hour, 0);
}
END_TEST

START_TEST(dates_change_at_midnight)
{
    struct mp_time_axis axis;

    set_zone("America/Chicago");
    mp_axis_time(at_local(2025, 12, 31, 20, 0), at_local(2026, 1, 1, 4, 0), 11, &axis);
    ck_assert_uint_eq(axis.n_spans, 2);
    ck_assert_str_eq(axis.spans[0].label, "2025-12-31");
    ck_assert_str_eq(axis.spans[1].label, "2026-01-01");
    ck_assert(axis.spans[1].from == at_local(2026, 1, 1, 0, 0));
    mp_axis_time(at_local(2025, 12, 20, 0, 0), at_local(2026, 1, 20, 0, 0), 11, &axis);
    ck_assert_uint_eq(axis.n_spans, 2);
    ck_assert_str_eq(axis.spans[1].label, "2026");
}
END_TEST

START_TEST(windows_read_well)
{
    char out[200];

    set_zone("America/Chicago");
    mp_axis_window(at_local(2026, 2, 4, 9, 15), at_local(2026, 2, 4, 10, 15), out,
                   sizeof out);
    ck_assert_str_eq(out, "2026-02-04 09:15:00 \xE2\x80\x93 10:15:00 CST (UTC-06:00)");
    mp_axis_window(at_local(2026, 2, 4, 23, 15), at_local(2026, 2, 5, 10, 15), out,
                   sizeof out);
    ck_assert_str_eq(
        out, "2026-02-04 23:15:00 \xE2\x80\x93 2026-02-05 10:15:00 CST (UTC-06:00)");
    mp_axis_window(at_local(2025, 3, 9, 1, 0), at_local(2025, 3, 9, 4, 0), out,
                   sizeof out);
    ck_assert_str_eq(out, "2025-03-09 01:00:00 CST (UTC-06:00) \xE2\x80\x93 "
                          "2025-03-09 04:00:00 CDT (UTC-05:00)");
    set_zone("Asia/Kolkata");
    mp_axis_window(0, 1000000, out, sizeof out);
    ck_assert_str_eq(out, "1970-01-01 05:30:00 \xE2\x80\x93 05:30:01 IST (UTC+05:30)");
    set_zone("UTC");
    mp_axis_window(0, 1000000, out, sizeof out);
    ck_assert_str_eq(out, "1970-01-01 00:00:00 \xE2\x80\x93 00:00:01 UTC");
    mp_axis_window(SECOND, SECOND, out, sizeof out);
    ck_assert_str_eq(out, "1970-01-01 00:00:01 UTC");
    mp_axis_window(SECOND, SECOND + 400000, out, sizeof out);
    ck_assert_str_eq(out, "1970-01-01 00:00:01.000 \xE2\x80\x93 00:00:01.400 UTC");
}
END_TEST

START_TEST(short_windows_show_the_hour)
{
    const int64_t start = 1760497200 * SECOND; /* 2025-10-14 22:00 in Chicago */
    struct mp_time_axis axis;

    setenv("TZ", "America/Chicago", 1);
    tzset();
    mp_axis_time(start, start + 10 * SECOND, 11, &axis);
    ck_assert_str_eq(axis.ticks[1].label, "22:00:02");
    mp_axis_time(start, start + SECOND, 11, &axis);
    ck_assert_str_eq(axis.ticks[1].label, "22:00:00.20");
    ck_assert_uint_le(axis.n_ticks, 7);
}
END_TEST

MP_UNIT_MAIN("chart_ticks", value_steps_are_nice_and_leave_headroom, units_follow_the_top,
             ticks_are_sound_everywhere, labels_tell_the_local_time,
             hours_are_whole_where_the_offset_is_not, spring_skips_an_hour,
             autumn_repeats_an_hour, a_day_may_start_at_one, dates_change_at_midnight,
             windows_read_well, short_windows_show_the_hour)
