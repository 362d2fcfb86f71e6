/* SPDX-License-Identifier: MIT
 * status.h - what each user may see of the queue: their own jobs, and nothing of others.
 *
 *     DIRECTORY/        0711, the queue's owner's: not to be listed
 *       UID/            may be entered by UID alone (an ACL); never changes once made
 *         now/          so that its times, which change, are UID's alone as well
 *           queue       may be read by UID alone: a line a job
 *
 * A line is "LABEL STATE TRIES DUE": the job as in power_<label>, a state's name, failed
 * tries, seconds since the epoch at which it is due or, failed, since when.  No name, no
 * path and no reason stands there.  A stranger learns of UID/ at most that it is there.
 *
 * ACLs need no root: a worker that is SlurmUser keeps it as well.
 */
#ifndef MP_STATUS_H
#define MP_STATUS_H

#include <stdio.h>

#include "base/error.h"
#include "queue/queue.h"

/* Bring the directory up to date with the queue: one pass over all entries, each file
 * replaced in one step.  0 as well where there is no such directory. */
int mp_status_write(const struct mp_queue *q, const char *directory,
                    struct mp_error *err);
/* The file of the user we are, for reading, whatever the directory holds; *out is NULL
 * where there is none. */
int mp_status_open(const char *directory, FILE **out, struct mp_error *err);

#endif
