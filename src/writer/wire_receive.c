/* SPDX-License-Identifier: MIT
 * wire_receive.c - frames back into plan, series, samples and findings, each checked
 * before anything behind it sees it. */
#include "config.h"

#include "writer/wire.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "writer/wire_impl.h"

enum {
    NAME_MAX_BYTES = 65536,
    ROUTES_MAX = 1024,
    METRICS_MAX = 4096,
    NAMES_MAX = 200000, /* of nodes; twice what a nodelist may expand to */
    SERIES_MAX = 4000000,
    FINDINGS_MAX = 1000000,
};

struct receiver {
    struct mp_wire_content *content; /* the caller's */
    struct mp_sink *sink;
    int64_t start, end;
    bool have_plan, begun, ended;
    struct mp_route *routes; /* until the plan is made of them */
    size_t n_routes;
    char **names;
    size_t n_names;
    int64_t *last; /* per series: the time of its newest sample */
    size_t last_capacity;
    struct mp_sample *samples; /* one frame's */
    size_t samples_capacity;
    uint64_t n_samples;
};

/* A text that must be there. */
static int get_name(struct mp_wire_frame *f, char **text)
{
    return mp_frame_get_text(f, NAME_MAX_BYTES, text) < 0 || *text == NULL ? -1 : 0;
}

static int get_accuracy(struct mp_wire_frame *f, double *accuracy)
{
    return mp_frame_get(f, accuracy, sizeof *accuracy) < 0 ||
                   !(*accuracy >= 0 && *accuracy <= MP_ACCURACY_MAX)
               ? -1
               : 0;
}

/* What it has got is freed with the route, also where it fails. */
static int get_metric(struct mp_wire_frame *f, struct mp_metric *m)
{
    uint32_t role, flags;

    if (get_name(f, &m->name) < 0 || mp_frame_get_u32(f, &role) < 0 ||
        role >= MP_N_ROLES || !mp_role_is_measured((enum mp_role)role) ||
        get_accuracy(f, &m->accuracy) < 0 || mp_frame_get_i64(f, &m->lag) < 0 ||
        m->lag < 0 || m->lag > MP_LAG_MAX_US ||
        mp_frame_get_text(f, NAME_MAX_BYTES, &m->units) < 0 ||
        mp_frame_get_u32(f, &flags) < 0 || flags > (MP_WIRE_OPTIONAL | MP_WIRE_COUNTER))
        return -1;
    m->role = (enum mp_role)role;
    m->optional = (flags & MP_WIRE_OPTIONAL) != 0;
    m->counter = (flags & MP_WIRE_COUNTER) != 0;
    return 0;
}

static int get_route(struct mp_wire_frame *f, struct mp_route *r)
{
    uint32_t n;

    if (get_name(f, &r->name) < 0 || get_name(f, &r->prefix) < 0 ||
        mp_frame_get_u32(f, &n) < 0 || n > METRICS_MAX)
        return -1;
    r->metrics = calloc((size_t)n + 1, sizeof *r->metrics);
    if (r->metrics == NULL)
        return -1;
    while (r->n_metrics < n)
        if (get_metric(f, &r->metrics[r->n_metrics++]) < 0)
            return -1;
    return 0;
}

static int take_plan(struct receiver *r, struct mp_wire_frame *f, struct mp_error *err)
{
    uint32_t n;

    if (r->have_plan || mp_frame_get_i64(f, &r->start) < 0 ||
        mp_frame_get_i64(f, &r->end) < 0 || r->start < MP_TIME_FIRST ||
        r->start > r->end || r->end > MP_TIME_LAST || mp_frame_get_u32(f, &n) < 0 ||
        n > ROUTES_MAX)
        return mp_wire_damaged(err, "plan");
    r->routes = calloc((size_t)n + 1, sizeof *r->routes);
    if (r->routes == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a plan");
    while (r->n_routes < n)
        if (get_route(f, &r->routes[r->n_routes++]) < 0)
            return mp_wire_damaged(err, "route");
    r->have_plan = true;
    return 0;
}

static int take_nodes(struct receiver *r, struct mp_wire_frame *f, struct mp_error *err)
{
    while (f->n > 0) {
        char **grown, *name;

        if (r->begun || r->n_names == NAMES_MAX)
            return mp_wire_damaged(err, "nodes");
        grown = realloc(r->names, (r->n_names + 1) * sizeof *grown);
        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for a plan");
        r->names = grown;
        if (get_name(f, &name) < 0) {
            free(name);
            return mp_wire_damaged(err, "node");
        }
        r->names[r->n_names++] = name;
    }
    return 0;
}

/* How many nodes there will be, take_begin compares. */
static int take_occupancy(struct receiver *r, struct mp_wire_frame *f,
                          struct mp_error *err)
{
    struct mp_occupancy *o = &r->content->occupancy;
    const size_t each = 2 * sizeof(uint32_t) + sizeof(double);

    if (!r->have_plan || r->begun || o->nodes != NULL || f->n % each != 0 ||
        f->n / each > r->n_names)
        return mp_wire_damaged(err, "occupancy");
    if (mp_occupancy_init(o, f->n / each, err) < 0)
        return -1;
    for (size_t i = 0; i < o->n_nodes; i++) {
        struct mp_presence_of *node = &o->nodes[i];
        uint32_t known;

        if (mp_frame_get_u32(f, &known) < 0 || known > 1 ||
            mp_frame_get_u32(f, &node->own) < 0 ||
            mp_frame_get(f, &node->idle_w, sizeof node->idle_w) < 0 ||
            !(node->idle_w >= 0 && node->idle_w <= 1e6))
            return mp_wire_damaged(err, "occupancy");
        node->known = known == 1;
    }
    return 0;
}

static int take_stays(struct receiver *r, struct mp_wire_frame *f, struct mp_error *err)
{
    struct mp_occupancy *o = &r->content->occupancy;

    while (f->n > 0) {
        struct mp_stay s;
        int64_t job;

        if (r->begun || mp_frame_get_u32(f, &s.node) < 0 || s.node >= o->n_nodes ||
            mp_frame_get_u32(f, &s.cpus) < 0 || s.cpus == 0 ||
            mp_frame_get_i64(f, &job) < 0 || job < 0 ||
            mp_frame_get_i64(f, &s.from) < 0 || mp_frame_get_i64(f, &s.until) < 0 ||
            s.from < r->start || s.until > r->end || s.from >= s.until)
            return mp_wire_damaged(err, "a stay");
        s.job = (uint64_t)job;
        if (mp_occupancy_add(o, &s, r->start, r->end, err) < 0)
            return -1;
    }
    return 0;
}

static int take_begin(struct receiver *r, struct mp_error *err)
{
    struct mp_wire_content *c = r->content;

    if (!r->have_plan || r->begun)
        return mp_wire_damaged(err, "order");
    if (mp_plan_make(&c->plan, r->names, r->n_names, r->routes, r->n_routes, r->start,
                     r->end, err) < 0)
        return -1;
    if (c->occupancy.nodes != NULL && c->occupancy.n_nodes != c->plan.n_nodes)
        return mp_wire_damaged(err, "occupancy");
    mp_occupancy_close(&c->occupancy);
    r->begun = true;
    return mp_sink_begin(r->sink, &c->plan, &c->series, err);
}

static int get_series(struct mp_wire_frame *f, struct mp_series *s)
{
    uint32_t naive;

    if (get_name(f, &s->hostname) < 0 ||
        mp_frame_get_text(f, NAME_MAX_BYTES, &s->source) < 0 ||
        mp_frame_get_text(f, NAME_MAX_BYTES, &s->fqdd) < 0 ||
        get_name(f, &s->metric) < 0 ||
        mp_frame_get_text(f, NAME_MAX_BYTES, &s->units) < 0 ||
        mp_frame_get_u32(f, &s->node) < 0 || mp_frame_get_u32(f, &s->route) < 0 ||
        mp_frame_get_u32(f, &s->metric_index) < 0 || mp_frame_get_i64(f, &s->lag) < 0 ||
        s->lag < 0 || s->lag > MP_LAG_MAX_US || get_accuracy(f, &s->accuracy) < 0 ||
        mp_frame_get_u32(f, &naive) < 0)
        return -1;
    s->naive = naive != 0;
    return 0;
}

static bool series_fits(const struct mp_plan *plan, const struct mp_series *s)
{
    return s->node < plan->n_nodes && s->route < plan->n_routes &&
           plan->nodes[s->node].route == s->route &&
           s->metric_index < plan->routes[s->route].n_metrics;
}

static int note_series(struct receiver *r, uint32_t index, struct mp_error *err)
{
    if (index >= r->last_capacity) {
        size_t capacity = r->last_capacity > 0 ? 2 * r->last_capacity : 64;
        int64_t *grown = realloc(r->last, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series",
                           capacity);
        r->last = grown;
        r->last_capacity = capacity;
    }
    r->last[index] = INT64_MIN;
    return 0;
}

static int take_series(struct receiver *r, struct mp_wire_frame *f, struct mp_error *err)
{
    struct mp_wire_content *c = r->content;

    while (f->n > 0) {
        struct mp_series s = {0};
        uint32_t index;
        int rc;

        if (!r->begun || c->series.n == SERIES_MAX || get_series(f, &s) < 0 ||
            !series_fits(&c->plan, &s))
            rc = mp_wire_damaged(err, "series");
        else
            rc = mp_series_add(&c->series, &s, &index, err);
        free(s.hostname);
        free(s.source);
        free(s.fqdd);
        free(s.metric);
        free(s.units);
        if (rc < 0 || note_series(r, index, err) < 0)
            return -1;
    }
    return 0;
}

/* What printing and arithmetic rely on (model/sample.h). */
static bool value_fits(enum mp_value_kind kind, double v)
{
    switch (kind) {
    case MP_VALUE_NULL:
        return isnan(v);
    case MP_VALUE_INT:
        return fabs(v) < 9007199254740992.0 && floor(v) == v;
    case MP_VALUE_FLOAT4:
        return isnan(v) || isinf(v) || (fabs(v) <= FLT_MAX && (double)(float)v == v);
    case MP_VALUE_FLOAT8:
    case MP_VALUE_TEXT:
        return true;
    }
    return false;
}

static bool sample_fits(struct receiver *r, const struct mp_wire_sample *w)
{
    const int64_t near = mp_plan_near(&r->content->plan);

    if (w->kind > MP_VALUE_TEXT || w->series >= r->content->series.n ||
        w->time < r->start - near || w->time > r->end + near ||
        w->time < r->last[w->series] || (w->kind != MP_VALUE_TEXT && w->text_len != 0) ||
        !value_fits((enum mp_value_kind)w->kind, w->value))
        return false;
    r->last[w->series] = w->time;
    return true;
}

static int reserve_samples(struct receiver *r, size_t n, struct mp_error *err)
{
    struct mp_sample *grown;

    if (n <= r->samples_capacity)
        return 0;
    grown = realloc(r->samples, n * sizeof *grown);
    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples");
    r->samples = grown;
    r->samples_capacity = n;
    return 0;
}

static int take_samples(struct receiver *r, struct mp_wire_frame *f, struct mp_error *err)
{
    struct mp_wire_frame text;
    uint32_t n;

    if (!r->begun || mp_frame_get_u32(f, &n) < 0 ||
        n > f->n / sizeof(struct mp_wire_sample))
        return mp_wire_damaged(err, "samples");
    if (reserve_samples(r, n, err) < 0)
        return -1;
    text = *f;
    text.p += n * sizeof(struct mp_wire_sample);
    text.n -= n * sizeof(struct mp_wire_sample);
    for (size_t i = 0; i < n; i++) {
        struct mp_wire_sample w;

        memcpy(&w, f->p + i * sizeof w, sizeof w);
        if (!sample_fits(r, &w) || w.text_len > text.n)
            return mp_wire_damaged(err, "sample");
        r->samples[i] = (struct mp_sample){
            .time = w.time,
            .value = w.value,
            .text = w.kind == MP_VALUE_TEXT ? (const char *)text.p : NULL,
            .series = w.series,
            .text_len = w.text_len,
            .kind = w.kind,
        };
        text.p += w.text_len;
        text.n -= w.text_len;
    }
    if (text.n > 0)
        return mp_wire_damaged(err, "samples");
    r->n_samples += n;
    return n > 0 ? mp_sink_batch(r->sink, r->samples, n, err) : 0;
}

static int take_finding(struct mp_findings *to, struct mp_wire_frame *f,
                        struct mp_error *err)
{
    char *node = NULL, *metric = NULL, *text = NULL;
    uint32_t kind;
    int rc = 0;

    if (mp_frame_get_u32(f, &kind) < 0 || to->n_missing + to->n_warnings >= FINDINGS_MAX)
        return mp_wire_damaged(err, "findings");
    if (kind == MP_WIRE_FINDING_UNITS_CONTRADICT) {
        to->units_contradict = true;
        return 0;
    }
    if (kind == MP_WIRE_FINDING_MISSING)
        rc = mp_frame_get_text(f, NAME_MAX_BYTES, &node) < 0 ||
             mp_frame_get_text(f, NAME_MAX_BYTES, &metric) < 0;
    if (rc != 0 || kind > MP_WIRE_FINDING_WARNING || get_name(f, &text) < 0)
        rc = mp_wire_damaged(err, "finding");
    else if (kind == MP_WIRE_FINDING_MISSING)
        rc = mp_findings_missing(to, node, metric, text, err);
    else
        rc = mp_findings_warn(to, err, "%s", text);
    free(node);
    free(metric);
    free(text);
    return rc;
}

static int take_end(struct receiver *r, struct mp_wire_frame *f, struct mp_error *err)
{
    struct mp_wire_content *c = r->content;
    int64_t series, samples;

    if (!r->begun || mp_frame_get_i64(f, &series) < 0 ||
        mp_frame_get_i64(f, &samples) < 0 || series != (int64_t)c->series.n ||
        samples != (int64_t)r->n_samples || get_name(f, &c->backend) < 0 ||
        get_name(f, &c->backend_label) < 0)
        return mp_wire_damaged(err, "end");
    r->ended = true;
    return 0;
}

static int take(struct receiver *r, struct mp_wire_frame *f, struct mp_error *err)
{
    switch (f->type) {
    case MP_WIRE_PLAN:
        return take_plan(r, f, err);
    case MP_WIRE_NODES:
        return take_nodes(r, f, err);
    case MP_WIRE_OCCUPANCY:
        return take_occupancy(r, f, err);
    case MP_WIRE_STAYS:
        return take_stays(r, f, err);
    case MP_WIRE_BEGIN:
        return take_begin(r, err);
    case MP_WIRE_SERIES:
        return take_series(r, f, err);
    case MP_WIRE_SAMPLES:
        return take_samples(r, f, err);
    case MP_WIRE_FINDINGS:
        while (f->n > 0)
            if (take_finding(&r->content->findings, f, err) < 0)
                return -1;
        return 0;
    case MP_WIRE_END:
        return take_end(r, f, err);
    default:
        return mp_wire_damaged(err, "an unknown frame");
    }
}

static void receiver_free(struct receiver *r)
{
    for (size_t i = 0; i < r->n_routes; i++)
        mp_route_clear(&r->routes[i]);
    for (size_t i = 0; i < r->n_names; i++)
        free(r->names[i]);
    free(r->routes);
    free(r->names);
    free(r->last);
    free(r->samples);
}

int mp_wire_receive(struct mp_wire_in *in, struct mp_wire_content *content,
                    struct mp_sink *sink, struct mp_error *err)
{
    struct receiver r = {.content = content, .sink = sink};
    struct mp_wire_frame frame;
    int rc = 0;

    while (rc == 0 && !r.ended) {
        rc = mp_wire_next(in, &frame, err);
        if (rc == 0)
            rc = mp_wire_damaged(err, "it was cut");
        else if (rc > 0)
            rc = take(&r, &frame, err);
    }
    if (rc == 0)
        rc = mp_sink_end(sink, err);
    else if (r.begun)
        mp_sink_abort(sink);
    receiver_free(&r);
    return rc;
}

void mp_wire_content_free(struct mp_wire_content *content)
{
    mp_plan_free(&content->plan);
    mp_occupancy_free(&content->occupancy);
    mp_series_table_free(&content->series);
    mp_findings_free(&content->findings);
    free(content->backend);
    free(content->backend_label);
    *content = (struct mp_wire_content){0};
}
