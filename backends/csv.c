/* SPDX-License-Identifier: MIT
 * csv.c - the replay backend: samples from a raw_power.csv, a file or standard input. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/csv/beside.h"
#include "backends/csv/fetch.h"
#include "backends/csv/jobs.h"
#include "backends/csv/section.h"
#include "base/zone.h"

extern const struct mp_backend_ops mp_backend_csv;

static const struct mp_key csv_keys[] = {
    MP_KEY(struct mp_csv_config, input, "input", MP_KEY_STRING, "",
           .env = {"MONSTER_POWER_CSV_INPUT"},
           .help = "The raw_power.csv to replay; - is standard input. Usually given as "
                   "--input."),
};

static const struct mp_keys section = {
    .section = "csv",
    .help = "The csv backend.",
    .key = csv_keys,
    .n = sizeof csv_keys / sizeof *csv_keys,
    .size = sizeof(struct mp_csv_config),
};

static const struct mp_keys *const sections[] = {&section, NULL};

struct csv {
    struct mp_backend backend;
    const char *input; /* borrowed from [csv]; "-" is standard input */
    bool consumed;     /* standard input has been read */
};

static bool is_stdin(const struct csv *csv)
{
    return strcmp(csv->input, "-") == 0;
}

static const char *name_of(const struct csv *csv)
{
    return is_stdin(csv) ? "standard input" : csv->input;
}

/* A named pipe is opened without waiting for its writer: the reader waits, where it can
 * be stopped. */
static int open_input(const struct csv *csv, int *fd, struct mp_error *err)
{
    *fd = is_stdin(csv) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                        : open(csv->input, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0 ||
        (!is_stdin(csv) && fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) & ~O_NONBLOCK) < 0))
        return mp_fail(err, MP_FAULT_FAILED, "cannot open %s: %s", name_of(csv),
                       strerror(errno));
    return 0;
}

/* Will it open?  A named pipe must not be tried: its writer would see its reader go. */
static int look_for_input(const struct csv *csv, struct mp_error *err)
{
    if (is_stdin(csv) || faccessat(AT_FDCWD, csv->input, R_OK, AT_EACCESS) == 0)
        return 0;
    return mp_fail(err, MP_FAULT_FAILED, "cannot open %s: %s", csv->input,
                   strerror(errno));
}

static int csv_open(const struct mp_backend_config *config, const struct mp_run *run,
                    struct mp_backend **out, struct mp_error *err)
{
    struct csv *csv = calloc(1, sizeof *csv);

    (void)run;
    *out = NULL;
    if (csv == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the csv backend");
    csv->backend.ops = &mp_backend_csv;
    csv->input = ((const struct mp_csv_config *)config->section[0])->input;
    if (*csv->input == '\0') {
        mp_fail(
            err, MP_FAULT_USAGE,
            "backend csv: no input; give --input FILE (- is standard input) or set input "
            "in section [csv]");
        goto fail;
    }
    if (look_for_input(csv, err) < 0)
        goto fail;
    if (asprintf(&csv->backend.label, "csv: %s", name_of(csv)) < 0) {
        csv->backend.label = NULL;
        mp_fail(err, MP_FAULT_FAILED, "out of memory for the csv backend");
        goto fail;
    }
    *out = &csv->backend;
    return 0;
fail:
    free(csv);
    return -1;
}

static int csv_fetch(struct mp_backend *b, const struct mp_plan *plan,
                     struct mp_emit *emit, struct mp_error *err)
{
    struct csv *csv = (struct csv *)b;
    struct mp_csv_reader reader = {0};
    struct mp_csv_header header;
    int fd = -1;
    int rc = -1;

    if (csv->consumed && is_stdin(csv))
        return mp_fail(err, MP_FAULT_FAILED, "standard input can be read only once");
    csv->consumed = true;
    if (open_input(csv, &fd, err) < 0)
        return -1;
    if (mp_csv_open(&reader, fd, name_of(csv), mp_emit_run(emit), err) == 0 &&
        mp_csv_header_read(&reader, &header, err) == 0)
        rc = mp_csv_rows(&reader, &header, plan, emit, err);
    mp_csv_close(&reader);
    close(fd);
    return rc;
}

/* The time in the first field of a line; false if there is none. */
static bool line_time(const char *line, const char *end, struct mp_civil *time)
{
    const char *comma = memchr(line, ',', (size_t)(end - line));

    return comma != NULL && mp_time_read(line, (size_t)(comma - line), time) == NULL;
}

/* The last time in the file's last bytes. */
static bool last_time(int fd, struct mp_civil *time)
{
    char tail[16 * 1024];
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof tail ? size - (off_t)sizeof tail : 0;
    ssize_t n = pread(fd, tail, sizeof tail, from);
    const char *end = tail + (n > 0 ? n : 0);

    while (end > tail) {
        const char *line = memrchr(tail, '\n', (size_t)(end - 1 - tail));

        line = line != NULL ? line + 1 : tail;
        if (line_time(line, end, time))
            return true;
        end = line;
    }
    return false;
}

static void report_times(const struct csv *csv, const struct mp_csv_reader *reader,
                         int fd, const struct mp_csv_field *first,
                         mp_check_report *report, void *arg)
{
    char what[512], a[MP_TIME_TEXT_MAX], b[MP_TIME_TEXT_MAX];
    struct mp_zone zone;
    struct mp_civil from, to;

    mp_zone_init(&zone);
    if (mp_time_read(first->text, first->len, &from) != NULL) {
        snprintf(what, sizeof what, "%s: line 2 does not start with a time", csv->input);
        report(arg, MP_CHECK_FAIL, what, "give a raw_power.csv");
        return;
    }
    size_t a_len = mp_time_text(&zone, from.us, from.naive, a);
    if (reader->input.unpacker != NULL) {
        snprintf(what, sizeof what, "%s: packed; samples from %.*s on", csv->input,
                 (int)a_len, a);
        report(arg, MP_CHECK_OK, what, NULL);
        return;
    }
    if (!reader->input.regular || !last_time(fd, &to))
        to = from;
    size_t b_len = mp_time_text(&zone, to.us, to.naive, b);
    snprintf(what, sizeof what, "%s: samples from %.*s to %.*s", csv->input, (int)a_len,
             a, (int)b_len, b);
    report(arg, MP_CHECK_OK, what, NULL);
}

static int csv_check(struct mp_backend *b, const struct mp_run *run,
                     mp_check_report *report, void *arg, struct mp_error *err)
{
    struct csv *csv = (struct csv *)b;
    struct mp_csv_reader reader = {0};
    struct mp_csv_header header;
    struct mp_csv_record rec;
    struct mp_error why = {0};
    struct stat st;
    int fd = -1;

    if (is_stdin(csv) || (stat(csv->input, &st) == 0 && S_ISFIFO(st.st_mode))) {
        report(arg, MP_CHECK_WARN, "csv: a stream cannot be looked at beforehand",
               "name a file as input in section [csv]");
        return 0;
    }
    if (open_input(csv, &fd, err) < 0)
        return -1;
    if (mp_csv_open(&reader, fd, csv->input, run, &why) < 0 ||
        mp_csv_header_read(&reader, &header, &why) < 0) {
        report(arg, MP_CHECK_FAIL, why.text, "give a raw_power.csv");
    } else {
        int rc = mp_csv_next(&reader, &rec, &why);

        if (rc < 0)
            report(arg, MP_CHECK_FAIL, why.text, "give a raw_power.csv");
        else if (rc == 0)
            report(arg, MP_CHECK_WARN, "csv: a header, but no samples", NULL);
        else
            report_times(csv, &reader, fd, &rec.fields[header.place[MP_CSV_TIMESTAMP]],
                         report, arg);
    }
    mp_csv_close(&reader);
    close(fd);
    return 0;
}

/* The summary beside the file knows it. */
static int csv_find_job(struct mp_backend *b, const char *label, const struct mp_run *run,
                        struct mp_job *job, struct mp_error *err)
{
    const char *input = ((struct csv *)b)->input;

    (void)run;
    if (mp_csv_beside_job(input, job, err) < 0)
        return -1;
    if (job->label != NULL && (label == NULL || strcmp(job->label, label) == 0))
        return 0;
    mp_job_free(job);
    return mp_fail(err, MP_FAULT_USAGE,
                   "%s has no summary.json of %s%s beside it: give --start, --end and "
                   "--nodelist",
                   input, label != NULL ? "job " : "a report",
                   label != NULL ? label : "");
}

static int csv_know_job(struct mp_backend *b, const struct mp_plan *plan,
                        const struct mp_run *run, struct mp_job *job,
                        struct mp_occupancy *o, struct mp_error *err)
{
    const char *input = ((struct csv *)b)->input;
    struct mp_job beside;

    if (mp_csv_beside_job(input, &beside, &(struct mp_error){0}) == 0 &&
        job->suspended == 0)
        job->suspended = beside.suspended;
    mp_job_free(&beside);
    if (is_stdin((struct csv *)b))
        return 0;
    if (mp_csv_jobs_read(input, job->label, plan, run, o, err) < 0)
        return -1;
    return mp_csv_beside_sharing(input, plan, o, err);
}

static void csv_close(struct mp_backend *b)
{
    free(b);
}

const struct mp_backend_ops mp_backend_csv = {
    .name = "csv",
    .summary = "replay of a raw_power.csv, for working offline",
    .sections = sections,
    .one_job = true,
    .open = csv_open,
    .fetch = csv_fetch,
    .find_job = csv_find_job,
    .know_job = csv_know_job,
    .check = csv_check,
    .close = csv_close,
};
