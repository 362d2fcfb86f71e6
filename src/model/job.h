/* SPDX-License-Identifier: MIT
 * job.h - the job a report is about. */
#ifndef MP_JOB_H
#define MP_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* All strings are owned by the struct; NULL where unknown.  Name, user and nodelist come
 * from an untrusted user: any byte but NUL. */
struct mp_job {
    char *label; /* "1234", array task "1200_7", het component "1234+1";
                    [0-9_+] only */
    char *cluster;
    char *user;
    char *name;
    char *nodelist;  /* Slurm's expression */
    char *directory; /* of its report (model/place.h); NULL: power_<label> */
    int64_t start;   /* µs since the epoch, UTC */
    int64_t end;
    int64_t suspended; /* when it was last suspended or resumed; 0: never, or unknown */
    uint32_t restart_count;
};

void mp_job_free(struct mp_job *job);

/* Whose a job is, where somebody has a record of it; strings are owned, NULL: unknown. */
struct mp_job_record {
    uint64_t id;
    bool found;
    char *user, *account, *partition;
};

/* A --job-id argument: digits, digits_digits or digits+digits. */
int mp_job_label_check(const char *label, struct mp_error *err);

/* "1760497200", "1760497200.25" or ISO 8601 ("2026-02-04T09:15:05-06:00", "2026-02-04
 * 09:15:05.25-06", "+05:30"; without an offset local time): µs since the epoch.  `what`
 * names the option in the error text. */
int mp_time_parse(const char *text, const char *what, int64_t *us, struct mp_error *err);

#endif
