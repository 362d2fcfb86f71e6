/* SPDX-License-Identifier: MIT
 * reduce.c - not written yet. */
#include "config.h"

#include "reduce.h"

#include <stdlib.h>

int mp_reduce_new(struct mp_reduce **out, struct mp_error *err)
{
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

struct mp_sink *mp_reduce_sink(struct mp_reduce *r)
{
    (void)r;
    return NULL;
}

int mp_reduce_result(struct mp_reduce *r, const struct mp_energy_result *energy, const struct mp_reduced **out, struct mp_error *err)
{
    (void)r;
    (void)energy;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

void mp_reduce_free(struct mp_reduce *r)
{
    (void)r;
}
