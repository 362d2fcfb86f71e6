/* SPDX-License-Identifier: MIT
 * backends.c - `monster-power backends`: the sources of samples, built or not. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>

#include "backends/backend.h"
#include "config/options.h"

int mp_cmd_backends(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    const struct mp_usage usage = {
        .line = "usage: monster-power backends",
        .text =
            "Lists the sources of samples this program knows, and which are built in.\n",
        .no_backend = true,
    };
    struct mp_options options;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    for (const struct mp_backend_ops *const *b = mp_backends(); *b != NULL; b++) {
        if ((*b)->open != NULL)
            printf("%-10s built      %s\n", (*b)->name, (*b)->summary);
        else
            printf("%-10s not built  %s (configure %s)\n", (*b)->name, (*b)->summary,
                   (*b)->needs);
    }
    return 0;
}
