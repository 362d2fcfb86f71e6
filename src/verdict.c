/* SPDX-License-Identifier: MIT
 * verdict.c - what is missing, what cannot be true, and the verdict that follows.
 *
 * Everything here is worked out from the plan and the samples alone, so that a replay of
 * raw_power.csv comes to the same sentences as the database did. */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy_impl.h"
#include "silent.h"

static const double COVERAGE_ENOUGH = 0.95;
static const double EXCESS_TOLERATED = 0.05;

enum { NAMES_SHOWN = 4, COVERAGES_SHOWN = 8 };

enum presence { ABSENT, UNUSABLE, PRESENT };

/* What the checks share. */
struct inquest {
    struct mp_energy *e;
    struct mp_error *err;
    size_t n_metrics; /* of the route with the most */
    uint8_t *present; /* [node * n_metrics + metric]: enum presence */
    uint8_t *mark;    /* [node]: scratch */
};

/* "a, b, c, d and 12 more" in bounded space. */
struct names {
    char *text;
    size_t size, n;
    FILE *stream;
};

static void names_open(struct names *l)
{
    *l = (struct names){0};
    l->stream = open_memstream(&l->text, &l->size);
}

__attribute__((format(printf, 2, 3))) static void names_add(struct names *l, const char *fmt,
                                                            ...)
{
    va_list ap;

    if (l->stream == NULL || l->n++ >= NAMES_SHOWN)
        return;
    if (l->n > 1)
        fputs(", ", l->stream);
    va_start(ap, fmt);
    vfprintf(l->stream, fmt, ap);
    va_end(ap);
}

static int names_close(struct names *l, struct mp_error *err)
{
    bool failed;

    if (l->stream != NULL && l->n > NAMES_SHOWN)
        fprintf(l->stream, " and %zu more", l->n - NAMES_SHOWN);
    failed = l->stream == NULL || ferror(l->stream) != 0;
    if (l->stream != NULL && fclose(l->stream) != 0)
        failed = true;
    l->stream = NULL;
    if (!failed)
        return 0;
    free(l->text);
    l->text = NULL;
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the verdict");
}

__attribute__((format(printf, 3, 4))) static int give_reason(struct inquest *q,
                                                             enum mp_verdict verdict,
                                                             const char *fmt, ...)
{
    struct mp_energy_result *r = &q->e->result;
    char **grown = realloc(r->reasons, (r->n_reasons + 1) * sizeof *grown);
    char *line = NULL;
    va_list ap;
    int rc;

    if (grown == NULL)
        return mp_fail(q->err, MP_FAULT_FAILED, "out of memory for the verdict");
    r->reasons = grown;
    va_start(ap, fmt);
    rc = vasprintf(&line, fmt, ap);
    va_end(ap);
    if (rc < 0)
        return mp_fail(q->err, MP_FAULT_FAILED, "out of memory for the verdict");
    r->reasons[r->n_reasons++] = line;
    if (verdict > r->verdict)
        r->verdict = verdict;
    return 0;
}

/* The reason that a list of names stands in; no name, no reason. */
static int give_names(struct inquest *q, enum mp_verdict verdict, struct names *l,
                      const char *before, const char *after)
{
    int rc = names_close(l, q->err);

    if (rc == 0 && l->n > 0)
        rc = give_reason(q, verdict, "%s%s%s", before, l->text, after);
    free(l->text);
    return rc;
}

static int add_missing(struct inquest *q, const char *node, const char *metric,
                       const char *reason)
{
    struct mp_energy_result *r = &q->e->result;
    struct mp_findings f = {.missing = r->missing, .n_missing = r->n_missing};
    int rc = mp_findings_missing(&f, node, metric, reason, q->err);

    r->missing = f.missing;
    r->n_missing = f.n_missing;
    return rc;
}

static uint8_t *present_at(struct inquest *q, size_t node, size_t metric)
{
    return &q->present[node * q->n_metrics + metric];
}

static int open_inquest(struct inquest *q)
{
    const struct mp_plan *plan = q->e->plan;

    for (size_t i = 0; i < plan->n_routes; i++) {
        if (plan->routes[i].n_metrics > q->n_metrics)
            q->n_metrics = plan->routes[i].n_metrics;
    }
    q->present = calloc(plan->n_nodes * q->n_metrics + 1, 1);
    q->mark = calloc(plan->n_nodes + 1, 1);
    if (q->present == NULL || q->mark == NULL)
        return mp_fail(q->err, MP_FAULT_FAILED, "out of memory for the verdict");
    for (size_t i = 0; i < q->e->result.n_series; i++) {
        const struct mp_series_result *r = &q->e->result.series[i];
        const struct mp_series *s = &q->e->table->series[i];
        uint8_t *p = present_at(q, s->node, s->metric_index);
        bool unjudged = mp_metric_of(q->e, i)->role == MP_ROLE_NONE && s->units != NULL &&
                        r->samples > r->dropped_null;

        if (r->usable || unjudged)
            *p = PRESENT;
        else if (r->samples > 0 && *p == ABSENT)
            *p = UNUSABLE;
    }
    return 0;
}

static int judge_nodes(struct inquest *q)
{
    const struct mp_plan *plan = q->e->plan;
    struct names silent, unrouted;
    int rc = 0;

    names_open(&silent);
    names_open(&unrouted);
    for (size_t i = 0; i < plan->n_unrouted && rc == 0; i++) {
        names_add(&unrouted, "%s", plan->unrouted[i]);
        rc = add_missing(q, plan->unrouted[i], NULL, "no route's prefix matches its name");
    }
    for (size_t i = 0; i < plan->n_nodes && rc == 0; i++) {
        if (q->e->result.nodes[i].samples > 0)
            continue;
        names_add(&silent, "%s", plan->nodes[i].name);
        rc = add_missing(q, plan->nodes[i].name, NULL, MP_SILENT_REASON);
    }
    if (give_names(q, MP_PARTIAL, &unrouted, "left out, no route's prefix matches: ", "") <
        0)
        rc = -1;
    if (give_names(q, MP_PARTIAL, &silent, "left out, no sample at all from: ", "") < 0)
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
    case MP_N_ROLES:
        return "";
    default:
        return "; what it would show is contained in others";
    }
}

/* Why the samples of a node's metric are of no use. */
static int describe_unusable(struct inquest *q, size_t node, size_t metric, char *text,
                             size_t size)
{
    uint64_t samples = 0, null = 0;
    bool no_units = false;

    for (size_t i = 0; i < q->e->result.n_series; i++) {
        const struct mp_series *s = &q->e->table->series[i];

        if (s->node != node || s->metric_index != metric)
            continue;
        samples += q->e->result.series[i].samples;
        null += q->e->result.series[i].dropped_null;
        no_units = no_units || s->units == NULL;
    }
    return snprintf(text, size,
                    no_units ? "%" PRIu64 " samples without a unit (%" PRIu64 " are NULL)"
                             : "%" PRIu64 " samples, none of use (%" PRIu64 " are NULL)",
                    samples, null);
}

static int judge_metric(struct inquest *q, size_t route, size_t metric)
{
    const struct mp_plan *plan = q->e->plan;
    const struct mp_metric *m = &plan->routes[route].metrics[metric];
    struct names absent, unusable;
    char *before = NULL;
    int rc = 0;

    names_open(&absent);
    names_open(&unusable);
    for (size_t i = 0; i < plan->n_nodes && rc == 0; i++) {
        const char *node = plan->nodes[i].name;
        char why[128] = MP_SILENT_REASON;

        if (plan->nodes[i].route != route || q->e->result.nodes[i].samples == 0 ||
            *present_at(q, i, metric) == PRESENT)
            continue;
        if (*present_at(q, i, metric) == UNUSABLE)
            describe_unusable(q, i, metric, why, sizeof why);
        names_add(*present_at(q, i, metric) == UNUSABLE ? &unusable : &absent, "%s", node);
        rc = add_missing(q, node, m->name, why);
    }
    if (asprintf(&before, "no sample of %s from ", m->name) < 0)
        before = NULL;
    if (give_names(q, MP_PARTIAL, &absent, before != NULL ? before : "",
                   consequence(m->role)) < 0)
        rc = -1;
    free(before);
    if (asprintf(&before, "no usable sample of %s from ", m->name) < 0)
        before = NULL;
    if (give_names(q, MP_PARTIAL, &unusable, before != NULL ? before : "",
                   consequence(m->role)) < 0)
        rc = -1;
    free(before);
    return rc;
}

static int judge_metrics(struct inquest *q)
{
    const struct mp_plan *plan = q->e->plan;

    for (size_t r = 0; r < plan->n_routes; r++) {
        bool input = false;

        for (size_t m = 0; m < plan->routes[r].n_metrics; m++) {
            input = input || plan->routes[r].metrics[m].role == MP_ROLE_INPUT;
            if (judge_metric(q, r, m) < 0)
                return -1;
        }
        if (!input && give_reason(q, MP_PARTIAL,
                                  "route %s has no metric with the role input: the total "
                                  "is without its nodes",
                                  plan->routes[r].name) < 0)
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

static size_t list_sensors(struct inquest *q, struct sensor *sensors)
{
    size_t n = 0;

    for (size_t i = 0; i < q->e->result.n_series; i++) {
        const struct mp_series *s = &q->e->table->series[i];

        if (s->fqdd != NULL && q->e->result.series[i].usable)
            sensors[n++] = (struct sensor){s->route, s->metric_index, s->node, s->fqdd};
    }
    qsort(sensors, n, sizeof *sensors, by_sensor);
    return n;
}

/* `group` is one sensor on n nodes (repeats allowed): name the nodes without it, if they
 * have the metric and are fewer than those with it. */
static int judge_sensor(struct inquest *q, const struct sensor *group, size_t n)
{
    const struct mp_plan *plan = q->e->plan;
    const char *metric = plan->routes[group->route].metrics[group->metric].name;
    size_t with = 0, without = 0;
    struct names lacking;
    char text[256];
    int rc = 0;

    memset(q->mark, 0, plan->n_nodes);
    for (size_t i = 0; i < n; i++)
        q->mark[group[i].node] = 1;
    for (size_t i = 0; i < plan->n_nodes; i++) {
        if (plan->nodes[i].route != group->route ||
            *present_at(q, i, group->metric) != PRESENT)
            continue;
        if (q->mark[i] == 1)
            with++;
        else
            without++;
    }
    if (without == 0 || without >= with)
        return 0;
    names_open(&lacking);
    snprintf(text, sizeof text, "no usable sample of sensor %s, which most nodes of route %s have",
             group->fqdd, plan->routes[group->route].name);
    for (size_t i = 0; i < plan->n_nodes && rc == 0; i++) {
        if (plan->nodes[i].route != group->route || q->mark[i] == 1 ||
            *present_at(q, i, group->metric) != PRESENT)
            continue;
        names_add(&lacking, "%s", plan->nodes[i].name);
        rc = add_missing(q, plan->nodes[i].name, metric, text);
    }
    snprintf(text, sizeof text, "%s: %s has no usable sample, unlike on most nodes, from ",
             metric, group->fqdd);
    if (give_names(q, MP_PARTIAL, &lacking, text, "") < 0)
        rc = -1;
    return rc;
}

static int judge_sensors(struct inquest *q)
{
    struct sensor *sensors = calloc(q->e->result.n_series + 1, sizeof *sensors);
    size_t n;
    int rc = 0;

    if (sensors == NULL)
        return mp_fail(q->err, MP_FAULT_FAILED, "out of memory for the verdict");
    n = list_sensors(q, sensors);
    for (size_t i = 0, j; i < n && rc == 0; i = j) {
        for (j = i + 1; j < n && by_sensor(&sensors[i], &sensors[j]) == 0; j++)
            ;
        rc = judge_sensor(q, &sensors[i], j - i);
    }
    free(sensors);
    return rc;
}

/* Series order[from .. to) are one node's. */
static int judge_node_coverage(struct inquest *q, size_t from, size_t to, size_t *low_nodes)
{
    const struct mp_energy_result *r = &q->e->result;
    const struct mp_series *worst = NULL;
    double least = COVERAGE_ENOUGH;
    size_t low = 0, at = 0;
    char more[64] = "";

    for (size_t k = from; k < to; k++) {
        size_t i = r->order[k];

        if (!r->series[i].usable || mp_metric_of(q->e, i)->role == MP_ROLE_NONE ||
            !(r->series[i].coverage < COVERAGE_ENOUGH))
            continue;
        low++;
        if (r->series[i].coverage < least ||
            (r->series[i].coverage == least && mp_metric_of(q->e, i)->role == MP_ROLE_INPUT)) {
            least = r->series[i].coverage;
            worst = &q->e->table->series[i];
            at = i;
        }
    }
    if (low == 0 || ++*low_nodes > COVERAGES_SHOWN)
        return 0;
    if (low > 1)
        snprintf(more, sizeof more, " and %zu other series", low - 1);
    return give_reason(q, MP_PARTIAL,
                       "%s: the samples of %s%s cover only %.1f %% of the window, the "
                       "longest stretch without one is %.0f s",
                       q->e->plan->nodes[worst->node].name, worst->metric, more,
                       floor(least * 1000) / 10, r->series[at].longest_gap_s);
}

static int judge_coverage(struct inquest *q)
{
    const struct mp_energy_result *r = &q->e->result;
    size_t low_nodes = 0;

    for (size_t from = 0, to; from < r->n_series; from = to) {
        uint32_t node = q->e->table->series[r->order[from]].node;

        for (to = from + 1;
             to < r->n_series && q->e->table->series[r->order[to]].node == node; to++)
            ;
        if (judge_node_coverage(q, from, to, &low_nodes) < 0)
            return -1;
    }
    if (low_nodes <= COVERAGES_SHOWN)
        return 0;
    return give_reason(q, MP_PARTIAL,
                       "%zu more nodes have series that cover less than %.0f %% of the "
                       "window",
                       low_nodes - COVERAGES_SHOWN, COVERAGE_ENOUGH * 100);
}

/* Values that cannot be true were left out. */
static int judge_dropped(struct inquest *q)
{
    const struct mp_energy_result *r = &q->e->result;
    struct names negative, implausible;
    int rc = 0;

    names_open(&negative);
    names_open(&implausible);
    for (size_t k = 0; k < r->n_series; k++) {
        const struct mp_series *s = &q->e->table->series[r->order[k]];
        const struct mp_series_result *v = &r->series[r->order[k]];
        const char *node = q->e->plan->nodes[s->node].name;

        if (mp_metric_of(q->e, r->order[k])->role == MP_ROLE_NONE)
            continue;
        if (v->dropped_negative > 0)
            names_add(&negative, "%" PRIu64 " in %s of %s", v->dropped_negative, s->metric, node);
        if (v->dropped_implausible > 0)
            names_add(&implausible, "%" PRIu64 " in %s of %s", v->dropped_implausible, s->metric,
                      node);
    }
    if (give_names(q, MP_SUSPECT, &negative, "values below 0 were left out: ", "") < 0)
        rc = -1;
    if (give_names(q, MP_SUSPECT, &implausible,
                   "values above 1 MW, which no node draws, were left out: ", "") < 0)
        rc = -1;
    return rc;
}

/* Zeros are kept, but not believed where something must draw power.  One of several power
 * supplies may well stand by. */
static void list_zeros(struct inquest *q, struct names *zeros, struct names *nothing)
{
    const struct mp_energy_result *r = &q->e->result;

    for (size_t k = 0; k < r->n_series; k++) {
        const struct mp_series *s = &q->e->table->series[r->order[k]];
        const struct mp_series_result *v = &r->series[r->order[k]];
        enum mp_role role = mp_metric_of(q->e, r->order[k])->role;
        const char *node = q->e->plan->nodes[s->node].name;
        bool alone = r->nodes[s->node].n_inputs == 1;

        if (role == MP_ROLE_INPUT && alone && v->zeros > 0)
            names_add(zeros, "%" PRIu64 " in %s of %s", v->zeros, s->metric, node);
        if (!v->usable || v->max_w > 0)
            continue;
        if ((role == MP_ROLE_INPUT && alone) || role == MP_ROLE_CPU || role == MP_ROLE_GPU)
            names_add(nothing, "%s of %s%s%s", s->metric, node, s->fqdd != NULL ? " " : "",
                      s->fqdd != NULL ? s->fqdd : "");
    }
}

static int judge_zeros(struct inquest *q)
{
    struct names zeros, nothing;
    int rc = 0;

    names_open(&zeros);
    names_open(&nothing);
    list_zeros(q, &zeros, &nothing);
    if (give_names(q, MP_SUSPECT, &zeros,
                   "input power of 0 W between higher values, as a management controller "
                   "sends that is not ready, was counted as 0 W: ",
                   "") < 0)
        rc = -1;
    if (give_names(q, MP_SUSPECT, &nothing, "0 W throughout: ", "") < 0)
        rc = -1;
    return rc;
}

/* What does not add up. */
static int judge_sums(struct inquest *q)
{
    const struct mp_energy_result *r = &q->e->result;
    struct names excess, output;
    int rc = 0;

    names_open(&excess);
    names_open(&output);
    for (size_t i = 0; i < r->n_nodes; i++) {
        const struct mp_node_result *n = &r->nodes[i];
        const char *name = q->e->plan->nodes[i].name;
        double tolerated = n->energy_kwh * EXCESS_TOLERATED;

        if (n->excess_kwh > tolerated)
            names_add(&excess, "%s by %.1f %%", name, 100 * n->excess_kwh / n->energy_kwh);
        if (n->output_kwh - n->energy_kwh > tolerated)
            names_add(&output, "%s by %.1f %%", name,
                      100 * (n->output_kwh / n->energy_kwh - 1));
    }
    if (give_names(q, MP_SUSPECT, &excess,
                   "the components add up to more than the input power: ", "") < 0)
        rc = -1;
    if (give_names(q, MP_SUSPECT, &output, "the output power is above the input power: ",
                   "") < 0)
        rc = -1;
    return rc;
}

/* A backend may know of something missing that the samples do not show. */
static int judge_findings(struct inquest *q, const struct mp_findings *findings)
{
    if (findings == NULL || findings->n_missing == 0 ||
        q->e->result.verdict != MP_VALID)
        return 0;
    return give_reason(q, MP_PARTIAL, "not everything could be read: see backend_findings");
}

int mp_quality_verdict(struct mp_energy *e, const struct mp_findings *findings,
                       struct mp_error *err)
{
    struct inquest q = {.e = e, .err = err};
    int rc = -1;

    e->result.verdict = MP_VALID;
    if (open_inquest(&q) == 0 && judge_nodes(&q) == 0 && judge_metrics(&q) == 0 &&
        judge_sensors(&q) == 0 && judge_coverage(&q) == 0 && judge_dropped(&q) == 0 &&
        judge_zeros(&q) == 0 && judge_sums(&q) == 0 && judge_findings(&q, findings) == 0)
        rc = 0;
    free(q.present);
    free(q.mark);
    return rc;
}
