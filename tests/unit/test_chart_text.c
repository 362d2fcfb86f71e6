/* SPDX-License-Identifier: MIT
 * test_chart_text.c - numbers, energies and foreign text as the pictures show them. */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "chart/text.h"
#include "unit.h"

static const char *number(double value, int decimals)
{
    static char out[64];

    mp_text_number(value, decimals, out, sizeof out);
    return out;
}

static const char *significant(double value, int digits)
{
    static char out[64];

    mp_text_significant(value, digits, out, sizeof out);
    return out;
}

static const char *energy(double kwh)
{
    static char out[64];

    mp_text_energy(kwh, NAN, out, sizeof out);
    return out;
}

static const char *power(double watt)
{
    static char out[64];

    mp_text_power(watt, out, sizeof out);
    return out;
}

static const char *duration(int64_t us)
{
    static char out[64];

    mp_text_duration(us, out, sizeof out);
    return out;
}

static const char *clean(const char *in)
{
    static char out[2000];

    mp_text_clean(in, out, sizeof out);
    return out;
}

START_TEST(numbers_have_commas_and_a_point)
{
    ck_assert_str_eq(number(0, 0), "0");
    ck_assert_str_eq(number(0, 2), "0.00");
    ck_assert_str_eq(number(999, 0), "999");
    ck_assert_str_eq(number(1000, 0), "1,000");
    ck_assert_str_eq(number(1234567.891, 2), "1,234,567.89");
    ck_assert_str_eq(number(-1234.5, 1), "-1,234.5");
    ck_assert_str_eq(number(-0.001, 1), "0.0");
    ck_assert_str_eq(number(0.05, 2), "0.05");
    ck_assert_str_eq(number(NAN, 2), "-");
    ck_assert_str_eq(number(INFINITY, 2), "infinite");
    ck_assert_str_eq(number(3e40, 0), "3e40");
}
END_TEST

START_TEST(no_locale_changes_a_number)
{
    const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8", ""};

    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        setlocale(LC_ALL, locales[i]);
        ck_assert_str_eq(number(1234.5, 1), "1,234.5");
        ck_assert_str_eq(energy(1.2345), "1.235 kWh");
    }
}
END_TEST

START_TEST(significant_digits_carry)
{
    ck_assert_str_eq(significant(9.996, 3), "10.0");
    ck_assert_str_eq(significant(9.994, 3), "9.99");
    ck_assert_str_eq(significant(0.09996, 3), "0.100");
    ck_assert_str_eq(significant(1234.5, 3), "1,235");
    ck_assert_str_eq(significant(0.01234, 3), "0.0123");
    ck_assert_str_eq(significant(0, 3), "0");
}
END_TEST

START_TEST(energies_keep_a_readable_unit)
{
    ck_assert_str_eq(energy(2.345), "2.345 kWh");
    ck_assert_str_eq(energy(2160000), "2,160,000 kWh");
    ck_assert_str_eq(energy(0.1), "0.1000 kWh");
    ck_assert_str_eq(energy(0.008938), "8.938 Wh");
    ck_assert_str_eq(energy(0.00083), "0.8300 Wh");
    ck_assert_str_eq(energy(8.3e-7), "0.8300 mWh");
    ck_assert_str_eq(energy(0), "0 kWh");
    ck_assert_str_eq(energy(NAN), "-");
}
END_TEST

START_TEST(intervals_have_two_digits_at_most)
{
    static const struct {
        double kwh, half;
        const char *text;
    } cases[] = {
        {3.9412, 0.0481, "3.94 ± 0.05 kWh"},   {3.9412, 0.0121, "3.941 ± 0.012 kWh"},
        {53.81, 0.028, "53.810 ± 0.028 kWh"},  {123456, 1234, "123,456 ± 1,200 kWh"},
        {0.008938, 0.00004, "8.94 ± 0.04 Wh"}, {0.5, 0.6, "0.5 ± 0.6 kWh"},
        {3.9412, 0.0999, "3.94 ± 0.10 kWh"},   {0.00001, 0.000001, "10.0 ± 1.0 mWh"},
    };
    char out[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mp_text_energy(cases[i].kwh, cases[i].half, out, sizeof out);
        ck_assert_str_eq(out, cases[i].text);
    }
}
END_TEST

START_TEST(powers_go_from_w_to_mw)
{
    ck_assert_str_eq(power(0.3), "0.300 W");
    ck_assert_str_eq(power(640), "640 W");
    ck_assert_str_eq(power(9999), "9,999 W");
    ck_assert_str_eq(power(10000), "10.0 kW");
    ck_assert_str_eq(power(3e6), "3,000 kW");
    ck_assert_str_eq(power(3e7), "30.0 MW");
    ck_assert_str_eq(power(0), "0 W");
}
END_TEST

START_TEST(durations_name_two_units)
{
    ck_assert_str_eq(duration(10 * 1000000LL), "10 s");
    ck_assert_str_eq(duration(65 * 1000000LL), "1 min 5 s");
    ck_assert_str_eq(duration(3600 * 1000000LL), "1 h");
    ck_assert_str_eq(duration(3901 * 1000000LL), "1 h 5 min");
    ck_assert_str_eq(duration(30 * 86400 * 1000000LL + 7200 * 1000000LL), "30 d 2 h");
    ck_assert_str_eq(duration(250000), "0.25 s");
    ck_assert_str_eq(duration(0), "0 s");
}
END_TEST

START_TEST(foreign_text_is_made_harmless)
{
    ck_assert_str_eq(clean(NULL), "");
    ck_assert_str_eq(clean("train <b>&amp;</b>"), "train <b>&amp;</b>");
    ck_assert_str_eq(clean("a\nb\tc\r"), "a b c ");
    ck_assert_str_eq(clean("\033[31m"), "\xEF\xBF\xBD[31m");
    ck_assert_str_eq(clean("\xff\xc3"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    ck_assert_str_eq(clean("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD"); /* overlong */
    ck_assert_str_eq(clean("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    ck_assert_str_eq(clean("a\xe2\x80\xae"
                           "b\xe2\x81\xa6"
                           "c"),
                     "abc"); /* RLO, LRI */
    ck_assert_str_eq(clean("\xe5\xa4\xa7\xf0\x9f\x9a\x80"),
                     "\xe5\xa4\xa7\xf0\x9f\x9a\x80");
    ck_assert_str_eq(clean("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81x"),
                     "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81x");
}
END_TEST

/* Every output is valid UTF-8, ends, and fits, whatever the bytes. */
START_TEST(any_bytes_become_valid_text)
{
    unsigned state = 1;
    char in[300];
    char out[120];

    for (int round = 0; round < 20000; round++) {
        char again[sizeof out];

        for (size_t i = 0; i + 1 < sizeof in; i++) {
            state = state * 1103515245U + 12345U;
            in[i] = (char)(1 + (state >> 16) % 255);
        }
        in[sizeof in - 1] = '\0';
        mp_text_clean(in, out, sizeof out);
        ck_assert_uint_lt(strlen(out), sizeof out);
        mp_text_clean(out, again, sizeof again);
        ck_assert_str_eq(out, again);
    }
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    char in[4001];
    char out[11];

    for (int i = 0; i < 4000; i += 4)
        memcpy(in + i, "\xf0\x9f\x9a\x80", 4);
    in[4000] = '\0';
    ck_assert_uint_eq(strlen(clean(in)), 1600); /* 400 characters */
    mp_text_clean(in, out, sizeof out);
    ck_assert_uint_eq(strlen(out), 8);
}
END_TEST

START_TEST(shares_come_to_1000)
{
    unsigned state = 7;
    int tenths[7];

    for (int round = 0; round < 20000; round++) {
        double values[7];
        double sum = 0;
        int all = 0;
        size_t n = 1 + (size_t)round % 7;

        for (size_t i = 0; i < n; i++) {
            state = state * 1103515245U + 12345U;
            values[i] = pow(10, (double)(state >> 16 & 0xFF) / 32 - 4);
            sum += values[i];
        }
        mp_text_shares(values, n, tenths);
        for (size_t i = 0; i < n; i++) {
            all += tenths[i];
            ck_assert(fabs(tenths[i] - values[i] / sum * 1000) < 1);
        }
        ck_assert_int_eq(all, 1000);
    }
}
END_TEST

START_TEST(shares_of_nothing_are_nothing)
{
    const double zero[] = {0, 0};
    const double odd[] = {NAN, -3, 2, INFINITY};
    int tenths[4];

    mp_text_shares(zero, 2, tenths);
    ck_assert_int_eq(tenths[0] + tenths[1], 0);
    mp_text_shares(odd, 4, tenths);
    ck_assert_int_eq(tenths[2], 1000);
    ck_assert_int_eq(tenths[0] + tenths[1] + tenths[3], 0);
}
END_TEST

MP_UNIT_MAIN("chart_text", numbers_have_commas_and_a_point, no_locale_changes_a_number,
             significant_digits_carry, energies_keep_a_readable_unit,
             intervals_have_two_digits_at_most, powers_go_from_w_to_mw,
             durations_name_two_units, foreign_text_is_made_harmless,
             any_bytes_become_valid_text, long_text_is_cut_between_characters,
             shares_come_to_1000, shares_of_nothing_are_nothing)
