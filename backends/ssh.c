/* SPDX-License-Identifier: MIT
 * ssh.c - not written yet. */
#include "config.h"

#include "backend.h"

static int not_yet(const struct mp_settings *settings, const struct mp_run *run,
                   struct mp_backend **out, struct mp_error *err)
{
    (void)settings;
    (void)run;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "backend ssh: not written yet");
}

extern const struct mp_backend_ops mp_backend_ssh;
const struct mp_backend_ops mp_backend_ssh = {.name = "ssh", .summary = "", .open = not_yet};
