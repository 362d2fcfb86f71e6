/* SPDX-License-Identifier: MIT
 * summary.h - summary.json: every figure of a report, its verdict and the reasons.
 * The format is documented in doc/formats.md; "schema": 1.
 *
 * The same samples, job and plan give the same bytes, except for the lines "program",
 * "backend", "database" and "backend_findings", which say where they came from, and
 * "raw", which says what became of the rows. */
#ifndef MP_SUMMARY_H
#define MP_SUMMARY_H

#include <stdint.h>

#include "config/site.h"
#include "energy/result.h"
#include "base/error.h"
#include "model/job.h"
#include "model/plan.h"
#include "model/sample.h"

/* The file with the rows, beside the summary. */
struct mp_raw_file {
    const char *name; /* NULL: none */
    uint64_t rows;    /* the report is made of */
    uint64_t limit;   /* that `rows` is above; 0: nobody wanted a file */
};

/* Why there is none, in words; "" where there is one. */
void mp_raw_file_reason(const struct mp_raw_file *raw, char *out, size_t size);

struct mp_summary_input {
    const struct mp_job *job;
    const struct mp_plan *plan;
    const struct mp_series_table *series;
    const struct mp_findings *findings; /* NULL: none */
    const struct mp_energy_result *energy;
    struct mp_raw_file raw;
    const struct mp_site *site;
    const char *backend;       /* "direct" */
    const char *backend_label; /* "direct: db.example:5432" */
};

/* `fd` is borrowed. */
int mp_summary_write(const struct mp_summary_input *in, int fd, struct mp_error *err);

#endif
