/* SPDX-License-Identifier: MIT
 * jobs.h - jobs.csv beside the input: who was on the job's nodes.
 *
 *     hostname,job,cpus,start,end
 *
 * A line a stay: Slurm's number of the job, its CPUs on the node, from when to when (as
 * mp_time_parse reads it).  The lines whose job is the report's own label say how many
 * CPUs that had.  A report on shared nodes contains one, so that its replay says the
 * same; a node without a line was the job's alone.
 */
#ifndef MP_CSV_JOBS_H
#define MP_CSV_JOBS_H

#include "base/error.h"
#include "base/run.h"
#include "model/occupancy.h"
#include "model/plan.h"

/* *o stays empty where there is no such file, or one with another header, which is
 * somebody else's.  `label` is the job's, as in power_<label>. */
int mp_csv_jobs_read(const char *input, const char *label, const struct mp_plan *plan,
                     const struct mp_run *run, struct mp_occupancy *o,
                     struct mp_error *err);

#endif
