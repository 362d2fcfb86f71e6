/* SPDX-License-Identifier: MIT
 * cmd_profile.c - not written yet. */
#include "config.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

int mp_cmd_profile(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    (void)exit_status;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("usage: monster-power profile");
        return 0;
    }
    return mp_fail(err, MP_FAULT_USAGE, "profile: not written yet");
}
