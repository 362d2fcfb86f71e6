/* SPDX-License-Identifier: MIT
 * fetch.c - `monster-power fetch`: the samples of a job as CSV on standard output. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>
#include <unistd.h>

#include "base/utf8.h"
#include "energy/presence.h"
#include "report/rawcsv.h"
#include "session/session.h"

/* Names of the database's may stand in it. */
static void tell_line(const char *text)
{
    char shown[1024];

    mp_utf8_escape(shown, sizeof shown, text);
    fprintf(stderr, "monster-power: %s\n", shown);
}

static void tell_missing(const char *node, const char *metric, const char *reason)
{
    char line[1024];

    snprintf(line, sizeof line, "%s%s%s: %s", node != NULL ? node : "",
             node != NULL && metric != NULL ? ", " : "", metric != NULL ? metric : "",
             reason);
    tell_line(line);
}

/* Nodes and metrics without a row, but for those of which the backend knows why. */
static void tell_absent(const struct mp_presences *p, const struct mp_findings *f)
{
    for (size_t i = 0; i < p->plan->n_nodes; i++) {
        const struct mp_plan_node *node = &p->plan->nodes[i];
        const struct mp_route *route = &p->plan->routes[node->route];
        bool silent = mp_presence_silent(p, i);

        for (size_t m = 0; m < route->n_metrics; m++) {
            if (*mp_presence_at(p, i, m) != MP_ABSENT ||
                mp_presence_reason(p, f, i, m) != NULL)
                continue;
            tell_missing(node->name, silent ? NULL : route->metrics[m].name,
                         MP_ABSENT_REASON);
            if (silent)
                break;
        }
    }
}

/* What the CSV does not say. */
static int tell(const struct mp_session *s, struct mp_error *err)
{
    const struct mp_findings *f = &s->findings;
    struct mp_presences presences;

    if (mp_presences_of_series(&presences, &s->plan, &s->series, err) < 0)
        return -1;
    for (size_t i = 0; i < f->n_warnings; i++)
        tell_line(f->warnings[i]);
    for (size_t i = 0; i < f->n_missing; i++)
        tell_missing(f->missing[i].node, f->missing[i].metric, f->missing[i].reason);
    tell_absent(&presences, f);
    mp_presences_free(&presences);
    return 0;
}

int mp_cmd_fetch(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    struct mp_selection sel = {0};
    const struct mp_option own[] = {
        {"job-id", "ID", "the job; alone, it is looked up in the database", &sel.job_id,
         NULL},
        {"start", "T", "Unix seconds, or ISO 8601; without an offset, local time",
         &sel.start, NULL},
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
        rc = tell(&session, err);
    if (rc < 0 && mp_rawcsv_is_unread(csv)) /* `fetch | head`: it has all it wanted */
        rc = 0;
out:
    mp_rawcsv_free(csv);
    mp_session_close(&session);
    return rc;
}
