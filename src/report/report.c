/* SPDX-License-Identifier: MIT
 * report.c - a report: the sinks that take the samples in, and the files made of them. */
#include "config.h"

#include "report/report.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chart/chart.h"
#include "energy/evaluate.h"
#include "report/digest.h"
#include "report/html.h"
#include "report/jobs.h"
#include "model/place.h"
#include "report/outdir.h"
#include "report/rawcsv.h"
#include "chart/reduce.h"
#include "report/screen.h"
#include "report/summary.h"

struct mp_report {
    const struct mp_job *job; /* borrowed */
    struct mp_outdir *dir;
    struct mp_rawcsv *rawcsv;
    struct mp_energy *energy;
    struct mp_reduce *reduce;
    struct mp_traces traces; /* followed by both */
    struct mp_tee tee;
    const struct mp_occupancy *occupancy; /* borrowed; NULL: nobody knows */
    struct mp_report_parts parts;
    struct mp_raw_file raw;
    const struct mp_energy_result *result; /* owned by `energy` */
};

static const char *const raw_names[MP_N_RAW] = {
    [MP_RAW_CSV] = "raw_power.csv", [MP_RAW_ZST] = "raw_power.csv.zst"};

struct mp_report_parts mp_report_parts(const struct mp_settings *settings)
{
    const struct mp_power_config *power = settings->power;

    return (struct mp_report_parts){
        .page = strcmp(power->html, "no") != 0,
        .raw = strcmp(power->raw, "none") == 0      ? MP_RAW_NONE
               : strcmp(power->raw, "csv.zst") == 0 ? MP_RAW_ZST
                                                    : MP_RAW_CSV,
        .raw_limit = (uint64_t)power->raw_limit,
        .site = mp_site_of(settings->site),
    };
}

static int open_raw(struct mp_report *r, struct mp_error *err)
{
    const char *name = raw_names[r->parts.raw];
    int fd = -1;

    if ((name != NULL && mp_outdir_create(r->dir, name, &fd, err) < 0) ||
        mp_rawcsv_new(&r->rawcsv, fd, name != NULL ? name : "no file", err) < 0)
        return -1;
    mp_rawcsv_set_limit(r->rawcsv, name != NULL ? r->parts.raw_limit : 0);
    return r->parts.raw == MP_RAW_ZST ? mp_rawcsv_pack(r->rawcsv, err) : 0;
}

/* With r->rawcsv there already. */
static int make_sinks(struct mp_report *r, struct mp_error *err)
{
    if (mp_energy_new(&r->energy, err) < 0 || mp_reduce_new(&r->reduce, err) < 0)
        return -1;
    mp_traces_init(&r->traces,
                   (struct mp_follower *[]){mp_energy_follower(r->energy),
                                            mp_reduce_follower(r->reduce)},
                   2);
    mp_tee_init(&r->tee, (struct mp_sink *[]){mp_rawcsv_sink(r->rawcsv), &r->traces.sink},
                2);
    return 0;
}

int mp_report_new(struct mp_report **out, const char *outdir, const struct mp_job *job,
                  const struct mp_report_parts *parts,
                  const struct mp_outdir_owner *give_to, struct mp_error *err)
{
    struct mp_report *r = calloc(1, sizeof *r);
    char usual[MP_PLACE_SIZE];

    if (r == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a report");
    r->job = job;
    r->parts = *parts;
    mp_place_usual(usual, job->label);
    if (mp_outdir_new(&r->dir, outdir, job->directory != NULL ? job->directory : usual,
                      give_to, err) < 0 ||
        open_raw(r, err) < 0 || make_sinks(r, err) < 0) {
        mp_report_free(r);
        return -1;
    }
    *out = r;
    return 0;
}

int mp_report_rehearse(struct mp_report **out, const struct mp_job *job,
                       struct mp_error *err)
{
    struct mp_report *r = calloc(1, sizeof *r);

    if (r == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a report");
    r->job = job;
    if (mp_rawcsv_new(&r->rawcsv, -1, "nothing", err) < 0 || make_sinks(r, err) < 0) {
        mp_report_free(r);
        return -1;
    }
    *out = r;
    return 0;
}

/* What became of the rows. */
static struct mp_raw_file keep_raw(struct mp_report *r)
{
    struct mp_raw_file raw = {.name = raw_names[r->parts.raw],
                              .rows = mp_rawcsv_rows(r->rawcsv)};

    if (raw.name != NULL && mp_rawcsv_is_over(r->rawcsv)) {
        mp_outdir_discard(r->dir, raw.name);
        raw.name = NULL;
        raw.limit = r->parts.raw_limit;
    }
    return raw;
}

void mp_report_set_occupancy(struct mp_report *r, const struct mp_occupancy *o)
{
    r->occupancy = o;
    mp_energy_set_occupancy(r->energy, o);
}

struct mp_sink *mp_report_sink(struct mp_report *r)
{
    return &r->tee.sink;
}

static int write_page(struct mp_report *r, const struct mp_html_input *in,
                      struct mp_error *err)
{
    int fd;

    if (mp_outdir_create(r->dir, "report.html", &fd, err) < 0)
        return -1;
    return mp_html_write(in, fd, err);
}

static int draw_charts(struct mp_report *r, const struct mp_chart_input *in,
                       struct mp_error *err)
{
    struct mp_chart_svgs svgs = {0};
    const struct mp_html_input page = {in, &svgs};
    int fds[MP_N_CHARTS];
    int rc;

    for (int i = 0; i < MP_N_CHARTS; i++) {
        const enum mp_chart_file file = (enum mp_chart_file)i;

        fds[i] = -1;
        if (mp_chart_has_file(in, file) &&
            mp_outdir_create(r->dir, mp_chart_file_name(file), &fds[i], err) < 0)
            return -1;
    }
    rc = mp_chart_draw(in, fds, r->parts.page ? &svgs : NULL, err);
    if (rc == 0 && r->parts.page)
        rc = write_page(r, &page, err);
    mp_chart_svgs_free(&svgs);
    return rc;
}

/* Where nobody else was there it would say nothing. */
static int write_jobs(struct mp_report *r, const struct mp_plan *plan,
                      struct mp_error *err)
{
    int fd;

    if (r->occupancy == NULL || r->occupancy->n_stays == 0)
        return 0;
    if (mp_outdir_create(r->dir, "jobs.csv", &fd, err) < 0)
        return -1;
    return mp_jobs_write(r->job, plan, r->occupancy, fd, err);
}

static int write_text(struct mp_report *r, const struct mp_summary_input *in,
                      struct mp_error *err)
{
    struct mp_screen screen = {.width = MP_SCREEN_USUAL, .utf8 = true};
    struct mp_digest digest = {0};
    int fd, rc = -1;

    if (mp_outdir_create(r->dir, "report.txt", &fd, err) < 0 ||
        mp_digest_make(&digest, in, err) < 0)
        goto out;
    screen.out = fdopen(dup(fd), "w");
    if (screen.out != NULL)
        mp_screen_report(&screen, &digest);
    rc = 0;
    if (screen.out == NULL || ferror(screen.out) || fclose(screen.out) != 0)
        rc =
            mp_fail(err, MP_FAULT_FAILED, "cannot write report.txt: %s", strerror(errno));
out:
    mp_digest_free(&digest);
    return rc;
}

static int write_summary(struct mp_report *r, const struct mp_summary_input *in,
                         struct mp_error *err)
{
    int fd;

    if (mp_outdir_create(r->dir, "summary.json.part", &fd, err) < 0)
        return -1;
    return mp_summary_write(in, fd, err);
}

/* Pictures take as much memory as the samples did: what those needed goes back first. */
static void settle(struct mp_report *r)
{
    mp_energy_settle(r->energy);
    mp_traces_free(&r->traces);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

int mp_report_finish(struct mp_report *r, const struct mp_plan *plan,
                     const struct mp_series_table *series,
                     const struct mp_findings *findings, const char *backend,
                     const char *backend_label, enum mp_verdict *verdict,
                     struct mp_error *err)
{
    struct mp_chart_input chart = {.job = r->job, .plan = plan, .series = series};
    struct mp_summary_input summary = {
        .job = r->job,
        .plan = plan,
        .series = series,
        .findings = findings,
        .backend = backend,
        .backend_label = backend_label,
        .site = &r->parts.site,
    };

    if (series->n == 0 || mp_rawcsv_rows(r->rawcsv) == 0)
        return mp_fail(
            err, MP_FAULT_NO_SAMPLES,
            "no power samples of job %s's nodes in its window; nothing written",
            r->job->label);
    if (r->job->suspended > 0)
        mp_energy_set_suspended(r->energy);
    if (mp_energy_result(r->energy, findings, &summary.energy, err) < 0 ||
        mp_reduce_result(r->reduce, summary.energy, &chart.reduced, err) < 0)
        return -1;
    summary.raw = r->raw = keep_raw(r);
    chart.energy = summary.energy;
    r->result = summary.energy;
    settle(r);
    if (draw_charts(r, &chart, err) < 0 || write_jobs(r, plan, err) < 0 ||
        write_text(r, &summary, err) < 0 || write_summary(r, &summary, err) < 0 ||
        mp_outdir_commit(r->dir, err) < 0)
        return -1;
    *verdict = summary.energy->verdict;
    return 0;
}

const struct mp_energy_result *mp_report_result(const struct mp_report *r)
{
    return r->result;
}

uint64_t mp_report_rows(const struct mp_report *r)
{
    return mp_rawcsv_rows(r->rawcsv);
}

uint64_t mp_report_bytes(const struct mp_report *r)
{
    return mp_rawcsv_bytes(r->rawcsv);
}

const struct mp_raw_file *mp_report_raw(const struct mp_report *r)
{
    return &r->raw;
}

const struct mp_site *mp_report_site(const struct mp_report *r)
{
    return &r->parts.site;
}

const char *mp_report_path(const struct mp_report *r)
{
    return mp_outdir_path(r->dir);
}

void mp_report_free(struct mp_report *r)
{
    if (r == NULL)
        return;
    mp_rawcsv_free(r->rawcsv);
    mp_energy_free(r->energy);
    mp_reduce_free(r->reduce);
    mp_traces_free(&r->traces);
    mp_outdir_free(r->dir);
    free(r);
}
