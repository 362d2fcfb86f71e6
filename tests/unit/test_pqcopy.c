/* SPDX-License-Identifier: MIT
 * test_pqcopy.c - decoding binary COPY: packs, numerics, and
 * bytes no server should send. */
#include "config.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "backends/pq/copy.h"

/* ---- a server of our own making ---- */

struct bytes {
    unsigned char at[4096];
    int n;
};

static void put(struct bytes *b, const void *from, size_t n)
{
    memcpy(b->at + b->n, from, n);
    b->n += (int)n;
}

static void put_be(struct bytes *b, uint64_t value, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        unsigned char byte = (unsigned char)(value >> (8 * i));

        put(b, &byte, 1);
    }
}

static void put_int(struct bytes *b, uint64_t value, int n)
{
    put_be(b, (uint64_t)n, 4);
    put_be(b, value, n);
}

static void put_null(struct bytes *b)
{
    put_be(b, UINT32_MAX, 4);
}

static void put_header(struct bytes *b)
{
    put(b, "PGCOPY\n\377\r\n\0", 11);
    put_be(b, 0, 8);
}

static const int64_t START = INT64_C(1760497200000000);
static const int64_t PG_EPOCH = INT64_C(946684800000000);

/* Slice `slice`, node 1 of table `table`, source 1, no fqdd; the packs follow. */
static void put_row(struct bytes *b, uint64_t slice, uint64_t table)
{
    put_be(b, 6, 2);
    put_int(b, slice, 4);
    put_int(b, table << 32 | 1, 8);
    put_int(b, 1, 4);
    put_null(b);
}

static void put_time(struct bytes *b, int64_t time)
{
    put_be(b, (uint32_t)(uint64_t)(time - PG_EPOCH), 4);
}

static void put_entry(struct bytes *b, int64_t time, uint64_t value)
{
    put_time(b, time);
    put_be(b, value, 4);
}

/* One sample and no NULL. */
static void put_one(struct bytes *b, int64_t time, uint64_t table, uint64_t value)
{
    put_row(b, 0, table);
    put_be(b, 8, 4);
    put_entry(b, time, value);
    put_null(b);
}

/* ---- what decodes it ---- */

struct seen {
    struct mp_sink sink;
    struct mp_sample samples[64];
    char text[64][32];
    size_t n;
};

static int see(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
               struct mp_error *err)
{
    struct seen *s = (struct seen *)sink;

    (void)err;
    for (size_t i = 0; i < n && s->n < 64; i++) {
        s->samples[s->n] = samples[i];
        if (samples[i].kind == MP_VALUE_TEXT)
            snprintf(s->text[s->n], sizeof s->text[0], "%.*s", samples[i].text_len,
                     samples[i].text);
        s->n++;
    }
    return 0;
}

static const struct mp_sink_ops see_ops = {.name = "see", .batch = see};

struct rig {
    struct mp_metric metrics[2];
    struct mp_route route;
    struct mp_plan_node node;
    struct mp_plan plan;
    struct mp_pqtable table[2];
    struct mp_pqname names[2];
    struct mp_pqtables tables;
    struct mp_run run;
    struct mp_series_table series;
    struct mp_findings findings;
    struct mp_emit *emit;
    struct mp_pqcopy copy;
    struct seen seen;
    struct mp_error err;
};

static void set_up(struct rig *r, enum mp_pqtype type)
{
    memset(r, 0, sizeof *r);
    r->metrics[0].name = (char *)"First";
    r->metrics[1].name = (char *)"Second";
    r->route = (struct mp_route){.metrics = r->metrics, .n_metrics = 2};
    r->node = (struct mp_plan_node){.name = (char *)"n1"};
    r->plan = (struct mp_plan){.start = START,
                               .end = START + 10000000,
                               .routes = &r->route,
                               .n_routes = 1,
                               .nodes = &r->node,
                               .n_nodes = 1};
    for (uint32_t i = 0; i < 2; i++) {
        r->table[i].metric = i;
        r->table[i].types[MP_PQ_SOURCE] = r->table[i].types[MP_PQ_FQDD] = MP_PQ_INT4;
        r->table[i].types[MP_PQ_VALUE] = type;
    }
    r->names[0] = (struct mp_pqname){.id = 1, .name = (char *)"n1"};
    r->names[1] = (struct mp_pqname){.id = 1, .name = (char *)"src"};
    r->tables = (struct mp_pqtables){.table = r->table,
                                     .n_tables = 2,
                                     .nodes = {.names = &r->names[0], .n = 1},
                                     .sources = {.names = &r->names[1], .n = 1}};
    r->run = (struct mp_run){.stop_fd = -1, .deadline_us = INT64_MAX, .purpose = "test"};
    r->seen.sink.ops = &see_ops;
    ck_assert_int_eq(mp_emit_new(&r->emit, &r->plan, &r->run, &r->series, &r->findings,
                                 &r->seen.sink, &r->err),
                     0);
    r->copy = (struct mp_pqcopy){.plan = &r->plan,
                                 .tables = &r->tables,
                                 .emit = r->emit,
                                 .limit = 2,
                                 .layout = {.source_id = true, .fqdd_id = true}};
    mp_pqcopy_begin(&r->copy, 0, (struct mp_pqspan){START, r->plan.end + 1});
}

static void tear_down(struct rig *r)
{
    mp_pqcopy_free(&r->copy);
    mp_emit_free(r->emit);
    mp_findings_free(&r->findings);
    mp_series_table_free(&r->series);
}

static int send(struct rig *r, const struct bytes *b, int n)
{
    char *message = malloc((size_t)n + 1); /* as libpq: PQfreemem is free */

    memcpy(message, b->at, (size_t)n);
    return mp_pqcopy_message(&r->copy, message, n, &r->err);
}

static void finish(struct rig *r)
{
    ck_assert_int_eq(mp_pqcopy_give(&r->copy, INT64_MAX, &r->err), 0);
    ck_assert_int_eq(mp_emit_finish(r->emit, &r->err), 0);
}

START_TEST(reads_packs_and_puts_them_in_order)
{
    struct rig r;
    struct bytes b = {.n = 0};

    set_up(&r, MP_PQ_INT4);
    put_header(&b);
    put_row(&b, 0, 0);
    put_be(&b, 24, 4);
    put_entry(&b, START + 2000000, 5);
    put_entry(&b, START, (uint32_t)-3);
    put_entry(&b, START, (uint32_t)-4);
    put_be(&b, 4, 4);
    put_time(&b, START + 1000000);
    put_one(&b, START, 1, 7);
    put_be(&b, 0xFFFF, 2);
    ck_assert_int_eq(send(&r, &b, b.n), 1);
    finish(&r);
    ck_assert_uint_eq(r.seen.n, 5);
    ck_assert_uint_eq(r.series.n, 2);
    ck_assert_double_eq(r.seen.samples[0].value, -4);
    ck_assert_double_eq(r.seen.samples[1].value, -3);
    ck_assert_double_eq(r.seen.samples[2].value, 7);
    ck_assert_int_eq(r.seen.samples[3].kind, MP_VALUE_NULL);
    ck_assert_int_eq(r.seen.samples[3].time, START + 1000000);
    ck_assert_double_eq(r.seen.samples[4].value, 5);
    ck_assert_int_eq(r.seen.samples[4].time, START + 2000000);
    ck_assert_str_eq(r.series.series[0].metric, "First");
    ck_assert_str_eq(r.series.series[0].hostname, "n1");
    ck_assert_str_eq(r.series.series[0].source, "src");
    ck_assert_ptr_null(r.series.series[0].fqdd);
    tear_down(&r);
}
END_TEST

/* Forwards, backwards and shuffled, given in parts. */
START_TEST(any_order_comes_out_as_one)
{
    static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}};

    for (size_t o = 0; o < 3; o++) {
        struct rig r;
        struct bytes b = {.n = 0};

        set_up(&r, MP_PQ_INT4);
        put_header(&b);
        put_row(&b, 0, 0);
        put_be(&b, 32, 4);
        for (int i = 0; i < 4; i++)
            put_entry(&b, START + orders[o][i] * 1000000, (uint64_t)orders[o][i]);
        put_null(&b);
        ck_assert_int_eq(send(&r, &b, b.n), 1);
        ck_assert_int_eq(mp_pqcopy_give(&r.copy, START + 2000000, &r.err), 0);
        ck_assert_int_eq(mp_emit_slice(r.emit, START + 2000000, &r.err), 0);
        ck_assert_uint_eq(r.seen.n, 2);
        finish(&r);
        ck_assert_uint_eq(r.seen.n, 4);
        for (int i = 0; i < 4; i++)
            ck_assert_double_eq(r.seen.samples[i].value, i);
        tear_down(&r);
    }
}
END_TEST

START_TEST(stops_before_the_next_slice)
{
    struct rig r;
    struct bytes b = {.n = 0};

    set_up(&r, MP_PQ_INT4);
    mp_pqcopy_begin(&r.copy, 0, (struct mp_pqspan){START, START + 5000000});
    put_header(&b);
    put_one(&b, START, 0, 1);
    put_row(&b, 1, 0);
    put_be(&b, 8, 4);
    put_entry(&b, START + 5000000, 2);
    put_null(&b);
    ck_assert_int_eq(send(&r, &b, b.n), 0);
    ck_assert_int_eq(mp_pqcopy_give(&r.copy, START + 5000000, &r.err), 0);
    ck_assert_int_eq(mp_emit_slice(r.emit, START + 5000000, &r.err), 0);
    ck_assert_uint_eq(r.seen.n, 1);
    mp_pqcopy_begin(&r.copy, 1, (struct mp_pqspan){START + 5000000, START + 10000000});
    ck_assert_int_eq(mp_pqcopy_message(&r.copy, NULL, 0, &r.err), 1);
    finish(&r);
    ck_assert_uint_eq(r.seen.n, 2);
    tear_down(&r);
}
END_TEST

/* A server that answers for another time or slice. */
START_TEST(refuses_what_was_not_asked_for)
{
    static const int64_t times[] = {START - 1, START + 10000001};
    static const uint64_t slices[] = {2, UINT32_MAX, 0x80000000};

    for (size_t i = 0; i < 5; i++) {
        struct rig r;
        struct bytes b = {.n = 0};

        set_up(&r, MP_PQ_INT4);
        put_header(&b);
        put_row(&b, i < 2 ? 0 : slices[i - 2], 0);
        put_be(&b, 8, 4);
        put_entry(&b, i < 2 ? times[i] : START, 1);
        put_null(&b);
        ck_assert_int_eq(send(&r, &b, b.n), -1);
        tear_down(&r);
    }
}
END_TEST

/* A numeric comes as its text; one that is no number is refused. */
START_TEST(numerics_come_as_text)
{
    static const char *const texts[] = {"1.10", "-12345678901234567890.123456789", "NaN"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct rig r;
        struct bytes b = {.n = 0};
        size_t n = strlen(texts[i]);

        set_up(&r, MP_PQ_NUMERIC);
        put_header(&b);
        put_row(&b, 0, 0);
        put_be(&b, 8 + n, 4);
        put_time(&b, START);
        put_be(&b, n, 4);
        put(&b, texts[i], n);
        put_null(&b);
        ck_assert_int_eq(send(&r, &b, b.n), 1);
        finish(&r);
        ck_assert_str_eq(r.seen.text[0], texts[i]);
        tear_down(&r);
    }
}
END_TEST

START_TEST(refuses_every_cut)
{
    struct bytes b = {.n = 0};

    put_header(&b);
    put_one(&b, START, 0, 1);
    for (int n = 0; n < b.n; n++) {
        struct rig r;
        int rc;

        set_up(&r, MP_PQ_INT4);
        rc = send(&r, &b, n);
        if (n == 19) /* the header alone is whole */
            ck_assert_int_eq(rc, 1);
        else
            ck_assert_msg(rc == -1, "cut after %d of %d bytes", n, b.n);
        tear_down(&r);
    }
}
END_TEST

/* Every byte changed in several ways: an error or other numbers, never a crash. */
START_TEST(survives_changed_bytes)
{
    struct bytes good = {.n = 0};

    put_header(&good);
    put_one(&good, START, 0, 1);
    put_one(&good, START, 1, 2);
    for (int i = 0; i < good.n; i++)
        for (int bit = 0; bit < 9; bit++) {
            struct rig r;
            struct bytes b = good;
            int rc;

            b.at[i] = bit < 8 ? b.at[i] ^ (unsigned char)(1 << bit) : 0xFF;
            set_up(&r, bit % 2 ? MP_PQ_NUMERIC : MP_PQ_FLOAT4);
            rc = send(&r, &b, b.n);
            ck_assert(rc >= -1 && rc <= 1);
            if (rc == 1 && mp_pqcopy_give(&r.copy, INT64_MAX, &r.err) == 0)
                ck_assert_int_eq(mp_emit_finish(r.emit, &r.err), 0);
            tear_down(&r);
        }
}
END_TEST

/* Two tables, of which one has ids and one has texts: both fields are in every row, and a
 * server may fill the one that its table does not have. */
START_TEST(a_text_table_takes_no_id)
{
    struct rig r;
    struct bytes b = {.n = 0};

    set_up(&r, MP_PQ_INT4);
    r.table[1].types[MP_PQ_SOURCE] = MP_PQ_TEXT;
    r.copy.layout.source_text = true;
    put_header(&b);
    put_be(&b, 7, 2);
    put_int(&b, 0, 4);
    put_int(&b, UINT64_C(1) << 32 | 1, 8);
    put_int(&b, 1000000000, 4); /* would be a text's number */
    put_null(&b);
    put_null(&b);
    put_be(&b, 8, 4);
    put_entry(&b, START, 7);
    put_null(&b);
    ck_assert_int_eq(send(&r, &b, b.n), 1);
    finish(&r);
    ck_assert_uint_eq(r.seen.n, 1);
    ck_assert_ptr_null(r.series.series[0].source);
    tear_down(&r);
}
END_TEST

/* libpq may find a password in a file or in the environment that we never see. */
START_TEST(who_connects_leaves_no_core)
{
    struct mp_database_config config = {.host = (char *)"127.0.0.1",
                                        .port = 1,
                                        .user = (char *)"u",
                                        .password = (char *)"",
                                        .passfile = (char *)"",
                                        .service = (char *)"",
                                        .servicefile = (char *)"",
                                        .sslmode = (char *)"disable",
                                        .sslrootcert = (char *)"",
                                        .clear_passwords = (char *)"no",
                                        .connect_timeout = 1};
    struct mp_pq_target target = {.host = config.host, .port = 1, .carrier_fd = -1};
    struct mp_pqconn c = {.database = "none", .config = &config, .target = &target};
    struct mp_run run = {
        .stop_fd = -1, .deadline_us = mp_clock_us() + 300000, .purpose = "test"};
    struct mp_error err = {0};

    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    ck_assert_int_eq(mp_pqconn_open(&c, &run, &err), -1);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}
END_TEST

/* ---- arrays ---- */

START_TEST(arrays_are_quoted)
{
    const char *const items[] = {"a",    "b\"c\\d", "{,}",      "",
                                 "NULL", "\xff",    "\xc3\xa9", NULL};
    char *text = mp_pq_text_array(items, 8);

    ck_assert_str_eq(
        text, "{\"a\",\"b\\\"c\\\\d\",\"{,}\",\"\",\"NULL\",NULL,\"\xc3\xa9\",NULL}");
    free(text);
    text = mp_pq_text_array(NULL, 0);
    ck_assert_str_eq(text, "{}");
    free(text);
}
END_TEST

MP_UNIT_MAIN("pqcopy", reads_packs_and_puts_them_in_order, any_order_comes_out_as_one,
             stops_before_the_next_slice, refuses_what_was_not_asked_for,
             numerics_come_as_text, refuses_every_cut, survives_changed_bytes,
             a_text_table_takes_no_id, who_connects_leaves_no_core, arrays_are_quoted)
