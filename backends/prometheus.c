/* SPDX-License-Identifier: MIT
 * prometheus.c - samples from a Prometheus server, or from what speaks its API. */
#include "config.h"

#include "backends/backend.h"
#include "backends/prometheus/section.h"

static const struct mp_keys *const sections[] = {&mp_prom_keys, NULL};

#ifdef HAVE_LIBCURL
#include <stdio.h>
#include <stdlib.h>

#include "backends/prometheus/check.h"
#include "backends/prometheus/fetch.h"
#include "backends/prometheus/http.h"
#include "backends/prometheus/probe.h"

extern const struct mp_backend_ops mp_backend_prometheus;

struct prometheus {
    struct mp_backend backend;
    struct mp_backend_config config;
    struct mp_prom_http *http;
};

static struct mp_prom_http *http_of(struct mp_backend *b)
{
    return ((struct prometheus *)b)->http;
}

static bool prometheus_configured(const struct mp_backend_config *config)
{
    return ((const struct mp_prom_config *)config->section[0])->url[0] != '\0';
}

static int prometheus_open(const struct mp_backend_config *config,
                           const struct mp_run *run, struct mp_backend **out,
                           struct mp_error *err)
{
    const struct mp_prom_config *section = config->section[0];
    struct prometheus *p = calloc(1, sizeof *p);

    *out = NULL;
    if (p == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    p->backend.ops = &mp_backend_prometheus;
    p->config = *config;
    if (mp_prom_http_open(section, &p->http, err) < 0)
        goto failed;
    if (asprintf(&p->backend.label, "prometheus: %s", section->url) < 0) {
        p->backend.label = NULL;
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
        goto failed;
    }
    if (mp_prom_greet(p->http, run, err) < 0)
        goto failed;
    *out = &p->backend;
    return 0;
failed:
    mp_prom_http_close(p->http);
    free(p->backend.label);
    free(p);
    return -1;
}

static int prometheus_fetch(struct mp_backend *b, const struct mp_plan *plan,
                            struct mp_emit *emit, struct mp_error *err)
{
    return mp_prom_fetch(http_of(b), plan, emit, err);
}

static int prometheus_caught_up(struct mp_backend *b, const struct mp_plan *plan,
                                const struct mp_run *run, int *ready,
                                struct mp_error *err)
{
    return mp_prom_caught_up(http_of(b), plan, run, ready, err);
}

static int prometheus_check(struct mp_backend *b, const struct mp_run *run,
                            mp_check_report *report, void *arg, struct mp_error *err)
{
    const struct prometheus *p = (struct prometheus *)b;
    const struct mp_prom_checked what = {.http = p->http,
                                         .config = p->config.section[0],
                                         .routes = p->config.routes,
                                         .n_routes = p->config.n_routes,
                                         .run = run};

    return mp_prom_check(&what, report, arg, err);
}

static int prometheus_probe(const struct mp_backend_config *config,
                            const struct mp_run *run, FILE *out, struct mp_error *err)
{
    return mp_prom_probe(config->section[0], run, out, err);
}

static void prometheus_close(struct mp_backend *b)
{
    mp_prom_http_close(http_of(b));
    free(b);
}
#endif

const struct mp_backend_ops mp_backend_prometheus = {
    .name = "prometheus",
    .summary = "Prometheus, VictoriaMetrics, Thanos or Mimir",
    .needs = "--with-libcurl",
    .sections = sections,
    .route_keys = mp_prom_route_keys,
    .route_maps = mp_prom_route_maps,
#ifdef HAVE_LIBCURL
    .configured = prometheus_configured,
    .open = prometheus_open,
    .fetch = prometheus_fetch,
    .caught_up = prometheus_caught_up,
    .check = prometheus_check,
    .probe = prometheus_probe,
    .close = prometheus_close,
#endif
};
