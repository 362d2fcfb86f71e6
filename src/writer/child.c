/* SPDX-License-Identifier: MIT
 * child.c - the writer: it is already who it will stay, holds no secret, and reads
 * what to write from its standard input. */
#include "config.h"

#include "writer/writer.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/wait.h"
#include "base/zone.h"
#include "chart/chart.h"
#include "model/place.h"
#include "report/report.h"
#include "writer/impl.h"
#include "writer/umask.h"

enum {
    TEXT_MAX = 1024 * 1024, /* a nodelist may be long */
    GRACE_S = 10,           /* between the deadline and the end of patience */
};

static const char magic[] = "monster-power " PACKAGE_VERSION;

int mp_hello_send(struct mp_wire_out *out, const struct mp_hello *hello,
                  struct mp_error *err)
{
    const struct mp_job *job = &hello->job;

    mp_wire_start(out, MP_WIRE_HELLO);
    mp_frame_put_text(out, magic);
    mp_frame_put_text(out, job->label);
    mp_frame_put_text(out, job->cluster);
    mp_frame_put_text(out, job->user);
    mp_frame_put_text(out, job->name);
    mp_frame_put_text(out, job->nodelist);
    mp_frame_put_text(out, job->directory);
    mp_frame_put_i64(out, job->start);
    mp_frame_put_i64(out, job->end);
    mp_frame_put_u32(out, job->restart_count);
    mp_frame_put_i64(out, job->suspended);
    mp_frame_put_i64(out, hello->deadline_ms);
    mp_frame_put_u32(out, hello->give);
    mp_frame_put_u32(out, hello->uid);
    mp_frame_put_u32(out, hello->gid);
    mp_frame_put_u32(out, hello->parts.page);
    mp_frame_put_u32(out, (uint32_t)hello->parts.raw);
    mp_frame_put_i64(out, (int64_t)hello->parts.raw_limit);
    mp_frame_put(out, &hello->parts.site.price, sizeof hello->parts.site.price);
    mp_frame_put(out, &hello->parts.site.carbon_g, sizeof hello->parts.site.carbon_g);
    mp_frame_put(out, &hello->parts.site.pue, sizeof hello->parts.site.pue);
    mp_frame_put_u32(out, hello->parts.site.has_pue);
    mp_frame_put_text(out, hello->parts.site.currency);
    mp_frame_put_text(out, hello->zone);
    mp_frame_put_text(out, hello->note);
    mp_frame_put_u32(out, (uint32_t)hello->n_places);
    for (size_t i = 0; i < hello->n_places; i++)
        mp_frame_put_text(out, hello->places[i]);
    return mp_wire_send(out, err);
}

/* A factor, or NaN for none. */
static int get_factor(struct mp_wire_frame *f, double *v)
{
    return mp_frame_get(f, v, sizeof *v) < 0 || *v < 0 || isinf(*v) ? -1 : 0;
}

static int get_site(struct mp_wire_frame *f, struct mp_site *site)
{
    uint32_t has_pue;
    char *currency = NULL;

    if (get_factor(f, &site->price) < 0 || get_factor(f, &site->carbon_g) < 0 ||
        get_factor(f, &site->pue) < 0 || isnan(site->pue) ||
        mp_frame_get_u32(f, &has_pue) < 0 || has_pue > 1 ||
        mp_frame_get_text(f, MP_CURRENCY_SIZE - 1, &currency) < 0)
        return -1;
    site->has_pue = has_pue == 1;
    snprintf(site->currency, sizeof site->currency, "%s",
             currency != NULL ? currency : "");
    free(currency);
    return 0;
}

static int get_parts(struct mp_wire_frame *f, struct mp_report_parts *parts)
{
    uint32_t page, raw;
    int64_t limit;

    if (mp_frame_get_u32(f, &page) < 0 || page > 1 || mp_frame_get_u32(f, &raw) < 0 ||
        raw >= MP_N_RAW || mp_frame_get_i64(f, &limit) < 0 || limit < 0)
        return -1;
    *parts = (struct mp_report_parts){page == 1, (enum mp_raw)raw, (uint64_t)limit,
                                      mp_site_none()};
    return get_site(f, &parts->site);
}

static int get_hello(struct mp_wire_frame *f, struct mp_hello *h)
{
    struct mp_job *job = &h->job;
    uint32_t give, n;

    if (mp_frame_get_text(f, 64, &job->label) < 0 || job->label == NULL ||
        mp_job_label_check(job->label, NULL) < 0 ||
        mp_frame_get_text(f, TEXT_MAX, &job->cluster) < 0 ||
        mp_frame_get_text(f, TEXT_MAX, &job->user) < 0 ||
        mp_frame_get_text(f, TEXT_MAX, &job->name) < 0 ||
        mp_frame_get_text(f, TEXT_MAX, &job->nodelist) < 0 ||
        mp_frame_get_text(f, MP_PLACE_SIZE, &job->directory) < 0 ||
        (job->directory != NULL && mp_place_check(job->directory) != NULL) ||
        mp_frame_get_i64(f, &job->start) < 0 || mp_frame_get_i64(f, &job->end) < 0 ||
        mp_frame_get_u32(f, &job->restart_count) < 0 ||
        mp_frame_get_i64(f, &job->suspended) < 0 || job->suspended < 0 ||
        job->suspended > MP_TIME_LAST || mp_frame_get_i64(f, &h->deadline_ms) < 0 ||
        mp_frame_get_u32(f, &give) < 0 || mp_frame_get_u32(f, &h->uid) < 0 ||
        mp_frame_get_u32(f, &h->gid) < 0 || get_parts(f, &h->parts) < 0 ||
        mp_frame_get_text(f, 128, &h->zone) < 0 ||
        mp_frame_get_text(f, MP_NOTE_MAX, &h->note) < 0 || mp_frame_get_u32(f, &n) < 0 ||
        n > MP_WIRE_PLACES_MAX)
        return -1;
    h->give = give != 0;
    while (h->n_places < n) {
        char **place = &h->places[h->n_places++]; /* freed also where it is refused */

        if (mp_frame_get_text(f, PATH_MAX, place) < 0 || *place == NULL || **place != '/')
            return -1;
    }
    return 0;
}

int mp_hello_receive(struct mp_wire_in *in, struct mp_hello *h, struct mp_error *err)
{
    struct mp_wire_frame f;
    char *theirs = NULL;
    int rc = mp_wire_next(in, &f, err);

    *h = (struct mp_hello){0};
    if (rc <= 0)
        return rc < 0 ? -1 : 1;
    if (f.type != MP_WIRE_HELLO || mp_frame_get_text(&f, 256, &theirs) < 0 ||
        theirs == NULL)
        rc = mp_wire_damaged(err, "no hello");
    else if (strcmp(theirs, magic) != 0)
        rc = mp_fail(err, MP_FAULT_FAILED,
                     "the worker is %s, its writer %s; restart monster-power-worker",
                     theirs, magic);
    else
        rc = get_hello(&f, h) < 0 ? mp_wire_damaged(err, "hello") : 0;
    free(theirs);
    return rc;
}

void mp_hello_free(struct mp_hello *h)
{
    mp_job_free(&h->job);
    free(h->zone);
    free(h->note);
    for (size_t i = 0; i < h->n_places; i++)
        free(h->places[i]);
}

/* Whatever hangs (a file server, say) must not keep us for ever. */
static void limit_time(struct mp_run *run, int64_t deadline_ms)
{
    run->deadline_us = INT64_MAX;
    alarm(0);
    if (deadline_ms <= 0)
        return;
    run->deadline_us = mp_clock_us() + deadline_ms * 1000;
    signal(SIGALRM, SIG_DFL);
    alarm((unsigned)(deadline_ms / 1000 < 86400 ? deadline_ms / 1000 : 86400) + GRACE_S);
}

static void set_zone(const char *zone)
{
    if (zone != NULL && mp_zone_is_plausible(zone))
        setenv("TZ", zone, 1);
    tzset();
}

/* The first place that will do; `why` tells about those that will not. */
static int open_place(struct mp_report **report, const struct mp_hello *h, size_t *place,
                      char why[512], struct mp_error *err)
{
    struct mp_outdir_owner owner = {.uid = h->uid, .gid = h->gid};
    size_t n = 0;

    why[0] = '\0';
    for (size_t i = 0; i < h->n_places; i++) {
        if (mp_report_new(report, h->places[i], &h->job, &h->parts,
                          h->give ? &owner : NULL, err) == 0) {
            *place = i;
            return 0;
        }
        n += (size_t)snprintf(why + n, 512 - n, "%s%s", n > 0 ? "; " : "", err->text);
        if (n >= 511)
            n = 511;
    }
    return mp_fail(err, MP_FAULT_FAILED, "%s",
                   why[0] != '\0' ? why : "no place was named");
}

static int send_ready(struct mp_wire_out *out, size_t place, const char *why,
                      struct mp_error *err)
{
    mp_wire_start(out, MP_WIRE_READY);
    mp_frame_put_u32(out, (uint32_t)place);
    mp_frame_put_text(out, why);
    return mp_wire_send(out, err);
}

static int say_done(struct mp_wire_out *out, enum mp_verdict verdict,
                    struct mp_error *err)
{
    mp_wire_start(out, MP_WIRE_DONE);
    mp_frame_put_u32(out, (uint32_t)verdict);
    return mp_wire_send(out, err);
}

static int write_note(struct mp_wire_out *out, const struct mp_hello *h,
                      struct mp_error *err)
{
    char usual[MP_PLACE_SIZE];

    if (h->n_places != 1 || h->give)
        return mp_wire_damaged(err, "a note without a place");
    mp_place_usual(usual, h->job.label);
    if (mp_outdir_note(h->places[0], h->job.directory != NULL ? h->job.directory : usual,
                       h->note, err) < 0)
        return -1;
    return say_done(out, MP_SUSPECT, err);
}

/* One report.  1: nobody wants one. */
static int write_one(struct mp_wire_in *in, struct mp_wire_out *out, struct mp_run *run,
                     bool *placed, struct mp_error *err)
{
    struct mp_wire_content content = {0};
    struct mp_report *report = NULL;
    struct mp_hello hello;
    enum mp_verdict verdict;
    char why[512];
    size_t place = 0;
    int rc = mp_hello_receive(in, &hello, err);

    *placed = false;
    if (rc != 0)
        goto out;
    rc = -1;
    limit_time(run, hello.deadline_ms);
    set_zone(hello.zone);
    if (hello.note != NULL) {
        rc = write_note(out, &hello, err);
        goto out;
    }
    if (open_place(&report, &hello, &place, why, err) < 0 ||
        send_ready(out, place, why, err) < 0)
        goto out;
    *placed = true;
    mp_report_set_occupancy(report, &content.occupancy);
    if (mp_wire_receive(in, &content, mp_report_sink(report), err) < 0 ||
        mp_report_finish(report, &content.plan, &content.series, &content.findings,
                         content.backend, content.backend_label, &verdict, err) < 0)
        goto out;
    rc = say_done(out, verdict, err);
out:
    mp_report_free(report);
    mp_wire_content_free(&content);
    mp_hello_free(&hello);
    return rc;
}

/* Between two reports.  False: told to go, with nothing to answer. */
static bool wait_for_another(struct mp_run *run)
{
    limit_time(run, 0);
    return mp_wait_fd(run, STDIN_FILENO, POLLIN, INT64_MAX, NULL) > 0;
}

static int write_reports(struct mp_wire_in *in, struct mp_wire_out *out,
                         struct mp_run *run, bool *placed, struct mp_error *err)
{
    int rc = write_one(in, out, run, placed, err);

    if (rc > 0)
        return mp_wire_damaged(err, "nobody sent anything");
    while (rc == 0 && wait_for_another(run))
        rc = write_one(in, out, run, placed, err);
    return rc < 0 ? -1 : 0;
}

/* A chart's pixels (6 MB) go from one report to the next: clearing fresh pages for them
 * took a tenth of a writer's time. */
static void keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
}

int mp_writer_serve(struct mp_error *err)
{
    struct mp_wire_in in;
    struct mp_wire_out out;
    struct mp_run run;
    bool placed;
    int rc;

    keep_memory();
    umask(027 | mp_owner_umask("/etc/login.defs"));
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of write */
    if (chdir("/") < 0 || mp_run_init(&run, "write-report", err) < 0)
        return -1;
    mp_wire_in_init(&in, STDIN_FILENO, &run);
    mp_wire_out_init(&out, STDOUT_FILENO, NULL);
    rc = write_reports(&in, &out, &run, &placed, err);
    if (rc < 0) {
        struct mp_error ignored;

        mp_wire_start(&out, MP_WIRE_FAILED);
        mp_frame_put_u32(&out, (uint32_t)err->fault);
        mp_frame_put_u32(&out, placed && err->fault == MP_FAULT_FAILED);
        mp_frame_put_text(&out, err->text);
        mp_wire_send(&out, &ignored);
    }
    mp_wire_in_free(&in);
    mp_wire_out_free(&out);
    mp_run_close(&run);
    return rc;
}
