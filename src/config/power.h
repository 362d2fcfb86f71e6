/* SPDX-License-Identifier: MIT
 * power.h - [power] and [queue]: the sections that belong to no backend. */
#ifndef MP_POWER_H
#define MP_POWER_H

#include <stddef.h>
#include <stdint.h>

#include "config/keys.h"

struct mp_power_config {
    char *backend;         /* a backend's name, or "auto" */
    char *comment_keyword; /* power_profiling */
    char *outdir;          /* where reports go when the job's directory cannot be used */
    char *place;           /* "beside" the job's output, or "outdir" */
    char *directory;       /* a pattern (model/place.h), or "": power_<label> */
    char *html;            /* "yes" or "no": whether a report has report.html */
    char *raw;             /* "csv", "csv.zst" or "none" */
    int raw_limit;         /* rows; a report of more has none of them */
    int delay_seconds;     /* 10 */
    int max_wait_seconds;  /* 120 */
    int deadline_seconds;  /* see mp_power_deadline_us; 600 */
    char *order;       /* "auto" in the file: the backends auto tries, in this order */
    int auto_probe_ms; /* how long `auto` tries each but the last; 1000 */
    char *logfile;     /* "": syslog */
};

struct mp_queue_config {
    char *directory; /* default: <localstatedir>/spool/monster-power */
    char *status;    /* default: <localstatedir>/lib/monster-power-status; "": none */
    int workers;     /* 2 */
    int retry_hours; /* 24 */
};

extern const struct mp_keys mp_power_keys, mp_queue_keys;

/* µs that a report may take: deadline_seconds, and of more than a thousand node-hours in
 * proportion longer, for it has that many more samples.  `window`: µs. */
int64_t mp_power_deadline_us(int deadline_seconds, size_t nodes, int64_t window);

#endif
