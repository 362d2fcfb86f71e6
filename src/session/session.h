/* SPDX-License-Identifier: MIT
 * session.h - what a foreground command needs before it reads samples: configuration,
 * job, plan and an open backend.
 *
 * `profile` and `fetch` share it.  The job comes from --start, --end and --nodelist, or,
 * where only --job-id is given, from slurm.jobs in the database.
 */
#ifndef MP_SESSION_H
#define MP_SESSION_H

#include "backends/backend.h"
#include "base/error.h"
#include "model/job.h"
#include "config/options.h"
#include "model/occupancy.h"
#include "model/plan.h"
#include "base/run.h"
#include "model/sample.h"
#include "config/settings.h"

/* The options that select a job, as given; NULL where not. */
struct mp_selection {
    const char *job_id, *start, *end, *nodelist;
};

struct mp_session {
    struct mp_settings settings;
    struct mp_run run;
    struct mp_job job;
    struct mp_plan plan;
    struct mp_backend *backend;
    struct mp_occupancy
        occupancy; /* who else was on the nodes, filled by mp_session_know */
    struct mp_series_table series; /* filled by mp_session_fetch */
    struct mp_findings findings; /* nodes without a route, then what the backend found */
    char purpose[64];
};

/* `command` is for application_name.  Usage errors come before anything is connected.  A
 * nodelist without one routed node is MP_FAULT_NO_SAMPLES.  *s is to be closed also after
 * -1. */
int mp_session_open(struct mp_session *s, const char *command,
                    const struct mp_options *options, const struct mp_selection *sel,
                    struct mp_error *err);

/* On standard error which way was taken, where `backend =
 * auto` had a choice, or -v asks. */
void mp_session_tell_backend(const struct mp_session *s,
                             const struct mp_options *options);

/* With job and plan in place: what the backend knows of the job beyond its samples. */
int mp_session_know(struct mp_session *s, struct mp_error *err);

/* Every sample of the plan into `sink`; MP_FAULT_NO_SAMPLES where there is none. */
int mp_session_fetch(struct mp_session *s, struct mp_sink *sink, struct mp_error *err);

/* For a worker, which does many jobs with one backend: forget the job and all that was
 * read of it; then, with s->job filled anew, make the plan. */
void mp_session_next(struct mp_session *s);
int mp_session_plan(struct mp_session *s, struct mp_error *err);

void mp_session_close(struct mp_session *s);

#endif
