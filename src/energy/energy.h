/* SPDX-License-Identifier: MIT
 * energy.h - the integral of power: follows the polylines of all series.
 *
 * Per series: trapezoids between its vertices (trace.h), the first and last value held
 * flat to the edges of the window, W from the units.  What it all comes to: evaluate.h.
 */
#ifndef MP_ENERGY_H
#define MP_ENERGY_H

#include "base/error.h"
#include "energy/trace.h"
#include "model/occupancy.h"

struct mp_energy; /* opaque */

int mp_energy_new(struct mp_energy **out, struct mp_error *err);
struct mp_follower *mp_energy_follower(struct mp_energy *e);
/* The job was suspended at times that nobody knows. */
void mp_energy_set_suspended(struct mp_energy *e);
/* Who else was on the nodes; borrowed, and read from begin on.  NULL: nobody knows. */
void mp_energy_set_occupancy(struct mp_energy *e, const struct mp_occupancy *o);
/* The result stands: what it was made of is freed, two kilobytes a series. */
void mp_energy_settle(struct mp_energy *e);
void mp_energy_free(struct mp_energy *e);

#endif
