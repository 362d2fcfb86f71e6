/* SPDX-License-Identifier: MIT
 * test_place.c - a report's name from a pattern: what a user chose stays in its part. */
#include "config.h"

#include <string.h>

#include "model/place.h"
#include "unit.h"

static struct mp_place_job job = {
    .user = "alice", .name = "train", .first_node = "rpc-91-1.example", .job_id = 1207};

static void becomes(const char *pattern, const char *expected)
{
    char name[MP_PLACE_SIZE];

    ck_assert_msg(mp_place_check_pattern(pattern) == NULL, "%s: %s", pattern,
                  mp_place_check_pattern(pattern));
    mp_place_name(name, pattern, &job);
    ck_assert_str_eq(name, expected);
    ck_assert_ptr_null(mp_place_check(name));
}

START_TEST(slurms_patterns)
{
    becomes("power_%j", "power_1207");
    becomes("%u/%j", "alice/1207");
    becomes("%J-%8j/100%%", "1207-00001207/100%");
    becomes("%N/%x.%j", "rpc-91-1/train.1207");
    becomes("%a-%b-%j", "4294967294-4-1207");
    job.array_job_id = 1200;
    job.array_task_id = 7;
    becomes("%u/power_%A_%a", "alice/power_1200_7");
    becomes("%A_%3a.%b.%j", "1200_007.7.1207");
}
END_TEST

START_TEST(what_the_user_chose_stays_in_its_part)
{
    static char longest[1200];
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {"../../etc", "_._.._etc-1207"},
        {"..", "_.-1207"},
        {"/", "_-1207"},
        {".hidden", "_hidden-1207"},
        {"a/b\\c d", "a_b_c_d-1207"},
        {"a\nb\x7f\x01", "a_b__-1207"},
        {"%j%u", "%j%u-1207"},
        {"\xc2\x9b"
         "31m",
         "__31m-1207"},
        {"\xff\xfe", "_-1207"},
        {"", "_-1207"},
        {NULL, "_-1207"},
        {"\xe8\xae\xad\xe7\xbb\x83", "\xe8\xae\xad\xe7\xbb\x83-1207"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        job.name = cases[i].name;
        becomes("%x-%j", cases[i].expected);
    }
    job.name = NULL;
    job.user = "..";
    becomes("%u/%j", "_./1207");
    memset(longest, 'n', 62);
    strcpy(longest + 62, "\xe8\xae\xad\xe7\xbb\x83");
    job.name = longest;
    longest[0] = 'm';
    becomes("%x/%j",
            "mnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn/1207");
}
END_TEST

START_TEST(patterns_that_will_not_do)
{
    static const char *const bad[] = {
        "/%j",
        "%j/",
        "a//%j",
        "..",
        "../%j",
        "%u/../%j",
        "%u/.%j",
        "./%j",
        "power",
        "%u",
        "%x/%N",
        "%A",
        "%a",
        "%j/%z",
        "%j%",
        "%5",
        "%j/%5%",
        "\xff%j",
        "1/2/3/4/5/6/7/8/%j",
        "%x%x%x%x/%j",
    };
    char part[300];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(mp_place_check_pattern(bad[i]) != NULL, "%s", bad[i]);
    memset(part, 'p', sizeof part);
    strcpy(part + 190, "%j");
    ck_assert_ptr_null(mp_place_check_pattern(part));
    strcpy(part + 191, "%j");
    ck_assert_ptr_nonnull(mp_place_check_pattern(part));
}
END_TEST

START_TEST(names_at_the_door)
{
    static const char *const bad[] = {"",   "/a",   "a/",   "a//b", ".",
                                      "..", "a/..", "../a", "a/.b", "a\nb"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(mp_place_check(bad[i]) != NULL, "%s", bad[i]);
    ck_assert_ptr_null(mp_place_check("a..b/c d"));
}
END_TEST

MP_UNIT_MAIN("place", slurms_patterns, what_the_user_chose_stays_in_its_part,
             patterns_that_will_not_do, names_at_the_door)
