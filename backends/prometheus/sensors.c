/* SPDX-License-Identifier: MIT
 * sensors.c - label sets to nodes and sensors. */
#include "config.h"

#include "backends/prometheus/sensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/prometheus/ask.h"
#include "backends/prometheus/fqdd.h"
#include "backends/prometheus/selector.h"

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the series of Prometheus");
}

static const struct mp_metric *metric_of(const struct mp_prom_sensors *s,
                                         const struct mp_prom_query *q)
{
    return &s->plan->routes[q->route].metrics[q->metric];
}

/* ---- nodes ---- */

int mp_prom_node_labels(const struct mp_route *route, char own[200],
                        const char *labels[MP_PROM_NODE_LABELS], struct mp_error *err)
{
    static const char *const tried[] = {"instance", "host",     "Hostname", "hostname",
                                        "node",     "nodename", "node_name"};
    const char *wanted = mp_route_value(route, "node_label");
    size_t n = 0;

    snprintf(own, 200, "%s", wanted);
    if (*wanted != '\0') {
        if (!mp_prom_is_label(own))
            return mp_fail(err, MP_FAULT_USAGE,
                           "[route %s] node_label = %s: a label is one word of letters, "
                           "digits and _",
                           route->name, wanted);
        labels[n++] = own;
    }
    for (size_t i = 0; n == i && i < sizeof tried / sizeof *tried; i++)
        labels[n++] = tried[i];
    labels[n] = NULL;
    return 0;
}

void mp_prom_host_of(const char *value, char *host, size_t size)
{
    const char *colon = strrchr(value, ':');
    size_t len = strlen(value);

    if (colon != NULL && colon[1] != '\0' &&
        colon[1 + strspn(colon + 1, "0123456789")] == '\0')
        len = (size_t)(colon - value);
    snprintf(host, size, "%.*s", (int)(len < size ? len : size - 1), value);
}

long mp_prom_sensors_node(const struct mp_prom_sensors *s, const char *value)
{
    char host[512];

    mp_prom_host_of(value, host, sizeof host);
    return mp_hosts_find(&s->hosts, host);
}

/* ---- finding label sets ---- */

struct search {
    struct mp_prom_sensors *s;
    uint32_t query;
    const char *label;
    size_t found; /* label sets whose node could be one of the job's */
};

static int keep_set(struct mp_prom_sensors *s, uint32_t query,
                    const struct mp_prom_labels *labels, uint32_t *set,
                    struct mp_error *err)
{
    char key[sizeof query + MP_PROM_LABEL_BYTES];
    size_t known = s->sets.n;
    long number;

    memcpy(key, &query, sizeof query);
    memcpy(key + sizeof query, labels->bytes, labels->len);
    number = mp_keyset_put(&s->sets, key, sizeof query + labels->len, err);
    if (number < 0)
        return -1;
    *set = (uint32_t)number;
    if (s->sets.n == known)
        return 0;
    if (s->sets.n > MP_PROM_SETS_MAX)
        return mp_fail(err, MP_FAULT_FAILED, "the server has more than %d series",
                       MP_PROM_SETS_MAX);
    if (s->sets.n > s->sets_room) {
        size_t room = s->sets_room > 0 ? 2 * s->sets_room : 256;
        uint32_t *grown = realloc(s->sensor_of, room * sizeof *grown);

        if (grown == NULL)
            return no_memory(err);
        s->sensor_of = grown;
        s->sets_room = room;
    }
    s->sensor_of[number] = MP_PROM_NO_SENSOR;
    return 0;
}

static int take_set(void *arg, const struct mp_prom_labels *labels, struct mp_error *err)
{
    struct search *w = arg;
    const char *value = mp_prom_label(labels, w->label);
    char host[512];
    uint32_t set;

    if (value == NULL)
        return 0;
    mp_prom_host_of(value, host, sizeof host);
    if (mp_hosts_see(&w->s->hosts, host, err) < 0)
        return -1;
    if (mp_plan_find_node(w->s->plan, host) < 0 && !mp_hosts_differs(&w->s->hosts, host))
        return 0;
    w->found++;
    return keep_set(w->s, w->query, labels, &set, err);
}

static int ask_series(struct search *w, struct mp_prom_http *http,
                      const struct mp_run *run, const char *selector, int64_t from,
                      int64_t to, struct mp_error *err)
{
    const struct mp_prom_reader reader = {.labels = take_set, .arg = w};
    struct mp_prom_said said;
    char start[32], end[32];
    char *form = NULL;
    int rc = -1;

    snprintf(start, sizeof start, "%" PRId64, from / 1000000);
    snprintf(end, sizeof end, "%" PRId64, to / 1000000 + 1);
    if (mp_prom_form_add(&form, "match[]", selector, err) == 0 &&
        mp_prom_form_add(&form, "start", start, err) == 0 &&
        mp_prom_form_add(&form, "end", end, err) == 0)
        rc = mp_prom_ask(http, run, "/api/v1/series", form, &reader, &said, err);
    if (rc == 0 && said.reply == MP_PROM_TOO_MUCH)
        rc = mp_fail(err, MP_FAULT_FAILED,
                     "%s does not list the series of %.100s: %s; raise its limit",
                     mp_prom_http_name(http), selector, said.text);
    free(form);
    return rc;
}

/* Those of one metric whose `label` names a node of its route. */
static int look_for(struct search *w, struct mp_prom_http *http, const struct mp_run *run,
                    char *const *names, size_t n, int64_t from, int64_t to,
                    struct mp_error *err)
{
    const char *metric = metric_of(w->s, &w->s->queries[w->query])->name;

    w->found = 0;
    for (size_t at = 0, part; at < n; at += part) {
        char *selector;
        int rc = 0;

        part = mp_prom_names_fit(names + at, n - at);
        selector = mp_prom_selector(metric, w->label, names + at, part, true);
        if (selector != NULL)
            rc = ask_series(w, http, run, selector, from, to, err);
        free(selector);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static char **nodes_of(const struct mp_plan *plan, uint32_t route, size_t *n)
{
    char **names = calloc(plan->n_nodes + 1, sizeof *names);

    *n = 0;
    for (size_t i = 0; names != NULL && i < plan->n_nodes; i++)
        if (plan->nodes[i].route == route)
            names[(*n)++] = plan->nodes[i].name;
    return names;
}

static int find_sets(struct mp_prom_sensors *s, uint32_t query, struct mp_prom_http *http,
                     const struct mp_run *run, int64_t from, int64_t to,
                     struct mp_error *err)
{
    struct mp_prom_query *q = &s->queries[query];
    const struct mp_route *route = &s->plan->routes[q->route];
    struct search w = {.s = s, .query = query};
    const char *labels[MP_PROM_NODE_LABELS];
    char own[200];
    size_t n;
    char **names;
    int rc = 0;

    if (mp_prom_node_labels(route, own, labels, err) < 0)
        return -1;
    names = nodes_of(s->plan, q->route, &n);
    if (names == NULL)
        return no_memory(err);
    for (size_t i = 0; rc == 0 && w.found == 0 && labels[i] != NULL; i++) {
        w.label = labels[i] != own ? labels[i] : mp_route_value(route, "node_label");
        rc = look_for(&w, http, run, names, n, from, to, err);
    }
    if (w.found > 0)
        q->label = w.label;
    free(names);
    return rc;
}

static int list_queries(struct mp_prom_sensors *s, struct mp_error *err)
{
    size_t n = 0;

    for (size_t r = 0; r < s->plan->n_routes; r++)
        n += s->plan->routes[r].n_metrics;
    s->queries = calloc(n + 1, sizeof *s->queries);
    if (s->queries == NULL)
        return no_memory(err);
    for (uint32_t r = 0; r < s->plan->n_routes; r++)
        for (uint32_t m = 0; m < s->plan->routes[r].n_metrics; m++)
            s->queries[s->n_queries++] = (struct mp_prom_query){.route = r, .metric = m};
    return 0;
}

/* What tells the values of the node labels is only known when all are seen. */
static int list_values(struct mp_prom_sensors *s, struct mp_prom_query *q,
                       const struct mp_prom_labels *labels, struct mp_error *err)
{
    const char *value = mp_prom_label(labels, q->label);
    long node = value != NULL ? mp_prom_sensors_node(s, value) : MP_HOSTS_NONE;

    if (node < 0 || s->plan->nodes[node].route != q->route)
        return 0;
    return mp_keyset_put(&q->names, value, strlen(value), err) < 0 ? -1 : 0;
}

/* The pairs inside a key of s->sets. */
static uint32_t unpack(const struct mp_keyset_key *key, struct mp_prom_labels *labels)
{
    const char *at = key->bytes + sizeof(uint32_t), *end = key->bytes + key->len;
    uint32_t query;

    memcpy(&query, key->bytes, sizeof query);
    *labels = (struct mp_prom_labels){.bytes = at, .len = (size_t)(end - at)};
    while (at < end && labels->n < MP_PROM_LABELS_MAX) {
        labels->name[labels->n] = at;
        at += strlen(at) + 1;
        labels->value[labels->n++] = at;
        at += strlen(at) + 1;
    }
    return query;
}

static int point_values(struct mp_prom_query *q, struct mp_error *err)
{
    q->values = calloc(q->names.n + 1, sizeof *q->values);
    if (q->values == NULL)
        return no_memory(err);
    for (size_t i = 0; i < q->names.n; i++)
        q->values[i] = q->names.keys[i].bytes;
    return 0;
}

int mp_prom_sensors_look(struct mp_prom_sensors *s, const struct mp_plan *plan,
                         struct mp_prom_http *http, const struct mp_run *run,
                         int64_t from, int64_t to, struct mp_error *err)
{
    struct mp_prom_labels labels;

    *s = (struct mp_prom_sensors){.plan = plan, .hosts.plan = plan};
    if (list_queries(s, err) < 0)
        return -1;
    for (uint32_t i = 0; i < s->n_queries; i++)
        if (find_sets(s, i, http, run, from, to, err) < 0)
            return -1;
    for (size_t i = 0; i < s->sets.n; i++) {
        uint32_t query = unpack(&s->sets.keys[i], &labels);

        if (list_values(s, &s->queries[query], &labels, err) < 0)
            return -1;
    }
    for (uint32_t i = 0; i < s->n_queries; i++)
        if (point_values(&s->queries[i], err) < 0)
            return -1;
    return 0;
}

/* ---- sensors ---- */

/* A Prometheus metric has no unit but in its name. */
static const char *units_of(const struct mp_metric *m)
{
    static const struct {
        const char *end, *units;
    } endings[] = {{"_watts", "W"},      {"_watt", "W"},         {"_milliwatts", "mW"},
                   {"_kilowatts", "kW"}, {"_joules_total", "J"}, {"_joules", "J"}};
    size_t len = strcspn(m->name, "{");

    if (m->units != NULL)
        return m->units;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i].end);

        if (len > n && strncasecmp(m->name + len - n, endings[i].end, n) == 0)
            return endings[i].units;
    }
    return NULL;
}

/* Nobody else names series, so that the sensors have their numbers. */
static int add_sensor(struct mp_prom_sensors *s, uint32_t number, struct mp_error *err)
{
    if (number < s->n_sensors)
        return 0;
    if (s->n_sensors == s->sensors_room) {
        size_t room = s->sensors_room > 0 ? 2 * s->sensors_room : 256;
        struct mp_prom_sensor *grown = realloc(s->sensors, room * sizeof *grown);

        if (grown == NULL)
            return no_memory(err);
        s->sensors = grown;
        s->sensors_room = room;
    }
    s->sensors[s->n_sensors++] =
        (struct mp_prom_sensor){.set = MP_PROM_NO_SENSOR, .before_from = INT64_MAX};
    return 0;
}

/* Gives the label set its sensor, if its node is the job's. */
static int place_set(struct mp_prom_sensors *s, uint32_t set, uint32_t query,
                     const struct mp_prom_labels *labels, struct mp_emit *emit,
                     struct mp_error *err)
{
    struct mp_prom_query *q = &s->queries[query];
    const char *value = q->label != NULL ? mp_prom_label(labels, q->label) : NULL;
    long node = value != NULL ? mp_prom_sensors_node(s, value) : MP_HOSTS_NONE;
    char host[512], fqdd[MP_EMIT_NAME_MAX + 1];
    struct mp_series series = {.hostname = host,
                               .units = (char *)(uintptr_t)units_of(metric_of(s, q)),
                               .route = q->route,
                               .metric_index = q->metric};
    uint32_t number;

    if (node < 0 || s->plan->nodes[node].route != q->route)
        return 0;
    mp_prom_host_of(value, host, sizeof host);
    series.node = (uint32_t)node;
    if (mp_prom_fqdd(labels, q->fqdd, q->n_fqdd, fqdd, sizeof fqdd))
        series.fqdd = fqdd;
    if (mp_emit_series(emit, &series, &number, err) < 0 || add_sensor(s, number, err) < 0)
        return -1;
    s->sensor_of[set] = number;
    return 0;
}

int mp_prom_sensors_set(struct mp_prom_sensors *s, uint32_t query,
                        const struct mp_prom_labels *labels, struct mp_emit *emit,
                        uint32_t *set, struct mp_error *err)
{
    size_t known = s->sets.n;

    if (keep_set(s, query, labels, set, err) < 0)
        return -1;
    return s->sets.n == known ? 0 : place_set(s, *set, query, labels, emit, err);
}

static int choose_labels(struct mp_prom_sensors *s, uint32_t query, struct mp_error *err)
{
    struct mp_prom_query *q = &s->queries[query];
    const char *wanted = mp_route_value(&s->plan->routes[q->route], "sensor_label");
    struct mp_prom_choice choice;
    struct mp_prom_labels labels;
    int rc = 0;

    if (q->label == NULL)
        return 0;
    mp_prom_choice_open(&choice, wanted, q->label);
    for (size_t i = 0; rc == 0 && i < s->sets.n; i++)
        if (unpack(&s->sets.keys[i], &labels) == query)
            rc = mp_prom_choice_see(&choice, &labels, err);
    for (bool again = rc == 0; again;) {
        mp_prom_choice_try(&choice);
        for (size_t i = 0; rc == 0 && i < s->sets.n; i++)
            if (unpack(&s->sets.keys[i], &labels) == query)
                rc = mp_prom_choice_place(&choice, &labels, err);
        again = rc == 0 && mp_prom_choice_more(&choice);
    }
    q->n_fqdd = mp_prom_choice_take(&choice, q->fqdd);
    mp_prom_choice_close(&choice);
    return rc;
}

static int say_absent(struct mp_prom_sensors *s, struct mp_prom_http *http,
                      struct mp_emit *emit, struct mp_error *err)
{
    char reason[600];

    for (size_t i = 0; i < s->n_queries; i++) {
        const struct mp_prom_query *q = &s->queries[i];
        const struct mp_metric *m = metric_of(s, q);

        if (q->label != NULL || m->optional)
            continue;
        snprintf(reason, sizeof reason,
                 "%s has no series %.200s of these nodes; node_label of the route says "
                 "which label names them",
                 mp_prom_http_name(http), m->name);
        if (mp_findings_missing(mp_emit_findings(emit), NULL, m->name, reason, err) < 0)
            return -1;
    }
    return 0;
}

int mp_prom_sensors_find(struct mp_prom_sensors *s, const struct mp_plan *plan,
                         struct mp_prom_http *http, int64_t from, int64_t to,
                         struct mp_emit *emit, struct mp_error *err)
{
    struct mp_prom_labels labels;

    if (mp_prom_sensors_look(s, plan, http, mp_emit_run(emit), from, to, err) < 0)
        return -1;
    for (uint32_t i = 0; i < s->n_queries; i++)
        if (choose_labels(s, i, err) < 0)
            return -1;
    for (uint32_t i = 0; i < s->sets.n; i++) {
        uint32_t query = unpack(&s->sets.keys[i], &labels);

        if (place_set(s, i, query, &labels, emit, err) < 0)
            return -1;
    }
    if (mp_hosts_say(&s->hosts, mp_prom_http_name(http), mp_emit_findings(emit), err) < 0)
        return -1;
    return say_absent(s, http, emit, err);
}

void mp_prom_sensors_free(struct mp_prom_sensors *s)
{
    for (size_t i = 0; i < s->n_queries; i++) {
        mp_keyset_free(&s->queries[i].names);
        free(s->queries[i].values);
        for (size_t k = 0; k < s->queries[i].n_fqdd; k++)
            free(s->queries[i].fqdd[k]);
    }
    free(s->queries);
    mp_hosts_free(&s->hosts);
    mp_keyset_free(&s->sets);
    free(s->sensor_of);
    free(s->sensors);
}
