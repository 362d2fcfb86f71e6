/* SPDX-License-Identifier: MIT
 * job.c - job labels and the times a user writes. */
#include "config.h"

#include "model/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

void mp_job_free(struct mp_job *job)
{
    free(job->label);
    free(job->cluster);
    free(job->user);
    free(job->name);
    free(job->nodelist);
    free(job->directory);
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

int mp_time_parse(const char *text, const char *what, int64_t *us, struct mp_error *err)
{
    struct mp_civil time;
    const char *why = mp_time_read_typed(text, &time);

    if (why != NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s %.100s: %s; write Unix seconds or ISO 8601, with an offset "
                       "like 2026-02-04T09:15:05-06:00 or in local time, as sacct does",
                       what, text, why);
    *us = time.us;
    return 0;
}
