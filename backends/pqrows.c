/* SPDX-License-Identifier: MIT
 * pqrows.c - the calls of pqrows.h, not written yet. */
#include "config.h"

#include "pqrows.h"

static int not_yet(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "reading PostgreSQL: not written yet");
}

void mp_pq_target_direct(const struct mp_settings *settings, struct mp_pq_target *target)
{
    *target = (struct mp_pq_target){.host = settings->database.host,
                                    .port = settings->database.port,
                                    .carrier_fd = -1};
}

int mp_pq_open(const struct mp_settings *settings, const struct mp_pq_target *target,
               const struct mp_run *run, struct mp_pq **out, struct mp_error *err)
{
    (void)settings;
    (void)target;
    (void)run;
    (void)out;
    return not_yet(err);
}

int mp_pq_fetch(struct mp_pq *pq, const struct mp_plan *plan, const struct mp_run *run,
                struct mp_series_table *series, struct mp_findings *findings,
                struct mp_sink *sink, struct mp_error *err)
{
    (void)pq;
    (void)plan;
    (void)run;
    (void)series;
    (void)findings;
    (void)sink;
    return not_yet(err);
}

int mp_pq_find_job(struct mp_pq *pq, const char *label, const struct mp_run *run,
                   struct mp_job *job, struct mp_error *err)
{
    (void)pq;
    (void)label;
    (void)run;
    (void)job;
    return not_yet(err);
}

int mp_pq_caught_up(struct mp_pq *pq, const struct mp_plan *plan, const struct mp_run *run,
                    int *ready, struct mp_error *err)
{
    (void)pq;
    (void)plan;
    (void)run;
    (void)ready;
    return not_yet(err);
}

int mp_pq_check(struct mp_pq *pq, const struct mp_run *run, mp_check_report *report,
                void *arg, struct mp_error *err)
{
    (void)pq;
    (void)run;
    (void)report;
    (void)arg;
    return not_yet(err);
}

void mp_pq_close(struct mp_pq *pq)
{
    (void)pq;
}
