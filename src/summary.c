/* SPDX-License-Identifier: MIT
 * summary.c - not written yet. */
#include "config.h"

#include "summary.h"

#include <stdlib.h>

int mp_summary_write(const struct mp_summary_input *in, int fd, struct mp_error *err)
{
    (void)in;
    (void)fd;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}
