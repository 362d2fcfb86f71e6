/* SPDX-License-Identifier: MIT
 * jobpath.h - the directory a job's report goes to: that of its standard output.
 *
 * SLURM_JOB_STDOUT has its patterns not expanded; they are expanded here as Slurm does
 * for the batch step (sbatch(1), "filename pattern").  Pure: nothing is looked up.
 */
#ifndef MP_JOBPATH_H
#define MP_JOBPATH_H

#include <stdint.h>

#include "base/error.h"

/* Strings may be NULL where unknown.  All of it but the numbers is the user's. */
struct mp_jobpath_input {
    const char *std_out;    /* SLURM_JOB_STDOUT */
    const char *work_dir;   /* SLURM_JOB_WORK_DIR */
    const char *user;       /* %u */
    const char *name;       /* %x */
    const char *first_node; /* %N: the batch host's short name */
    uint32_t job_id;        /* %j, and %A where it is no array task */
    uint32_t array_job_id;  /* %A; 0: no array task */
    uint32_t array_task_id; /* %a, with array_job_id */
};

/* *dir: absolute, malloc'ed, shorter than PATH_MAX.  std_out that is unset, relative or
 * /dev/null yields the work directory.  -1 where neither is an absolute path. */
int mp_jobpath(const struct mp_jobpath_input *in, char **dir, struct mp_error *err);

#endif
