/* SPDX-License-Identifier: MIT
 * chart.h - the two pictures of a report, as PNG and PDF, written to open descriptors.
 *
 * chart_layout.c works out every position and text as plain numbers (unit-tested); only
 * chart_paint.c knows cairo and pango.
 */
#ifndef MP_CHART_H
#define MP_CHART_H

#include "energy.h"
#include "error.h"
#include "job.h"
#include "plan.h"
#include "reduce.h"

struct mp_chart_input {
    const struct mp_job *job;
    const struct mp_plan *plan;
    const struct mp_series_table *series;
    const struct mp_energy_result *energy;
    const struct mp_reduced *reduced;
};

enum mp_chart_format { MP_CHART_PNG, MP_CHART_PDF };

/* `fd` is borrowed.  -1 where the machine has no font (the text says how to mend it), a
 * write fails or memory runs out. */
int mp_chart_timeseries(const struct mp_chart_input *in, enum mp_chart_format format, int fd,
                        struct mp_error *err);
int mp_chart_energy_pie(const struct mp_chart_input *in, enum mp_chart_format format, int fd,
                        struct mp_error *err);

/* Load the font machinery now, so that a process forked later need not. */
int mp_chart_warm_up(struct mp_error *err);

#endif
