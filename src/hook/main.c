/* SPDX-License-Identifier: MIT
 * main.c - monster-power-hook: what slurmctld runs at every job's start and end.
 *
 * Links libc and iniparser only; see hook.h.  Always exits 0: a prolog's failure would
 * requeue the job, an epilog's only fill slurmctld's log. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hook/hook.h"

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : getenv("SLURM_SCRIPT_CONTEXT");

    if (what != NULL && strncmp(what, "prolog", 6) == 0)
        mp_hook_prolog();
    else if (what != NULL && strncmp(what, "epilog", 6) == 0)
        mp_hook_epilog();
    return 0;
}
