/* SPDX-License-Identifier: MIT
 * job.c - not written yet. */
#include "config.h"

#include "job.h"

#include <stdlib.h>

void mp_job_free(struct mp_job *job)
{
    (void)job;
}

int mp_job_label_check(const char *label, struct mp_error *err)
{
    (void)label;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

int mp_time_parse(const char *text, const char *what, int64_t *us, struct mp_error *err)
{
    (void)text;
    (void)what;
    (void)us;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}
