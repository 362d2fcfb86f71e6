/* SPDX-License-Identifier: MIT
 * components.h - from series to nodes and the job: the pie's arithmetic, node by node,
 * and the power extremes.
 */
#ifndef MP_COMPONENTS_H
#define MP_COMPONENTS_H

#include "base/error.h"

struct mp_energy;

/* From the series of e->result to its nodes, components, total and power. */
int mp_components_sum(struct mp_energy *e, struct mp_error *err);

#endif
