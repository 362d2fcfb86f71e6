/* SPDX-License-Identifier: MIT
 * session.c - from options to a job, a plan and an open backend. */
#include "config.h"

#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "slurm/nodelist.h"
#include "backends/backend.h"

/* Clocks of a head node and a user's machine differ by less than this. */
enum { CLOCK_SLACK_S = 60 };

static int check_window(const struct mp_selection *sel, const struct mp_job *job,
                        struct mp_error *err)
{
    if (job->start > job->end)
        return mp_fail(err, MP_FAULT_USAGE, "--start %s is after --end %s", sel->start,
                       sel->end);
    if (job->end / 1000000 > (int64_t)time(NULL) + CLOCK_SLACK_S)
        return mp_fail(err, MP_FAULT_USAGE,
                       "--end %s is in the future: there are no samples of it yet",
                       sel->end);
    return 0;
}

static int given_job(const struct mp_selection *sel, struct mp_job *job,
                     struct mp_error *err)
{
    if (mp_time_parse(sel->start, "--start", &job->start, err) < 0 ||
        mp_time_parse(sel->end, "--end", &job->end, err) < 0 ||
        check_window(sel, job, err) < 0)
        return -1;
    job->label = strdup(sel->job_id != NULL ? sel->job_id : "0");
    job->nodelist = strdup(sel->nodelist);
    if (job->label == NULL || job->nodelist == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the job");
    return 0;
}

/* *given = 1 where the options say all there is to know. */
static int check_selection(const struct mp_selection *sel, int *given,
                           struct mp_error *err)
{
    int n = (sel->start != NULL) + (sel->end != NULL) + (sel->nodelist != NULL);

    if (sel->job_id != NULL && mp_job_label_check(sel->job_id, err) < 0)
        return -1;
    if (n != 0 && n != 3)
        return mp_fail(err, MP_FAULT_USAGE,
                       "--start, --end and --nodelist go together; --%s is missing",
                       sel->start == NULL ? "start"
                       : sel->end == NULL ? "end"
                                          : "nodelist");
    *given = n == 3;
    return 0;
}

/* Nothing selects a job: a recording of one needs no more. */
static int check_unselected(const struct mp_session *s, const struct mp_selection *sel,
                            int given, struct mp_error *err)
{
    if (given || sel->job_id != NULL || mp_backend_has_one_job(&s->settings))
        return 0;
    return mp_fail(err, MP_FAULT_USAGE,
                   "which job? give --start, --end and --nodelist, or --job-id alone "
                   "to look it up in the database");
}

static int look_up_job(struct mp_session *s, const char *label, struct mp_error *err)
{
    const struct mp_backend_ops *ops = s->backend->ops;

    if (ops->find_job == NULL)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "backend %s cannot look a job up: give --start, --end and --nodelist",
            ops->name);
    return ops->find_job(s->backend, label, &s->run, &s->job, err);
}

/* The limit that was set without knowing the job. */
static void extend_deadline(struct mp_session *s)
{
    int seconds = s->settings.power->deadline_seconds;

    if (s->run.deadline_us != INT64_MAX)
        s->run.deadline_us +=
            mp_power_deadline_us(seconds, s->plan.n_nodes, s->plan.end - s->plan.start) -
            (int64_t)seconds * 1000000;
}

int mp_session_plan(struct mp_session *s, struct mp_error *err)
{
    struct mp_nodelist list = {0};
    int rc = -1;

    if (mp_nodelist_expand(s->job.nodelist, &list, err) < 0 ||
        mp_plan_make(&s->plan, list.names, list.n, s->settings.routes,
                     s->settings.n_routes, s->job.start, s->job.end, err) < 0)
        goto out;
    if (list.n == 0) {
        mp_fail(err, MP_FAULT_USAGE, "the nodelist names no node");
        goto out;
    }
    for (size_t i = 0; i < s->plan.n_unrouted; i++)
        if (mp_findings_missing(&s->findings, s->plan.unrouted[i], NULL,
                                "no route's prefix matches its name", err) < 0)
            goto out;
    if (s->plan.n_nodes == 0) {
        mp_fail(
            err, MP_FAULT_NO_SAMPLES,
            "no route knows any node of %s (the first is %s): add a [route NAME] section "
            "with its prefix to the configuration",
            s->job.nodelist, list.names[0]);
        goto out;
    }
    extend_deadline(s);
    rc = 0;
out:
    mp_nodelist_free(&list);
    return rc;
}

static void set_limits(struct mp_session *s, const char *command, const char *label)
{
    int64_t seconds = s->settings.power->deadline_seconds;

    snprintf(s->purpose, sizeof s->purpose, "%s %s", command, label);
    s->run.purpose = s->purpose;
    if (seconds > 0)
        s->run.deadline_us = mp_clock_us() + seconds * 1000000;
}

int mp_session_open(struct mp_session *s, const char *command,
                    const struct mp_options *options, const struct mp_selection *sel,
                    struct mp_error *err)
{
    int given = 0;

    *s = (struct mp_session){.run.stop_fd = -1};
    if (check_selection(sel, &given, err) < 0)
        return -1;
    if (given && given_job(sel, &s->job, err) < 0)
        return -1;
    if (mp_run_init(&s->run, command, err) < 0 ||
        mp_backends_settings(&s->settings, options->config, options->overrides,
                             options->n_overrides, err) < 0 ||
        check_unselected(s, sel, given, err) < 0)
        return -1;
    set_limits(s, command,
               given                 ? s->job.label
               : sel->job_id != NULL ? sel->job_id
                                     : "a recording");
    if (given && mp_session_plan(s, err) < 0)
        return -1;
    if (mp_backend_open(&s->settings, &s->run, &s->backend, err) < 0)
        return -1;
    if (given)
        return 0;
    return look_up_job(s, sel->job_id, err) < 0 ? -1 : mp_session_plan(s, err);
}

int mp_session_know(struct mp_session *s, struct mp_error *err)
{
    mp_occupancy_free(&s->occupancy);
    if (s->backend->ops->know_job == NULL)
        return 0;
    return s->backend->ops->know_job(s->backend, &s->plan, &s->run, &s->job,
                                     &s->occupancy, err);
}

void mp_session_tell_backend(const struct mp_session *s, const struct mp_options *options)
{
    bool chosen = s->backend->chosen;

    if (!options->quiet && (chosen || options->verbose > 0))
        fprintf(stderr, "monster-power: samples come from %s%s\n", s->backend->label,
                chosen ? " (backend = auto)" : "");
}

/* What explains that there are no rows: a node nobody knows, or that every metric is
 * missing.  NULL: nothing does. */
static const struct mp_missing *cause_of_silence(const struct mp_session *s)
{
    const struct mp_missing *metric = NULL;
    size_t n = 0;

    for (size_t r = 0; r < s->plan.n_routes; r++)
        n += s->plan.routes[r].n_metrics;
    for (size_t i = 0; i < s->findings.n_missing; i++) {
        const struct mp_missing *m = &s->findings.missing[i];

        if (m->node != NULL)
            return m;
        metric = m;
        n -= n > 0;
    }
    return n == 0 ? metric : NULL;
}

static int no_samples(const struct mp_session *s, struct mp_error *err)
{
    const struct mp_missing *m = cause_of_silence(s);

    if (m == NULL)
        return mp_fail(err, MP_FAULT_NO_SAMPLES,
                       "no power samples of %s in the window (%s); nothing was written",
                       s->job.nodelist, s->backend->label);
    return mp_fail(
        err, MP_FAULT_NO_SAMPLES,
        "no power samples of %s in the window (%s): %s: %s; nothing was written",
        s->job.nodelist, s->backend->label, m->node != NULL ? m->node : m->metric,
        m->reason);
}

int mp_session_fetch(struct mp_session *s, struct mp_sink *sink, struct mp_error *err)
{
    if (mp_backend_fetch(s->backend, &s->plan, &s->run, &s->series, &s->findings, sink,
                         err) < 0)
        return -1;
    return s->series.n == 0 ? no_samples(s, err) : 0;
}

void mp_session_next(struct mp_session *s)
{
    mp_findings_free(&s->findings);
    mp_series_table_free(&s->series);
    mp_occupancy_free(&s->occupancy);
    mp_plan_free(&s->plan);
    mp_job_free(&s->job);
    s->findings = (struct mp_findings){0};
    s->series = (struct mp_series_table){0};
    s->plan = (struct mp_plan){0};
    s->job = (struct mp_job){0};
}

void mp_session_close(struct mp_session *s)
{
    mp_backend_close(s->backend);
    s->backend = NULL;
    mp_session_next(s);
    mp_settings_free(&s->settings);
    mp_run_close(&s->run);
}
