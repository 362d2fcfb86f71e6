/* SPDX-License-Identifier: MIT
 * epilog.c - `monster-power epilog` and `prolog`: what monster-power-hook does. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "hook/hook.h"

static bool asks_for_help(int argc, char **argv)
{
    return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

int mp_cmd_epilog(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    (void)exit_status;
    (void)err;
    if (asks_for_help(argc, argv)) {
        puts("usage: monster-power epilog\n\n"
             "Entry point for EpilogSlurmctld: puts a job that asked for a report into "
             "the\n"
             "queue, from the SLURM_* variables.  Takes no options, prints nothing, "
             "always\n"
             "exits 0; what went wrong is in the log.  slurm.conf should name\n"
             "monster_epilog_slurmctld.sh, which runs a smaller, faster program that "
             "does\n"
             "the same.");
        return 0;
    }
    mp_hook_epilog();
    return 0;
}

int mp_cmd_prolog(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    (void)exit_status;
    (void)err;
    if (asks_for_help(argc, argv)) {
        puts(
            "usage: monster-power prolog\n\n"
            "Entry point for PrologSlurmctld: records when the job starts, for Slurm "
            "before\n"
            "23.02, whose epilog is not told.  Takes no options, prints nothing, always\n"
            "exits 0.");
        return 0;
    }
    mp_hook_prolog();
    return 0;
}
