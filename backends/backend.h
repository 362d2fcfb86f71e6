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
 * Faults mean one thing each: MP_FAULT_USAGE, the configuration says too little or wrong
 * things; MP_FAULT_UNREACHABLE, nobody answers, or this machine is not admitted, so that
 * another backend may get there; MP_FAULT_TRANSIENT, it answers but not now, or broke in
 * the middle; MP_FAULT_NOT_YET, what is asked for does not exist yet; MP_FAULT_FAILED,
 * trying again will not help.
 *
 * Order of rows, which the frame makes: by time; rows of equal time by route, then metric
 * (both in the plan's order), then hostname, source, fqdd (bytes; NULL last), then value
 * (NULL last).  The csv backend keeps the order of its file.  Samples from outside the
 * window come last, in this order.
 */
#ifndef MP_BACKEND_H
#define MP_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "backends/frame/check.h"
#include "backends/frame/emit.h"
#include "base/error.h"
#include "base/run.h"
#include "config/settings.h"
#include "model/job.h"
#include "model/occupancy.h"
#include "model/plan.h"
#include "model/sample.h"
#include "model/sink.h"

struct mp_backend {
    const struct mp_backend_ops *ops;
    /* one line without secrets, for summary.json and messages:
     * "direct: db.example:5432", "csv: raw_power.csv"; filled by open, owned */
    char *label;
    bool chosen; /* by `auto`, which had others to choose from; filled by the registry */
};

enum { MP_BACKEND_SECTIONS_MAX = 4 };

/* What a backend sees of the configuration.  All is borrowed until close; the struct
 * itself is copied. */
struct mp_backend_config {
    /* mp_keys.size bytes each, filled, in the order of mp_backend_ops.sections */
    const void *section[MP_BACKEND_SECTIONS_MAX];
    const struct mp_route *routes; /* all that are configured; a plan has its own */
    size_t n_routes;
};

struct mp_backend_ops {
    const char *name;    /* as in `backend = NAME` */
    const char *summary; /* one line for `monster-power backends` */
    const char *also;    /* an old name, "tunnel=ssh"; NULL: none */
    bool one_job;        /* its source is the samples of one job, as a report has them */
    const char *needs;   /* the configure options that build it; NULL: always built */

    /* What it reads of the configuration: its sections (several backends may share one),
     * ended by NULL; its own keys of every [route NAME], ended by one without a name,
     * what the built-in routes have for them, and the words they may list (NULL: none).
     * mp_route_value gives a route's.  Declared also where the backend is not built. */
    const struct mp_keys *const *sections;
    const struct mp_route_key *route_keys;
    const struct mp_route_default *route_defaults;
    const struct mp_route_map *route_maps;

    /* Optional.  Whether the configuration says enough to try it: `auto` passes over one
     * that says no. */
    bool (*configured)(const struct mp_backend_config *config);

    /* Required; NULL where configure left it out: known, not built.  Connects as far as
     * it must to say that it works.  On failure *out is NULL and nothing is left. */
    int (*open)(const struct mp_backend_config *config, const struct mp_run *run,
                struct mp_backend **out, struct mp_error *err);

    /* Required.  Every sample of the plan inside [start, end], both included, to `emit`;
     * also those up to mp_plan_near outside it, of which emit hands on what a counter, or
     * a series without any inside, needs (emit.h).  No sample at all is not an error.
     * What the plan asks for and cannot be read (a table that is not there) goes to
     * mp_emit_findings, and the rest is read; -1 is for what makes the samples untrue or
     * incomplete. */
    int (*fetch)(struct mp_backend *b, const struct mp_plan *plan, struct mp_emit *emit,
                 struct mp_error *err);

    /* Optional.  Window, nodes and owner of a finished job, by its label ("1234",
     * "1234_7", "1234+1"; NULL, where one_job is set: of the only one); *job is the
     * caller's to free.  MP_FAULT_NOT_YET where the job
     * has not ended or has not been heard of: asking later may help. */
    int (*find_job)(struct mp_backend *b, const char *label, const struct mp_run *run,
                    struct mp_job *job, struct mp_error *err);

    /* Optional.  What the source knows of a job whose window and nodes are given and its
     * samples do not say: fills in job->suspended, and who else was on its nodes.  *o is
     * empty before, and afterwards where nobody knows. */
    int (*know_job)(struct mp_backend *b, const struct mp_plan *plan,
                    const struct mp_run *run, struct mp_job *job, struct mp_occupancy *o,
                    struct mp_error *err);

    /* Optional, all three or none: what an account of many jobs needs.  The nodes that
     * the source knows (owned names, freed by the caller one by one); everybody who was
     * on the plan's nodes (*o is empty before); and whose the jobs are, as far as there
     * is a record (ids come with their fields empty; what is set is the caller's to
     * free). */
    int (*list_nodes)(struct mp_backend *b, const struct mp_run *run, char ***names,
                      size_t *n, struct mp_error *err);
    int (*occupants)(struct mp_backend *b, const struct mp_plan *plan,
                     const struct mp_run *run, struct mp_occupancy *o,
                     struct mp_error *err);
    int (*describe)(struct mp_backend *b, const struct mp_run *run,
                    struct mp_job_record *records, size_t n, struct mp_error *err);

    /* Optional.  *ready = 1 when every node of the plan that can be waited for has a
     * sample at or after plan->end (the telemetry has caught up), else 0. */
    int (*caught_up)(struct mp_backend *b, const struct mp_plan *plan,
                     const struct mp_run *run, int *ready, struct mp_error *err);

    /* Optional.  What an administrator must know: each database reached, each table and
     * dimension found, the newest sample's age.  -1 only if the check itself broke. */
    int (*check)(struct mp_backend *b, const struct mp_run *run, mp_check_report *report,
                 void *arg, struct mp_error *err);

    /* Optional.  Prints sections of a configuration for what it finds there, with
     * comments for what it cannot decide; needs no open. */
    int (*probe)(const struct mp_backend_config *config, const struct mp_run *run,
                 FILE *out, struct mp_error *err);

    /* Required.  Leaves nothing behind: no session, process, socket or directory.  The
     * label is freed already. */
    void (*close)(struct mp_backend *b);
};

/* All backends, built or not, ended by NULL. */
const struct mp_backend_ops *const *mp_backends(void);

/* What they declare of the configuration; fills and returns `keys`. */
const struct mp_backend_keys *mp_backends_keys(struct mp_backend_keys *keys);

/* mp_settings_load with that. */
int mp_backends_settings(struct mp_settings *settings, const char *path,
                         const struct mp_override *overrides, size_t n_overrides,
                         struct mp_error *err);

/* Open the backend that [power] backend names; `auto` takes the first of the list [power]
 * auto that is built, configured and can be reached from here.  Every one but the last is
 * given auto_probe_ms. */
int mp_backend_open(const struct mp_settings *settings, const struct mp_run *run,
                    struct mp_backend **out, struct mp_error *err);
void mp_backend_close(struct mp_backend *b);

/* The probe of the backend that [power] backend names, behind a head and [power]; `auto`
 * is prometheus where that has a url, else the first of its list that can. */
int mp_backend_probe(const struct mp_settings *settings, const struct mp_run *run,
                     FILE *out, struct mp_error *err);
/* Whether the one that [power] backend names has one_job. */
bool mp_backend_has_one_job(const struct mp_settings *settings);

/* What b->ops->fetch emits, in order, to `sink`: begin, batch ..., end; on failure abort,
 * then -1.  `series` and `findings` are the caller's: no series yet, findings only of the
 * planning.  No row at all is not an error here: end is called and the caller looks at
 * series->n. */
int mp_backend_fetch(struct mp_backend *b, const struct mp_plan *plan,
                     const struct mp_run *run, struct mp_series_table *series,
                     struct mp_findings *findings, struct mp_sink *sink,
                     struct mp_error *err);

#endif
