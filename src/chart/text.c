/* SPDX-License-Identifier: MIT
 * text.c - the short texts of a picture. */
#include "config.h"

#include "chart/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { MAX_CHARACTERS = 400, MAX_COMBINING = 4 };

static bool turns_direction(uint32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

static bool combines(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0483 && c <= 0x0489) ||
           (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
           (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE20 && c <= 0xFE2F);
}

/* What is drawn for a code point; 0 for nothing. */
static uint32_t harmless(uint32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85)
        return ' ';
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0xFFF9 && c <= 0xFFFB) ||
        (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF))
        return MP_UTF8_REPLACEMENT;
    if (c == 0xFEFF || turns_direction(c))
        return 0;
    return c;
}

void mp_text_clean(const char *in, char *out, size_t size)
{
    const char *p = in ? in : "";
    int combining = 0;
    size_t used = 0;
    size_t length;

    for (int n = 0; *p != '\0' && n < MAX_CHARACTERS; p += length) {
        uint32_t c = harmless(mp_utf8_read(p, &length));
        const char *bytes = c == ' '                   ? " "
                            : c == MP_UTF8_REPLACEMENT ? MP_UTF8_REPLACEMENT_TEXT
                                                       : p;
        size_t n_bytes = bytes == p ? length : strlen(bytes);

        combining = combines(c) ? combining + 1 : 0;
        if (c == 0 || combining > MAX_COMBINING)
            continue;
        if (used + n_bytes >= size)
            break;
        memcpy(out + used, bytes, n_bytes);
        used += n_bytes;
        n++;
    }
    out[used] = '\0';
}

/* `digits` with a comma between thousands, and the last `decimals` of them behind a
 * point. */
static void group(const char *digits, int decimals, bool negative, char *out, size_t size)
{
    int n = (int)strlen(digits);
    size_t used = 0;

    if (negative && used + 1 < size)
        out[used++] = '-';
    for (int i = 0; i < n; i++) {
        int left = n - decimals - i; /* whole digits from here on */

        if (used + 2 >= size)
            break;
        if (i > 0 && left > 0 && left % 3 == 0)
            out[used++] = ',';
        if (left == 0)
            out[used++] = '.';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

void mp_text_number(double value, int decimals, char *out, size_t size)
{
    char digits[64];
    double scaled = fabs(value);

    if (!isfinite(value)) {
        snprintf(out, size, isnan(value) ? "-" : "infinite");
        return;
    }
    for (int i = 0; i < decimals; i++)
        scaled *= 10;
    if (scaled >= 1e30) {
        int exponent = (int)floor(log10(fabs(value)));

        snprintf(out, size, "%s%.0fe%d", value < 0 ? "-" : "",
                 fabs(value) / pow(10, exponent), exponent);
        return;
    }
    /* no point is ever printed by %.0f, so the locale cannot choose one */
    snprintf(digits, sizeof digits, "%0*.0f", decimals + 1, round(scaled));
    group(digits, decimals, value < 0 && round(scaled) > 0, out, size);
}

/* Behind the point, for so many significant digits. */
static int decimals_for(double value, int digits)
{
    double magnitude;

    if (!isfinite(value) || value == 0)
        return 0;
    magnitude = floor(log10(fabs(value)));
    /* 9.996 with three digits is 10.0, not 10.00 */
    if (round(fabs(value) / pow(10, magnitude - digits + 1)) >= pow(10, digits))
        magnitude++;
    return (int)fmin(fmax(digits - 1 - magnitude, 0), 12);
}

void mp_text_significant(double value, int digits, char *out, size_t size)
{
    mp_text_number(value, decimals_for(value, digits), out, size);
}

static void with_unit(double value, int digits, const char *unit, char *out, size_t size)
{
    char number[48];

    mp_text_significant(value, digits, number, sizeof number);
    snprintf(out, size, "%s %s", number, unit);
}

/* Energies are shown in the largest unit that leaves a tenth or more before it. */
static const struct energy_unit {
    double least, factor; /* kWh; of it in a kWh */
    const char *name;
} * unit_of(double kwh)
{
    static const struct energy_unit units[] = {
        {0.1, 1, "kWh"}, {1e-4, 1e3, "Wh"}, {0, 1e6, "mWh"}};
    const struct energy_unit *u = units;

    while (fabs(kwh) < u->least)
        u++;
    return u;
}

/* Behind the point, for a half-width of one digit or, below 3.5, two: as many as say
 * something (Particle Data Group, Review of Particle Physics, 5.3). */
static int decimals_of_interval(double half)
{
    const double magnitude = floor(log10(half));
    const double first = half / pow(10, magnitude);

    return (int)fmin(fmax((first < 3.55 ? 1 : 0) - magnitude, 0), 12);
}

/* The half-width rounded to two digits at most, whole digits too: 123 -> 120. */
static double two_digits(double half)
{
    const double step = pow(10, floor(log10(half)) - 1);

    return step > 1 ? round(half / step) * step : half;
}

void mp_text_energy(double kwh, double half, char *out, size_t size)
{
    const struct energy_unit *unit = unit_of(kwh);
    const double value = kwh * unit->factor, width = half * unit->factor;
    char number[48];
    char pm[48];

    if (isnan(kwh) || kwh == 0) {
        snprintf(out, size, "%s", isnan(kwh) ? "-" : "0 kWh");
        return;
    }
    if (!(width > 0) || isinf(width)) {
        with_unit(value, 4, unit->name, out, size);
        return;
    }
    mp_text_number(value, decimals_of_interval(width), number, sizeof number);
    mp_text_number(two_digits(width), decimals_of_interval(width), pm, sizeof pm);
    snprintf(out, size, "%s \xC2\xB1 %s %s", number, pm, unit->name);
}

void mp_text_energy_width(double kwh, char *out, size_t size)
{
    const struct energy_unit *unit = unit_of(kwh);

    if (isnan(kwh) || kwh == 0)
        snprintf(out, size, "%s", isnan(kwh) ? "-" : "0 kWh");
    else
        with_unit(two_digits(kwh * unit->factor), 2, unit->name, out, size);
}

void mp_text_power(double watt, char *out, size_t size)
{
    double a = fabs(watt);

    if (isnan(watt) || a == 0)
        snprintf(out, size, "%s", isnan(watt) ? "-" : "0 W");
    else if (a < 9999.5)
        with_unit(watt, 3, "W", out, size);
    else if (a < 9999.5e3)
        with_unit(watt / 1e3, 3, "kW", out, size);
    else
        with_unit(watt / 1e6, 3, "MW", out, size);
}

void mp_text_duration(int64_t us, char *out, size_t size)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    int64_t s = us / 1000000;
    size_t i = 0;

    if (us < 1000000) {
        with_unit((double)us / 1e6, 2, "s", out, size);
        return;
    }
    while (s < units[i].seconds)
        i++;
    if (i == 3 || s % units[i].seconds / units[i + 1].seconds == 0)
        snprintf(out, size, "%" PRId64 " %s", s / units[i].seconds, units[i].name);
    else
        snprintf(out, size, "%" PRId64 " %s %" PRId64 " %s", s / units[i].seconds,
                 units[i].name, s % units[i].seconds / units[i + 1].seconds,
                 units[i + 1].name);
}

static double counted(double value)
{
    return isfinite(value) && value > 0 ? value : 0;
}

void mp_text_shares(const double *values, size_t n, int *tenths)
{
    double sum = 0;
    int left = 1000;

    for (size_t i = 0; i < n; i++)
        sum += counted(values[i]);
    for (size_t i = 0; i < n; i++) {
        tenths[i] = sum > 0 ? (int)floor(counted(values[i]) / sum * 1000) : 0;
        left -= tenths[i];
    }
    while (sum > 0 && left > 0) {
        double best = -1;
        size_t at = 0;

        for (size_t i = 0; i < n; i++) {
            double rest = counted(values[i]) / sum * 1000 - tenths[i];

            if (rest > best) {
                best = rest;
                at = i;
            }
        }
        tenths[at]++;
        left--;
    }
}
