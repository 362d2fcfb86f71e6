/* SPDX-License-Identifier: MIT
 * report.c - not written yet. */
#include "config.h"

#include "report.h"

#include <stdlib.h>

int mp_report_new(struct mp_report **out, const char *outdir, const struct mp_job *job, struct mp_error *err)
{
    (void)out;
    (void)outdir;
    (void)job;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

struct mp_sink *mp_report_sink(struct mp_report *r)
{
    (void)r;
    return NULL;
}

int mp_report_finish(struct mp_report *r, const struct mp_plan *plan, const struct mp_series_table *series, const struct mp_findings *findings, const char *backend, const char *backend_label, enum mp_verdict *verdict, struct mp_error *err)
{
    (void)r;
    (void)plan;
    (void)series;
    (void)findings;
    (void)backend;
    (void)backend_label;
    (void)verdict;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

const char *mp_report_path(const struct mp_report *r)
{
    (void)r;
    return NULL;
}

void mp_report_free(struct mp_report *r)
{
    (void)r;
}
