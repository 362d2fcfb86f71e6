/* SPDX-License-Identifier: MIT
 * writer_drive.c - a worker reduced to its trust boundary, for the tests of it: start the
 * spawner, then take a secret into memory, then hand samples to a writer.
 *
 *     writer_drive key=value...
 *       uid gid user        the job's owner (ours)
 *       jobdir outdir       where the report goes
 *       label name          of the job (42, none)
 *       directory           of the report, below the place it goes to (power_<label>)
 *       samples             how many per series (100)
 *       secret              a file whose text is kept in memory
 *       pause               comma list of: started, half, end.  Print "paused WHERE" and
 *                           wait for a line on standard input
 *       cut                 half, end: close the stream there
 *       repeat              so many reports (1)
 *       other               UID:GID:USER: every second report is job 43 of this owner's
 *       note                no report but a note with this text
 *       retry               1: after a failure of the directory, again without jobdir
 *
 * Prints "worker PID" first; then verdict, path, user, fallback, why, a line each, or
 * directory_failed and fault; exits with the status `profile` would have, the error on
 * standard error.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wait.h"
#include "cli/command.h"
#include "writer/writer.h"

enum { N_SERIES = 3, STEP_US = 5000000, BATCH = 50 };

static const char *value_of(int argc, char **argv, const char *key, const char *otherwise)
{
    size_t n = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
            return argv[i] + n + 1;
    return otherwise;
}

static bool listed(const char *list, const char *word)
{
    return list != NULL && strstr(list, word) != NULL;
}

static void pause_at(const char *list, const char *where)
{
    char line[16];

    if (!listed(list, where))
        return;
    printf("paused %s\n", where);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL)
        exit(9);
}

static int make_plan(struct mp_plan *plan, int64_t samples, struct mp_error *err)
{
    struct mp_metric metrics[N_SERIES] = {
        {.name = (char *)"SystemInputPower", .role = MP_ROLE_INPUT},
        {.name = (char *)"TotalCPUPower", .role = MP_ROLE_CPU},
        {.name = (char *)"TotalFanPower", .role = MP_ROLE_FAN}};
    struct mp_route route = {.name = (char *)"rpc",
                             .prefix = (char *)"rpc",
                             .metrics = metrics,
                             .n_metrics = N_SERIES};
    char *node = (char *)"rpc-91-1";
    int64_t start = INT64_C(1760497200000000);

    return mp_plan_make(plan, &node, 1, &route, 1, start, start + samples * STEP_US, err);
}

static int add_series(const struct mp_plan *plan, struct mp_series_table *table,
                      struct mp_error *err)
{
    for (uint32_t i = 0; i < N_SERIES; i++) {
        struct mp_series s = {.hostname = (char *)"rpc-91-1",
                              .fqdd = (char *)"PowerMetrics",
                              .metric = plan->routes[0].metrics[i].name,
                              .units = (char *)"W",
                              .metric_index = i};
        uint32_t index;

        if (mp_series_add(table, &s, &index, err) < 0)
            return -1;
    }
    return 0;
}

/* As a backend does: begin, batch..., end, or abort and -1. */
static int fetch(struct mp_sink *sink, const struct mp_plan *plan,
                 struct mp_series_table *series, int argc, char **argv,
                 struct mp_error *err)
{
    const char *pause = value_of(argc, argv, "pause", NULL);
    const char *cut = value_of(argc, argv, "cut", "");
    int64_t n = (plan->end - plan->start) / STEP_US;
    struct mp_sample batch[N_SERIES * BATCH];

    if (mp_sink_begin(sink, plan, series, err) < 0 || add_series(plan, series, err) < 0)
        goto failed;
    for (int64_t i = 0; i < n;) {
        size_t filled = 0;

        if (i == 0 || (i <= n / 2 && i + BATCH > n / 2))
            pause_at(pause, i == 0 ? "started" : "half");
        if (i > n / 2 && listed(cut, "half")) {
            mp_fail(err, MP_FAULT_FAILED, "cut half-way");
            goto failed;
        }
        for (int k = 0; k < BATCH && i < n; k++, i++)
            for (uint32_t s = 0; s < N_SERIES; s++)
                batch[filled++] =
                    (struct mp_sample){.time = plan->start + i * STEP_US,
                                       .value = (double)(500 - 100 * (int)s + i % 7),
                                       .series = s,
                                       .kind = MP_VALUE_INT};
        if (mp_sink_batch(sink, batch, filled, err) < 0)
            goto failed;
    }
    pause_at(pause, "end");
    if (!listed(cut, "end"))
        return mp_sink_end(sink, err);
    mp_fail(err, MP_FAULT_FAILED, "cut at the end");
failed:
    mp_sink_abort(sink);
    return -1;
}

static int write_note(struct mp_spawner *spawner, const struct mp_writer_request *request,
                      const char *text, struct mp_error *err)
{
    const struct mp_notice_request note = {
        .label = request->job->label,
        .user = request->job->user,
        .uid = request->uid,
        .gid = request->gid,
        .jobdir = request->jobdir,
        .text = text,
    };
    struct mp_notice *n;
    int rc = mp_notice_start(&n, spawner, &note, err) < 0 ? -1 : 1;

    while (rc > 0) {
        mp_wait_fd(NULL, mp_notice_fd(n), POLLIN, mp_notice_until(n), NULL);
        rc = mp_notice_go_on(n, err);
        if (rc <= 0) {
            printf("stalled %d\n", mp_notice_stalled(n));
            mp_notice_free(n);
        }
    }
    return rc;
}

static int write_once(struct mp_spawner *spawner, const struct mp_writer_request *request,
                      const struct mp_run *run, int argc, char **argv, bool *elsewhere,
                      struct mp_error *err)
{
    struct mp_plan plan = {0};
    struct mp_series_table series = {0};
    struct mp_findings findings = {0};
    struct mp_writer_result result;
    struct mp_writer *writer = NULL;
    int64_t samples = atol(value_of(argc, argv, "samples", "100"));
    int rc = -1;

    if (mp_findings_warn(&findings, err, "a warning") < 0 ||
        make_plan(&plan, samples, err) < 0 ||
        mp_writer_start(spawner, request, run, &writer, err) < 0)
        goto out;
    if (fetch(mp_writer_sink(writer), &plan, &series, argc, argv, err) == 0 &&
        mp_writer_end(writer, &findings, "csv", "csv: made up", err) == 0 &&
        mp_writer_wait(writer, &result, err) == 0) {
        printf("verdict %s\npath %s\nuser %s\nfallback %d\nwhy %s\n",
               mp_verdict_name(result.verdict), result.path, result.user, result.fallback,
               result.why);
        rc = 0;
    } else {
        *elsewhere = mp_writer_directory_failed(writer);
        printf("directory_failed %d\nfault %s\n", *elsewhere,
               err->fault == MP_FAULT_STOPPED ? "stopped" : "other");
    }
out:
    mp_writer_free(writer);
    mp_plan_free(&plan);
    mp_series_table_free(&series);
    mp_findings_free(&findings);
    return rc;
}

/* Every second report is somebody else's. */
static int write_all_reports(struct mp_spawner *spawner,
                             struct mp_writer_request *request, const struct mp_run *run,
                             int argc, char **argv, bool *elsewhere, struct mp_error *err)
{
    long n = atol(value_of(argc, argv, "repeat", "1"));
    struct mp_writer_request other = *request;
    struct mp_job job = *request->job;
    unsigned uid, gid;
    char user[64];
    bool two =
        sscanf(value_of(argc, argv, "other", ""), "%u:%u:%63s", &uid, &gid, user) == 3;

    if (two) {
        job.label = (char *)"43";
        job.user = user;
        other.job = &job;
        other.uid = uid;
        other.gid = gid;
    }
    for (long i = 0; i < n; i++)
        if (write_once(spawner, two && i % 2 == 1 ? &other : request, run, argc, argv,
                       elsewhere, err) < 0)
            return -1;
    return 0;
}

static char *read_secret(const char *path)
{
    char *text = calloc(1, 256);
    FILE *f = path != NULL ? fopen(path, "r") : NULL;

    if (f != NULL) {
        if (fgets(text, 256, f) == NULL)
            text[0] = '\0';
        fclose(f);
    }
    return text;
}

int main(int argc, char **argv)
{
    struct mp_job job = {
        .label = (char *)value_of(argc, argv, "label", "42"),
        .user = (char *)value_of(argc, argv, "user", NULL),
        .name = (char *)value_of(argc, argv, "name", NULL),
        .directory = (char *)value_of(argc, argv, "directory", NULL),
        .nodelist = (char *)"rpc-91-1",
        .start = INT64_C(1760497200000000),
    };
    struct mp_writer_request request = {
        .job = &job,
        .uid = (uid_t)atol(value_of(argc, argv, "uid", "-1")),
        .gid = (gid_t)atol(value_of(argc, argv, "gid", "-1")),
        .jobdir = value_of(argc, argv, "jobdir", NULL),
        .outdir = value_of(argc, argv, "outdir", ""),
        .parts = {.page = true, .raw_limit = INT64_MAX},
    };
    struct mp_spawner *spawner = NULL;
    struct mp_error err = {0};
    struct mp_run run;
    char *secret;
    bool elsewhere = false;
    int rc;

    if (argc > 1 && strcmp(argv[1], "write-report") == 0) /* started by sudo */
        return mp_cmd_write_report(argc - 1, argv + 1, &rc, &err) < 0;
    if (value_of(argc, argv, "uid", NULL) == NULL)
        request.uid = geteuid();
    if (value_of(argc, argv, "gid", NULL) == NULL)
        request.gid = getegid();
    job.end = job.start + atol(value_of(argc, argv, "samples", "100")) * STEP_US;
    if (mp_spawner_start(&spawner, &err) < 0 || mp_run_init(&run, "drive", &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    run.deadline_us = mp_clock_us() + INT64_C(60000000);
    printf("worker %ld\n", (long)getpid());
    fflush(stdout);
    secret = read_secret(value_of(argc, argv, "secret", NULL));
    rc = value_of(argc, argv, "note", NULL) != NULL
             ? write_note(spawner, &request, value_of(argc, argv, "note", ""), &err)
             : write_all_reports(spawner, &request, &run, argc, argv, &elsewhere, &err);
    if (rc < 0 && elsewhere && value_of(argc, argv, "retry", NULL) != NULL) {
        request.jobdir = NULL;
        rc = write_once(spawner, &request, &run, argc, argv, &elsewhere, &err);
    }
    if (rc < 0)
        fprintf(stderr, "%s\n", err.text);
    mp_spawner_stop(spawner);
    mp_run_close(&run);
    free(secret);
    return rc < 0 ? mp_fault_exit_status(err.fault) : 0;
}
