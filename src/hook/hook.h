/* SPDX-License-Identifier: MIT
 * hook.h - what runs inside slurmctld's epilog and prolog, for every job of the cluster.
 *
 * Both never fail, print nothing and call nothing of Slurm's: what could not be done is
 * in the log.  monster-power-hook is these, linked with libc and iniparser only, because
 * a program that loads the database's and the painters' libraries takes ten times as long
 * to start; `monster-power epilog` is the same code.
 */
#ifndef MP_HOOK_H
#define MP_HOOK_H

#include "base/log.h"
#include "queue/queue.h"

void mp_hook_epilog(void);
void mp_hook_prolog(void);

/* See to it that somebody works on the queue: nothing to do where a worker holds its lock
 * or a service owns it; otherwise start a detached worker.  Of many callers at once one
 * does.  `job` is for the log. */
void mp_handover(struct mp_queue *q, struct mp_log *log, const char *job);

#endif
