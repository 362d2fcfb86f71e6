/* SPDX-License-Identifier: MIT
 * test_numtext.c - numbers as a real PostgreSQL printed them
 * (tests/data/pgtext/numbers.txt), and reading numbers back. */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/numtext.h"
#include "unit.h"

static FILE *open_fixture(const char *name)
{
    const char *top = getenv("MP_SRCDIR");
    char path[4096];
    FILE *f;

    snprintf(path, sizeof path, "%s/tests/data/pgtext/%s", top != NULL ? top : ".", name);
    f = fopen(path, "r");
    ck_assert_msg(f != NULL, "no %s", path);
    return f;
}

static void check_float4(uint64_t bits, const char *want)
{
    char got[MP_NUMBER_TEXT_MAX + 1];
    uint32_t half = (uint32_t)bits;
    float v;

    memcpy(&v, &half, sizeof v);
    got[mp_float4_text(v, got)] = '\0';
    ck_assert_msg(strcmp(got, want) == 0, "float4 %08" PRIx32 ": %s, not %s", half, got,
                  want);
    if (isnan(v))
        return;
    /* the number that the text says, not the float's own neighbourhood */
    double said = mp_float4_value(v);
    double want_said = strtod(want, NULL);
    ck_assert_msg(memcmp(&said, &want_said, sizeof said) == 0, "%s: %.17g", want, said);
    ck_assert((float)said == v);
}

static void check_float8(uint64_t bits, const char *want)
{
    char got[MP_NUMBER_TEXT_MAX + 1];
    double v, back;

    memcpy(&v, &bits, sizeof v);
    got[mp_float8_text(v, got)] = '\0';
    ck_assert_msg(strcmp(got, want) == 0, "float8 %016" PRIx64 ": %s, not %s", bits, got,
                  want);
    ck_assert_int_eq(mp_number_read(got, strlen(got), &back), 0);
    ck_assert_msg(isnan(v) ? isnan(back) : memcmp(&back, &v, sizeof v) == 0,
                  "%s read as %.17g", got, back);
}

START_TEST(prints_reals_as_postgresql_does)
{
    FILE *f = open_fixture("numbers.txt");
    char type[16], text[64];
    uint64_t bits;
    int n = 0;

    for (; fscanf(f, "%15s %" SCNx64 " %63s", type, &bits, text) == 3; n++) {
        if (strcmp(type, "float4") == 0)
            check_float4(bits, text);
        else
            check_float8(bits, text);
    }
    fclose(f);
    ck_assert_int_gt(n, 4000);
}
END_TEST

START_TEST(a_text_that_rounds_twice)
{
    char out[MP_NUMBER_TEXT_MAX + 1];
    float v = 0x1.5c87fap-84f;

    out[mp_float4_text(v, out)] = '\0';
    ck_assert_str_eq(out, "7.038531e-26");
    ck_assert((float)mp_float4_value(v) == v);
}
END_TEST

START_TEST(every_number_has_room)
{
    char out[MP_NUMBER_TEXT_MAX];

    ck_assert_uint_le(mp_float8_text(-2.2250738585072014e-308, out), sizeof out);
    ck_assert_uint_le(mp_float8_text(-1.7976931348623157e308, out), sizeof out);
    ck_assert_uint_le(mp_float8_text(-0.00012345678901234567, out), sizeof out);
    ck_assert_uint_le(mp_int_text(INT64_MIN, out), sizeof out);
}
END_TEST

START_TEST(prints_integers)
{
    static const struct {
        int64_t v;
        const char *text;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {-1, "-1"},
                 {9007199254740993, "9007199254740993"},
                 {-62000, "-62000"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};
    char out[MP_NUMBER_TEXT_MAX + 1];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        out[mp_int_text(cases[i].v, out)] = '\0';
        ck_assert_str_eq(out, cases[i].text);
    }
}
END_TEST

START_TEST(reads_numbers)
{
    static const char *const good[] = {
        "0",
        "182",
        "182.0",
        "-0.25",
        "+3",
        "1e+06",
        "1E6",
        "1e-05",
        ".5",
        "5.",
        "00012",
        "9007199254740993",
        "0.1",
        "123456789012345678901234567890",
        "4.9406564584124654e-324",
        "1e400",
        "1e-400",
        "179769313486231580793728971405301e276",
        "0.000000000000000000000000000000000000000000000000000000000000000012",
        "3.141592653589793238462643383279502884197169399375105820974944592307816406286"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double v, want = strtod(good[i], NULL);

        ck_assert_msg(mp_number_read(good[i], strlen(good[i]), &v) == 0, "%s", good[i]);
        ck_assert_msg(memcmp(&v, &want, sizeof v) == 0, "%s: %.17g", good[i], v);
    }
}
END_TEST

START_TEST(reads_what_is_no_number_as_such)
{
    double v;

    ck_assert_int_eq(mp_number_read("NaN", 3, &v), 0);
    ck_assert(isnan(v));
    ck_assert_int_eq(mp_number_read("-Infinity", 9, &v), 0);
    ck_assert(isinf(v) && v < 0);
    ck_assert_int_eq(mp_number_read("inf", 3, &v), 0);
    ck_assert(isinf(v) && v > 0);
}
END_TEST

START_TEST(refuses_other_texts)
{
    static const char *const bad[] = {"",    "-",    ".",     "e5",      "1e",    "1e+",
                                      "1 ",  " 1",   "1,5",   "0x10",    "1.2.3", "12W",
                                      "--1", "1e5x", "nanny", "infinit", "1_000", "+nan"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v;

        ck_assert_msg(mp_number_read(bad[i], strlen(bad[i]), &v) < 0, "%s", bad[i]);
    }
}
END_TEST

MP_UNIT_MAIN("numtext", prints_reals_as_postgresql_does, a_text_that_rounds_twice,
             every_number_has_room, prints_integers, reads_numbers,
             reads_what_is_no_number_as_such, refuses_other_texts)
