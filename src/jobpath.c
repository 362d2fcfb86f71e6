/* SPDX-License-Identifier: MIT
 * jobpath.c - not written yet. */
#include "config.h"

#include "jobpath.h"

int mp_jobpath(const struct mp_jobpath_input *in, char **dir, struct mp_error *err)
{
    (void)in;
    (void)dir;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}
