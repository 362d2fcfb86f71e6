/* SPDX-License-Identifier: MIT
 * summary.h - summary.json: every figure of a report, its verdict and the reasons.
 * The format is documented in doc/formats.md; "schema": 1. */
#ifndef MP_SUMMARY_H
#define MP_SUMMARY_H

#include "energy.h"
#include "error.h"
#include "job.h"
#include "plan.h"
#include "sample.h"

struct mp_summary_input {
    const struct mp_job *job;
    const struct mp_plan *plan;
    const struct mp_series_table *series;
    const struct mp_findings *findings;
    const struct mp_energy_result *energy;
    const char *backend;       /* "direct" */
    const char *backend_label; /* "direct: db.example:5432" */
};

int mp_summary_write(const struct mp_summary_input *in, int fd, struct mp_error *err);

#endif
