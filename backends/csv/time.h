/* SPDX-License-Identifier: MIT
 * time.h - reading the times of a file, most of which repeat the one before or its
 * hour. */
#ifndef MP_CSV_TIME_H
#define MP_CSV_TIME_H

#include "base/zone.h"

enum { MP_CSV_TIME_ROOM = 64 };

/* The time read last.  Starts zeroed. */
struct mp_csv_times {
    char text[MP_CSV_TIME_ROOM]; /* with the comma that follows it */
    size_t len;                  /* without the comma; 0: none to compare with */
    struct mp_civil civil;
    bool whole_second; /* text is "2026-02-04 09:15:05" and an offset */
    int64_t hour_us;   /* where its hour starts */
};

/* Reads a field's text into times->civil; NULL, or why it is no time. */
const char *mp_csv_time_read(struct mp_csv_times *times, const char *text, size_t len);

/* Reads the unquoted field that starts at p, where MP_CSV_TIME_ROOM bytes can be read and
 * a comma must follow.  Its length, or 0 if it takes a closer look. */
size_t mp_csv_time_quick(struct mp_csv_times *times, const char *p);

#endif
