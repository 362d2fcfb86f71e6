/* SPDX-License-Identifier: MIT
 * quality.h - how well its samples cover a series: interval, gaps, coverage.
 *
 * The sampling interval is the series' median step, once it has MP_MIN_STEPS of them.  A
 * gap is a step above 3 intervals and above 15 s; where the interval is unknown, or is
 * more than 3 times what the same metric has on the route's other nodes, theirs (else
 * none: 15 s) takes its place.  The stretch from an edge of the window to the first or
 * last sample is uncovered as far as it is longer than that same limit.  Coverage is the
 * share of the window in neither.  Gaps are bridged in the energy, counted, and lower the
 * verdict.
 */
#ifndef MP_QUALITY_H
#define MP_QUALITY_H

#include "base/error.h"

struct mp_energy;

enum { MP_MIN_STEPS = 3 };

/* Of every series of e->result. */
int mp_quality_series(struct mp_energy *e, struct mp_error *err);

#endif
