/* SPDX-License-Identifier: MIT
 * direct.c - the databases reached straight from here: backends/pq/rows.h with nothing in
 * front. */
#include "config.h"

#include "backends/backend.h"
#include "backends/pq/rows.h"

#include <stdlib.h>
#include <string.h>

struct direct {
    struct mp_backend backend;
    struct mp_pq *pq;
};

extern const struct mp_backend_ops mp_backend_direct;

static struct mp_pq *pq_of(struct mp_backend *b)
{
    return ((struct direct *)b)->pq;
}

static int direct_fetch(struct mp_backend *b, const struct mp_plan *plan,
                        struct mp_emit *emit, struct mp_error *err)
{
    return mp_pq_fetch(pq_of(b), plan, emit, err);
}

static int direct_find_job(struct mp_backend *b, const char *label,
                           const struct mp_run *run, struct mp_job *job,
                           struct mp_error *err)
{
    return mp_pq_find_job(pq_of(b), label, run, job, err);
}

static int direct_caught_up(struct mp_backend *b, const struct mp_plan *plan,
                            const struct mp_run *run, int *ready, struct mp_error *err)
{
    return mp_pq_caught_up(pq_of(b), plan, run, ready, err);
}

static int direct_check(struct mp_backend *b, const struct mp_run *run,
                        mp_check_report *report, void *arg, struct mp_error *err)
{
    return mp_pq_check(pq_of(b), run, report, arg, err);
}

static void direct_close(struct mp_backend *b)
{
    mp_pq_close(pq_of(b));
    free(b);
}

static char *make_label(const struct mp_settings *settings,
                        const struct mp_pq_target *target)
{
    char text[512];

    if (settings->database.service[0] != '\0')
        snprintf(text, sizeof text, "direct: service %s", settings->database.service);
    else
        snprintf(text, sizeof text, "direct: %s:%d", target->host, target->port);
    return strdup(text);
}

static int direct_open(const struct mp_settings *settings, const struct mp_run *run,
                       struct mp_backend **out, struct mp_error *err)
{
    struct mp_pq_target target;
    struct direct *d = calloc(1, sizeof *d);

    if (d == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    mp_pq_target_direct(settings, &target);
    d->backend.ops = &mp_backend_direct;
    d->backend.label = make_label(settings, &target);
    if (d->backend.label == NULL)
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
    else if (mp_pq_open(settings, &target, run, &d->pq, err) == 0) {
        *out = &d->backend;
        return 0;
    }
    free(d->backend.label);
    free(d);
    return -1;
}

const struct mp_backend_ops mp_backend_direct = {
    .name = "direct",
    .summary = "PostgreSQL/TimescaleDB, connected to directly",
    .open = direct_open,
    .fetch = direct_fetch,
    .find_job = direct_find_job,
    .caught_up = direct_caught_up,
    .check = direct_check,
    .close = direct_close,
};
