/* SPDX-License-Identifier: MIT
 * numeric.c - numeric's binary form (what numeric_send writes) to text.
 *
 * int16 number of digits, int16 weight, uint16 sign, uint16 display scale, then the
 * digits to base 10000; the first stands for digit * 10000^weight. */
#include "config.h"

#include "backends/pq/copy.h"

#include <string.h>

enum {
    POSITIVE = 0x0000,
    NEGATIVE = 0x4000,
    NOT_A_NUMBER = 0xC000,
    PLUS_INF = 0xD000,
    MINUS_INF = 0xF000,
    HEADER = 8,
    MAX_SCALE = 16383
};

struct numeric {
    const unsigned char *digits;
    int n, weight, sign, scale;
};

static int be16(const unsigned char *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

static int digit(const struct numeric *v, int i)
{
    return i >= 0 && i < v->n ? be16(v->digits + 2 * i) : 0;
}

static size_t put_word(char *text, size_t size, const char *word)
{
    size_t n = strlen(word);

    if (n >= size)
        return 0;
    memcpy(text, word, n + 1);
    return n;
}

static char *put_whole(const struct numeric *v, char *at)
{
    bool leading = true;

    for (int i = 0; i <= v->weight; i++) {
        int d = digit(v, i);

        for (int unit = 1000; unit > 0; unit /= 10) {
            int c = d / unit % 10;

            leading = leading && c == 0;
            if (!leading)
                *at++ = (char)('0' + c);
        }
    }
    if (leading)
        *at++ = '0';
    return at;
}

static char *put_fraction(const struct numeric *v, char *at)
{
    static const int units[] = {1000, 100, 10, 1};

    if (v->scale > 0)
        *at++ = '.';
    for (int i = 0; i < v->scale; i++)
        *at++ = (char)('0' + digit(v, v->weight + 1 + i / 4) / units[i % 4] % 10);
    return at;
}

size_t mp_pqnumeric_text(const unsigned char *bytes, uint32_t n, char *text, size_t size)
{
    struct numeric v;
    char *at = text;
    size_t whole;

    if (n < HEADER)
        return 0;
    v = (struct numeric){.digits = bytes + HEADER,
                         .n = (int16_t)be16(bytes),
                         .weight = (int16_t)be16(bytes + 2),
                         .sign = be16(bytes + 4),
                         .scale = be16(bytes + 6)};
    switch (v.sign) {
    case NOT_A_NUMBER:
        return put_word(text, size, "NaN");
    case PLUS_INF:
        return put_word(text, size, "Infinity");
    case MINUS_INF:
        return put_word(text, size, "-Infinity");
    case POSITIVE:
    case NEGATIVE:
        break;
    default:
        return 0;
    }
    if (v.n < 0 || n != HEADER + 2 * (uint32_t)v.n || v.scale > MAX_SCALE)
        return 0;
    for (int i = 0; i < v.n; i++)
        if (digit(&v, i) > 9999)
            return 0;
    whole = v.weight >= 0 ? 4 * ((size_t)v.weight + 1) : 1;
    if (whole + (size_t)v.scale + 3 > size)
        return 0;
    if (v.sign == NEGATIVE)
        *at++ = '-';
    at = put_fraction(&v, put_whole(&v, at));
    *at = '\0';
    return (size_t)(at - text);
}
