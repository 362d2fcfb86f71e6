/* SPDX-License-Identifier: MIT
 * fetch.c - `monster-power fetch`: the samples of a job as CSV on standard output. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>
#include <unistd.h>

#include "report/rawcsv.h"
#include "session/session.h"

/* What the CSV does not say. */
static void tell(const struct mp_findings *f)
{
    for (size_t i = 0; i < f->n_warnings; i++)
        fprintf(stderr, "monster-power: %s\n", f->warnings[i]);
    for (size_t i = 0; i < f->n_missing; i++) {
        const struct mp_missing *m = &f->missing[i];

        fprintf(stderr, "monster-power: %s%s%s: %s\n", m->node != NULL ? m->node : "",
                m->node != NULL && m->metric != NULL ? ", " : "",
                m->metric != NULL ? m->metric : "", m->reason);
    }
}

int mp_cmd_fetch(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    struct mp_selection sel = {0};
    const struct mp_option own[] = {
        {"job-id", "ID", "the job; alone, it is looked up in the database", &sel.job_id,
         NULL},
        {"start", "T", "Unix seconds, or ISO 8601 with an offset or Z", &sel.start, NULL},
        {"end", "T", "the same", &sel.end, NULL},
        {"nodelist", "EXPR", "Slurm's expression: rpc-91-[1-4],rpg-93-1", &sel.nodelist,
         NULL},
    };
    const struct mp_usage usage = {
        .line =
            "usage: monster-power fetch --start T --end T --nodelist EXPR [OPTION...]\n"
            "       monster-power fetch --job-id ID [OPTION...]",
        .text = "Prints every power sample of the nodes inside the window, both ends\n"
                "included, as CSV on standard output: the lines of raw_power.csv.\n",
        .options = own,
        .n_options = sizeof own / sizeof *own,
    };
    struct mp_options options;
    struct mp_session session;
    struct mp_rawcsv *csv = NULL;
    int rc = -1;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (mp_session_open(&session, "fetch", &options, &sel, err) < 0 ||
        mp_rawcsv_new(&csv, STDOUT_FILENO, "standard output", err) < 0)
        goto out;
    mp_session_tell_backend(&session, &options);
    mp_rawcsv_set_run(csv, &session.run);
    rc = mp_session_fetch(&session, mp_rawcsv_sink(csv), err);
    if (rc == 0 && !options.quiet)
        tell(&session.findings);
out:
    mp_rawcsv_free(csv);
    mp_session_close(&session);
    return rc;
}
