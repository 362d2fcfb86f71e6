/* SPDX-License-Identifier: MIT
 * time.c - times by comparison with the last one. */
#include "config.h"

#include "backends/csv/time.h"

#include <string.h>

enum {
    TO_THE_HOUR = 14, /* bytes of "2026-02-04 09:" */
    TO_THE_SECOND = 19,
};

static int two_digits(const char *p)
{
    unsigned tens = (unsigned char)p[0] - '0', ones = (unsigned char)p[1] - '0';

    return tens > 9 || ones > 9 ? 100 : (int)(10 * tens + ones);
}

/* A time of the same hour as the last one: only minutes and seconds are read. */
static bool same_hour(struct mp_csv_times *times, const char *p)
{
    int minute = two_digits(p + TO_THE_HOUR);
    int second = two_digits(p + TO_THE_HOUR + 3);

    if (!times->whole_second || memcmp(p, times->text, TO_THE_HOUR) != 0 || minute > 59 ||
        second > 59 || p[TO_THE_HOUR + 2] != ':' ||
        memcmp(p + TO_THE_SECOND, times->text + TO_THE_SECOND,
               times->len + 1 - TO_THE_SECOND) != 0)
        return false;
    memcpy(times->text + TO_THE_HOUR, p + TO_THE_HOUR, TO_THE_SECOND - TO_THE_HOUR);
    times->civil.us = times->hour_us + (minute * 60 + second) * INT64_C(1000000);
    return true;
}

const char *mp_csv_time_read(struct mp_csv_times *times, const char *text, size_t len)
{
    const char *why = mp_time_read(text, len, &times->civil);

    times->len = 0;
    times->whole_second = false;
    if (why != NULL || len + 1 >= MP_CSV_TIME_ROOM || memchr(text, ',', len) != NULL)
        return why;
    memcpy(times->text, text, len);
    times->text[len] = ',';
    times->len = len;
    times->whole_second = len >= TO_THE_SECOND && text[4] == '-' &&
                          (len == TO_THE_SECOND || strchr("+-Zz", text[TO_THE_SECOND]));
    if (times->whole_second)
        times->hour_us = times->civil.us - (two_digits(text + TO_THE_HOUR) * 60 +
                                            two_digits(text + TO_THE_HOUR + 3)) *
                                               INT64_C(1000000);
    return NULL;
}

size_t mp_csv_time_quick(struct mp_csv_times *times, const char *p)
{
    if (times->len > 0 && memcmp(p, times->text, times->len + 1) == 0)
        return times->len;
    if (times->len > 0 && same_hour(times, p))
        return times->len;
    const char *comma = memchr(p, ',', MP_CSV_TIME_ROOM - 1);
    if (comma == NULL || *p == '"' ||
        mp_csv_time_read(times, p, (size_t)(comma - p)) != NULL)
        return 0;
    return times->len;
}
