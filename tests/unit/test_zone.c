/* SPDX-License-Identifier: MIT
 * test_zone.c - times as a real PostgreSQL printed them (tests/data/pgtext/times.txt),
 * and reading times back. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "base/zone.h"

static bool use_zone(struct mp_zone *zone, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if (strcmp(name, "UTC") != 0 && access(path, R_OK) != 0)
        return false;
    setenv("TZ", name, 1);
    mp_zone_init(zone);
    return true;
}

/* "ZONE US TEXT ; NAIVE TEXT\n" */
static void check_line(char *line, struct mp_zone *zone, char *current, int *n)
{
    char name[64];
    int64_t us, first, second;
    int at = 0;
    char *text, *naive, got[MP_TIME_TEXT_MAX + 1];
    struct mp_civil back;

    ck_assert_int_eq(sscanf(line, "%63s %" SCNd64 " %n", name, &us, &at), 2);
    text = line + at;
    naive = strstr(text, " ; ");
    ck_assert(naive != NULL);
    *naive = '\0';
    naive += 3;
    if (strcmp(name, current) != 0 && !use_zone(zone, name))
        return;
    memcpy(current, name, sizeof name);
    got[mp_time_text(zone, us, false, got)] = '\0';
    ck_assert_msg(strcmp(got, text) == 0, "%s %" PRId64 ": %s, not %s", name, us, got,
                  text);
    ck_assert_ptr_eq(mp_time_read(text, strlen(text), &back), NULL);
    ck_assert_msg(back.us == us && !back.naive, "%s read as %" PRId64, text, back.us);

    got[mp_time_text(zone, us, true, got)] = '\0';
    ck_assert_msg(strcmp(got, naive) == 0, "%s: %s, not %s", name, got, naive);
    ck_assert_ptr_eq(mp_time_read(naive, strlen(naive), &back), NULL);
    mp_zone_from_local(zone, back.us, &first, &second);
    ck_assert_msg(back.naive && first <= second && (first == us || second == us),
                  "%s in %s: %" PRId64 " or %" PRId64, naive, name, first, second);
    ++*n;
}

START_TEST(prints_times_as_postgresql_does)
{
    const char *top = getenv("MP_SRCDIR");
    char path[4096], line[256], current[64] = "";
    struct mp_zone zone;
    int n = 0;

    snprintf(path, sizeof path, "%s/tests/data/pgtext/times.txt",
             top != NULL ? top : ".");
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "no %s", path);
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        check_line(line, &zone, current, &n);
    }
    fclose(f);
    ck_assert_int_gt(n, 100); /* UTC at least, where there is no zone data */
}
END_TEST

START_TEST(a_repeated_hour_has_two_readings)
{
    struct mp_zone zone;
    struct mp_civil c;
    int64_t first, second;

    if (!use_zone(&zone, "America/Chicago"))
        return;
    ck_assert_ptr_eq(mp_time_read("2026-11-01 01:30:00", 19, &c), NULL);
    mp_zone_from_local(&zone, c.us, &first, &second);
    ck_assert_int_eq(first, INT64_C(1793514600000000));  /* -05 */
    ck_assert_int_eq(second, INT64_C(1793518200000000)); /* -06 */
    ck_assert_ptr_eq(mp_time_read("2026-03-08 02:30:00", 19, &c), NULL);
    mp_zone_from_local(&zone, c.us, &first, &second);
    ck_assert_int_eq(first, INT64_C(1772958600000000)); /* skipped: as -06 */
    ck_assert_int_eq(second, first);
}
END_TEST

START_TEST(offsets_in_any_order_of_times)
{
    struct mp_zone zone, fresh;
    int64_t s = 1772900000;

    if (!use_zone(&zone, "Australia/Lord_Howe"))
        return;
    for (int i = 0; i < 20000; i++, s = 1772900000 + (s * 7919 + 104729) % 40000000) {
        mp_zone_init(&fresh);
        ck_assert_int_eq(mp_zone_offset(&zone, s), mp_zone_offset(&fresh, s));
    }
}
END_TEST

START_TEST(reads_other_spellings)
{
    static const char *const same[] = {
        "2026-02-04 15:15:05.25+00",       "2026-02-04T15:15:05.25Z",
        "2026-02-04T15:15:05,25z",         "2026-02-04 09:15:05.25-06",
        "2026-02-04 09:15:05.250-0600",    "2026-02-04 20:45:05.25+05:30",
        "2026-02-04 20:45:05.250000+0530", "2026-02-04 15:15:05.250000000+00:00:00"};

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct mp_civil c;

        ck_assert_msg(mp_time_read(same[i], strlen(same[i]), &c) == NULL, "%s", same[i]);
        ck_assert_int_eq(c.us, INT64_C(1770218105250000));
        ck_assert(!c.naive);
    }
}
END_TEST

START_TEST(refuses_what_is_no_time)
{
    static const char *const bad[] = {"",
                                      "now",
                                      "2026",
                                      "2026-02-04",
                                      "2026-02-04 09:15",
                                      "2026-13-04 09:15:05",
                                      "2026-02-29 00:00:00",
                                      "2026-04-31 00:00:00Z",
                                      "2026-00-10 00:00:00",
                                      "2026-02-00 00:00:00",
                                      "2026-02-04 24:00:00",
                                      "2026-02-04 23:60:00",
                                      "2026-02-04 23:59:60",
                                      "2026-02-04 09:15:05.",
                                      "2026-02-04 09:15:05.x",
                                      "2026-02-04 09:15:05.0000001",
                                      "2026-02-04 09:15:05+",
                                      "2026-02-04 09:15:05+1",
                                      "2026-02-04 09:15:05+16",
                                      "2026-02-04 09:15:05+05:",
                                      "2026-02-04 09:15:05+05:60",
                                      "2026-02-04 09:15:05 +00",
                                      "2026-02-04 09:15:05+00 AD",
                                      "0000-02-04 09:15:05+00",
                                      "26-02-04 09:15:05+00",
                                      "2026/02/04 09:15:05+00",
                                      " 2026-02-04 09:15:05+00"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mp_civil c;

        ck_assert_msg(mp_time_read(bad[i], strlen(bad[i]), &c) != NULL, "%s", bad[i]);
    }
}
END_TEST

MP_UNIT_MAIN("zone", prints_times_as_postgresql_does, a_repeated_hour_has_two_readings,
             offsets_in_any_order_of_times, reads_other_spellings,
             refuses_what_is_no_time)
