/* SPDX-License-Identifier: MIT
 * worker_impl.h - what the worker's own files share. */
#ifndef MP_WORKER_IMPL_H
#define MP_WORKER_IMPL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "log.h"
#include "queue.h"
#include "session.h"
#include "worker.h"
#include "writer.h"

/* What the master needs of the configuration.  Strings are owned. */
struct mp_worker_conf {
    char *queue_directory;
    char *logfile;
    int workers;
    int delay_seconds;
};

/* Reads the configuration in a process of its own, so that no secret in it ever comes into
 * this one. */
int mp_worker_conf_load(struct mp_worker_conf *conf, const struct mp_options *options,
                        struct mp_error *err);
void mp_worker_conf_free(struct mp_worker_conf *conf);

/* What became of a claimed entry. */
enum mp_outcome {
    MP_OUTCOME_DONE,
    MP_OUTCOME_FAILED,
    MP_OUTCOME_LATER, /* back in waiting/, with a due time */
    MP_OUTCOME_STUCK, /* could not be moved: left in running/ for the next start */
};

struct mp_answer {
    enum mp_outcome outcome;
    bool backend_away; /* no backend could be opened: trying the next entry is no use */
};

/* What a child keeps over many entries. */
struct mp_worker_child {
    const struct mp_options *options;
    struct mp_queue *queue;
    struct mp_log *log;
    struct mp_spawner *spawner;
    struct mp_session session; /* settings, run and backend stay; the job changes */
    bool have_settings;
};

/* Work on running/KEY and move it on; never fails to answer. */
struct mp_answer mp_worker_entry(struct mp_worker_child *child, const char *key);

/* The child's whole life: keys come over `sock`, answers go back, its end is our end.
 * Does not return. */
void mp_worker_child_main(const struct mp_options *options, struct mp_queue *queue,
                          struct mp_log *log, int sock, pid_t master)
    __attribute__((noreturn));

/* An attempt on running/KEY ended because a process died: wait again, or give up when that
 * happens every time. */
void mp_worker_interrupted(struct mp_queue *queue, struct mp_log *log, const char *key,
                           const char *reason);

/* Wall clock, µs since the epoch. */
int64_t mp_worker_now(void);

#endif
