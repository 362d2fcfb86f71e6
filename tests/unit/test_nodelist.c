/* SPDX-License-Identifier: MIT
 * test_nodelist.c - Slurm's nodelists: what they name, in which order, and what is none.
 *
 * The expectations were printed by `scontrol show hostnames` of Slurm 22.05, but for
 * those marked as ours. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "slurm/nodelist.h"
#include "unit.h"

#ifndef MP_SANITIZED
#define MP_SANITIZED 0
#endif

static struct mp_nodelist list;
static struct mp_error err;

/* The names with blanks between them; the caller frees it. */
static char *joined(const char *expr)
{
    size_t size = 1;
    char *text, *end;

    ck_assert_msg(mp_nodelist_expand(expr, &list, &err) == 0, "%s: %s", expr, err.text);
    for (size_t i = 0; i < list.n; i++)
        size += strlen(list.names[i]) + 1;
    text = end = calloc(1, size);
    for (size_t i = 0; i < list.n; i++)
        end += snprintf(end, size - (size_t)(end - text), "%s%s", i > 0 ? " " : "",
                        list.names[i]);
    mp_nodelist_free(&list);
    return text;
}

START_TEST(expands_as_slurm_does)
{
    static const char *const cases[][2] = {
        {"", ""},
        {" , \t,\n", ""},
        {"login", "login"},
        {"rpc-91-1", "rpc-91-1"},
        {"rpc-91-[1-4]", "rpc-91-1 rpc-91-2 rpc-91-3 rpc-91-4"},
        {"rpc-91-[1-2],rpg-93-1", "rpc-91-1 rpc-91-2 rpg-93-1"},
        {"n[008-011]", "n008 n009 n010 n011"},
        {"n[0999-1001]", "n0999 n1000 n1001"},
        {"n[98-101]", "n98 n99 n100 n101"},
        {"n[1-03]", "n1 n2 n3"},
        {"n[1,3-4,007]", "n1 n3 n4 n007"},
        {"n[000-2,00]", "n000 n001 n002 n00"},
        {"n[2,1,2-3]", "n2 n1 n2 n3"},
        {"n[1-3],n2,n2", "n1 n2 n3 n2 n2"},
        {" a , ,b ,,c, ", "a b c"},
        {"a\tb\nc d", "a b c d"},
        {"n[1-2] n[3-4]", "n1 n2 n3 n4"},
        {"n[1, 3]", "n1 n03"},
        {"n[1 - 3]", "n01 n02 n03"},
        {"[1-3]", "1 2 3"},
        {"n1-3", "n1-3"},
        {"n09,n10,n9,n010", "n09 n10 n9 n010"},
        {"n[1-2][3-4]", "n13 n14 n23 n24"},
        {"n[2,1]x[3-4]", "n2x3 n2x4 n1x3 n1x4"},
        {"n[1][2][3-4]", "n123 n124"},
        {"n[1-2][3-4][5-6]", "n135 n136 n235 n236 n145 n146 n245 n246"},
        {"a[1-2]b[3,4]c[5]d[6-7]",
         "a1b3c5d6 a1b3c5d7 a2b3c5d6 a2b3c5d7 a1b4c5d6 a1b4c5d7 a2b4c5d6 a2b4c5d7"},
        {"n[1-2][003-4][5]", "n10035 n20035 n10045 n20045"},
        {"\xc3\xa9[1-2]", "\xc3\xa9"
                          "1 \xc3\xa9"
                          "2"},
        {"n{1-2}", "n{1-2}"},
        /* ours: suffixes, as ClusterShell has them */
        {"r[1-2]-ib", "r1-ib r2-ib"},
        {"r[1-2]-ib,x", "r1-ib r2-ib x"},
        {"[01-02]n", "01n 02n"},
        {"r[1-2]x[3-4].example.org", "r1x3.example.org r1x4.example.org r2x3.example.org "
                                     "r2x4.example.org"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = joined(cases[i][0]);

        ck_assert_msg(strcmp(got, cases[i][1]) == 0, "%s gave %s", cases[i][0], got);
        free(got);
    }
}
END_TEST

static void refused(const char *expr, const char *why)
{
    ck_assert_msg(mp_nodelist_expand(expr, &list, &err) == -1, "took %s", expr);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    ck_assert_msg(strstr(err.text, why) != NULL, "%.60s: %s", expr, err.text);
    ck_assert_ptr_null(list.names);
    ck_assert_uint_eq(list.n, 0);
}

START_TEST(shows_the_place_of_an_error)
{
    refused("n[5-", "character 5: the bracket is never closed; here: \"n[5->>>\"");
    refused("n[5-]", "character 5: a number is missing; here: \"n[5->>>]\"");
    refused("n[3-1]", "character 3: the range runs backwards; here: \"n[>>>3-1]\"");
    refused("n[]", "character 3: a number is missing; here: \"n[>>>]\"");
    refused("n[1-2", "character 2: the bracket is never closed; here: \"n>>>[1-2\"");
    refused("n[1,", "never closed");
    refused("n[1,,2]", "character 5: a number is missing");
    refused("n]", "character 2: ']' without '['");
    refused("n[1]]", "']' without '['");
    refused("n[[1]]", "character 3: a number is missing");
    refused("n[-3]", "a number is missing");
    refused("n[1--3]", "a number is missing");
    refused("n[1-2-3]", "neither a digit, '-', ',' nor ']'");
    refused("n[a-c]", "a number is missing");
    refused("n[1a-3]", "neither");
    refused("n[0x1-0x3]", "neither");
    refused("n[1 ]", "neither");
    refused("a\x01", "character 2: a control character; here: \"a>>>\\x01\"");
    refused("n[1-2]\x7f", "a control character");
    /* the surroundings are cut, and never within a character */
    refused("rpc-91-[1-4],rpc-92-[1-4],rpc-93-[4-1],rpc-94-[1-4],rpc-95-1",
            "character 35: the range runs backwards; here: \"..4],rpc-92-[1-4],rpc-93-"
            "[>>>4-1],rpc-94-[1-4],rpc-95..\"");
    refused(
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9x[2-1]",
        "character 15: the range runs backwards; here: \"..\xc3\xa9");
}
END_TEST

START_TEST(refuses_the_absurd)
{
    char bomb[400] = "n";

    refused("n[0-99999999999]", "more than 100000 names");
    refused("n[0-99999],x", "more than 100000 names; here: \"n[0-99999],>>>x\"");
    refused("n[0-999999999999999999999999]", "more than 18 digits");
    refused("n[99999999999999999999]", "more than 18 digits");
    refused("n[0-399][0-399]", "more than 100000 names");
    refused("n[1-9][1-9][1-9][1-9][1-9][1-9]", "more than 100000 names");
    for (int i = 0; i < 64; i++)
        memcpy(bomb + 1 + 5 * i, "[1-9]", 6);
    refused(bomb, "more than 100000 names");
    memcpy(bomb + 1 + 5 * 64, "[1-9]", 6);
    refused(bomb, "more than 64 brackets");
}
END_TEST

static char *repeat(const char *piece, size_t bytes)
{
    size_t len = strlen(piece);
    char *text = malloc(bytes + len + 1);
    size_t n = 0;

    for (; n < bytes; n += len)
        memcpy(text + n, piece, len);
    text[n] = '\0';
    return text;
}

START_TEST(bounds_time_and_memory)
{
    static const char *const pieces[] = {
        "n",   "[",      "]",  ",",     "n[1",    "n[1-9],",
        "[1]", "[1-2]x", "1,", "n,",    "[1,",    "n[1-2][3-4],",
        "-",   "\xc3",   " ",  "[ 1 ,", "n[00001"};
    struct rlimit memory = {400 << 20, 400 << 20};

    if (!MP_SANITIZED) /* ASan reserves terabytes */
        ck_assert_int_eq(setrlimit(RLIMIT_AS, &memory), 0);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        char *text = repeat(pieces[i], 1 << 20);

        /* 1 MB each: refused, or expanded; the test's time limit is the other bound. */
        if (mp_nodelist_expand(text, &list, &err) == 0)
            ck_assert_uint_le(list.n, MP_NODELIST_MAX);
        else
            ck_assert_uint_lt(strlen(err.text), 300);
        mp_nodelist_free(&list);
        free(text);
    }
}
END_TEST

START_TEST(allows_a_hundred_thousand_names)
{
    ck_assert_int_eq(mp_nodelist_expand("n[00000-99999]", &list, &err), 0);
    ck_assert_uint_eq(list.n, 100000);
    ck_assert_str_eq(list.names[99999], "n99999");
    mp_nodelist_free(&list);
    mp_nodelist_free(&list);
}
END_TEST

START_TEST(bounds_a_names_length)
{
    char *name = repeat("a", 255);
    char expr[300];

    ck_assert_int_eq(mp_nodelist_expand(name, &list, &err), 0);
    mp_nodelist_free(&list);
    snprintf(expr, sizeof expr, "%sb", name);
    refused(expr, "more than 255 bytes");
    snprintf(expr, sizeof expr, "%s[1-2]", name);
    refused(expr, "more than 255 bytes");
    snprintf(expr, sizeof expr, "[1-2]%s", name);
    refused(expr, "more than 255 bytes");
    free(name);
}
END_TEST

MP_UNIT_MAIN("nodelist", expands_as_slurm_does, shows_the_place_of_an_error,
             refuses_the_absurd, bounds_time_and_memory, allows_a_hundred_thousand_names,
             bounds_a_names_length)
