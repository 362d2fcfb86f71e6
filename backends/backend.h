/* SPDX-License-Identifier: MIT
 * backend.h - the contract between the program and a source of samples.
 *
 * A backend is given a plan and emits series and samples (backends/frame/emit.h).  It
 * knows nothing of energy, files or charts.  A new one is a file that ends with a `const
 * struct mp_backend_ops`, a line in registry.c and one in local.mk.
 *
 * Order of calls: open, then any of the others any number of times (a worker profiles
 * many jobs over one open backend, hours apart: what the other side dropped meanwhile is
 * made anew without a word), then close, also after any of them failed.  All in one
 * thread; a backend may have threads of its own, none of which is left after close.
 *
 * Every call gets a run: its deadline and its stop request end any wait and any loop
 * whose length others decide.  mp_run_check's error is passed on as it is.
 *
 * Order of rows, which the frame makes: by time; rows of equal time by route, then metric
 * (both in the plan's order), then hostname, source, fqdd (bytes; NULL last), then value
 * (NULL last).  The csv backend keeps the order of its file.
 */
#ifndef MP_BACKEND_H
#define MP_BACKEND_H

#include <stdint.h>
#include <stdio.h>

#include "backends/frame/check.h"
#include "backends/frame/emit.h"
#include "base/error.h"
#include "model/job.h"
#include "model/plan.h"
#include "base/run.h"
#include "model/sample.h"
#include "config/settings.h"
#include "model/sink.h"

struct mp_backend {
    const struct mp_backend_ops *ops;
    /* one line without secrets, for summary.json and messages:
     * "direct: db.example:5432", "csv: raw_power.csv"; filled by open, owned */
    char *label;
};

struct mp_backend_ops {
    const char *name;    /* as in `backend = NAME` */
    const char *summary; /* one line for `monster-power backends` */

    /* Required.  Connects as far as it must to say that it works, within the timeouts of
     * the settings (borrowed until close) and the run's deadline. */
    int (*open)(const struct mp_settings *settings, const struct mp_run *run,
                struct mp_backend **out, struct mp_error *err);

    /* Required.  Every sample of the plan inside [start, end], both included, and those
     * alone, to `emit`.  No sample at all is not an error.  What the plan asks for and
     * cannot be read (a table that is not there) goes to mp_emit_findings, and the rest
     * is read; -1 is for what makes the samples untrue or incomplete. */
    int (*fetch)(struct mp_backend *b, const struct mp_plan *plan, struct mp_emit *emit,
                 struct mp_error *err);

    /* Optional.  Window, nodes and owner of a finished job, from slurm.jobs, looked for
     * in every routed database.  -1 with MP_FAULT_FAILED where it is in none. */
    int (*find_job)(struct mp_backend *b, const char *label, const struct mp_run *run,
                    struct mp_job *job, struct mp_error *err);

    /* Optional.  *ready = 1 when every node of the plan has a sample at or after
     * plan->end (the telemetry has caught up), else 0. */
    int (*caught_up)(struct mp_backend *b, const struct mp_plan *plan,
                     const struct mp_run *run, int *ready, struct mp_error *err);

    /* Optional.  What an administrator must know: each database reached, each table and
     * dimension found, the newest sample's age.  -1 only if the check itself broke. */
    int (*check)(struct mp_backend *b, const struct mp_run *run, mp_check_report *report,
                 void *arg, struct mp_error *err);

    /* Required.  Leaves nothing behind: no session, process, socket or directory. */
    void (*close)(struct mp_backend *b);
};

struct mp_backend_entry {
    const char *name;
    const char *summary;
    const struct mp_backend_ops *ops; /* NULL: known, not built */
    const char *needs;                /* the configure option that builds it */
};

/* All backends, built or not, ended by a NULL name. */
const struct mp_backend_entry *mp_backends(void);

/* Open the backend that settings->power->backend names; auto tries direct for
 * auto_probe_ms, then ssh.  Which one it took is in (*out)->ops->name. */
int mp_backend_open(const struct mp_settings *settings, const struct mp_run *run,
                    struct mp_backend **out, struct mp_error *err);
void mp_backend_close(struct mp_backend *b);

/* What b->ops->fetch emits, in order, to `sink`: begin, batch ..., end; on failure abort,
 * then -1.  `series` and `findings` are the caller's: no series yet, findings only of the
 * planning.  No row at all is not an error here: end is called and the caller looks at
 * series->n. */
int mp_backend_fetch(struct mp_backend *b, const struct mp_plan *plan,
                     const struct mp_run *run, struct mp_series_table *series,
                     struct mp_findings *findings, struct mp_sink *sink,
                     struct mp_error *err);

#endif
