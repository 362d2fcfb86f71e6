/* SPDX-License-Identifier: MIT
 * line.h - the job's input power over its window in a few columns, for a line of text. */
#ifndef MP_LINE_H
#define MP_LINE_H

#include "energy/grid.h"
#include "energy/result.h"
#include "model/plan.h"
#include "model/sample.h"

/* Fills r->line: the grid's mean in each of the window's equal parts, as many as the grid
 * has instants and MP_LINE_COLUMNS at most; NaN where the middle of a part lies in a gap
 * of every input series.  After r->series. */
void mp_line_make(const struct mp_plan *plan, const struct mp_series_table *table,
                  const struct mp_grid *grid, struct mp_energy_result *r);

#endif
