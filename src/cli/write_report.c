/* SPDX-License-Identifier: MIT
 * write_report.c - monster-power write-report: the writer where sudo or runuser starts
 * it. */
#include "config.h"

#include "cli/command.h"

#include <unistd.h>

#include "writer/privilege.h"
#include "writer/writer.h"

/* Started by sudo or runuser, perhaps by somebody else: rely on nothing we were given. */
int mp_cmd_write_report(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    (void)argv;
    *exit_status = 0;
    if (argc > 1)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "write-report takes no arguments; the worker starts it through sudo");
    if (geteuid() == 0 || getuid() != geteuid() || getgid() != getegid())
        return mp_fail(err, MP_FAULT_USAGE, "write-report must not run as root");
    mp_close_from(3);
    if (mp_seal_process(err) < 0 || mp_clean_environment(err) < 0)
        return -1;
    return mp_writer_serve(err);
}
