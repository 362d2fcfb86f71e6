/* SPDX-License-Identifier: MIT
 * input.h - what the pictures of a report are made from; all of it borrowed. */
#ifndef MP_CHART_INPUT_H
#define MP_CHART_INPUT_H

#include "chart/reduce.h"
#include "energy/result.h"
#include "model/job.h"
#include "model/plan.h"
#include "model/sample.h"

struct mp_chart_input {
    const struct mp_job *job;
    const struct mp_plan *plan;
    const struct mp_series_table *series;
    const struct mp_energy_result *energy;
    const struct mp_reduced *reduced;
};

#endif
