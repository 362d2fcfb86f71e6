/* SPDX-License-Identifier: MIT
 * direct.c - the databases reached straight from here: backends/pq/rows.h with nothing in
 * front. */
#include "config.h"

#include "backends/backend.h"
#include "backends/pq/section.h"

static const struct mp_keys *const sections[] = {&mp_database_keys, NULL};

#ifdef HAVE_LIBPQ
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/pq/rows.h"

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

static int direct_know_job(struct mp_backend *b, const struct mp_plan *plan,
                           const struct mp_run *run, struct mp_job *job,
                           struct mp_occupancy *o, struct mp_error *err)
{
    return mp_pq_know_job(pq_of(b), plan, run, job, o, err);
}

static int direct_list_nodes(struct mp_backend *b, const struct mp_run *run,
                             char ***names, size_t *n, struct mp_error *err)
{
    return mp_pq_list_nodes(pq_of(b), run, names, n, err);
}

static int direct_occupants(struct mp_backend *b, const struct mp_plan *plan,
                            const struct mp_run *run, struct mp_occupancy *o,
                            struct mp_error *err)
{
    return mp_pq_occupants(pq_of(b), plan, run, o, err);
}

static int direct_describe(struct mp_backend *b, const struct mp_run *run,
                           struct mp_job_record *records, size_t n, struct mp_error *err)
{
    return mp_pq_describe(pq_of(b), run, records, n, err);
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

static int direct_probe(const struct mp_backend_config *config, const struct mp_run *run,
                        FILE *out, struct mp_error *err)
{
    struct mp_pq_target target;

    mp_pq_target_direct(config->section[0], &target);
    return mp_pq_probe(config->section[0], &target, run, out, err);
}

static void direct_close(struct mp_backend *b)
{
    mp_pq_close(pq_of(b));
    free(b);
}

static char *make_label(const struct mp_database_config *config,
                        const struct mp_pq_target *target)
{
    char text[512];

    if (config->service[0] != '\0')
        snprintf(text, sizeof text, "direct: service %s", config->service);
    else
        snprintf(text, sizeof text, "direct: %s:%d", target->host, target->port);
    return strdup(text);
}

static int direct_open(const struct mp_backend_config *config, const struct mp_run *run,
                       struct mp_backend **out, struct mp_error *err)
{
    const struct mp_database_config *database = config->section[0];
    struct mp_pq_target target;
    struct direct *d = calloc(1, sizeof *d);

    if (d == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    mp_pq_target_direct(database, &target);
    d->backend.ops = &mp_backend_direct;
    d->backend.label = make_label(database, &target);
    if (d->backend.label == NULL)
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
    else if (mp_pq_open(database, config->routes, config->n_routes, &target, run, &d->pq,
                        err) == 0) {
        *out = &d->backend;
        return 0;
    }
    free(d->backend.label);
    free(d);
    return -1;
}
#endif

const struct mp_backend_ops mp_backend_direct = {
    .name = "direct",
    .summary = "PostgreSQL/TimescaleDB, connected to directly",
    .needs = "--with-libpq",
    .sections = sections,
    .route_keys = mp_pq_route_keys,
    .route_defaults = mp_pq_route_defaults,
#ifdef HAVE_LIBPQ
    .open = direct_open,
    .fetch = direct_fetch,
    .find_job = direct_find_job,
    .know_job = direct_know_job,
    .list_nodes = direct_list_nodes,
    .occupants = direct_occupants,
    .describe = direct_describe,
    .caught_up = direct_caught_up,
    .check = direct_check,
    .probe = direct_probe,
    .close = direct_close,
#endif
};
