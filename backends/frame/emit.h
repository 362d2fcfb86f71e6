/* SPDX-License-Identifier: MIT
 * emit.h - what a backend says during a fetch, and the frame that hands it to the sink.
 *
 * A backend names its series, gives samples, and says when a slice of time is complete.
 * Inside a slice samples come in any order; the frame puts them into the one that
 * backend.h promises, adds series to the caller's table as their first sample is handed
 * on, and drives the sink (begin, batch ..., then end or abort).  Memory is that of the
 * samples of one slice, and bounded (order.h).
 *
 * Samples up to mp_plan_near outside the window may be given as well, those of counters
 * in their slices, others at any time.  Of these, in a short window, the frame keeps for
 * each series the last before and the first behind the window, and where the series has
 * none inside hands these on, after all others, in the same order among themselves.
 * Everything else outside it drops, but for what counters have.
 *
 * A source that is in the promised order already, or whose own order is to be kept (a
 * replay), uses mp_emit_admit and mp_emit_batch instead, and nothing is copied.
 *
 * One thread.  All return -1 where the sink failed or the run is over: stop then.
 */
#ifndef MP_EMIT_H
#define MP_EMIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/run.h"
#include "model/plan.h"
#include "model/sample.h"
#include "model/sink.h"

struct mp_emit; /* opaque */

enum { MP_EMIT_NAME_MAX = 4096 }; /* bytes of a hostname, source or fqdd */

/* ---- for backends ---- */

/* Stop request and deadline, to be looked at in every loop whose length others decide and
 * in every wait. */
const struct mp_run *mp_emit_run(const struct mp_emit *e);

/* Where a backend says what it could not read (mp_findings_missing) and what is odd
 * (mp_findings_warn).  What merely has no sample is worked out later, once for all. */
struct mp_findings *mp_emit_findings(const struct mp_emit *e);

/* The number of a series; its strings are copied, and `metric` is the plan's for route
 * and metric_index.  The same metric, hostname, source and fqdd give the same number. */
int mp_emit_series(struct mp_emit *e, const struct mp_series *s, uint32_t *number,
                   struct mp_error *err);

/* A sample of series number `s->series`, copied with its text.  An error where it lies
 * outside the plan's window, further than mp_plan_near, or in a slice that was said to be
 * complete: the sink's order would be lost. */
int mp_emit_sample(struct mp_emit *e, const struct mp_sample *s, struct mp_error *err);

/* Every sample before `until` (µs since the epoch) has been given.  What waits is handed
 * on now or later, as is faster. */
int mp_emit_slice(struct mp_emit *e, int64_t until, struct mp_error *err);

/* Puts a series into the caller's table, once, just before its first sample; *index is
 * what its samples carry. */
int mp_emit_admit(struct mp_emit *e, const struct mp_series *s, uint32_t *index,
                  struct mp_error *err);
/* The series, numbered for samples outside the window, was admitted by mp_emit_admit. */
void mp_emit_has_inside(struct mp_emit *e, uint32_t number);
/* Samples inside the window, those of a series in order of time, straight to the sink.
 * n may be 0. */
int mp_emit_batch(struct mp_emit *e, const struct mp_sample *samples, size_t n,
                  struct mp_error *err);

/* ---- for who calls a backend ---- */

/* All are borrowed until mp_emit_free.  `series` and `findings` are the caller's: no
 * series yet, findings only of the planning. */
int mp_emit_new(struct mp_emit **out, const struct mp_plan *plan,
                const struct mp_run *run, struct mp_series_table *series,
                struct mp_findings *findings, struct mp_sink *sink, struct mp_error *err);

/* The backend has given all: hand on the rest, end the sink. */
int mp_emit_finish(struct mp_emit *e, struct mp_error *err);

/* Aborts a sink that was begun and not ended.  NULL is allowed. */
void mp_emit_free(struct mp_emit *e);

#endif
