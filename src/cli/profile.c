/* SPDX-License-Identifier: MIT
 * profile.c - `monster-power profile`: the report of one job, in the foreground.
 *
 * The whole path on one page: options -> session (settings, job, plan, backend) -> fetch
 * into the report's sinks -> files in place -> a line for the user.
 */
#include "config.h"

#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "chart/text.h"
#include "session/estimate.h"
#include "session/progress.h"
#include "report/report.h"
#include "session/session.h"

static const char usage_text[] =
    "Fetches the power samples of a job's nodes and writes DIR/power_<ID>/ with\n"
    "raw_power.csv, timeseries.png/.pdf, energy_pie.png/.pdf, report.html, report.txt,\n"
    "summary.json, and from four nodes on nodes.png/.pdf.\n"
    "With --job-id alone, window, nodes and owner are looked up in the database.\n";

enum { REASONS_SHOWN = 10 };

/* What the ± is, and what it is not. */
static void tell_interval(const struct mp_energy_result *r)
{
    if (isnan(r->uncertainty.kwh))
        puts("  without \xC2\xB1: some series has fewer than three samples");
    else
        printf("  \xC2\xB1 %.2g %% (sampling, 95 %%); %s\n",
               100 * r->uncertainty.kwh / r->total_kwh, mp_sensor_words(&r->uncertainty));
}

static void tell_share(const struct mp_energy_result *r)
{
    char share[64], low[64], high[64];

    if (!r->shared || isnan(r->share.kwh))
        return;
    mp_text_energy(r->share.kwh, r->uncertainty.kwh * (r->share.kwh / r->total_kwh),
                   share, sizeof share);
    mp_text_energy(r->share.low_kwh, NAN, low, sizeof low);
    mp_text_energy(r->share.high_kwh, NAN, high, sizeof high);
    printf("  this job's share of the shared nodes: %s (%s to %s)\n", share, low, high);
}

static void tell_site(const struct mp_site *site, double kwh)
{
    char pue[40] = "";

    if (site->has_pue)
        snprintf(pue, sizeof pue, ", PUE %.4g", site->pue);
    if (!isnan(mp_site_cost(site, kwh)))
        printf("  %.2f %s (%.4g a kWh%s)\n", mp_site_cost(site, kwh), site->currency,
               site->price, pue);
    if (!isnan(mp_site_carbon(site, kwh)))
        printf("  %.3g g CO2 equivalent (%.4g g a kWh%s)\n", mp_site_carbon(site, kwh),
               site->carbon_g, pue);
}

/* Names of the database's may stand in it. */
static void tell_detail(const char *text)
{
    char shown[1024];

    mp_utf8_escape(shown, sizeof shown, text);
    printf("  %s\n", shown);
}

/* One line that answers the question, then what is in the way of trusting it. */
static void tell(const struct mp_report *report, const struct mp_findings *findings)
{
    const struct mp_energy_result *r = mp_report_result(report);
    char energy[128];
    char power[64];

    mp_text_energy(r->total_kwh, r->uncertainty.kwh, energy, sizeof energy);
    mp_text_power(r->power.mean_w, power, sizeof power);
    if (isnan(r->total_kwh))
        printf("%s: no input power, %s\n", mp_report_path(report),
               mp_verdict_name(r->verdict));
    else
        printf("%s: %s, %s on average, %s\n", mp_report_path(report), energy, power,
               mp_verdict_name(r->verdict));
    if (!isnan(r->total_kwh))
        tell_interval(r);
    tell_share(r);
    tell_site(mp_report_site(report), mp_headline_kwh(r));
    for (size_t i = 0; i < r->n_reasons && i < REASONS_SHOWN; i++)
        tell_detail(r->reasons[i]);
    if (r->n_reasons > REASONS_SHOWN)
        printf("  and %zu more reasons, see summary.json\n",
               r->n_reasons - REASONS_SHOWN);
    for (size_t i = 0; i < findings->n_warnings && i < REASONS_SHOWN; i++)
        tell_detail(findings->warnings[i]);
    mp_raw_file_reason(mp_report_raw(report), energy, sizeof energy);
    if (energy[0] != '\0')
        printf("  rows %s\n", energy);
}

static int write_report(struct mp_session *session, const char *outdir,
                        const struct mp_options *options, int *exit_status,
                        struct mp_error *err)
{
    const struct mp_report_parts parts = mp_report_parts(&session->settings);
    struct mp_report *report = NULL;
    struct mp_progress progress;
    struct mp_sink *sinks[2];
    struct mp_tee tee;
    enum mp_verdict verdict;
    int rc = -1;

    if (mp_report_new(&report, outdir, &session->job, &parts, NULL, err) < 0)
        goto out;
    if (mp_session_know(session, err) < 0)
        goto out;
    mp_report_set_occupancy(report, &session->occupancy);
    sinks[0] = mp_report_sink(report);
    mp_progress_init(&progress);
    sinks[1] = &progress.sink;
    mp_tee_init(&tee, sinks, !options->quiet && isatty(STDERR_FILENO) ? 2 : 1);
    if (mp_session_fetch(session, &tee.sink, err) < 0 ||
        mp_run_check(&session->run, err) < 0 ||
        mp_report_finish(report, &session->plan, &session->series, &session->findings,
                         session->backend->ops->name, session->backend->label, &verdict,
                         err) < 0)
        goto out;
    if (!options->quiet)
        tell(report, &session->findings);
    *exit_status = verdict == MP_VALID ? 0 : 4;
    rc = 0;
out:
    mp_report_free(report);
    return rc;
}

/* "3.6 million", "70 GB": three digits are as many as an estimate has. */
static const char *about(double n, const char *const units[4], char *out, size_t size)
{
    int i = 0;

    for (; n >= 999.5 && i < 3; i++)
        n /= 1000;
    snprintf(out, size, n < 9.95 && i > 0 ? "%.1f%s" : "%.0f%s", n, units[i]);
    return out;
}

static int estimate(struct mp_session *session, struct mp_error *err)
{
    static const char *const counts[] = {"", ",000", " million", " billion"};
    static const char *const sizes[] = {" bytes", " kB", " MB", " GB"};
    const struct mp_power_config *power = session->settings.power;
    char rows[32], bytes[32], read[32], time[32];
    struct mp_estimate e;

    if (mp_session_estimate(session, &e, err) < 0)
        return -1;
    mp_text_duration(e.read_us, read, sizeof read);
    mp_text_duration((int64_t)(fmax(1, ceil(e.seconds)) * 1e6), time, sizeof time);
    printf("about %s rows, %s as raw_power.csv, %s to read them from %s\n"
           "(from %s of the window; the pictures come on top)\n",
           about(e.rows, counts, rows, sizeof rows),
           about(e.bytes, sizes, bytes, sizeof bytes), time, session->backend->label,
           read);
    if (e.rows > power->raw_limit)
        printf("above raw_limit (%d rows): the report would not keep them\n",
               power->raw_limit);
    return 0;
}

int mp_cmd_profile(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    struct mp_selection sel = {0};
    const char *outdir = NULL;
    bool only_estimate = false;
    const struct mp_option own[] = {
        {"job-id", "ID", "the job's number (array task 12_3, het component 12+1)",
         &sel.job_id, NULL},
        {"start", "T", "Unix seconds, or ISO 8601; without an offset, local time",
         &sel.start, NULL},
        {"end", "T", "the same", &sel.end, NULL},
        {"nodelist", "EXPR", "Slurm's expression: rpc-91-[1-4],rpg-93-1", &sel.nodelist,
         NULL},
        {"outdir", "DIR", "where power_<ID>/ goes", &outdir, NULL},
        {"estimate", NULL, "say how many rows, bytes and seconds it would take", NULL,
         &only_estimate},
    };
    const struct mp_usage usage = {
        .line =
            "usage: monster-power profile --job-id ID --start T --end T --nodelist EXPR\n"
            "                             --outdir DIR [OPTION...]\n"
            "       monster-power profile --job-id ID --outdir DIR [OPTION...]\n"
            "       monster-power profile --input power_ID/raw_power.csv --outdir DIR\n"
            "       monster-power profile --estimate --job-id ID [OPTION...]",
        .text = usage_text,
        .options = own,
        .n_options = sizeof own / sizeof *own,
    };
    struct mp_options options;
    struct mp_session session;
    int rc = -1;

    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (!only_estimate && (outdir == NULL || (sel.job_id == NULL && sel.start != NULL)))
        return mp_fail(err, MP_FAULT_USAGE, "profile: --%s is missing",
                       outdir == NULL ? "outdir" : "job-id");
    if (mp_session_open(&session, "profile", &options, &sel, err) == 0) {
        mp_session_tell_backend(&session, &options);
        rc = only_estimate ? estimate(&session, err)
                           : write_report(&session, outdir, &options, exit_status, err);
    }
    mp_session_close(&session);
    return rc;
}
