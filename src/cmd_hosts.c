/* SPDX-License-Identifier: MIT
 * cmd_hosts.c - not written yet. */
#include "config.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

int mp_cmd_hosts(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    (void)exit_status;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("usage: monster-power hosts");
        return 0;
    }
    return mp_fail(err, MP_FAULT_USAGE, "hosts: not written yet");
}
