/* SPDX-License-Identifier: MIT
 * test_job.c - job labels; times exact to the microsecond, and what is no time. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/job.h"
#include "unit.h"

static void same(const char *text, int64_t want)
{
    struct mp_error err = {0};
    int64_t us = -1;
    int rc = mp_time_parse(text, "--start", &us, &err);

    ck_assert_msg(rc == 0, "%s: %s", text, err.text);
    ck_assert_msg(us == want, "%s: %lld, not %lld", text, (long long)us, (long long)want);
}

static void refused(const char *text, const char *why)
{
    struct mp_error err = {0};
    int64_t us = 42;

    ck_assert_msg(mp_time_parse(text, "--start", &us, &err) == -1, "took %s", text);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s: %s", text, err.text);
    ck_assert_msg(strstr(err.text, "--start") != NULL, "%s: %s", text, err.text);
    ck_assert_int_eq(us, 42);
}

START_TEST(reads_unix_seconds)
{
    same("0", 0);
    same("1760497200", INT64_C(1760497200000000));
    same("1760497200.25", INT64_C(1760497200250000));
    same("1760497200.000001", INT64_C(1760497200000001));
    same("1760497200.999999", INT64_C(1760497200999999));
    same("1760497200.250000000", INT64_C(1760497200250000));
    same("253402300799.999999", INT64_C(253402300799999999));
}
END_TEST

START_TEST(reads_iso_8601)
{
    int64_t t = INT64_C(1770218105000000); /* 2026-02-04 15:15:05 UTC */

    same("2026-02-04T09:15:05-06:00", t);
    same("2026-02-04 09:15:05-06", t);
    same("2026-02-04 09:15:05.25-06", t + 250000);
    same("2026-02-04T09:15:05,25-0600", t + 250000);
    same("2026-02-04T15:15:05Z", t);
    same("2026-02-04t15:15:05z", t);
    same("2026-02-04 15:15:05 +0000", t);
    same("2026-02-04T20:45:05+05:30", t);
    same("2026-02-04T15:15Z", t - 5000000);
    same("2026-02-04T15:15:05.000001+00", t + 1);
    same("1883-11-18 12:03:58-07:52:58", INT64_C(-2717640184000000));
    same("1970-01-01T00:00:00Z", 0);
    same("1969-12-31T23:59:59.999999Z", -1);
    same("0001-01-01T00:00:00Z", INT64_C(-62135596800000000));
    same("9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999));
    same("2024-02-29T00:00:00Z", INT64_C(1709164800000000));
}
END_TEST

/* As sacct prints it, in the zone of whoever types it. */
START_TEST(reads_local_time)
{
    setenv("TZ", "America/Chicago", 1);
    tzset();
    same("2026-02-04T09:15:05", INT64_C(1770218105000000));
    same("2026-02-04 09:15:05.25", INT64_C(1770218105250000));
    same("2026-07-04T09:15:05", INT64_C(1783174505000000));
    same("2025-11-02T00:59:59", INT64_C(1762063199000000));
    same("2025-11-02T02:00:00", INT64_C(1762070400000000));
    refused("2025-11-02T01:30:00", "comes twice"); /* at -05:00 and at -06:00 */
    same("2025-11-02T01:30:00-06:00", INT64_C(1762068600000000));
    refused("2026-03-08T02:30:00", "left out");
    same("2026-03-08T03:00:00", INT64_C(1772956800000000));
    setenv("TZ", "UTC", 1);
    tzset();
    same("2026-02-04T15:15:05", INT64_C(1770218105000000));
}
END_TEST

/* Every day of the Gregorian calendar's 400-year cycle, against the C library. */
START_TEST(agrees_with_gmtime)
{
    char text[40];

    for (int64_t day = -150000; day < 150000; day += 1) {
        time_t t = (time_t)(day * 86400 + 3661);
        struct tm tm;

        gmtime_r(&t, &tm);
        if (tm.tm_year + 1900 < 1)
            continue;
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                 (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec);
        same(text, (int64_t)t * 1000000);
    }
}
END_TEST

START_TEST(refuses_what_is_no_time)
{
    static const char *const none[][2] = {
        {"", "not a time"},
        {"now", "not a time"},
        {" 5", "not a time"},
        {"-5", "not a time"},
        {"1e9", "not a time"},
        {"1760497200.", "no digits"},
        {"1760497200.0000001", "finer"},
        {"1760497200000", "milliseconds"},
        {"99999999999999999999999", "milliseconds"},
        {"2026-02-04", "no time of day"},
        {"2026-02-30T00:00:00Z", "no such day"},
        {"2025-02-29T00:00:00Z", "no such day"},
        {"1900-02-29T00:00:00Z", "no such day"},
        {"0000-01-01T00:00:00Z", "year out of range"},
        {"2026-13-01T00:00:00Z", "no such month"},
        {"2026-2-4T00:00:00Z", "no date"},
        {"2026-02-04T24:00:00Z", "no such time"},
        {"2026-02-04T23:59:60Z", "no such time"},
        {"2026-02-04T09:15:05.1234567Z", "finer"},
        {"2026-02-04T09:15:05+16", "no such offset"},
        {"2026-02-04T09:15:05+5:30", "no offset +HH"},
        {"2026-02-04T09:15:05Zz", "follows"},
        {"2026-02-04T09:15:05+05:30:00:00", "follows"},
        {"0001-01-01T00:00:00+01", "years"},
        {"9999-12-31T23:59:59-01", "years"},
    };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        refused(none[i][0], none[i][1]);
}
END_TEST

START_TEST(checks_labels)
{
    static const char *const good[] = {"1", "1234", "1200_7", "1234+1", "4294967295_0"};
    static const char *const bad[] = {"",     "x",      "12 ",   "12_",
                                      "_7",   "12_3_4", "1+2+3", "12345678901",
                                      "../x", "1\n",    "-1",    "1.batch"};
    struct mp_error err;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(mp_job_label_check(good[i], &err) == 0, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(mp_job_label_check(bad[i], &err) == -1, "%s", bad[i]);
        ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    }
}
END_TEST

MP_UNIT_MAIN("job", reads_unix_seconds, reads_iso_8601, reads_local_time,
             agrees_with_gmtime, refuses_what_is_no_time, checks_labels)
