/* SPDX-License-Identifier: MIT
 * direct.c - not written yet. */
#include "config.h"

#include "backend.h"

static int not_yet(const struct mp_settings *settings, const struct mp_run *run,
                   struct mp_backend **out, struct mp_error *err)
{
    (void)settings;
    (void)run;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "backend direct: not written yet");
}

extern const struct mp_backend_ops mp_backend_direct;
const struct mp_backend_ops mp_backend_direct = {.name = "direct", .summary = "", .open = not_yet};
