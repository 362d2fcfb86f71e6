/* SPDX-License-Identifier: MIT
 * energy.h - the sink that integrates power.
 *
 * Per series: trapezoids between samples in order of time, the first and last value held
 * flat to the edges of the window, W from the units.  Which samples count: trace.h.  What
 * it all comes to: evaluate.h.
 */
#ifndef MP_ENERGY_H
#define MP_ENERGY_H

#include "base/error.h"
#include "model/sink.h"

struct mp_energy; /* opaque */

int mp_energy_new(struct mp_energy **out, struct mp_error *err);
/* A unit that is none of mW, W, kW makes batch fail, naming metric and unit, unless the
 * metric has no role (MP_ROLE_NONE); a missing unit makes the series unusable and the
 * verdict partial. */
struct mp_sink *mp_energy_sink(struct mp_energy *e);
void mp_energy_free(struct mp_energy *e);

#endif
