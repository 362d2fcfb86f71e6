/* SPDX-License-Identifier: MIT
 * progress.c - one line on standard error, redrawn in place. */
#include "config.h"

#include "session/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/run.h"

enum { REDRAW_US = 200000 };

static int begin(struct mp_sink *sink, const struct mp_plan *plan,
                 const struct mp_series_table *series, struct mp_error *err)
{
    struct mp_progress *p = (struct mp_progress *)sink;

    (void)series;
    (void)err;
    p->plan = plan;
    p->last_us = p->begun_us = mp_clock_us();
    p->newest = plan->start;
    return 0;
}

static void wipe(void)
{
    fputs("\r\033[K", stderr);
}

static void draw(const struct mp_progress *p, int64_t now)
{
    double seconds = (double)(now - p->begun_us) / 1e6;
    double done = (double)(p->newest - p->plan->start) /
                  (double)(p->plan->end - p->plan->start + 1);

    wipe();
    fprintf(stderr, "%" PRIu64 " samples, %.0f a second, %.0f %% of the window", p->rows,
            (double)p->rows / seconds, 100 * done);
    if (done > 0)
        fprintf(stderr, ", %.0f s left", seconds * (1 - done) / done);
}

static int batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                 struct mp_error *err)
{
    struct mp_progress *p = (struct mp_progress *)sink;
    int64_t now = mp_clock_us();

    (void)err;
    p->rows += n;
    if (n > 0 && samples[n - 1].time > p->newest)
        p->newest = samples[n - 1].time;
    if (now - p->last_us < REDRAW_US)
        return 0;
    p->last_us = now;
    draw(p, now);
    return 0;
}

static int end(struct mp_sink *sink, struct mp_error *err)
{
    (void)sink;
    (void)err;
    wipe();
    return 0;
}

static void abort_line(struct mp_sink *sink)
{
    (void)sink;
    wipe();
}

static const struct mp_sink_ops progress_ops = {
    .name = "progress",
    .begin = begin,
    .batch = batch,
    .end = end,
    .abort = abort_line,
};

void mp_progress_init(struct mp_progress *p)
{
    *p = (struct mp_progress){.sink.ops = &progress_ops};
}
