/* SPDX-License-Identifier: MIT
 * missing.c - what the plan asks for and no usable sample
 * shows: nodes, metrics, sensors. */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy/rules.h"
#include "energy/presence.h"

enum { METRICS_SHOWN = 12 };

struct search {
    const struct mp_rules *q;
    struct mp_presences presences;
    uint8_t *mark; /* [node]: scratch */
};

static int add_missing(struct search *q, const char *node, const char *metric,
                       const char *reason)
{
    struct mp_energy_result *r = &q->q->e->result;
    struct mp_findings f = {.missing = r->missing, .n_missing = r->n_missing};
    int rc = mp_findings_missing(&f, node, metric, reason, q->q->err);

    r->missing = f.missing;
    r->n_missing = f.n_missing;
    return rc;
}

static uint8_t *present_at(struct search *q, size_t node, size_t metric)
{
    return mp_presence_at(&q->presences, node, metric);
}

static int open_search(struct search *q)
{
    const struct mp_plan *plan = q->q->e->plan;

    if (mp_presences_init(&q->presences, plan, q->q->err) < 0)
        return -1;
    q->mark = calloc(plan->n_nodes + 1, 1);
    if (q->mark == NULL)
        return mp_fail(q->q->err, MP_FAULT_FAILED, "out of memory for the verdict");
    for (size_t i = 0; i < q->q->e->result.n_series; i++) {
        const struct mp_series_result *r = &q->q->e->result.series[i];
        const struct mp_series *s = &q->q->e->table->series[i];
        uint8_t *p = present_at(q, s->node, s->metric_index);
        bool unjudged = mp_metric_of(q->q->e, i)->role == MP_ROLE_NONE &&
                        s->units != NULL && r->samples > r->dropped_null;

        if (r->usable || unjudged)
            *p = MP_PRESENT;
        else if (r->samples > r->dropped_null && s->units == NULL && *p < MP_UNITLESS)
            *p = MP_UNITLESS;
        else if (r->samples > 0 && *p == MP_ABSENT)
            *p = MP_UNUSABLE;
    }
    return 0;
}

static int judge_nodes(struct search *q)
{
    const struct mp_plan *plan = q->q->e->plan;
    struct mp_names silent, unrouted;
    int rc = 0;

    mp_names_open(&silent);
    mp_names_open(&unrouted);
    for (size_t i = 0; i < plan->n_unrouted && rc == 0; i++) {
        mp_names_add(&unrouted, "%s", plan->unrouted[i]);
        rc =
            add_missing(q, plan->unrouted[i], NULL, "no route's prefix matches its name");
    }
    for (size_t i = 0; i < plan->n_nodes && rc == 0; i++) {
        if (q->q->e->result.nodes[i].samples > 0)
            continue;
        mp_names_add(&silent, "%s", plan->nodes[i].name);
        rc = add_missing(q, plan->nodes[i].name, NULL, MP_ABSENT_REASON);
    }
    if (mp_reason_names(q->q->r, MP_PARTIAL, &unrouted,
                        "left out, no route's prefix matches: ", "", q->q->err) < 0)
        rc = -1;
    if (mp_reason_names(q->q->r, MP_PARTIAL, &silent,
                        "left out, no sample at all from: ", "", q->q->err) < 0)
        rc = -1;
    return rc;
}

static const char *consequence(enum mp_role role)
{
    switch (role) {
    case MP_ROLE_INPUT:
        return "; the total is without it";
    case MP_ROLE_OUTPUT:
        return "; the PSU loss there is contained in others";
    case MP_ROLE_NONE:
        return "";
    default:
        return "; that share is contained in others";
    }
}

/* Why the samples of a node's metric are of no use. */
static void describe_unusable(struct search *q, size_t node, size_t metric, char *text,
                              size_t size)
{
    uint64_t samples = 0, null = 0;
    bool no_unit = *present_at(q, node, metric) == MP_UNITLESS;

    for (size_t i = 0; i < q->q->e->result.n_series; i++) {
        const struct mp_series *s = &q->q->e->table->series[i];

        if (s->node != node || s->metric_index != metric)
            continue;
        samples += q->q->e->result.series[i].samples;
        null += q->q->e->result.series[i].dropped_null;
    }
    snprintf(text, size, "%s (rows: %" PRIu64 ", NULL: %" PRIu64 ")",
             no_unit ? "the database has no unit for it" : "no usable value", samples,
             null);
}

/* Metrics that the same nodes lack, to be named in one sentence. */
struct absence {
    const char *what; /* "no sample of " */
    struct mp_names metrics;
    char *nodes; /* NULL: none yet */
    const char *consequence;
};

static int say_absence(struct search *q, struct absence *a)
{
    int rc = 0;

    if (a->nodes == NULL)
        return 0;
    rc = mp_names_close(&a->metrics, q->q->err);
    if (rc == 0)
        rc = mp_reason_give(q->q->r, MP_PARTIAL, q->q->err, "%s%s from %s%s", a->what,
                            a->metrics.text, a->nodes, a->consequence);
    free(a->metrics.text);
    free(a->nodes);
    a->nodes = NULL;
    return rc;
}

/* Closes `nodes`. */
static int add_absence(struct search *q, struct absence *a, const char *metric,
                       const char *then, struct mp_names *nodes)
{
    if (mp_names_close(nodes, q->q->err) < 0)
        return -1;
    if (nodes->n == 0) {
        free(nodes->text);
        return 0;
    }
    if (a->nodes != NULL && strcmp(a->nodes, nodes->text) == 0 &&
        strcmp(a->consequence, then) == 0) {
        free(nodes->text);
    } else {
        if (say_absence(q, a) < 0) {
            free(nodes->text);
            return -1;
        }
        mp_names_open(&a->metrics);
        a->metrics.most = METRICS_SHOWN;
        a->nodes = nodes->text;
        a->consequence = then;
    }
    mp_names_add(&a->metrics, "%s", metric);
    return 0;
}

/* A ready-made list names more than a site need have. */
static bool is_of_no_node(struct search *q, size_t route, size_t metric)
{
    const struct mp_plan *plan = q->q->e->plan;

    for (size_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].route == route && *present_at(q, i, metric) != MP_ABSENT)
            return false;
    return true;
}

/* `lacking`: one for each presence below MP_PRESENT. */
static int judge_metric(struct search *q, size_t route, size_t metric,
                        struct absence lacking[MP_PRESENT])
{
    const struct mp_plan *plan = q->q->e->plan;
    const struct mp_metric *m = &plan->routes[route].metrics[metric];
    struct mp_names nodes[MP_PRESENT];
    bool has_total = m->role == MP_ROLE_INPUT; /* of some node, that lacks it */
    int rc = 0;

    for (int p = 0; p < MP_PRESENT; p++)
        mp_names_open(&nodes[p]);
    for (size_t i = 0; i < plan->n_nodes && rc == 0; i++) {
        uint8_t present = *present_at(q, i, metric);
        char why[128] = MP_ABSENT_REASON;

        if (plan->nodes[i].route != route || q->q->e->result.nodes[i].samples == 0 ||
            present == MP_PRESENT)
            continue;
        if (present != MP_ABSENT)
            describe_unusable(q, i, metric, why, sizeof why);
        has_total = has_total || !isnan(q->q->e->result.nodes[i].energy_kwh);
        mp_names_add(&nodes[present], "%s", plan->nodes[i].name);
        rc = add_missing(q, plan->nodes[i].name, m->name, why);
    }
    for (int p = 0; p < MP_PRESENT; p++) {
        if (add_absence(q, &lacking[p], m->name, has_total ? consequence(m->role) : "",
                        &nodes[p]) < 0)
            rc = -1;
    }
    return rc;
}

static int judge_route(struct search *q, size_t route)
{
    struct absence lacking[MP_PRESENT] = {
        [MP_ABSENT] = {.what = "no sample of "},
        [MP_UNUSABLE] = {.what = "no usable sample of "},
        [MP_UNITLESS] = {.what = "of no use, since the database has no unit for them: "},
    };
    const struct mp_route *r = &q->q->e->plan->routes[route];
    bool input = false;
    int rc = 0;

    for (size_t m = 0; m < r->n_metrics && rc == 0; m++) {
        if (r->metrics[m].optional && is_of_no_node(q, route, m))
            continue;
        input = input || r->metrics[m].role == MP_ROLE_INPUT;
        rc = judge_metric(q, route, m, lacking);
    }
    for (int p = 0; p < MP_PRESENT; p++) {
        if (say_absence(q, &lacking[p]) < 0)
            rc = -1;
    }
    if (rc == 0 && !input)
        rc = mp_reason_give(q->q->r, MP_PARTIAL, q->q->err,
                            "route %s has no metric with the role input: the total is "
                            "without its nodes",
                            r->name);
    return rc;
}

static int judge_metrics(struct search *q)
{
    for (size_t r = 0; r < q->q->e->plan->n_routes; r++) {
        if (judge_route(q, r) < 0)
            return -1;
    }
    return 0;
}

/* A sensor, one FQDD of a metric, that most nodes of the route have. */
struct sensor {
    uint32_t route, metric, node;
    const char *fqdd;
};

static int by_sensor(const void *a, const void *b)
{
    const struct sensor *x = a, *y = b;

    if (x->route != y->route)
        return x->route < y->route ? -1 : 1;
    if (x->metric != y->metric)
        return x->metric < y->metric ? -1 : 1;
    return strcmp(x->fqdd, y->fqdd);
}

static size_t list_sensors(struct search *q, struct sensor *sensors)
{
    size_t n = 0;

    for (size_t i = 0; i < q->q->e->result.n_series; i++) {
        const struct mp_series *s = &q->q->e->table->series[i];

        if (s->fqdd != NULL && q->q->e->result.series[i].usable)
            sensors[n++] = (struct sensor){s->route, s->metric_index, s->node, s->fqdd};
    }
    qsort(sensors, n, sizeof *sensors, by_sensor);
    return n;
}

/* Has the node sensors of the metric that nothing tells apart? */
static bool has_nameless(struct search *q, size_t node, uint32_t metric)
{
    const struct mp_instants *in = &q->q->e->instants;

    for (int role = 0; role < MP_N_ROLES; role++)
        for (uint32_t k = in->nodes[node].first[role]; k != MP_NO_SENSOR;
             k = in->sensors[k].next)
            if (mp_series_of(q->q, k)->metric_index == metric &&
                mp_series_of(q->q, k)->fqdd == NULL)
                return true;
    return false;
}

/* `group` is one sensor on n nodes (repeats allowed): name the nodes without it, if they
 * have the metric and are fewer than those with it. */
static int judge_sensor(struct search *q, const struct sensor *group, size_t n)
{
    const struct mp_plan *plan = q->q->e->plan;
    const char *metric = plan->routes[group->route].metrics[group->metric].name;
    bool gpu = plan->routes[group->route].metrics[group->metric].role == MP_ROLE_GPU;
    const struct mp_watch *watch = q->q->e->instants.nodes;
    size_t with = 0, without = 0;
    uint32_t most = 0; /* GPUs of a node with it */
    struct mp_names lacking;
    char text[256];
    int rc = 0;

    memset(q->mark, 0, plan->n_nodes);
    for (size_t i = 0; i < n; i++)
        q->mark[group[i].node] = 1;
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (has_nameless(q, i, group->metric))
            q->mark[i] = 2;
    for (size_t i = 0; i < plan->n_nodes; i++) {
        if (plan->nodes[i].route != group->route ||
            *present_at(q, i, group->metric) != MP_PRESENT)
            continue;
        if (q->mark[i] == 1) {
            with++;
            if (gpu && watch[i].sensors[MP_ROLE_GPU] > most)
                most = watch[i].sensors[MP_ROLE_GPU];
        } else if (q->mark[i] == 0) {
            without++;
        }
    }
    if (without == 0 || (without >= with && !gpu))
        return 0;
    mp_names_open(&lacking);
    snprintf(text, sizeof text,
             "no usable sample of sensor %s, which other nodes of route %s have",
             group->fqdd, plan->routes[group->route].name);
    for (size_t i = 0; i < plan->n_nodes && rc == 0; i++) {
        if (plan->nodes[i].route != group->route || q->mark[i] != 0 ||
            *present_at(q, i, group->metric) != MP_PRESENT ||
            (without >= with && watch[i].sensors[MP_ROLE_GPU] >= most))
            continue;
        mp_names_add(&lacking, "%s", plan->nodes[i].name);
        rc = add_missing(q, plan->nodes[i].name, metric, text);
    }
    snprintf(text, sizeof text,
             "%s: %s has no usable sample, unlike on other nodes, from ", metric,
             group->fqdd);
    if (mp_reason_names(q->q->r, MP_PARTIAL, &lacking, text, "", q->q->err) < 0)
        rc = -1;
    return rc;
}

static int judge_sensors(struct search *q)
{
    struct sensor *sensors = calloc(q->q->e->result.n_series + 1, sizeof *sensors);
    size_t n;
    int rc = 0;

    if (sensors == NULL)
        return mp_fail(q->q->err, MP_FAULT_FAILED, "out of memory for the verdict");
    n = list_sensors(q, sensors);
    for (size_t i = 0, j; i < n && rc == 0; i = j) {
        for (j = i + 1; j < n && by_sensor(&sensors[i], &sensors[j]) == 0; j++)
            ;
        rc = judge_sensor(q, &sensors[i], j - i);
    }
    free(sensors);
    return rc;
}

int mp_rule_missing(const struct mp_rules *q)
{
    struct search s = {.q = q};
    int rc = -1;

    if (open_search(&s) == 0 && judge_nodes(&s) == 0 && judge_metrics(&s) == 0 &&
        judge_sensors(&s) == 0)
        rc = 0;
    mp_presences_free(&s.presences);
    free(s.mark);
    return rc;
}
