/* SPDX-License-Identifier: MIT
 * zone.h - times as text, exactly as PostgreSQL prints timestamptz with DateStyle ISO.
 *
 * "2026-02-04 09:15:05.25-06": local date and time, the fraction of a second without
 * trailing zeros, the offset from UTC as hours, with ":30" and ":30:15" where it has
 * minutes and seconds; " BC" at the end before year 1.  The local zone is the process's:
 * TZ, else /etc/localtime.
 */
#ifndef MP_ZONE_H
#define MP_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Remembers around which time the offset from UTC is constant, so that the C library is
 * asked once an hour of samples.  One per thread and user; holds nothing to free. */
struct mp_zone {
    int64_t from, until; /* s since the epoch; the offset holds in [from, until) */
    int32_t offset;      /* s east of UTC */
    int64_t local_from, local_until; /* the same for local times, s */
    int32_t local_offset;
};

/* Reads TZ again. */
void mp_zone_init(struct mp_zone *zone);

/* Seconds east of UTC at `seconds` since the epoch. */
int32_t mp_zone_offset(struct mp_zone *zone, int64_t seconds);

enum { MP_TIME_TEXT_MAX = 64 }; /* room that `out` must have; no NUL is added */

/* Text of `us` (µs since the epoch); without the offset if `naive` (what PostgreSQL
 * prints for timestamp without time zone).  Returns its length. */
size_t mp_time_text(struct mp_zone *zone, int64_t us, bool naive, char *out);

/* A time as it stands in a text. */
struct mp_civil {
    int64_t
        us; /* naive: local µs, counted as if local time were UTC; else since the epoch */
    bool naive; /* no offset was given */
};

/* Reads what mp_time_text writes, and ISO 8601's other spellings of it: T for the blank,
 * Z, +0530, a comma before the fraction.  The fraction has at most six digits, or zeros
 * behind them.  NULL when it is a time, else the reason ("month 13"). */
const char *mp_time_read(const char *text, size_t len, struct mp_civil *out);

/* The years 1 to 9999 UTC, µs since the epoch: what both ISO 8601's four digits and
 * PostgreSQL can say. */
#define MP_TIME_FIRST (INT64_C(-62135596800) * 1000000)
#define MP_TIME_LAST (INT64_C(253402300799) * 1000000 + 999999)

/* Reads what a person types: Unix seconds ("1760497200.25"), or the same as above with or
 * without an offset, which a blank may precede, and perhaps without seconds; between
 * MP_TIME_FIRST and MP_TIME_LAST.  Without an offset it is local time, as sacct prints
 * it, and must be one instant of it.  out->naive is false. */
const char *mp_time_read_typed(const char *text, struct mp_civil *out);

/* The two instants (µs since the epoch) that a local time can mean; the same one twice
 * but in the hour that a change of clocks repeats.  In the hour it skips: as if the
 * clocks had not changed yet. */
void mp_zone_from_local(struct mp_zone *zone, int64_t local_us, int64_t *first,
                        int64_t *second);

#endif
