/* SPDX-License-Identifier: MIT
 * check.c - what an administrator must know of the server, and a worker of its haste. */
#include "config.h"

#include "backends/prometheus/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backends/prometheus/ask.h"
#include "backends/prometheus/selector.h"
#include "backends/prometheus/sensors.h"
#include "base/numtext.h"
#include "base/utf8.h"

/* How long after a job's end a node may first be heard of again; who is silent for longer
 * is not late but broken.  As in backends/pq/check.c. */
enum { LATE_S = 600, OLD_SAMPLE_S = 300, LOOK_S = 600, SHOWN = 4 };

int mp_prom_greet(struct mp_prom_http *http, const struct mp_run *run,
                  struct mp_error *err)
{
    const struct mp_prom_reader nothing = {.arg = NULL};
    struct mp_prom_said said;
    char *form = NULL;
    int rc = -1;

    if (mp_prom_form_add(&form, "query", "1", err) == 0)
        rc = mp_prom_ask(http, run, "/api/v1/query", form, &nothing, &said, err);
    free(form);
    return rc;
}

/* ---- caught_up ---- */

struct heard {
    const struct mp_prom_sensors *sensors;
    const char *label;
    bool *nodes; /* plan->n_nodes */
};

static int hear(void *arg, const struct mp_prom_labels *labels, struct mp_error *err)
{
    struct heard *h = arg;
    const char *value = mp_prom_label(labels, h->label);
    long node = value != NULL ? mp_prom_sensors_node(h->sensors, value) : -1;

    (void)err;
    if (node >= 0)
        h->nodes[node] = true;
    return 0;
}

/* Who has a sample in [end, end + LATE_S]. */
static int mark_heard(struct heard *h, struct mp_prom_http *http,
                      const struct mp_run *run, const struct mp_prom_query *q,
                      struct mp_error *err)
{
    const struct mp_plan *plan = h->sensors->plan;
    const struct mp_prom_reader reader = {.labels = hear, .arg = h};
    int rc = 0;

    for (size_t at = 0, part; rc == 0 && at < q->names.n; at += part) {
        char *selector, *query = NULL, *form = NULL;
        struct mp_prom_said said;
        char when[32];

        part = mp_prom_names_fit(q->values + at, q->names.n - at);
        selector = mp_prom_selector(plan->routes[q->route].metrics[q->metric].name,
                                    q->label, q->values + at, part, false);
        snprintf(when, sizeof when, "%" PRId64, plan->end / 1000000 + LATE_S);
        rc = -1;
        if (selector == NULL ||
            asprintf(&query, "count_over_time(%s[%d001ms])", selector, LATE_S) < 0)
            mp_fail(err, MP_FAULT_FAILED, "out of memory for a query");
        else if (mp_prom_form_add(&form, "query", query, err) == 0 &&
                 mp_prom_form_add(&form, "time", when, err) == 0)
            rc = mp_prom_ask(http, run, "/api/v1/query", form, &reader, &said, err);
        free(selector);
        free(query);
        free(form);
    }
    return rc;
}

static int all_heard(const struct mp_prom_sensors *s, struct mp_prom_http *http,
                     const struct mp_run *run, int *ready, struct mp_error *err)
{
    struct heard h = {.sensors = s, .nodes = calloc(s->plan->n_nodes + 1, sizeof(bool))};
    int rc = h.nodes != NULL ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory");

    for (size_t i = 0; rc == 0 && i < s->n_queries; i++) {
        const struct mp_prom_query *q = &s->queries[i];

        if (s->plan->routes[q->route].metrics[q->metric].role != MP_ROLE_INPUT)
            continue;
        h.label = q->label;
        rc = q->label != NULL ? mark_heard(&h, http, run, q, err) : 0;
    }
    /* a node without input power in the job's last minutes is not waited for */
    for (size_t i = 0; rc == 0 && i < s->n_queries; i++) {
        const struct mp_prom_query *q = &s->queries[i];

        if (s->plan->routes[q->route].metrics[q->metric].role != MP_ROLE_INPUT)
            continue;
        for (size_t k = 0; k < q->names.n; k++) {
            long node = mp_prom_sensors_node(s, q->values[k]);

            if (node >= 0 && !h.nodes[node])
                *ready = 0;
        }
    }
    free(h.nodes);
    return rc;
}

int mp_prom_caught_up(struct mp_prom_http *http, const struct mp_plan *plan,
                      const struct mp_run *run, int *ready, struct mp_error *err)
{
    struct mp_prom_sensors s;
    int rc;

    *ready = 1;
    if (plan->end / 1000000 + LATE_S < (int64_t)time(NULL))
        return 0;
    rc = mp_prom_sensors_look(&s, plan, http, run, plan->end - INT64_C(1000000) * LOOK_S,
                              plan->end, err);
    if (rc == 0)
        rc = all_heard(&s, http, run, ready, err);
    mp_prom_sensors_free(&s);
    return rc;
}

/* ---- check ---- */

struct checker {
    const struct mp_prom_checked *what;
    mp_check_report *report;
    void *arg;
    double value; /* the last sample of an answer; NaN: none */
};

static void say(const struct checker *k, enum mp_check_level level, const char *remedy,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void say(const struct checker *k, enum mp_check_level level, const char *remedy,
                const char *fmt, ...)
{
    char text[900], plain[800];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(plain, sizeof plain, fmt, ap);
    va_end(ap);
    snprintf(text, sizeof text, "%s: ", mp_prom_http_name(k->what->http));
    mp_utf8_escape(text + strlen(text), sizeof text - strlen(text), plain);
    k->report(k->arg, level, text, level == MP_CHECK_OK ? NULL : remedy);
}

static int keep_value(void *arg, int64_t when, const char *text, size_t len,
                      struct mp_error *err)
{
    struct checker *k = arg;

    (void)when;
    (void)err;
    if (mp_number_read(text, len, &k->value) < 0)
        k->value = NAN;
    return 0;
}

/* The number that a query comes to, NaN where it has no answer. */
static int number_of(struct checker *k, const char *query, struct mp_error *err)
{
    const struct mp_prom_reader reader = {.sample = keep_value, .arg = k};
    struct mp_prom_said said;
    char *form = NULL;
    int rc = -1;

    k->value = NAN;
    if (mp_prom_form_add(&form, "query", query, err) == 0)
        rc = mp_prom_ask(k->what->http, k->what->run, "/api/v1/query", form, &reader,
                         &said, err);
    free(form);
    return rc;
}

/* The hosts that a metric's series name, in a label; which are no route's, and how many
 * are this one's. */
struct hosts {
    const struct checker *k;
    const struct mp_route *route;
    const char *label;
    size_t series, ours, strangers;
    char shown[300];
    struct mp_keyset seen;
};

static bool has_prefix(const char *host, const struct mp_route *route)
{
    return strncasecmp(host, route->prefix, strlen(route->prefix)) == 0;
}

static int see_host(void *arg, const struct mp_prom_labels *labels, struct mp_error *err)
{
    struct hosts *h = arg;
    const char *value = mp_prom_label(labels, h->label);
    size_t known = h->seen.n, at = strlen(h->shown);
    bool any = false;
    char host[512];

    h->series++;
    if (value == NULL)
        return 0;
    mp_prom_host_of(value, host, sizeof host);
    if (mp_keyset_put(&h->seen, host, strlen(host), err) < 0)
        return -1;
    if (h->seen.n == known)
        return 0;
    for (size_t i = 0; i < h->k->what->n_routes; i++)
        any = any || has_prefix(host, &h->k->what->routes[i]);
    h->ours += has_prefix(host, h->route);
    if (!any && h->strangers++ < SHOWN)
        snprintf(h->shown + at, sizeof h->shown - at, "%s%.60s", at > 0 ? ", " : "",
                 host);
    return 0;
}

static int list_hosts(struct hosts *h, const struct mp_metric *m, struct mp_error *err)
{
    const struct mp_prom_reader reader = {.labels = see_host, .arg = h};
    struct mp_prom_said said;
    char start[32];
    char *form = NULL;
    int rc = -1;

    h->series = h->ours = h->strangers = 0;
    h->shown[0] = '\0';
    mp_keyset_free(&h->seen);
    h->seen = (struct mp_keyset){0};
    snprintf(start, sizeof start, "%" PRId64, (int64_t)time(NULL) - LOOK_S);
    if (mp_prom_form_add(&form, "match[]", m->name, err) == 0 &&
        mp_prom_form_add(&form, "start", start, err) == 0)
        rc = mp_prom_ask(h->k->what->http, h->k->what->run, "/api/v1/series", form,
                         &reader, &said, err);
    free(form);
    return rc;
}

static int check_age(struct checker *k, const struct mp_metric *m, struct mp_error *err)
{
    char *query = NULL;
    int rc;

    if (asprintf(&query, "time() - max(timestamp(%s))", m->name) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    rc = number_of(k, query, err);
    free(query);
    if (rc < 0)
        return -1;
    if (isnan(k->value))
        say(k, MP_CHECK_WARN, "is the exporter scraped?",
            "%s has no sample in the last five minutes", m->name);
    else
        say(k, k->value > OLD_SAMPLE_S ? MP_CHECK_WARN : MP_CHECK_OK,
            "is the exporter scraped?", "the newest sample of %s is %.0f s old", m->name,
            k->value);
    return 0;
}

/* Unchanged, for MonSTer's database. */
static bool is_builtin(const struct mp_route *route)
{
    return route->n_metrics > 0 && strcmp(route->metrics[0].name, "TotalCPUPower") == 0;
}

static int check_metric(struct checker *k, const struct mp_route *route,
                        const struct mp_metric *m, size_t *series, struct mp_error *err)
{
    struct hosts h = {.k = k, .route = route};
    const char *labels[MP_PROM_NODE_LABELS];
    char own[200];
    int rc = mp_prom_node_labels(route, own, labels, err);

    for (size_t i = 0; rc == 0 && h.ours == 0 && labels[i] != NULL; i++) {
        h.label = labels[i];
        rc = list_hosts(&h, m, err);
        if (h.series == 0)
            break;
    }
    mp_keyset_free(&h.seen);
    if (rc < 0)
        return -1;
    *series += h.series;
    if (h.series == 0 && !m->optional && !is_builtin(route))
        say(k, MP_CHECK_WARN, "check the metrics of the route, or leave it out",
            "route %s: no series of %s in the last %d s", route->name, m->name, LOOK_S);
    if (h.series == 0)
        return 0;
    if (h.ours == 0)
        say(k, MP_CHECK_WARN, "set prefix and node_label of the route",
            "route %s: %zu series of %s, none of a node whose name starts with %s",
            route->name, h.series, m->name, route->prefix);
    else
        say(k, MP_CHECK_OK, NULL, "route %s: %zu series of %s, %zu nodes by label %s",
            route->name, h.series, m->name, h.ours, h.label);
    if (h.ours > 0 && h.strangers > 0)
        say(k, MP_CHECK_WARN, "add a [route] with their prefix, if jobs run there",
            "%s has %zu nodes that no route's prefix matches: %s%s", m->name, h.strangers,
            h.shown, h.strangers > SHOWN ? ", ..." : "");
    return check_age(k, m, err);
}

static bool is_here(const char *name)
{
    static const char *const here[] = {"127.", "localhost", "[::1]"};

    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strncmp(name, here[i], strlen(here[i])) == 0)
            return true;
    return false;
}

static void check_identity(struct checker *k)
{
    const struct mp_prom_config *c = k->what->config;

    if (is_here(mp_prom_http_name(k->what->http)))
        return;

    if (strncasecmp(c->url, "https:", 6) == 0)
        say(k, MP_CHECK_OK, NULL, "has shown a certificate in its name");
    else if (c->password[0] != '\0' || c->bearer_token[0] != '\0' ||
             c->headers[0] != '\0')
        say(k, MP_CHECK_WARN, "use https",
            "password or token go there in clear, for anybody on the way to read");
    else
        say(k, MP_CHECK_WARN, "use https where the way there is not your own",
            "nothing shows that samples come from it: the way there is not encrypted");
}

static int check_version(struct checker *k, struct mp_error *err)
{
    const struct mp_prom_reader nothing = {.arg = NULL};
    struct mp_prom_said said = {.version = ""};
    struct mp_error no_version;

    if (mp_prom_greet(k->what->http, k->what->run, err) < 0)
        return -1;
    /* not all that speak the API tell it */
    if (mp_prom_ask(k->what->http, k->what->run, "/api/v1/status/buildinfo", NULL,
                    &nothing, &said, &no_version) < 0)
        said.version[0] = '\0';
    say(k, MP_CHECK_OK, NULL, "answers%s%s", said.version[0] != '\0' ? ", version " : "",
        said.version);
    return 0;
}

static int check_route(struct checker *k, const struct mp_route *route,
                       struct mp_error *err)
{
    size_t series = 0;

    for (size_t m = 0; m < route->n_metrics; m++)
        if (check_metric(k, route, &route->metrics[m], &series, err) < 0)
            return -1;
    if (series == 0)
        say(k, is_builtin(route) ? MP_CHECK_OK : MP_CHECK_WARN,
            "check metrics and exporter of the route",
            "route %s: none of its metrics is there", route->name);
    return 0;
}

static int check_all(struct checker *k, struct mp_error *err)
{
    if (check_version(k, err) < 0)
        return -1;
    check_identity(k);
    for (size_t r = 0; r < k->what->n_routes; r++)
        if (check_route(k, &k->what->routes[r], err) < 0)
            return -1;
    return 0;
}

int mp_prom_check(const struct mp_prom_checked *what, mp_check_report *report, void *arg,
                  struct mp_error *err)
{
    struct checker k = {.what = what, .report = report, .arg = arg};
    struct mp_error failure = {0};

    if (check_all(&k, &failure) == 0)
        return 0;
    if (failure.fault == MP_FAULT_STOPPED) {
        *err = failure;
        return -1;
    }
    report(arg, MP_CHECK_FAIL, failure.text, "then run check again");
    return 0;
}
