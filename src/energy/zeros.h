/* SPDX-License-Identifier: MIT
 * zeros.h - sensors that read 0 W where that cannot be. */
#ifndef MP_ZEROS_H
#define MP_ZEROS_H

#include "energy/rules.h"

/* Before the sums: a sensor of a running node that reads 0 W throughout, though what it
 * measures must draw power, measures nothing: its energy is NaN, not 0. */
void mp_zeros_set_aside(struct mp_energy *e);

#endif
