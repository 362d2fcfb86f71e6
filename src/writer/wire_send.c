/* SPDX-License-Identifier: MIT
 * wire_send.c - plan, series, samples and findings as frames. */
#include "config.h"

#include "writer/wire.h"

#include <stdlib.h>

#include "writer/wire_impl.h"

enum { SAMPLES_PER_FRAME = 4096 };

/* End the frame of a list and begin the next of its kind. */
static int flush_list(struct mp_wire_out *out, enum mp_wire_type type,
                      struct mp_error *err)
{
    if (out->n < MP_WIRE_FLUSH)
        return 0;
    if (mp_wire_send(out, err) < 0)
        return -1;
    mp_wire_start(out, type);
    return 0;
}

static int send_plan(struct mp_wire_out *out, const struct mp_plan *plan,
                     struct mp_error *err)
{
    mp_wire_start(out, MP_WIRE_PLAN);
    mp_frame_put_i64(out, plan->start);
    mp_frame_put_i64(out, plan->end);
    mp_frame_put_u32(out, (uint32_t)plan->n_routes);
    for (size_t i = 0; i < plan->n_routes; i++) {
        const struct mp_route *r = &plan->routes[i];

        mp_frame_put_text(out, r->name);
        mp_frame_put_text(out, r->prefix);
        mp_frame_put_u32(out, (uint32_t)r->n_metrics);
        for (size_t k = 0; k < r->n_metrics; k++) {
            mp_frame_put_text(out, r->metrics[k].name);
            mp_frame_put_u32(out, (uint32_t)r->metrics[k].role);
            mp_frame_put(out, &r->metrics[k].accuracy, sizeof r->metrics[k].accuracy);
            mp_frame_put_i64(out, r->metrics[k].lag);
            mp_frame_put_text(out, r->metrics[k].units);
            mp_frame_put_u32(out, (r->metrics[k].optional ? MP_WIRE_OPTIONAL : 0) |
                                      (r->metrics[k].counter ? MP_WIRE_COUNTER : 0));
        }
    }
    return mp_wire_send(out, err);
}

/* The receiver routes the names again, by the routes of the plan. */
static int send_nodes(struct mp_wire_out *out, const struct mp_plan *plan,
                      struct mp_error *err)
{
    mp_wire_start(out, MP_WIRE_NODES);
    for (size_t i = 0; i < plan->n_nodes + plan->n_unrouted; i++) {
        mp_frame_put_text(out, i < plan->n_nodes ? plan->nodes[i].name
                                                 : plan->unrouted[i - plan->n_nodes]);
        if (flush_list(out, MP_WIRE_NODES, err) < 0)
            return -1;
    }
    return mp_wire_send(out, err);
}

static int send_occupancy(struct mp_wire_out *out, const struct mp_occupancy *o,
                          struct mp_error *err)
{
    if (o == NULL || o->n_nodes == 0)
        return 0;
    mp_wire_start(out, MP_WIRE_OCCUPANCY);
    for (size_t i = 0; i < o->n_nodes; i++) {
        mp_frame_put_u32(out, o->nodes[i].known);
        mp_frame_put_u32(out, o->nodes[i].own);
        mp_frame_put(out, &o->nodes[i].idle_w, sizeof o->nodes[i].idle_w);
    }
    if (mp_wire_send(out, err) < 0)
        return -1;
    mp_wire_start(out, MP_WIRE_STAYS);
    for (size_t i = 0; i < o->n_stays; i++) {
        const struct mp_stay *s = &o->stays[i];

        mp_frame_put_u32(out, s->node);
        mp_frame_put_u32(out, s->cpus);
        mp_frame_put_i64(out, (int64_t)s->job);
        mp_frame_put_i64(out, s->from);
        mp_frame_put_i64(out, s->until);
        if (flush_list(out, MP_WIRE_STAYS, err) < 0)
            return -1;
    }
    return mp_wire_send(out, err);
}

static int sink_begin(struct mp_sink *sink, const struct mp_plan *plan,
                      const struct mp_series_table *series, struct mp_error *err)
{
    struct mp_wire_sink *s = (struct mp_wire_sink *)sink;

    s->series = series;
    if (send_plan(s->out, plan, err) < 0 || send_nodes(s->out, plan, err) < 0 ||
        send_occupancy(s->out, s->occupancy, err) < 0)
        return -1;
    mp_wire_start(s->out, MP_WIRE_BEGIN);
    return mp_wire_send(s->out, err);
}

static int send_new_series(struct mp_wire_sink *s, struct mp_error *err)
{
    if (s->series_sent == s->series->n)
        return 0;
    mp_wire_start(s->out, MP_WIRE_SERIES);
    for (; s->series_sent < s->series->n; s->series_sent++) {
        const struct mp_series *one = &s->series->series[s->series_sent];

        mp_frame_put_text(s->out, one->hostname);
        mp_frame_put_text(s->out, one->source);
        mp_frame_put_text(s->out, one->fqdd);
        mp_frame_put_text(s->out, one->metric);
        mp_frame_put_text(s->out, one->units);
        mp_frame_put_u32(s->out, one->node);
        mp_frame_put_u32(s->out, one->route);
        mp_frame_put_u32(s->out, one->metric_index);
        mp_frame_put_i64(s->out, one->lag);
        mp_frame_put(s->out, &one->accuracy, sizeof one->accuracy);
        mp_frame_put_u32(s->out, one->naive);
        if (flush_list(s->out, MP_WIRE_SERIES, err) < 0)
            return -1;
    }
    return mp_wire_send(s->out, err);
}

/* As many of the samples as a frame takes: u32 count, the samples, then their texts. */
static size_t put_samples(struct mp_wire_sink *s, const struct mp_sample *samples,
                          size_t n)
{
    size_t taken = 0, text = 0;

    while (taken < n && taken < SAMPLES_PER_FRAME && text < MP_WIRE_FLUSH) {
        const struct mp_sample *from = &samples[taken];

        s->packed[taken++] = (struct mp_wire_sample){
            .time = from->time,
            .value = from->value,
            .series = from->series,
            .text_len = from->kind == MP_VALUE_TEXT ? from->text_len : 0,
            .kind = from->kind,
        };
        text += s->packed[taken - 1].text_len;
    }
    mp_wire_start(s->out, MP_WIRE_SAMPLES);
    mp_frame_put_u32(s->out, (uint32_t)taken);
    mp_frame_put(s->out, s->packed, taken * sizeof *s->packed);
    for (size_t i = 0; text > 0 && i < taken; i++)
        mp_frame_put(s->out, samples[i].text, s->packed[i].text_len);
    return taken;
}

static int sink_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                      struct mp_error *err)
{
    struct mp_wire_sink *s = (struct mp_wire_sink *)sink;

    if (send_new_series(s, err) < 0)
        return -1;
    for (size_t i = 0; i < n;) {
        i += put_samples(s, samples + i, n - i);
        if (mp_wire_send(s->out, err) < 0)
            return -1;
    }
    s->samples_sent += n;
    return 0;
}

static const struct mp_sink_ops wire_sink_ops = {
    .name = "wire",
    .begin = sink_begin,
    .batch = sink_batch,
};

int mp_wire_sink_init(struct mp_wire_sink *s, struct mp_wire_out *out,
                      struct mp_error *err)
{
    *s = (struct mp_wire_sink){.sink.ops = &wire_sink_ops, .out = out};
    s->packed = malloc(SAMPLES_PER_FRAME * sizeof *s->packed);
    return s->packed != NULL ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory");
}

void mp_wire_sink_free(struct mp_wire_sink *s)
{
    free(s->packed);
    s->packed = NULL;
}

static int send_findings(struct mp_wire_out *out, const struct mp_findings *findings,
                         struct mp_error *err)
{
    mp_wire_start(out, MP_WIRE_FINDINGS);
    for (size_t i = 0; i < findings->n_missing; i++) {
        mp_frame_put_u32(out, MP_WIRE_FINDING_MISSING);
        mp_frame_put_text(out, findings->missing[i].node);
        mp_frame_put_text(out, findings->missing[i].metric);
        mp_frame_put_text(out, findings->missing[i].reason);
        if (flush_list(out, MP_WIRE_FINDINGS, err) < 0)
            return -1;
    }
    if (findings->units_contradict)
        mp_frame_put_u32(out, MP_WIRE_FINDING_UNITS_CONTRADICT);
    for (size_t i = 0; i < findings->n_warnings; i++) {
        mp_frame_put_u32(out, MP_WIRE_FINDING_WARNING);
        mp_frame_put_text(out, findings->warnings[i]);
        if (flush_list(out, MP_WIRE_FINDINGS, err) < 0)
            return -1;
    }
    return mp_wire_send(out, err);
}

int mp_wire_send_end(struct mp_wire_sink *s, const struct mp_findings *findings,
                     const char *backend, const char *backend_label, struct mp_error *err)
{
    /* a series may be known by name without ever having had a sample */
    if (send_new_series(s, err) < 0 || send_findings(s->out, findings, err) < 0)
        return -1;
    mp_wire_start(s->out, MP_WIRE_END);
    mp_frame_put_i64(s->out, (int64_t)s->series_sent);
    mp_frame_put_i64(s->out, (int64_t)s->samples_sent);
    mp_frame_put_text(s->out, backend);
    mp_frame_put_text(s->out, backend_label);
    return mp_wire_send(s->out, err);
}
