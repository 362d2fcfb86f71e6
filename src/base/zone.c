/* SPDX-License-Identifier: MIT
 * zone.c - local time and its text.
 *
 * Offsets come from the C library's localtime_r, everything else is plain arithmetic on
 * the proleptic Gregorian calendar, as in PostgreSQL.
 */
#include "config.h"

#include "base/zone.h"

#include <string.h>
#include <time.h>

static const int64_t SECOND = 1000000;
enum { HOUR = 3600, DAY = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int32_t library_offset(int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;

    return localtime_r(&t, &tm) != NULL ? (int32_t)tm.tm_gmtoff : 0;
}

void mp_zone_init(struct mp_zone *zone)
{
    tzset();
    *zone = (struct mp_zone){0};
}

int32_t mp_zone_offset(struct mp_zone *zone, int64_t seconds)
{
    if (seconds >= zone->from && seconds < zone->until)
        return zone->offset;

    int64_t from = floor_div(seconds, HOUR) * HOUR;
    int64_t until = from + HOUR;
    int32_t before = library_offset(from);
    int32_t after = library_offset(until - 1);
    int64_t low = from, high = until - 1; /* the offsets before and after the change */

    while (before != after && high - low > 1) {
        int64_t mid = low + (high - low) / 2;

        if (library_offset(mid) == before)
            low = mid;
        else
            high = mid;
    }
    bool is_before = before == after || seconds < high;
    zone->from = is_before ? from : high;
    zone->until = is_before && before != after ? high : until;
    zone->offset = is_before ? before : after;
    return zone->offset;
}

/* Days since 1970-01-01 <-> year, month, day.  Years are counted from March in eras of
 * 400 years, so that the leap day ends a year. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t era = floor_div(days + 719468, 146097);
    int64_t doe = days + 719468 - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t m = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

static char *put2(char *p, int v)
{
    *p++ = (char)('0' + v / 10);
    *p++ = (char)('0' + v % 10);
    return p;
}

static char *put_year(char *p, int64_t year)
{
    char digits[20];
    int n = 0;

    for (; n < 4 || year > 0; year /= 10)
        digits[n++] = (char)('0' + year % 10);
    while (n > 0)
        *p++ = digits[--n];
    return p;
}

static char *put_fraction(char *p, int us)
{
    if (us == 0)
        return p;
    *p++ = '.';
    for (int unit = 100000; us > 0; us %= unit, unit /= 10)
        *p++ = (char)('0' + us / unit);
    return p;
}

static char *put_offset(char *p, int32_t offset)
{
    int s = offset < 0 ? -offset : offset;

    *p++ = offset < 0 ? '-' : '+';
    p = put2(p, s / HOUR);
    if (s % HOUR != 0) {
        *p++ = ':';
        p = put2(p, s / 60 % 60);
    }
    if (s % 60 != 0) {
        *p++ = ':';
        p = put2(p, s % 60);
    }
    return p;
}

size_t mp_time_text(struct mp_zone *zone, int64_t us, bool naive, char *out)
{
    int64_t seconds = floor_div(us, SECOND);
    int32_t offset = mp_zone_offset(zone, seconds);
    int64_t local = seconds + offset;
    int64_t days = floor_div(local, DAY);
    int second = (int)(local - days * DAY);
    int64_t year;
    int month, day;
    char *p = out;

    date_of(days, &year, &month, &day);
    p = put_year(p, year > 0 ? year : 1 - year);
    *p++ = '-';
    p = put2(p, month);
    *p++ = '-';
    p = put2(p, day);
    *p++ = ' ';
    p = put2(p, second / HOUR);
    *p++ = ':';
    p = put2(p, second / 60 % 60);
    *p++ = ':';
    p = put2(p, second % 60);
    p = put_fraction(p, (int)(us - seconds * SECOND));
    if (!naive)
        p = put_offset(p, offset);
    if (year <= 0) {
        memcpy(p, " BC", 3);
        p += 3;
    }
    return (size_t)(p - out);
}

/* ---- reading ---- */

struct cursor {
    const char *p, *end;
    bool typed; /* by a person: seconds may be missing, a blank precede the offset */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* min to max digits; -1 if there are fewer. */
static int read_digits(struct cursor *c, int min, int max)
{
    int v = 0, n = 0;

    for (; c->p < c->end && n < max && is_digit(*c->p); c->p++, n++)
        v = 10 * v + (*c->p - '0');
    return n >= min ? v : -1;
}

static bool read_char(struct cursor *c, const char *any)
{
    if (c->p < c->end && *c->p != '\0' && strchr(any, *c->p) != NULL) {
        c->p++;
        return true;
    }
    return false;
}

static int days_in_month(int64_t year, int month)
{
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

struct fields {
    int year, month, day, hour, minute, second, us;
    int offset; /* s east */
    bool naive;
};

static const char *read_date(struct cursor *c, struct fields *f)
{
    if ((f->year = read_digits(c, 4, 6)) < 0 || !read_char(c, "-") ||
        (f->month = read_digits(c, 2, 2)) < 0 || !read_char(c, "-") ||
        (f->day = read_digits(c, 2, 2)) < 0)
        return "no date YYYY-MM-DD";
    if (f->month < 1 || f->month > 12)
        return "no such month";
    return f->year < 1 || f->year > 294276 ? "year out of range" : NULL;
}

static const char *read_fraction(struct cursor *c, struct fields *f)
{
    int unit = 100000;

    if (!read_char(c, ".,"))
        return NULL;
    if (c->p == c->end || !is_digit(*c->p))
        return "no digits after the decimal point";
    for (; c->p < c->end && is_digit(*c->p); c->p++, unit /= 10) {
        if (unit == 0 && *c->p != '0')
            return "finer than a microsecond";
        f->us += (*c->p - '0') * unit;
    }
    return NULL;
}

static const char *read_clock(struct cursor *c, struct fields *f)
{
    if (!read_char(c, " Tt"))
        return "no time of day after the date";
    if ((f->hour = read_digits(c, 2, 2)) < 0 || !read_char(c, ":") ||
        (f->minute = read_digits(c, 2, 2)) < 0)
        return "no time HH:MM:SS";
    if (read_char(c, ":"))
        f->second = read_digits(c, 2, 2);
    else if (!c->typed)
        return "no time HH:MM:SS";
    if (f->second < 0)
        return "no time HH:MM:SS";
    if (f->hour > 23 || f->minute > 59 || f->second > 59)
        return "no such time of day";
    return read_fraction(c, f);
}

static const char *read_offset(struct cursor *c, struct fields *f)
{
    int h, m = 0, s = 0;
    bool minus;

    if (c->typed)
        read_char(c, " ");
    if (read_char(c, "Zz"))
        return NULL;
    minus = c->p < c->end && *c->p == '-';
    if (!read_char(c, "+-")) {
        f->naive = true;
        return NULL;
    }
    if ((h = read_digits(c, 2, 2)) < 0)
        return "no offset +HH, +HH:MM or Z";
    if (read_char(c, ":")) {
        m = read_digits(c, 2, 2);
        if (m >= 0 && read_char(c, ":"))
            s = read_digits(c, 2, 2);
    } else if (c->p < c->end && is_digit(*c->p)) {
        m = read_digits(c, 2, 2);
    }
    if (m < 0 || s < 0)
        return "no offset +HH, +HH:MM or Z";
    if (h > 15 || m > 59 || s > 59)
        return "no such offset from UTC";
    f->offset = (h * 60 + m) * 60 + s;
    if (minus)
        f->offset = -f->offset;
    return NULL;
}

static const char *read_civil(struct cursor c, struct mp_civil *out)
{
    struct fields f = {0};
    const char *why;

    if ((why = read_date(&c, &f)) != NULL || (why = read_clock(&c, &f)) != NULL ||
        (why = read_offset(&c, &f)) != NULL)
        return why;
    int64_t year = f.year;
    if (c.end - c.p == 3 && memcmp(c.p, " BC", 3) == 0) {
        year = 1 - year;
        c.p += 3;
        if (year < -4713)
            return "year out of range";
    }
    if (c.p != c.end)
        return "something follows the time";
    if (f.day < 1 || f.day > days_in_month(year, f.month))
        return "no such day in the month";
    int64_t days = days_of(year, f.month, f.day);
    int64_t seconds = days * DAY + (f.hour * 60 + f.minute) * 60 + f.second - f.offset;
    *out = (struct mp_civil){seconds * SECOND + f.us, f.naive};
    return NULL;
}

static const char *read_unix(struct cursor c, struct mp_civil *out)
{
    struct fields f = {0};
    const char *why;
    int64_t seconds = 0;

    for (; c.p < c.end && is_digit(*c.p); c.p++) {
        seconds = 10 * seconds + (*c.p - '0');
        if (seconds > MP_TIME_LAST / SECOND)
            return "beyond the year 9999 (Unix time is in seconds, not milliseconds)";
    }
    if ((why = read_fraction(&c, &f)) != NULL)
        return why;
    if (c.p != c.end)
        return "not a time";
    *out = (struct mp_civil){.us = seconds * SECOND + f.us};
    return NULL;
}

const char *mp_time_read(const char *text, size_t len, struct mp_civil *out)
{
    return read_civil((struct cursor){text, text + len, .typed = false}, out);
}

/* The offsets that a local time (s) can have: its two readings. */
static void local_offsets(struct mp_zone *zone, int64_t local, int32_t *first,
                          int32_t *second)
{
    int32_t before = mp_zone_offset(zone, local - DAY);
    int32_t after = mp_zone_offset(zone, local + DAY);
    bool before_fits = mp_zone_offset(zone, local - before) == before;
    bool after_fits = mp_zone_offset(zone, local - after) == after;

    *first = before_fits || !after_fits ? before : after;
    *second = after_fits ? after : before;
}

void mp_zone_from_local(struct mp_zone *zone, int64_t local_us, int64_t *first,
                        int64_t *second)
{
    int64_t local = floor_div(local_us, SECOND);
    int32_t a, b;

    if (local < zone->local_from || local >= zone->local_until) {
        int64_t from = floor_div(local, HOUR) * HOUR;
        int32_t c, d;

        local_offsets(zone, from, &a, &b);
        local_offsets(zone, from + HOUR - 1, &c, &d);
        zone->local_from = from;
        zone->local_until = a == b && b == c && c == d ? from + HOUR : from;
        zone->local_offset = a;
        local_offsets(zone, local, &a, &b);
    } else {
        a = b = zone->local_offset;
    }
    *first = local_us - a * SECOND;
    *second = local_us - b * SECOND;
}

/* As Slurm prints it: in the zone of whoever reads it. */
static const char *from_local(struct mp_civil *time)
{
    struct mp_zone zone;
    int64_t first, second;

    mp_zone_init(&zone);
    mp_zone_from_local(&zone, time->us, &first, &second);
    if (first != second)
        return "comes twice in the night in which clocks go back; append the offset from "
               "UTC";
    if (mp_zone_offset(&zone, floor_div(first, SECOND)) * SECOND != time->us - first)
        return "is left out in the night in which clocks go forward";
    *time = (struct mp_civil){.us = first};
    return NULL;
}

const char *mp_time_read_typed(const char *text, struct mp_civil *out)
{
    struct cursor c = {text, text + strlen(text), .typed = true};
    size_t digits = strspn(text, "0123456789");
    const char *why;

    if (digits == 0)
        return "not a time";
    why = text[digits] == '-' ? read_civil(c, out) : read_unix(c, out);
    if (why == NULL && out->naive)
        why = from_local(out);
    if (why == NULL && (out->us < MP_TIME_FIRST || out->us > MP_TIME_LAST))
        return "not between the years 1 and 9999";
    return why;
}
