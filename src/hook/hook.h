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

#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "queue/queue.h"

/* The few settings the hook needs; read without the rest, and never with a secret kept.
 * Strings are owned. */
struct mp_hook_conf {
    char *keyword;
    char *queue_directory;
    char *logfile; /* "": syslog */
    int64_t delay_seconds;
};

/* From MONSTER_POWER_* and the configuration file.  On failure (-1) *conf still holds
 * what the environment and the defaults say: a job's end must not get lost over a typing
 * error somewhere else in the file. */
int mp_hook_conf_load(struct mp_hook_conf *conf, struct mp_error *err);
void mp_hook_conf_free(struct mp_hook_conf *conf);

void mp_hook_epilog(void);
void mp_hook_prolog(void);

/* See to it that somebody works on the queue: nothing to do where a worker holds its lock
 * or a service owns it; otherwise start a detached worker.  Of many callers at once one
 * does.  `job` is for the log. */
void mp_handover(struct mp_queue *q, struct mp_log *log, const char *job);

#endif
