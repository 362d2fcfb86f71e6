/* SPDX-License-Identifier: MIT
 * place.h - the name of a report's directory, below the place it goes to.
 *
 * A site may choose it: [power] directory, a path in which Slurm's filename patterns
 * (sbatch(1)) stand for parts of the job: %j %J %A %a %b %u %x %N %%, with a width for
 * the numbers (%5j).  User and job name are untrusted: of them no byte makes a directory
 * of its own, leads upwards, hides the name or is longer than MP_PLACE_TEXT_MAX.  Pure.
 */
#ifndef MP_PLACE_H
#define MP_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    MP_PLACE_TEXT_MAX = 64, /* bytes of %u, %x and %N; what is longer is cut */
    MP_PLACE_PART_MAX =
        200, /* bytes of a part of the path: leaves room for hidden names */
    MP_PLACE_PARTS = 8,
    MP_PLACE_SIZE = MP_PLACE_PARTS * (MP_PLACE_PART_MAX + 1),
};

/* Strings may be NULL where unknown: "_" stands for them. */
struct mp_place_job {
    const char *user, *name, *first_node;
    uint32_t job_id;
    uint32_t array_job_id; /* 0: no array task */
    uint32_t array_task_id;
};

/* NULL, or why `pattern` will not do: it must be relative, have no empty or hidden part
 * and no "..", know only the conversions above, never grow too long, and tell each job
 * from every other (%j or %J, or %A with %a). */
const char *mp_place_check_pattern(const char *pattern);
/* `pattern` passed the check.  The result passes mp_place_check. */
void mp_place_name(char name[MP_PLACE_SIZE], const char *pattern,
                   const struct mp_place_job *job);
/* power_<label>, where no pattern is configured. */
void mp_place_usual(char name[MP_PLACE_SIZE], const char *label);
/* NULL, or why `name` is no relative path that can only lead downwards: for the door at
 * which it comes from another process. */
const char *mp_place_check(const char *name);

#endif
