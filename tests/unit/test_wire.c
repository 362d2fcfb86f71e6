/* SPDX-License-Identifier: MIT
 * test_wire.c - what goes into the stream comes out of it; what is cut or damaged does
 * not, and nothing behind the reader sees it. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "writer/wire.h"
#include "writer/wire_impl.h"

enum { START = 1000000, END = 2000000, N = 6 };

/* A sink that keeps what it sees. */
struct keeper {
    struct mp_sink sink;
    struct mp_sample samples[64];
    char texts[64][16];
    size_t n;
    int began, ended, aborted;
    const struct mp_plan *plan;
};

static int keep_begin(struct mp_sink *sink, const struct mp_plan *plan,
                      const struct mp_series_table *series, struct mp_error *err)
{
    struct keeper *k = (struct keeper *)sink;

    (void)series;
    (void)err;
    k->began++;
    k->plan = plan;
    return 0;
}

static int keep_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                      struct mp_error *err)
{
    struct keeper *k = (struct keeper *)sink;

    (void)err;
    for (size_t i = 0; i < n && k->n < 64; i++) {
        k->samples[k->n] = samples[i];
        if (samples[i].text != NULL)
            memcpy(k->texts[k->n], samples[i].text, samples[i].text_len);
        k->n++;
    }
    return 0;
}

static int keep_end(struct mp_sink *sink, struct mp_error *err)
{
    (void)err;
    ((struct keeper *)sink)->ended++;
    return 0;
}

static void keep_abort(struct mp_sink *sink)
{
    ((struct keeper *)sink)->aborted++;
}

static const struct mp_sink_ops keep_ops = {"keep", keep_begin, keep_batch, keep_end,
                                            keep_abort};

/* One of each kind, the last one with text. */
static const struct mp_sample samples[N] = {
    {.time = START, .value = 500, .kind = MP_VALUE_INT},
    {.time = START + 1, .value = 0.25, .kind = MP_VALUE_FLOAT4, .series = 1},
    {.time = START + 1, .value = 0.1, .kind = MP_VALUE_FLOAT8},
    {.time = END, .value = NAN, .kind = MP_VALUE_NULL},
    {.time = END, .value = 1.5, .kind = MP_VALUE_TEXT, .text = "1.50", .text_len = 4},
    {.time = END,
     .value = 7,
     .kind = MP_VALUE_TEXT,
     .series = 1,
     .text = "7.0",
     .text_len = 3},
};

static void make_plan(struct mp_plan *plan)
{
    struct mp_metric metrics[] = {{.name = (char *)"SystemInputPower",
                                   .role = MP_ROLE_INPUT,
                                   .accuracy = 1.5,
                                   .lag = 500000,
                                   .units = (char *)"mW"},
                                  {.name = (char *)"TotalCPUPower", .role = MP_ROLE_CPU}};
    struct mp_route route = {.name = (char *)"rpc",
                             .prefix = (char *)"rpc",
                             .metrics = metrics,
                             .n_metrics = 2};
    char *names[] = {(char *)"rpc-1", (char *)"other-1", (char *)"RPC-2",
                     (char *)"rpc-1"};
    struct mp_error err = {0};

    ck_assert_int_eq(mp_plan_make(plan, names, 4, &route, 1, START, END, &err), 0);
}

static void add_series(struct mp_series_table *table, uint32_t metric, const char *fqdd)
{
    struct mp_series s = {
        .hostname = (char *)"RPC-2",
        .fqdd = (char *)fqdd,
        .metric = (char *)(metric == 0 ? "SystemInputPower" : "TotalCPUPower"),
        .units = (char *)"W",
        .node = 1,
        .metric_index = metric,
        .accuracy = 2,
        .lag = 7,
        .naive = metric == 1};
    struct mp_error err = {0};
    uint32_t index;

    ck_assert_int_eq(mp_series_add(table, &s, &index, &err), 0);
}

/* A whole stream with `list` as its samples, in a file in memory. */
static int stream_of(const struct mp_sample *list, size_t n)
{
    int fd = memfd_create("wire", 0);
    struct mp_wire_out out;
    struct mp_wire_sink sink;
    struct mp_series_table table = {0};
    struct mp_findings findings = {0};
    struct mp_plan plan;
    struct mp_error err = {0};

    make_plan(&plan);
    mp_wire_out_init(&out, fd, NULL);
    ck_assert_int_eq(mp_wire_sink_init(&sink, &out, &err), 0);
    ck_assert_int_eq(mp_sink_begin(&sink.sink, &plan, &table, &err), 0);
    add_series(&table, 0, NULL);
    add_series(&table, 1, "PowerMetrics");
    ck_assert_int_eq(mp_sink_batch(&sink.sink, list, n, &err), 0);
    ck_assert_int_eq(mp_sink_end(&sink.sink, &err), 0);
    ck_assert_int_eq(mp_findings_missing(&findings, "rpc-1", NULL, "no row", &err), 0);
    ck_assert_int_eq(mp_findings_warn(&findings, &err, "careful"), 0);
    findings.units_contradict = true;
    ck_assert_int_eq(mp_wire_send_end(&sink, &findings, "csv", "csv: x", &err), 0);
    mp_wire_sink_free(&sink);
    mp_wire_out_free(&out);
    mp_plan_free(&plan);
    mp_series_table_free(&table);
    mp_findings_free(&findings);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static int receive(int fd, struct keeper *keeper, struct mp_wire_content *content,
                   struct mp_error *err)
{
    struct mp_wire_in in;
    int rc;

    *keeper = (struct keeper){.sink.ops = &keep_ops};
    *content = (struct mp_wire_content){0};
    mp_wire_in_init(&in, fd, NULL);
    rc = mp_wire_receive(&in, content, &keeper->sink, err);
    mp_wire_in_free(&in);
    return rc;
}

START_TEST(comes_out_as_it_went_in)
{
    int fd = stream_of(samples, N);
    struct keeper k;
    struct mp_wire_content c;
    struct mp_error err = {0};

    ck_assert_msg(receive(fd, &k, &c, &err) == 0, "%s", err.text);
    ck_assert_int_eq(k.began, 1);
    ck_assert_int_eq(k.ended, 1);
    ck_assert_int_eq(k.aborted, 0);
    ck_assert_uint_eq(k.n, N);
    for (size_t i = 0; i < N; i++) {
        ck_assert_int_eq(k.samples[i].time, samples[i].time);
        ck_assert_int_eq(k.samples[i].kind, samples[i].kind);
        ck_assert_uint_eq(k.samples[i].series, samples[i].series);
        ck_assert_uint_eq(k.samples[i].text_len, samples[i].text_len);
        ck_assert(k.samples[i].value == samples[i].value || isnan(samples[i].value));
    }
    ck_assert_str_eq(k.texts[4], "1.50");
    ck_assert_str_eq(k.texts[5], "7.0");
    ck_assert_uint_eq(c.plan.n_nodes, 2);
    ck_assert_str_eq(c.plan.nodes[1].name, "RPC-2");
    ck_assert_uint_eq(c.plan.n_unrouted, 1);
    ck_assert_str_eq(c.plan.routes[0].metrics[1].name, "TotalCPUPower");
    ck_assert_int_eq(c.plan.start, START);
    ck_assert_uint_eq(c.series.n, 2);
    ck_assert_ptr_null(c.series.series[0].fqdd);
    ck_assert_str_eq(c.series.series[1].fqdd, "PowerMetrics");
    ck_assert(c.series.series[1].naive);
    ck_assert_double_eq(c.plan.routes[0].metrics[0].accuracy, 1.5);
    ck_assert_int_eq(c.plan.routes[0].metrics[0].lag, 500000);
    ck_assert_str_eq(c.plan.routes[0].metrics[0].units, "mW");
    ck_assert_double_eq(c.series.series[0].accuracy, 2);
    ck_assert_int_eq(c.series.series[0].lag, 7);
    ck_assert_uint_eq(c.findings.n_missing, 1);
    ck_assert_ptr_null(c.findings.missing[0].metric);
    ck_assert_str_eq(c.findings.warnings[0], "careful");
    ck_assert(c.findings.units_contradict);
    ck_assert_str_eq(c.backend_label, "csv: x");
    mp_wire_content_free(&c);
    close(fd);
}
END_TEST

START_TEST(a_cut_anywhere_is_noticed)
{
    int fd = stream_of(samples, N);
    struct stat st;

    ck_assert_int_eq(fstat(fd, &st), 0);
    for (off_t cut = st.st_size - 1; cut >= 0; cut--) {
        struct keeper k;
        struct mp_wire_content c;
        struct mp_error err = {0};

        ck_assert_int_eq(ftruncate(fd, cut), 0);
        lseek(fd, 0, SEEK_SET);
        ck_assert_int_eq(receive(fd, &k, &c, &err), -1);
        ck_assert_int_eq(k.ended, 0);
        ck_assert_int_eq(k.aborted, k.began);
        mp_wire_content_free(&c);
    }
    close(fd);
}
END_TEST

static void refused(struct mp_sample bad, const char *why)
{
    struct mp_sample list[] = {samples[0], bad};
    int fd = stream_of(list, 2);
    struct keeper k;
    struct mp_wire_content c;
    struct mp_error err = {0};

    ck_assert_msg(receive(fd, &k, &c, &err) == -1, "%s was taken", why);
    ck_assert_uint_eq(k.n, 0);
    ck_assert_int_eq(k.ended, 0);
    ck_assert_int_eq(k.aborted, 1);
    mp_wire_content_free(&c);
    close(fd);
}

START_TEST(samples_that_could_confuse_a_sink_are_refused)
{
    struct mp_sample good = {.time = START + 5, .value = 5, .kind = MP_VALUE_INT}, bad;

    bad = good, bad.series = 2;
    refused(bad, "a series that is not there");
    bad = good, bad.series = 1u << 30;
    refused(bad, "a series far away");
    bad = good, bad.time = START - MP_NEAR_US - 1;
    refused(bad, "a time long before the window");
    bad = good, bad.time = END + MP_NEAR_US + 1;
    refused(bad, "a time long after the window");
    bad = good, bad.kind = MP_VALUE_TEXT + 1;
    refused(bad, "an unknown kind");
    bad = good, bad.value = 0.5;
    refused(bad, "a whole number that is none");
    bad = good, bad.value = 1e300;
    refused(bad, "a whole number too large");
    bad = good, bad.value = NAN;
    refused(bad, "a whole number that is NaN");
    bad = good, bad.kind = MP_VALUE_NULL;
    refused(bad, "NULL with a value");
    bad = good, bad.kind = MP_VALUE_FLOAT4, bad.value = 0.1;
    refused(bad, "a real that is none");
    bad = good, bad.kind = MP_VALUE_FLOAT4, bad.value = 1e300;
    refused(bad, "a real too large");
}
END_TEST

START_TEST(time_does_not_run_backwards)
{
    struct mp_sample list[] = {samples[0], samples[0], samples[0]};
    struct keeper k;
    struct mp_wire_content c;
    struct mp_error err = {0};
    int fd;

    list[0].time = START + 10;
    list[1].time = START + 9;
    list[1].series = 1; /* another series may be behind */
    list[2].time = START + 10;
    fd = stream_of(list, 3);
    ck_assert_int_eq(receive(fd, &k, &c, &err), 0);
    mp_wire_content_free(&c);
    close(fd);
    list[2].time = START + 9;
    fd = stream_of(list, 3);
    ck_assert_int_eq(receive(fd, &k, &c, &err), -1);
    mp_wire_content_free(&c);
    close(fd);
}
END_TEST

/* A stream of one hand-made frame after the plan. */
static void frame_refused(enum mp_wire_type type, const void *payload, uint32_t n,
                          uint32_t said)
{
    int fd = memfd_create("wire", 0);
    uint32_t header[2] = {said, (uint32_t)type};
    struct keeper k;
    struct mp_wire_content c;
    struct mp_error err = {0};

    ck_assert_int_eq(write(fd, header, sizeof header), sizeof header);
    ck_assert_int_eq(write(fd, payload, n), (ssize_t)n);
    lseek(fd, 0, SEEK_SET);
    ck_assert_int_eq(receive(fd, &k, &c, &err), -1);
    ck_assert_int_eq(k.began, 0);
    mp_wire_content_free(&c);
    close(fd);
}

START_TEST(frames_out_of_place_are_refused)
{
    static const uint32_t numbers[64] = {1, 1, 1, 1};
    static const uint32_t huge[64] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

    for (unsigned type = 0; type <= MP_WIRE_FAILED + 1; type++) {
        frame_refused((enum mp_wire_type)type, numbers, 0, 0);
        frame_refused((enum mp_wire_type)type, numbers, sizeof numbers, sizeof numbers);
        frame_refused((enum mp_wire_type)type, huge, sizeof huge, sizeof huge);
        frame_refused((enum mp_wire_type)type, huge, sizeof huge, UINT32_MAX);
        frame_refused((enum mp_wire_type)type, huge, sizeof huge, MP_WIRE_FRAME_MAX);
    }
}
END_TEST

START_TEST(a_frame_too_long_is_not_sent)
{
    static char big[MP_WIRE_FRAME_MAX];
    struct mp_wire_out out;
    struct mp_error err = {0};

    mp_wire_out_init(&out, -1, NULL);
    mp_wire_start(&out, MP_WIRE_END);
    mp_frame_put(&out, big, sizeof big);
    ck_assert_int_eq(mp_wire_send(&out, &err), -1);
    mp_wire_out_free(&out);
}
END_TEST

MP_UNIT_MAIN("wire", comes_out_as_it_went_in, a_cut_anywhere_is_noticed,
             samples_that_could_confuse_a_sink_are_refused, time_does_not_run_backwards,
             frames_out_of_place_are_refused, a_frame_too_long_is_not_sent)
