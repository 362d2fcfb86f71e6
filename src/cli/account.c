/* SPDX-License-Identifier: MIT
 * account.c - `monster-power account`: a cluster's energy, by whose it was. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "account/account.h"
#include "account/print.h"
#include "base/nearest.h"
#include "config/options.h"
#include "model/job.h"

static const char *const by_names[MP_N_ACCOUNT_BY + 1] = {
    [MP_BY_JOB] = "job",         [MP_BY_USER] = "user",
    [MP_BY_ACCOUNT] = "account", [MP_BY_PARTITION] = "partition",
    [MP_BY_NODE] = "node",       [MP_BY_DAY] = "day"};
static const char *const format_names[] = {"table", "csv", "json", NULL};

/* Which of the words `text` is. */
static int choose(const char *option, const char *text, const char *const *words, int *n,
                  struct mp_error *err)
{
    char all[128] = "";
    size_t len = 0;

    for (*n = 0; words[*n] != NULL; ++*n)
        if (strcmp(words[*n], text) == 0)
            return 0;
    for (int i = 0; words[i] != NULL && len < sizeof all; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i > 0 ? ", " : "",
                                words[i]);
    return mp_fail(err, MP_FAULT_USAGE, "--%s %s: not one of %s", option, text, all);
}

static void tell_day(void *arg, int64_t day, int64_t start, int64_t end)
{
    (void)arg;
    fprintf(stderr, "\r\033[K%.0f %% of the window",
            100.0 * (double)(day - start) / (double)(end - start));
}

static int run_account(const struct mp_options *options,
                       struct mp_account_request *request, int format,
                       struct mp_error *err)
{
    struct mp_settings settings = {0};
    struct mp_run run = {.stop_fd = -1};
    struct mp_backend *backend = NULL;
    struct mp_account_rows rows = {0};
    bool show = !options->quiet && isatty(STDERR_FILENO);
    int rc = -1;

    if (show)
        request->progress = tell_day;
    if (mp_run_init(&run, "account", err) == 0 &&
        mp_backends_settings(&settings, options->config, options->overrides,
                             options->n_overrides, err) == 0 &&
        mp_backend_open(&settings, &run, &backend, err) == 0)
        rc = mp_account_make(backend, &settings, &run, request, &rows, err);
    if (show)
        fputs("\r\033[K", stderr);
    if (rc == 0) {
        const struct mp_site site = mp_site_of(settings.site);

        rc = mp_account_print(&rows, by_names[request->by],
                              (enum mp_account_format)format, &site, stdout, err);
    }
    mp_account_rows_free(&rows);
    mp_backend_close(backend);
    mp_settings_free(&settings);
    mp_run_close(&run);
    return rc;
}

int mp_cmd_account(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    const char *start = NULL, *end = NULL, *by = "job", *format = "table";
    struct mp_account_request request = {0};
    int by_number, format_number;
    const struct mp_option own[] = {
        {"start", "T", "Unix seconds, or ISO 8601; without an offset, local time", &start,
         NULL},
        {"end", "T", "the same", &end, NULL},
        {"by", "WHAT", "job, user, account, partition, node or day", &by, NULL},
        {"nodelist", "EXPR", "these nodes; without it, all that the database knows",
         &request.nodelist, NULL},
        {"format", "FORM", "table, csv or json", &format, NULL},
    };
    const struct mp_usage usage = {
        .line = "usage: monster-power account --start T --end T [--by WHAT] "
                "[OPTION...]",
        .text = "Gives the energy of all nodes in the window to the jobs that were on\n"
                "them, by CPUs; what nobody had stands in rows of its own, so that all\n"
                "rows add up to what the nodes drew.\n",
        .options = own,
        .n_options = sizeof own / sizeof *own,
    };
    struct mp_options options;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (start == NULL || end == NULL)
        return mp_fail(err, MP_FAULT_USAGE, "account: --%s is missing",
                       start == NULL ? "start" : "end");
    if (mp_time_parse(start, "--start", &request.start, err) < 0 ||
        mp_time_parse(end, "--end", &request.end, err) < 0 ||
        choose("by", by, by_names, &by_number, err) < 0 ||
        choose("format", format, format_names, &format_number, err) < 0)
        return -1;
    if (request.start >= request.end)
        return mp_fail(err, MP_FAULT_USAGE, "--start %s is not before --end %s", start,
                       end);
    request.by = (enum mp_account_by)by_number;
    return run_account(&options, &request, format_number, err);
}
