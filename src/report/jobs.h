/* SPDX-License-Identifier: MIT
 * jobs.h - jobs.csv, who else was on a report's nodes: jobs by number and CPUs, never by
 * name, so that a replay of the report says the same (backends/csv/jobs.h reads it). */
#ifndef MP_REPORT_JOBS_H
#define MP_REPORT_JOBS_H

#include "base/error.h"
#include "model/job.h"
#include "model/occupancy.h"
#include "model/plan.h"

/* `fd` is borrowed. */
int mp_jobs_write(const struct mp_job *job, const struct mp_plan *plan,
                  const struct mp_occupancy *o, int fd, struct mp_error *err);

#endif
