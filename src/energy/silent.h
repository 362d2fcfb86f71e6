/* SPDX-License-Identifier: MIT
 * silent.h - which nodes and metrics of a plan left no row in the window. */
#ifndef MP_SILENT_H
#define MP_SILENT_H

#include "base/error.h"
#include "model/plan.h"
#include "model/sample.h"

#define MP_SILENT_REASON "no rows in the window"

/* For every backend, after its last row: adds to `findings` each node of the plan that
 * has no series (metric NULL) and each metric of a node's route that the node has none
 * of, in the plan's order.  What `findings` already explains (a table that does not
 * exist, a node that the database does not know) is not said twice. */
int mp_silent_find(const struct mp_plan *plan, const struct mp_series_table *series,
                   struct mp_findings *findings, struct mp_error *err);

#endif
