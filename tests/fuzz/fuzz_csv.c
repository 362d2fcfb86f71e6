/* SPDX-License-Identifier: MIT
 * fuzz_csv.c - any bytes as a raw_power.csv: read them, write them as CSV, read that
 * again.
 *
 * Besides not crashing, three things must hold of whatever is accepted: samples of a
 * series come in order of time and inside the window, what is written is accepted, and it
 * is then written the same. */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends/csv/fetch.h"
#include "report/rawcsv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)                                                                      \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                   \
            abort();                                                                     \
        }                                                                                \
    } while (0)

enum { MAX_SERIES_SEEN = 4096 };

/* Checks what it is given and passes it on. */
struct checker {
    struct mp_sink sink;
    struct mp_sink *next;
    const struct mp_plan *plan;
    const struct mp_series_table *series;
    int64_t last[MAX_SERIES_SEEN];
};

static int check_begin(struct mp_sink *sink, const struct mp_plan *plan,
                       const struct mp_series_table *series, struct mp_error *err)
{
    struct checker *c = (struct checker *)sink;

    c->plan = plan;
    c->series = series;
    for (size_t i = 0; i < MAX_SERIES_SEEN; i++)
        c->last[i] = INT64_MIN;
    return mp_sink_begin(c->next, plan, series, err);
}

static int check_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                       struct mp_error *err)
{
    struct checker *c = (struct checker *)sink;

    for (size_t i = 0; i < n; i++) {
        const struct mp_sample *s = &samples[i];

        CHECK(s->series < c->series->n);
        CHECK(c->series->series[s->series].node < c->plan->n_nodes);
        CHECK(s->time >= c->plan->start && s->time <= c->plan->end);
        CHECK(s->kind == MP_VALUE_TEXT ? s->text_len > 0 : isnan(s->value));
        if (s->series < MAX_SERIES_SEEN) {
            CHECK(s->time >= c->last[s->series]);
            c->last[s->series] = s->time;
        }
    }
    return mp_sink_batch(c->next, samples, n, err);
}

static int check_end(struct mp_sink *sink, struct mp_error *err)
{
    return mp_sink_end(((struct checker *)sink)->next, err);
}

static void check_abort(struct mp_sink *sink)
{
    mp_sink_abort(((struct checker *)sink)->next);
}

static const struct mp_sink_ops check_ops = {
    .name = "check",
    .begin = check_begin,
    .batch = check_batch,
    .end = check_end,
    .abort = check_abort,
};

static int scratch_file(const char *name, const void *data, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    CHECK(fd >= 0);
    CHECK(size == 0 || write(fd, data, size) == (ssize_t)size);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static const struct mp_run run = {.stop_fd = -1, .deadline_us = INT64_MAX, .purpose = ""};

/* What replaying `in` writes, in *out: 0, or -1 if it was refused. */
static int replay(int in, const struct mp_plan *plan, int *out, struct mp_error *err)
{
    struct mp_csv_reader reader;
    struct mp_csv_header header;
    struct mp_series_table series = {0};
    struct mp_findings findings = {0};
    struct checker *checker = calloc(1, sizeof *checker);
    struct mp_rawcsv *csv = NULL;
    struct mp_emit *emit = NULL;
    int rc = -1;

    *out = scratch_file("out", NULL, 0);
    CHECK(checker != NULL && mp_csv_open(&reader, in, "in", NULL, err) == 0);
    CHECK(mp_rawcsv_new(&csv, *out, "out", err) == 0);
    checker->sink.ops = &check_ops;
    checker->next = mp_rawcsv_sink(csv);
    if (mp_csv_header_read(&reader, &header, err) == 0) {
        CHECK(mp_emit_new(&emit, plan, &run, &series, &findings, &checker->sink, err) ==
              0);
        rc = mp_csv_rows(&reader, &header, plan, emit, err);
        if (rc == 0)
            CHECK(mp_emit_finish(emit, err) == 0);
        mp_emit_free(emit);
    }
    mp_csv_close(&reader);
    mp_rawcsv_free(csv);
    mp_series_table_free(&series);
    mp_findings_free(&findings);
    free(checker);
    return rc;
}

static bool same_content(int a, int b)
{
    char x[4096], y[4096];
    ssize_t n;
    off_t at = 0;

    do {
        n = pread(a, x, sizeof x, at);
        if (n < 0 || pread(b, y, sizeof y, at) != n || memcmp(x, y, (size_t)n) != 0)
            return false;
        at += n;
    } while (n > 0);
    return true;
}

/* `data` with quotes around every field that has none and is not empty. */
static int quoted_file(const uint8_t *data, size_t size)
{
    char *text = malloc(3 * size + 3), *p = text;
    size_t i = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool at_start = true, quoted = false;
    int fd;

    CHECK(text != NULL);
    for (; i < size; i++) {
        bool ends = data[i] == ',' || data[i] == '\n' || data[i] == '\r';

        if (quoted) {
            *p++ = (char)data[i];
            quoted = data[i] != '"';
            continue;
        }
        if (!ends && data[i] != '"' && at_start) {
            *p++ = '"';
            for (; i < size && strchr(",\n\r", data[i]) == NULL; i++)
                *p++ = (char)data[i];
            *p++ = '"';
            i--;
            at_start = false;
            continue;
        }
        quoted = data[i] == '"';
        at_start = ends;
        *p++ = (char)data[i];
    }
    fd = scratch_file("quoted", text, (size_t)(p - text));
    free(text);
    return fd;
}

static void make_plan(struct mp_plan *plan)
{
    static char name[] = "rpc", cpu[] = "TotalCPUPower", gpu[] = "PowerConsumption",
                a[] = "rpc-91-1", b[] = "rpc-91-2";
    struct mp_metric metrics[] = {{.name = cpu, .role = MP_ROLE_CPU},
                                  {.name = gpu, .role = MP_ROLE_GPU}};
    struct mp_route route = {
        .name = name, .prefix = name, .metrics = metrics, .n_metrics = 2};
    struct mp_error err;

    CHECK(mp_plan_make(plan, (char *[]){a, b}, 2, &route, 1, INT64_C(1772940000000000),
                       INT64_C(1793600000000000), &err) == 0);
}

/* Replaying `in` must be accepted and write what `want` holds; closes `in`. */
static void same_again(int in, const struct mp_plan *plan, int want, const char *what)
{
    struct mp_error err = {0};
    int out;

    CHECK(lseek(in, 0, SEEK_SET) == 0);
    if (replay(in, plan, &out, &err) != 0) {
        fprintf(stderr, "%s is refused: %s\n", what, err.text);
        abort();
    }
    if (!same_content(want, out)) {
        fprintf(stderr, "%s gives something else\n", what);
        abort();
    }
    close(in);
    close(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_plan plan = {0};
    struct mp_error err = {0};
    int in = scratch_file("in", data, size);
    int out;

    setenv("TZ", "America/Chicago", 1);
    make_plan(&plan);
    if (replay(in, &plan, &out, &err) == 0) {
        same_again(quoted_file(data, size), &plan, out, "the same in quotes");
        if (lseek(out, 0, SEEK_END) > 0) /* no rows: nothing was written */
            same_again(dup(out), &plan, out, "its own output");
    } else {
        CHECK(err.text[0] != '\0');
    }
    mp_plan_free(&plan);
    close(in);
    close(out);
    return 0;
}
