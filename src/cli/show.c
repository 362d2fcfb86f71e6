/* SPDX-License-Identifier: MIT
 * show.c - `monster-power show`: a report on one screen, or several as a table. */
#include "config.h"

#include "cli/command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"
#include "config/options.h"
#include "report/locate.h"
#include "report/screen.h"

static int print_json(const char *path, struct mp_error *err)
{
    FILE *in = fopen(path, "re");
    char buffer[BUFSIZ];
    size_t n;

    if (in == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot read %s", path);
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, n, stdout);
    fclose(in);
    return 0;
}

static int show(char paths[][PATH_MAX], size_t n, struct mp_error *err)
{
    struct mp_digest *digests = calloc(n, sizeof *digests);
    struct mp_screen screen = mp_terminal_screen();
    int rc = 0;

    if (digests == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu reports", n);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = mp_digest_read(&digests[i], paths[i], err);
    if (rc == 0 && n == 1)
        mp_screen_report(&screen, digests);
    else if (rc == 0)
        mp_screen_table(&screen, digests, n);
    for (size_t i = 0; i < n; i++)
        mp_digest_free(&digests[i]);
    free(digests);
    return rc;
}

static int find_all(const struct mp_options *options, char paths[][PATH_MAX],
                    struct mp_error *err)
{
    if (options->n_operands == 0)
        return mp_locate_newest(paths[0], err);
    for (size_t i = 0; i < options->n_operands; i++)
        if (mp_locate_named(options->operands[i], paths[i], err) < 0)
            return -1;
    return 0;
}

int mp_cmd_show(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    bool json = false;
    const struct mp_option own[] = {
        {"json", NULL, "the summary.json as it is", NULL, &json},
    };
    const struct mp_usage usage = {
        .line = "usage: monster-power show [ID|DIR...]",
        .text =
            "Shows a report on one screen; several as a table.  ID is a job's number,\n"
            "whose report lies below the current directory.  Without one: the newest "
            "there.\n",
        .options = own,
        .n_options = sizeof own / sizeof *own,
        .max_operands = 4096,
        .no_backend = true,
    };
    struct mp_options options;
    char(*paths)[PATH_MAX];
    size_t n;
    int rc;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    n = options.n_operands > 0 ? options.n_operands : 1;
    paths = calloc(n, sizeof *paths);
    if (paths == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu paths", n);
    rc = find_all(&options, paths, err);
    for (size_t i = 0; rc == 0 && json && i < n; i++)
        rc = print_json(paths[i], err);
    if (rc == 0 && !json)
        rc = show(paths, n, err);
    free(paths);
    return rc;
}
