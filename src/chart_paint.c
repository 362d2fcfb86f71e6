/* SPDX-License-Identifier: MIT
 * chart_paint.c - not written yet. */
#include "config.h"

#include "chart.h"

#include <stdlib.h>

int mp_chart_timeseries(const struct mp_chart_input *in, enum mp_chart_format format, int fd, struct mp_error *err)
{
    (void)in;
    (void)format;
    (void)fd;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

int mp_chart_energy_pie(const struct mp_chart_input *in, enum mp_chart_format format, int fd, struct mp_error *err)
{
    (void)in;
    (void)format;
    (void)fd;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

int mp_chart_warm_up(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}
