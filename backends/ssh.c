/* SPDX-License-Identifier: MIT
 * ssh.c - the databases behind an SSH server: a tunnel, and backends/pq/rows.h through
 * it. */
#include "config.h"

#include "backends/backend.h"
#include "backends/pq/section.h"
#include "backends/ssh/section.h"

enum { DATABASE, SSH }; /* the order of `sections` */

static const struct mp_keys *const sections[] = {&mp_database_keys, &mp_ssh_keys, NULL};

#ifdef HAVE_LIBSSH2
#include "backends/pq/rows.h"
#include "backends/ssh/tunnel.h"

#include <stdlib.h>
#include <string.h>

struct ssh {
    struct mp_backend backend;
    struct mp_backend_config config;
    struct mp_tunnel *tunnel;
    struct mp_pq *pq;
};

extern const struct mp_backend_ops mp_backend_ssh;

static int carrier_failed(void *arg, struct mp_error *err)
{
    return mp_tunnel_failed(arg, err);
}

static void disconnect(struct ssh *s)
{
    mp_pq_close(s->pq);
    mp_tunnel_close(s->tunnel);
    s->pq = NULL;
    s->tunnel = NULL;
}

static void aim_through(struct mp_tunnel *tunnel, struct mp_pq_target *target)
{
    target->hostaddr = mp_tunnel_address(tunnel);
    target->port = mp_tunnel_port(tunnel);
    target->no_gss = true;
    target->carrier_failed = carrier_failed;
    target->arg = tunnel;
    target->carrier_fd = mp_tunnel_fd(tunnel);
}

static int connect_through(struct ssh *s, const struct mp_run *run, struct mp_error *err)
{
    struct mp_pq_target target;
    struct mp_tunnel_target database = {0};

    mp_pq_target_direct(s->config.section[DATABASE], &target);
    database.host = target.host;
    database.port = target.port;
    if (mp_tunnel_open(s->config.section[SSH], &database, run, &s->tunnel, err) < 0)
        return -1;
    aim_through(s->tunnel, &target);
    if (mp_pq_open(s->config.section[DATABASE], s->config.routes, s->config.n_routes,
                   &target, run, &s->pq, err) < 0) {
        disconnect(s);
        return -1;
    }
    return 0;
}

/* A worker keeps the backend open for hours: a tunnel that
 * broke meanwhile is made anew. */
static int ready(struct mp_backend *b, const struct mp_run *run, struct mp_error *err)
{
    struct ssh *s = (struct ssh *)b;
    struct mp_error old;

    if (s->tunnel != NULL && mp_tunnel_failed(s->tunnel, &old) == 0)
        return 0;
    disconnect(s);
    return connect_through(s, run, err);
}

static struct mp_pq *pq_of(struct mp_backend *b)
{
    return ((struct ssh *)b)->pq;
}

static int ssh_fetch(struct mp_backend *b, const struct mp_plan *plan,
                     struct mp_emit *emit, struct mp_error *err)
{
    if (ready(b, mp_emit_run(emit), err) < 0)
        return -1;
    return mp_pq_fetch(pq_of(b), plan, emit, err);
}

static int ssh_find_job(struct mp_backend *b, const char *label, const struct mp_run *run,
                        struct mp_job *job, struct mp_error *err)
{
    return ready(b, run, err) < 0 ? -1 : mp_pq_find_job(pq_of(b), label, run, job, err);
}

static int ssh_know_job(struct mp_backend *b, const struct mp_plan *plan,
                        const struct mp_run *run, struct mp_job *job,
                        struct mp_occupancy *o, struct mp_error *err)
{
    return ready(b, run, err) < 0 ? -1 : mp_pq_know_job(pq_of(b), plan, run, job, o, err);
}

static int ssh_list_nodes(struct mp_backend *b, const struct mp_run *run, char ***names,
                          size_t *n, struct mp_error *err)
{
    return ready(b, run, err) < 0 ? -1 : mp_pq_list_nodes(pq_of(b), run, names, n, err);
}

static int ssh_occupants(struct mp_backend *b, const struct mp_plan *plan,
                         const struct mp_run *run, struct mp_occupancy *o,
                         struct mp_error *err)
{
    return ready(b, run, err) < 0 ? -1 : mp_pq_occupants(pq_of(b), plan, run, o, err);
}

static int ssh_describe(struct mp_backend *b, const struct mp_run *run,
                        struct mp_job_record *records, size_t n, struct mp_error *err)
{
    return ready(b, run, err) < 0 ? -1 : mp_pq_describe(pq_of(b), run, records, n, err);
}

static int ssh_caught_up(struct mp_backend *b, const struct mp_plan *plan,
                         const struct mp_run *run, int *is_ready, struct mp_error *err)
{
    return ready(b, run, err) < 0 ? -1
                                  : mp_pq_caught_up(pq_of(b), plan, run, is_ready, err);
}

static int ssh_check(struct mp_backend *b, const struct mp_run *run,
                     mp_check_report *report, void *arg, struct mp_error *err)
{
    char line[512];

    if (ready(b, run, err) < 0)
        return -1;
    snprintf(line, sizeof line, "SSH tunnel through %s",
             mp_tunnel_name(((struct ssh *)b)->tunnel));
    report(arg, MP_CHECK_OK, line, NULL);
    return mp_pq_check(pq_of(b), run, report, arg, err);
}

static int check_target(const struct mp_database_config *database, struct mp_error *err)
{
    struct mp_pq_target target;

    mp_pq_target_direct(database, &target);
    if (target.host[0] == '/' || target.host[0] == '@')
        return mp_fail(
            err, MP_FAULT_USAGE,
            "the ssh backend needs the database's name as the SSH server sees it, not "
            "the Unix socket %s; set host in section [database]",
            target.host);
    if (target.host[0] == '\0' || target.port == 0 || strchr(target.host, ',') != NULL)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "the ssh backend needs one host and port in section [database]; it does "
            "not take them from a service file");
    return 0;
}

static int ssh_probe(const struct mp_backend_config *config, const struct mp_run *run,
                     FILE *out, struct mp_error *err)
{
    const struct mp_database_config *c = config->section[DATABASE];
    struct mp_tunnel_target database = {0};
    struct mp_tunnel *tunnel = NULL;
    struct mp_pq_target target;
    int rc;

    if (check_target(c, err) < 0)
        return -1;
    mp_pq_target_direct(c, &target);
    database.host = target.host;
    database.port = target.port;
    if (mp_tunnel_open(config->section[SSH], &database, run, &tunnel, err) < 0)
        return -1;
    aim_through(tunnel, &target);
    rc = mp_pq_probe(c, &target, run, out, err);
    mp_tunnel_close(tunnel);
    return rc;
}

static void ssh_close(struct mp_backend *b)
{
    disconnect((struct ssh *)b);
    free(b);
}

static char *make_label(const struct mp_backend_config *config)
{
    const struct mp_ssh_config *ssh = config->section[SSH];
    struct mp_pq_target target;
    char text[1024];

    mp_pq_target_direct(config->section[DATABASE], &target);
    snprintf(text, sizeof text, "ssh: %s:%d through %s:%d", target.host, target.port,
             ssh->hostname, ssh->port);
    return strdup(text);
}

static bool ssh_configured(const struct mp_backend_config *config)
{
    return ((const struct mp_ssh_config *)config->section[SSH])->hostname[0] != '\0';
}

static int ssh_open(const struct mp_backend_config *config, const struct mp_run *run,
                    struct mp_backend **out, struct mp_error *err)
{
    struct ssh *s;

    if (check_target(config->section[DATABASE], err) < 0)
        return -1;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    s->backend.ops = &mp_backend_ssh;
    s->backend.label = make_label(config);
    s->config = *config;
    if (s->backend.label == NULL)
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
    else if (connect_through(s, run, err) == 0) {
        *out = &s->backend;
        return 0;
    }
    free(s->backend.label);
    free(s);
    return -1;
}

#endif

const struct mp_backend_ops mp_backend_ssh = {
    .name = "ssh",
    .summary = "the same database through an SSH server",
    .also = "tunnel=ssh",
    .needs = "--with-libpq --with-libssh2",
    .sections = sections,
    .route_keys = mp_pq_route_keys,
    .route_defaults = mp_pq_route_defaults,
#ifdef HAVE_LIBSSH2
    .configured = ssh_configured,
    .open = ssh_open,
    .fetch = ssh_fetch,
    .find_job = ssh_find_job,
    .know_job = ssh_know_job,
    .list_nodes = ssh_list_nodes,
    .occupants = ssh_occupants,
    .describe = ssh_describe,
    .caught_up = ssh_caught_up,
    .check = ssh_check,
    .probe = ssh_probe,
    .close = ssh_close,
#endif
};
