/* SPDX-License-Identifier: MIT
 * environment.h - what EpilogSlurmctld and PrologSlurmctld find in their environment.
 *
 * Source: slurm.conf(5) and prolog_epilog of Slurm 22.05 to 25.11, looked at on running
 * clusters.  SLURM_JOB_START_TIME and SLURM_JOB_END_TIME exist from 23.02 on;
 * SLURM_JOB_STDOUT is unset without -o, and relative from 25.11 on; text that Slurm does
 * not know may be "(null)".
 */
#ifndef MP_SLURMENV_H
#define MP_SLURMENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/entry.h"
#include "base/error.h"

/* Did the user ask for a report?  The keyword stands anywhere in the job's comment, or
 * the comment has the word power:oob.  An empty keyword asks for none. */
bool mp_slurmenv_wanted(const char *keyword);

/* Where nobody asked: is a word of the comment the keyword, or power:oob, but for case or
 * one letter?  It is copied, cut to `size`. */
bool mp_slurmenv_nearly(const char *keyword, char *word, size_t size);

/* Fill *e (initialised) from the environment.  `now` (s) stands in for an end that Slurm
 * does not give; a start that it does not give stays -1. */
int mp_slurmenv_read(struct mp_entry *e, int64_t now, struct mp_error *err);

#endif
