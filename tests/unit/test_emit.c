/* SPDX-License-Identifier: MIT
 * test_emit.c - the frame around fetch: order, slices, bounds, begin, end and abort. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/frame/emit.h"
#include "backends/frame/order.h"
#include "rig.h"

enum { SECOND = 1000000 };

/* A sink that writes down what it is told: "begin", "series@second=value", "end". */
struct note {
    struct mp_sink sink;
    const struct mp_series_table *series;
    char said[4096];
    size_t n_rows;
    bool refuse;
};

static void say(struct note *note, const char *what)
{
    size_t used = strlen(note->said);

    snprintf(note->said + used, sizeof note->said - used, "%s ", what);
}

static int note_begin(struct mp_sink *sink, const struct mp_plan *plan,
                      const struct mp_series_table *series, struct mp_error *err)
{
    (void)plan;
    (void)err;
    ((struct note *)sink)->series = series;
    say((struct note *)sink, "begin");
    return 0;
}

static int note_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                      struct mp_error *err)
{
    struct note *note = (struct note *)sink;

    if (note->refuse)
        return mp_fail(err, MP_FAULT_FAILED, "disk full");
    for (size_t i = 0; i < n && note->n_rows + i < 100; i++) {
        const struct mp_series *s = &note->series->series[samples[i].series];
        char row[200];

        snprintf(row, sizeof row, "%s/%s/%s@%lld=%.*s%g", s->hostname, s->metric,
                 s->fqdd != NULL ? s->fqdd : "-",
                 (long long)(samples[i].time - RIG_START) / SECOND, samples[i].text_len,
                 samples[i].text != NULL ? samples[i].text : "", samples[i].value);
        say(note, row);
    }
    note->n_rows += n;
    return 0;
}

static int note_end(struct mp_sink *sink, struct mp_error *err)
{
    (void)err;
    say((struct note *)sink, "end");
    return 0;
}

static void note_abort(struct mp_sink *sink)
{
    say((struct note *)sink, "abort");
}

static const struct mp_sink_ops note_ops = {.name = "note",
                                            .begin = note_begin,
                                            .batch = note_batch,
                                            .end = note_end,
                                            .abort = note_abort};
static const struct mp_run run = {.stop_fd = -1, .deadline_us = INT64_MAX, .purpose = ""};

struct fetch {
    struct mp_plan plan;
    struct mp_series_table series;
    struct mp_findings findings;
    struct note note;
    struct mp_emit *emit;
    struct mp_error err;
};

/* Nodes b and a (in this order). */
static void open_window(struct fetch *f, int64_t seconds)
{
    char b[] = "rpc-b", a[] = "rpc-a";

    memset(f, 0, sizeof *f);
    f->note.sink.ops = &note_ops;
    ck_assert_int_eq(mp_plan_make(&f->plan, (char *[]){b, a}, 2, rig_routes(), 2,
                                  RIG_START, RIG_START + seconds * SECOND, &f->err),
                     0);
    ck_assert_int_eq(mp_emit_new(&f->emit, &f->plan, &run, &f->series, &f->findings,
                                 &f->note.sink, &f->err),
                     0);
}

static void open_fetch(struct fetch *f)
{
    open_window(f, 100);
}

static void close_fetch(struct fetch *f)
{
    mp_emit_free(f->emit);
    mp_series_table_free(&f->series);
    mp_findings_free(&f->findings);
    mp_plan_free(&f->plan);
}

static uint32_t name(struct fetch *f, const char *node, uint32_t metric, const char *fqdd)
{
    long n = mp_plan_find_node(&f->plan, node);
    struct mp_series s = {.hostname = (char *)(uintptr_t)node,
                          .fqdd = (char *)(uintptr_t)fqdd,
                          .node = (uint32_t)n,
                          .metric_index = metric};
    uint32_t number;

    ck_assert_int_eq(mp_emit_series(f->emit, &s, &number, &f->err), 0);
    return number;
}

static int give(struct fetch *f, uint32_t series, int64_t second, double value)
{
    struct mp_sample s = {.time = RIG_START + second * SECOND,
                          .value = value,
                          .series = series,
                          .kind = isnan(value) ? MP_VALUE_NULL : MP_VALUE_FLOAT8};

    return mp_emit_sample(f->emit, &s, &f->err);
}

static void give_text(struct fetch *f, uint32_t series, const char *text)
{
    char passing[32];
    struct mp_sample s = {.time = RIG_START,
                          .value = atof(text),
                          .text = passing,
                          .series = series,
                          .text_len = (uint16_t)strlen(text),
                          .kind = MP_VALUE_TEXT};

    strcpy(passing, text);
    ck_assert_int_eq(mp_emit_sample(f->emit, &s, &f->err), 0);
    memset(passing, 'x', sizeof passing);
}

START_TEST(rows_come_in_the_promised_order)
{
    struct fetch f;
    uint32_t b1, a1, a0, a0x;

    open_fetch(&f);
    b1 = name(&f, "rpc-b", 1, "f");
    a1 = name(&f, "rpc-a", 1, "f");
    a0 = name(&f, "rpc-a", 0, NULL);
    a0x = name(&f, "rpc-a", 0, "x");
    ck_assert_uint_eq(name(&f, "rpc-a", 0, NULL), a0);
    give(&f, b1, 1, 3);
    give(&f, a1, 1, NAN);
    give(&f, a1, 1, 2);
    give(&f, a1, 1, -1);
    give(&f, a0, 1, 5);
    give(&f, a0x, 1, 5);
    give(&f, b1, 0, 9);
    ck_assert_int_eq(mp_emit_finish(f.emit, &f.err), 0);
    ck_assert_str_eq(f.note.said,
                     "begin rpc-b/TotalMemoryPower/f@0=9 rpc-a/TotalCPUPower/x@1=5 "
                     "rpc-a/TotalCPUPower/-@1=5 rpc-a/TotalMemoryPower/f@1=-1 "
                     "rpc-a/TotalMemoryPower/f@1=2 rpc-a/TotalMemoryPower/f@1=nan "
                     "rpc-b/TotalMemoryPower/f@1=3 end ");
    close_fetch(&f);
}
END_TEST

START_TEST(texts_are_kept_and_ordered_as_numbers)
{
    struct fetch f;
    uint32_t s;

    open_fetch(&f);
    s = name(&f, "rpc-a", 0, "f");
    give_text(&f, s, "12345678901234567890.2");
    give_text(&f, s, "12345678901234567890.1");
    ck_assert_int_eq(mp_emit_finish(f.emit, &f.err), 0);
    ck_assert_str_eq(f.note.said, "begin "
                                  "rpc-a/TotalCPUPower/f@0=12345678901234567890.11."
                                  "23457e+19 rpc-a/TotalCPUPower/f@0="
                                  "12345678901234567890.21.23457e+19 end ");
    close_fetch(&f);
}
END_TEST

/* A collector gone mad, or a server that wants us to sort for ever. */
START_TEST(many_equal_rows_are_sorted_in_no_time)
{
    enum { N = 1000000 };
    struct fetch f;
    uint32_t s;

    open_fetch(&f);
    s = name(&f, "rpc-a", 0, "f");
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(give(&f, s, 1, N - i), 0);
    ck_assert_int_eq(mp_emit_finish(f.emit, &f.err), 0);
    ck_assert_uint_eq(f.note.n_rows, N);
    ck_assert_int_eq(strncmp(f.note.said,
                             "begin rpc-a/TotalCPUPower/f@1=1 rpc-a/TotalCPUPower/f@1=2 ",
                             58),
                     0);
    close_fetch(&f);
}
END_TEST

START_TEST(a_flood_in_one_slice_is_refused)
{
    struct fetch f;
    uint32_t s;
    int n = 0;

    open_fetch(&f);
    s = name(&f, "rpc-a", 0, "f");
    while (n <= MP_SLICE_ROWS_MAX && give(&f, s, 1, 1) == 0)
        n++;
    ck_assert_int_eq(n, MP_SLICE_ROWS_MAX);
    ck_assert_ptr_nonnull(strstr(f.err.text, "in one slice"));
    close_fetch(&f);
    ck_assert_str_eq(f.note.said, "");
}
END_TEST

START_TEST(a_sample_out_of_place_is_refused)
{
    struct fetch f;
    uint32_t s;

    open_fetch(&f);
    s = name(&f, "rpc-a", 0, "f");
    ck_assert_int_eq(give(&f, s, -1, 1), -1);
    ck_assert_ptr_nonnull(strstr(f.err.text, "outside the window"));
    ck_assert_int_eq(give(&f, s, 101, 1), -1);
    ck_assert_int_eq(give(&f, s, 9, 1), 0);
    ck_assert_int_eq(mp_emit_slice(f.emit, RIG_START + 10 * SECOND, &f.err), 0);
    ck_assert_int_eq(give(&f, s, 10, 2), 0);
    ck_assert_int_eq(give(&f, s, 9, 3), -1);
    ck_assert_ptr_nonnull(strstr(f.err.text, "after later ones"));
    close_fetch(&f);
    ck_assert_str_eq(f.note.said, "begin rpc-a/TotalCPUPower/f@9=1 abort ");
}
END_TEST

START_TEST(a_sink_that_fails_stops_all)
{
    struct fetch f;

    open_fetch(&f);
    f.note.refuse = true;
    give(&f, name(&f, "rpc-a", 0, "f"), 1, 1);
    ck_assert_int_eq(mp_emit_finish(f.emit, &f.err), -1);
    ck_assert_str_eq(f.err.text, "disk full");
    close_fetch(&f);
    ck_assert_str_eq(f.note.said, "begin abort ");
}
END_TEST

/* No series without a sample; an empty fetch is begun and ended. */
START_TEST(nothing_is_nothing)
{
    struct fetch f;

    open_fetch(&f);
    name(&f, "rpc-a", 0, "f");
    ck_assert_int_eq(mp_emit_finish(f.emit, &f.err), 0);
    ck_assert_uint_eq(f.series.n, 0);
    ck_assert_str_eq(f.note.said, "begin end ");
    close_fetch(&f);
}
END_TEST

START_TEST(neighbours_stand_in_for_none)
{
    struct fetch f;
    uint32_t a0, a1, b0, b1;

    open_window(&f, 3);
    a0 = name(&f, "rpc-a", 0, "f");
    a1 = name(&f, "rpc-a", 1, "f");
    b0 = name(&f, "rpc-b", 0, NULL);
    b1 = name(&f, "rpc-b", 1, "f");
    give(&f, a0, -60, 1);
    give(&f, a0, -6, 2);
    give(&f, a0, -1, 3);
    give(&f, a0, -1, NAN);
    give(&f, a1, -1, 7);
    give(&f, a1, 2, 8);
    give(&f, b0, -2, 5);
    give(&f, b0, -2, 4);
    ck_assert_int_eq(mp_emit_slice(f.emit, RIG_START + 3 * SECOND, &f.err), 0);
    give(&f, a0, 4, -1);
    give(&f, a0, 9, 10);
    give(&f, a0, 5, 9);
    give(&f, a1, 5, 9);
    ck_assert_int_eq(give(&f, b1, 63, 1), 0);
    ck_assert_int_eq(give(&f, b1, 64, 1), -1);
    ck_assert_int_eq(give(&f, b1, 0, 1), -1); /* of a slice that was complete */
    ck_assert_int_eq(mp_emit_finish(f.emit, &f.err), 0);
    ck_assert_str_eq(f.note.said,
                     "begin rpc-a/TotalMemoryPower/f@2=8 rpc-b/TotalCPUPower/-@-2=4 "
                     "rpc-b/TotalCPUPower/-@-2=5 rpc-a/TotalCPUPower/f@-1=3 "
                     "rpc-a/TotalCPUPower/f@5=9 rpc-b/TotalMemoryPower/f@63=1 end ");
    ck_assert_uint_eq(f.findings.n_warnings, 1);
    ck_assert_int_eq(strncmp(f.findings.warnings[0], "no sample of 3 series", 21), 0);
    close_fetch(&f);
}
END_TEST

START_TEST(a_long_window_has_no_neighbours)
{
    struct fetch f;

    open_window(&f, 61);
    ck_assert_int_eq(give(&f, name(&f, "rpc-a", 0, "f"), -1, 3), -1);
    close_fetch(&f);
}
END_TEST

MP_UNIT_MAIN("emit", neighbours_stand_in_for_none, a_long_window_has_no_neighbours,
             rows_come_in_the_promised_order, texts_are_kept_and_ordered_as_numbers,
             many_equal_rows_are_sorted_in_no_time, a_flood_in_one_slice_is_refused,
             a_sample_out_of_place_is_refused, a_sink_that_fails_stops_all,
             nothing_is_nothing)
