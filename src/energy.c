/* SPDX-License-Identifier: MIT
 * energy.c - not written yet. */
#include "config.h"

#include "energy.h"

#include <stdlib.h>

const char *mp_verdict_name(enum mp_verdict v)
{
    (void)v;
    return NULL;
}

int mp_energy_new(struct mp_energy **out, struct mp_error *err)
{
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

struct mp_sink *mp_energy_sink(struct mp_energy *e)
{
    (void)e;
    return NULL;
}

int mp_energy_result(struct mp_energy *e, const struct mp_findings *findings, const struct mp_energy_result **out, struct mp_error *err)
{
    (void)e;
    (void)findings;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

void mp_energy_free(struct mp_energy *e)
{
    (void)e;
}
