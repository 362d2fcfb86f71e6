/* SPDX-License-Identifier: MIT
 * sink.c - calling a sink's optional parts, and the tee. */
#include "config.h"

#include "model/sink.h"

int mp_sink_begin(struct mp_sink *sink, const struct mp_plan *plan,
                  const struct mp_series_table *series, struct mp_error *err)
{
    return sink->ops->begin != NULL ? sink->ops->begin(sink, plan, series, err) : 0;
}

int mp_sink_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                  struct mp_error *err)
{
    return sink->ops->batch(sink, samples, n, err);
}

int mp_sink_end(struct mp_sink *sink, struct mp_error *err)
{
    return sink->ops->end != NULL ? sink->ops->end(sink, err) : 0;
}

void mp_sink_abort(struct mp_sink *sink)
{
    if (sink->ops->abort != NULL)
        sink->ops->abort(sink);
}

static int tee_begin(struct mp_sink *sink, const struct mp_plan *plan,
                     const struct mp_series_table *series, struct mp_error *err)
{
    struct mp_tee *tee = (struct mp_tee *)sink;

    for (size_t i = 0; i < tee->n; i++)
        if (mp_sink_begin(tee->sinks[i], plan, series, err) < 0)
            return -1;
    return 0;
}

static int tee_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                     struct mp_error *err)
{
    struct mp_tee *tee = (struct mp_tee *)sink;

    for (size_t i = 0; i < tee->n; i++)
        if (mp_sink_batch(tee->sinks[i], samples, n, err) < 0)
            return -1;
    return 0;
}

static int tee_end(struct mp_sink *sink, struct mp_error *err)
{
    struct mp_tee *tee = (struct mp_tee *)sink;

    for (size_t i = 0; i < tee->n; i++)
        if (mp_sink_end(tee->sinks[i], err) < 0)
            return -1;
    return 0;
}

static void tee_abort(struct mp_sink *sink)
{
    struct mp_tee *tee = (struct mp_tee *)sink;

    for (size_t i = 0; i < tee->n; i++)
        mp_sink_abort(tee->sinks[i]);
}

static const struct mp_sink_ops tee_ops = {
    .name = "tee",
    .begin = tee_begin,
    .batch = tee_batch,
    .end = tee_end,
    .abort = tee_abort,
};

void mp_tee_init(struct mp_tee *tee, struct mp_sink *const *sinks, size_t n)
{
    *tee = (struct mp_tee){.sink.ops = &tee_ops};
    for (size_t i = 0; i < n && i < MP_TEE_MAX; i++)
        tee->sinks[tee->n++] = sinks[i];
}
