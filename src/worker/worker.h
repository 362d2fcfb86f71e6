/* SPDX-License-Identifier: MIT
 * worker.h - works off the queue: one master, a few processes that keep a backend open.
 *
 *     master: the queue's lock, no secrets        child (at most `workers`), each with
 *        | claims: waiting/ -> running/            a spawner of writers and, read after
 *        +-- key ---- socket ------------------->  that, the configuration and one open
 *        | <--------- what became of it ---------  backend for many jobs
 *        + a child that dies: its entry goes back  moves running/ -> done, waiting,
 * failed
 *
 * The master never reads a secret: a short-lived process reads the configuration for it.
 * doc/design-queue.md goes through what happens when any of them is killed.
 */
#ifndef MP_WORKER_H
#define MP_WORKER_H

#include <stdbool.h>

#include "base/error.h"
#include "config/options.h"

struct mp_worker_options {
    const struct mp_options
        *common;   /* borrowed: --config and overrides for the children */
    bool drain;    /* end when nothing is due soon */
    bool service;  /* mark the queue as a service's, and wait for another worker to end */
    bool detached; /* started by an epilog: end when there is nothing left to wait for */
    int lock_fd;   /* detached: the lock inherited from the epilog; -1: take it */
};

/* Returns 0 when told to stop by a signal, or when a drain left nothing behind.  Entries
 * that failed in a drain, or still wait for another try, are MP_FAULT_FAILED. */
int mp_worker_run(const struct mp_worker_options *options, struct mp_error *err);

#endif
