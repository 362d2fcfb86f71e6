/* SPDX-License-Identifier: MIT
 * config.c - `monster-power config`: what is in force, and where it comes from. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>

#include "config/options.h"
#include "config/settings.h"
#include "backends/backend.h"

int mp_cmd_config(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    const char *env_file = NULL;
    bool sample = false, manual = false;
    const struct mp_option own[] = {
        {.name = "import-env",
         .argument = "FILE",
         .help = "print an INI that means what this .env means, secrets included",
         .value = &env_file},
        {.name = "sample", .help = "print a sample with every key", .flag = &sample},
        {.name = "manual",
         .help = "print the keys for monster-power.ini(5), in mdoc",
         .flag = &manual},
    };
    const struct mp_usage usage = {
        .line = "usage: monster-power config [--import-env FILE | --sample | --manual]",
        .text =
            "Print the effective configuration as an INI, each value with its origin:\n"
            "default, file, environment or command line.  Secrets are masked.  What\n"
            "--import-env prints holds them: umask 077 first.\n",
        .options = own,
        .n_options = sizeof own / sizeof *own,
    };
    struct mp_backend_keys keys;
    struct mp_options options;
    struct mp_settings settings;
    int rc;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (env_file != NULL)
        return mp_settings_import_env(mp_backends_keys(&keys), env_file, stdout, err);
    if (sample)
        return mp_settings_sample(mp_backends_keys(&keys), stdout, err);
    if (manual)
        return mp_settings_manual(mp_backends_keys(&keys), stdout, err);
    if (mp_backends_settings(&settings, options.config, options.overrides,
                             options.n_overrides, err) < 0)
        return -1;
    rc = mp_settings_print(&settings, stdout, err);
    mp_settings_free(&settings);
    return rc;
}
