/* SPDX-License-Identifier: MIT
 * numtext.c - shortest text of floating-point numbers, and reading it back.
 *
 * Shortest digits: the algorithm of R. Giulietti, "The Schubfach way to render doubles"
 * (2020), with one change.  PostgreSQL takes a decimal as a number's text only if it lies
 * strictly between the midpoints to the two neighbours, never on one of them, also where
 * rounding to even would bring it back: 1e23 is printed 9.999999999999999e+22.
 */
#include "config.h"

#include "base/numtext.h"

#include <langinfo.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/pow10.h"

/* A positive number: digits * 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
};

static int floor_log2_pow10(int k)
{
    return (k * 1741647) >> 19;
}

/* floor(log10(2^q)), or of 3/4 * 2^q where the lower neighbour is closer. */
static int floor_log10_pow2(int q, bool lower_is_closer)
{
    return (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;
}

/* High word of g * c, the last bit set if anything below it is: "round to odd". */
static uint64_t scale64(const struct mp_pow10 *g, uint64_t c)
{
    unsigned __int128 low = (unsigned __int128)g->low * c;
    unsigned __int128 high = (unsigned __int128)g->high * c + (uint64_t)(low >> 64);

    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

static uint64_t scale32(const struct mp_pow10 *g, uint64_t c)
{
    unsigned __int128 p = (unsigned __int128)(g->high + (g->low != 0)) * c;

    return (uint64_t)(p >> 64) | (((uint64_t)p >> 32) > 1);
}

/* The choice among the candidates; v, lower, upper are four times the scaled number and
 * its bounds, exclusive. */
static struct decimal choose(uint64_t lower, uint64_t v, uint64_t upper, int k)
{
    uint64_t s = v / 4;

    if (s >= 10) {
        uint64_t tens = s / 10;
        bool under = lower < 40 * tens;
        bool over = 40 * tens + 40 < upper;

        if (under != over)
            return (struct decimal){tens + over, k + 1};
    }
    bool under = lower < 4 * s;
    bool over = 4 * s + 4 < upper;
    if (under != over)
        return (struct decimal){s + over, k};
    bool up = v > 4 * s + 2 || (v == 4 * s + 2 && (s & 1) != 0);
    return (struct decimal){s + up, k};
}

/* Shortest decimal of c * 2^q. */
static struct decimal shortest(uint64_t c, int q, bool lower_is_closer, bool wide)
{
    int k = floor_log10_pow2(q, lower_is_closer);
    int h = q + floor_log2_pow10(-k) + 1;
    const struct mp_pow10 *g = &mp_pow10[-k - MP_POW10_MIN];
    uint64_t (*scale)(const struct mp_pow10 *, uint64_t) = wide ? scale64 : scale32;

    return choose(scale(g, (4 * c - 2 + lower_is_closer) << h), scale(g, (4 * c) << h),
                  scale(g, (4 * c + 2) << h), k);
}

static struct decimal shortest_float4(uint32_t mantissa, uint32_t exponent)
{
    if (exponent == 0)
        return shortest(mantissa, -149, false, false);
    return shortest(mantissa | 1u << 23, (int)exponent - 150,
                    mantissa == 0 && exponent > 1, false);
}

static struct decimal shortest_float8(uint64_t mantissa, uint32_t exponent)
{
    if (exponent == 0)
        return shortest(mantissa, -1074, false, true);
    return shortest(mantissa | UINT64_C(1) << 52, (int)exponent - 1075,
                    mantissa == 0 && exponent > 1, true);
}

static size_t uint_text(uint64_t v, char *out)
{
    char buf[20];
    size_t n = 0;

    do
        buf[n++] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    for (size_t i = 0; i < n; i++)
        out[i] = buf[n - 1 - i];
    return n;
}

size_t mp_int_text(int64_t v, char *out)
{
    if (v >= 0)
        return uint_text((uint64_t)v, out);
    *out = '-';
    return 1 + uint_text(-(uint64_t)v, out + 1);
}

/* 123 as 1.23e+06: `e` is the exponent of the first digit. */
static size_t scientific(const char *digits, size_t n, int e, char *out)
{
    char *p = out;

    *p++ = digits[0];
    if (n > 1) {
        *p++ = '.';
        memcpy(p, digits + 1, n - 1);
        p += n - 1;
    }
    *p++ = 'e';
    *p++ = e < 0 ? '-' : '+';
    e = abs(e);
    if (e < 10)
        *p++ = '0';
    return (size_t)(p - out) + uint_text((uint64_t)e, p);
}

/* The same number with the point where it belongs: 0.00123, 1.23, 123000. */
static size_t positional(const char *digits, size_t n, int e, char *out)
{
    char *p = out;

    if (e < 0) {
        memcpy(p, "0.0000", 6);
        p += 1 - e;
        memcpy(p, digits, n);
        return (size_t)(p - out) + n;
    }
    size_t whole = (size_t)e + 1;
    for (size_t i = 0; i < whole; i++)
        *p++ = i < n ? digits[i] : '0';
    if (n > whole) {
        *p++ = '.';
        memcpy(p, digits + whole, n - whole);
        p += n - whole;
    }
    return (size_t)(p - out);
}

static size_t decimal_text(struct decimal d, int scientific_from, char *out)
{
    char digits[20];

    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    size_t n = uint_text(d.digits, digits);
    int e = d.exponent + (int)n - 1;
    if (e < -4 || e >= scientific_from)
        return scientific(digits, n, e, out);
    return positional(digits, n, e, out);
}

/* The texts of what is no ordinary number; 0 if it is one. */
static size_t special_text(double v, char *out)
{
    const char *text = isnan(v) ? "NaN" : isinf(v) ? "Infinity" : v == 0 ? "0" : NULL;
    size_t n = 0;

    if (text == NULL)
        return 0;
    if (signbit(v) && !isnan(v))
        out[n++] = '-';
    memcpy(out + n, text, strlen(text));
    return n + strlen(text);
}

size_t mp_float4_text(float v, char *out)
{
    size_t n = 0;
    uint32_t bits;

    if (v > -1e6f && v < 1e6f && v == (float)(int32_t)v && v != 0)
        return mp_int_text((int32_t)v, out);
    if ((n = special_text((double)v, out)) > 0)
        return n;
    memcpy(&bits, &v, sizeof bits);
    if (signbit(v))
        out[n++] = '-';
    return n +
           decimal_text(shortest_float4(bits & 0x7fffff, bits >> 23 & 0xff), 6, out + n);
}

size_t mp_float8_text(double v, char *out)
{
    size_t n = 0;
    uint64_t bits;

    if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v && v != 0)
        return mp_int_text((int64_t)v, out);
    if ((n = special_text(v, out)) > 0)
        return n;
    memcpy(&bits, &v, sizeof bits);
    if (signbit(v))
        out[n++] = '-';
    return n + decimal_text(shortest_float8(bits & ((UINT64_C(1) << 52) - 1),
                                            (uint32_t)(bits >> 52) & 0x7ff),
                            15, out + n);
}

/* Powers of ten that a double holds exactly. */
static const double exact_pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { EXACT_POW10 = 22 };

/* digits * 10^exponent by one rounding; false where that takes more. */
static bool exact_value(uint64_t digits, int exponent, double *value)
{
    if (digits > UINT64_C(1) << 53 || exponent > EXACT_POW10 || exponent < -EXACT_POW10)
        return false;
    *value = exponent < 0 ? (double)digits / exact_pow10[-exponent]
                          : (double)digits * exact_pow10[exponent];
    return true;
}

/* strtod on a copy that has the locale's decimal point. */
static int read_slowly(const char *text, size_t len, double *value)
{
    char small[128];
    char *copy = len < sizeof small - 8 ? small : malloc(len + 16);
    const char *point = nl_langinfo(RADIXCHAR);
    char *p = copy;
    char *end;

    if (copy == NULL)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && strlen(point) < 8)
            p = stpcpy(p, point);
        else
            *p++ = text[i];
    }
    *p = '\0';
    *value = strtod(copy, &end);
    int rc = end == p ? 0 : -1;
    if (copy != small)
        free(copy);
    return rc;
}

double mp_float4_value(float v)
{
    char text[MP_NUMBER_TEXT_MAX];
    uint32_t bits;
    double value;

    if (!isfinite(v) || (v > -0x1p24f && v < 0x1p24f && v == (float)(int32_t)v))
        return (double)v;
    memcpy(&bits, &v, sizeof bits);
    struct decimal d = shortest_float4(bits & 0x7fffff, bits >> 23 & 0xff);
    if (exact_value(d.digits, d.exponent, &value))
        value = signbit(v) ? -value : value;
    else if (read_slowly(text, mp_float4_text(v, text), &value) < 0)
        return (double)v;
    /* 7.038531e-26, rounded twice, is another real */
    return (float)value == v ? value : (double)v;
}

static int read_special(const char *text, size_t len, double *value)
{
    bool minus = len > 0 && *text == '-';
    size_t sign = len > 0 && (*text == '-' || *text == '+') ? 1 : 0;

    text += sign;
    len -= sign;
    if (len == 3 && sign == 0 && strncasecmp(text, "nan", 3) == 0)
        *value = NAN;
    else if ((len == 8 && strncasecmp(text, "infinity", 8) == 0) ||
             (len == 3 && strncasecmp(text, "inf", 3) == 0))
        *value = minus ? -INFINITY : INFINITY;
    else
        return -1;
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What stands after the mantissa: "e+06".  -1 if it is no exponent. */
static int read_exponent(const char *p, const char *end, int *exponent)
{
    bool minus = false;
    int e = 0;

    if (p == end)
        return 0;
    if (*p != 'e' && *p != 'E')
        return -1;
    p++;
    if (p < end && (*p == '-' || *p == '+'))
        minus = *p++ == '-';
    if (p == end)
        return -1;
    for (; p < end; p++) {
        if (!is_digit(*p))
            return -1;
        if (e < 100000)
            e = 10 * e + (*p - '0');
    }
    *exponent += minus ? -e : e;
    return 0;
}

int mp_number_read(const char *text, size_t len, double *value)
{
    const char *p = text;
    const char *end = text + len;
    bool minus = len > 0 && *text == '-';
    uint64_t digits = 0;
    size_t n = 0, zeros = 0;
    int exponent = 0;
    bool point = false;

    if (minus || (len > 0 && *text == '+'))
        p++;
    for (; p < end; p++) {
        if (is_digit(*p)) {
            digits = 10 * digits + (uint64_t)(*p - '0');
            zeros += digits == 0;
            n++;
            exponent -= point;
        } else if (*p == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (n == 0)
        return read_special(text, len, value);
    if (read_exponent(p, end, &exponent) < 0)
        return -1;
    if (n - zeros > 18 || !exact_value(digits, exponent, value))
        return read_slowly(text, len, value);
    if (minus)
        *value = -*value;
    return 0;
}
