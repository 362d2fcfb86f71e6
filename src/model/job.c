/* SPDX-License-Identifier: MIT
 * job.c - job labels and the times a user writes. */
#include "config.h"

#include "model/job.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_S INT64_C(1000000)
/* 0001-01-01 00:00:00 and 9999-12-31 23:59:59 UTC: what both ISO 8601's four digits and
 * PostgreSQL can say. */
#define FIRST_SECOND INT64_C(-62135596800)
#define LAST_SECOND INT64_C(253402300799)

void mp_job_free(struct mp_job *job)
{
    free(job->label);
    free(job->cluster);
    free(job->user);
    free(job->name);
    free(job->nodelist);
    memset(job, 0, sizeof *job);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Slurm's ids are 32 bits wide: 1 to 10 digits; returns how many, or 0. */
static size_t id_digits(const char *s)
{
    size_t n = 0;

    while (is_digit(s[n]))
        n++;
    return n <= 10 ? n : 0;
}

int mp_job_label_check(const char *label, struct mp_error *err)
{
    size_t n = id_digits(label);

    if (n > 0 && (label[n] == '_' || label[n] == '+')) {
        size_t m = id_digits(label + n + 1);

        n = m > 0 ? n + 1 + m : 0;
    }
    if (n > 0 && label[n] == '\0')
        return 0;
    return mp_fail(
        err, MP_FAULT_USAGE,
        "--job-id %.100s: not a job id; write 1234, 1234_7 (array task) or 1234+1 "
        "(het component)",
        label);
}

/* Exactly `n` digits at *p, which moves on; -1 if they are not there. */
static int take_number(const char **p, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++, (*p)++) {
        if (!is_digit(**p))
            return -1;
        v = 10 * v + (**p - '0');
    }
    return v;
}

/* ".25" or ",25" at *p, if there: microseconds.  -1 for a point without digits, -2 for
 * digits that a microsecond cannot hold. */
static int take_fraction(const char **p)
{
    int us = 0, unit = 100000;

    if (**p != '.' && **p != ',')
        return 0;
    (*p)++;
    if (!is_digit(**p))
        return -1;
    for (; is_digit(**p); (*p)++) {
        if (unit == 0 && **p != '0')
            return -2;
        us += (**p - '0') * unit;
        unit /= 10;
    }
    return us;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; the year starts in March, so
 * that the leap day is its last. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static const char *take_date(const char **p, int64_t *days)
{
    int year = take_number(p, 4), month, day;

    if (year < 0 || *(*p)++ != '-')
        return "not a time";
    month = take_number(p, 2);
    if (month < 0 || *(*p)++ != '-')
        return "not a time";
    day = take_number(p, 2);
    if (day < 0)
        return "not a time";
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return "no such day";
    *days = days_from_date(year, month, day);
    return NULL;
}

static const char *take_clock(const char **p, int *seconds, int *us)
{
    int h, m, s = 0;

    *us = 0;
    h = take_number(p, 2);
    if (h < 0 || *(*p)++ != ':')
        return "not a time";
    m = take_number(p, 2);
    if (m < 0)
        return "not a time";
    if (**p == ':') {
        (*p)++;
        s = take_number(p, 2);
        if (s < 0)
            return "not a time";
        *us = take_fraction(p);
        if (*us == -1)
            return "no digits after the point";
        if (*us == -2)
            return "finer than a microsecond";
    }
    if (h > 23 || m > 59 || s > 59)
        return "no such time of day";
    *seconds = h * 3600 + m * 60 + s;
    return NULL;
}

/* Z, +HH, +HHMM, +HH:MM, +HH:MM:SS (PostgreSQL prints the last for zones of old). */
static const char *take_offset(const char **p, int *seconds)
{
    int sign, part[3] = {0, 0, 0};

    if (**p == ' ')
        (*p)++;
    *seconds = 0;
    if (**p == 'Z' || **p == 'z') {
        (*p)++;
        return NULL;
    }
    if (**p != '+' && **p != '-')
        return "has no offset from UTC; append Z, or for example -06:00";
    sign = *(*p)++ == '-' ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        if (i > 0 && **p == ':')
            (*p)++;
        else if (i > 0 && !is_digit(**p))
            break;
        part[i] = take_number(p, 2);
        if (part[i] < 0)
            return "not an offset from UTC";
    }
    if (part[0] > 15 || part[1] > 59 || part[2] > 59)
        return "no such offset from UTC";
    *seconds = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
    return NULL;
}

static const char *parse_iso(const char *p, int64_t *seconds, int *us)
{
    const char *why;
    int64_t days;
    int clock = 0, offset = 0;

    why = take_date(&p, &days);
    if (why == NULL && *p == '\0')
        why = "a day, not a time; append for example T00:00:00Z";
    if (why == NULL && *p != 'T' && *p != 't' && *p != ' ')
        why = "not a time";
    if (why == NULL) {
        p++;
        why = take_clock(&p, &clock, us);
    }
    if (why == NULL)
        why = take_offset(&p, &offset);
    if (why == NULL && *p != '\0')
        why = "something stands after the time";
    if (why == NULL)
        *seconds = days * 86400 + clock - offset;
    return why;
}

static const char *parse_epoch(const char *p, int64_t *seconds, int *us)
{
    int64_t v = 0;

    for (; is_digit(*p); p++) {
        v = 10 * v + (*p - '0');
        if (v > LAST_SECOND)
            return "beyond the year 9999 (Unix time is in seconds, not milliseconds)";
    }
    *us = take_fraction(&p);
    if (*us == -1)
        return "no digits after the point";
    if (*us == -2)
        return "finer than a microsecond";
    *seconds = v;
    return *p == '\0' ? NULL : "not a time";
}

int mp_time_parse(const char *text, const char *what, int64_t *us, struct mp_error *err)
{
    const char *why;
    int64_t seconds = 0;
    int fraction = 0;
    size_t digits = 0;

    while (is_digit(text[digits]))
        digits++;
    if (digits == 0)
        why = "not a time";
    else if (digits == 4 && text[4] == '-')
        why = parse_iso(text, &seconds, &fraction);
    else
        why = parse_epoch(text, &seconds, &fraction);
    if (why == NULL && (seconds < FIRST_SECOND || seconds > LAST_SECOND))
        why = "not between the years 1 and 9999";
    if (why != NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s %.100s: %s; write Unix seconds or ISO 8601 with an offset, "
                       "like 2026-02-04T09:15:05-06:00",
                       what, text, why);
    *us = seconds * US_PER_S + fraction;
    return 0;
}
