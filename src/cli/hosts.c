/* SPDX-License-Identifier: MIT
 * hosts.c - `monster-power hosts EXPR`: a nodelist, one name a line. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>

#include "slurm/nodelist.h"
#include "config/options.h"

static const struct mp_usage usage = {
    .line = "usage: monster-power hosts EXPR",
    .text = "Expand a nodelist as Slurm writes it (rpc-91-[1-4,07],rpg-93-1), one name a "
            "line,\n"
            "in the order of `scontrol show hostnames`.  Quote it: the shell reads "
            "brackets too.\n"
            "A text after a bracket (r[1-2]-ib) is fine.\n",
    .max_operands = 1,
    .no_backend = true,
};

int mp_cmd_hosts(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    struct mp_options options;
    struct mp_nodelist list;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (options.n_operands == 0)
        return mp_fail(err, MP_FAULT_USAGE,
                       "hosts: no EXPR given; like "
                       "`monster-power hosts 'rpc-91-[1-4]'`");
    if (mp_nodelist_expand(options.operands[0], &list, err) < 0)
        return -1;
    for (size_t i = 0; i < list.n; i++)
        puts(list.names[i]);
    mp_nodelist_free(&list);
    if (ferror(stdout))
        return mp_fail(err, MP_FAULT_FAILED, "cannot write to standard output");
    return 0;
}
