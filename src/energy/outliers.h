/* SPDX-License-Identifier: MIT
 * outliers.h - nodes whose energy is far from that of the others of their route. */
#ifndef MP_OUTLIERS_H
#define MP_OUTLIERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "energy/result.h"
#include "model/plan.h"

enum {
    MP_OUTLIER_NODES = 4
}; /* measured nodes of a route, below which none stands out */

/* Of the input energies of a route's measured nodes, with the median m and the median
 * absolute deviation MAD: a node is an outlier where |kWh - m| is above 3.5 * 1.4826 MAD
 * (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993; 1.4826 MAD is the
 * standard deviation of normal values) and above 5 % of m: nodes that all do the same
 * work differ by a hair, and a hair is no finding.  Half of a route's nodes may be odd
 * without hiding each other.  Fills r->outliers, in order of the plan. */
int mp_outliers_find(const struct mp_plan *plan, struct mp_energy_result *r,
                     struct mp_error *err);

#endif
