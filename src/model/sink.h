/* SPDX-License-Identifier: MIT
 * sink.h - where samples go: raw_power.csv, energy, chart reduction, a pipe, or several.
 *
 * A backend drives one sink: begin, then batch any number of times, then either end (all
 * rows were read) or abort (something failed).  Batches are borrowed: a sink copies what
 * it keeps.  Samples of one series come in order of time (equal times may follow each
 * other); the order between series is the backend's, and is the order of raw_power.csv.
 *
 * A sink's memory grows with series and chart columns, never with samples.
 */
#ifndef MP_SINK_H
#define MP_SINK_H

#include "base/error.h"
#include "model/sample.h"

struct mp_sink;

struct mp_sink_ops {
    const char *name;
    /* Optional.  `plan`, `series` and `findings` live until end or abort has returned. */
    int (*begin)(struct mp_sink *sink, const struct mp_plan *plan,
                 const struct mp_series_table *series, struct mp_error *err);
    /* Required.  A return of -1 stops the backend, which then calls abort. */
    int (*batch)(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                 struct mp_error *err);
    /* Optional.  Called once, after the last batch of a complete fetch. */
    int (*end)(struct mp_sink *sink, struct mp_error *err);
    /* Optional.  Called instead of end.  Must not fail. */
    void (*abort)(struct mp_sink *sink);
};

/* First member of every sink's own struct. */
struct mp_sink {
    const struct mp_sink_ops *ops;
};

int mp_sink_begin(struct mp_sink *sink, const struct mp_plan *plan,
                  const struct mp_series_table *series, struct mp_error *err);
int mp_sink_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                  struct mp_error *err);
int mp_sink_end(struct mp_sink *sink, struct mp_error *err);
void mp_sink_abort(struct mp_sink *sink);

/* A sink that passes everything to each of `sinks` (borrowed) in order. */
enum { MP_TEE_MAX = 8 };

struct mp_tee {
    struct mp_sink sink;
    struct mp_sink *sinks[MP_TEE_MAX];
    size_t n;
};

void mp_tee_init(struct mp_tee *tee, struct mp_sink *const *sinks, size_t n);

#endif
