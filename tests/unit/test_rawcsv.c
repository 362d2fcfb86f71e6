/* SPDX-License-Identifier: MIT
 * test_rawcsv.c - samples as lines: quotes, NULL, kinds of values, buffers, failures. */
#include "config.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/rawcsv.h"
#include "unit.h"

/* A sink over a file in memory, and one series table. */
struct bench {
    int fd;
    struct mp_rawcsv *csv;
    struct mp_sink *sink;
    struct mp_series_table table;
    struct mp_error err;
};

static void begin(struct bench *b, int fd)
{
    *b = (struct bench){.fd = fd};
    setenv("TZ", "UTC0", 1);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(mp_rawcsv_new(&b->csv, fd, "out.csv", &b->err), 0);
    b->sink = mp_rawcsv_sink(b->csv);
    ck_assert_int_eq(mp_sink_begin(b->sink, NULL, &b->table, &b->err), 0);
}

static char *writable(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void series(struct bench *b, const char *host, const char *source,
                   const char *fqdd, const char *units, bool naive)
{
    struct mp_series s = {.hostname = writable(host),
                          .source = writable(source),
                          .fqdd = writable(fqdd),
                          .units = writable(units),
                          .metric = writable("M"),
                          .naive = naive};
    uint32_t index;

    ck_assert_int_eq(mp_series_add(&b->table, &s, &index, &b->err), 0);
}

/* What was written, without the header; the bench is closed. */
static char *end(struct bench *b)
{
    static const char header[] = MP_RAWCSV_HEADER "\n";
    off_t size;
    char *text;

    ck_assert_int_eq(mp_sink_end(b->sink, &b->err), 0);
    size = lseek(b->fd, 0, SEEK_END);
    text = calloc(1, (size_t)size + 1);
    ck_assert_int_eq(pread(b->fd, text, (size_t)size, 0), size);
    ck_assert_int_eq(strncmp(text, header, sizeof header - 1), 0);
    memmove(text, text + sizeof header - 1, strlen(text) - sizeof header + 2);
    mp_rawcsv_free(b->csv);
    mp_series_table_free(&b->table);
    close(b->fd);
    return text;
}

static void row(struct bench *b, uint32_t s, int64_t us, enum mp_value_kind kind,
                double value, const char *text)
{
    struct mp_sample sample = {.time = us,
                               .value = value,
                               .series = s,
                               .kind = (uint8_t)kind,
                               .text = text,
                               .text_len = text != NULL ? (uint16_t)strlen(text) : 0};

    ck_assert_int_eq(mp_sink_batch(b->sink, &sample, 1, &b->err), 0);
}

static void is(char *got, const char *want)
{
    ck_assert_str_eq(got, want);
    free(got);
}

START_TEST(prints_each_kind_of_value)
{
    struct bench b;

    begin(&b, memfd_create("out", 0));
    series(&b, "n", "s", "f", "W", false);
    row(&b, 0, 0, MP_VALUE_INT, -182, NULL);
    row(&b, 0, 1500000, MP_VALUE_FLOAT4, (double)0.1f, NULL);
    row(&b, 0, 1500000, MP_VALUE_FLOAT8, (double)0.1f, NULL);
    row(&b, 0, 1500001, MP_VALUE_TEXT, 1, "1.00");
    row(&b, 0, 1500001, MP_VALUE_NULL, NAN, NULL);
    ck_assert_uint_eq(mp_rawcsv_rows(b.csv), 5);
    is(end(&b), "1970-01-01 00:00:00+00,n,s,f,-182,W,M\n"
                "1970-01-01 00:00:01.5+00,n,s,f,0.1,W,M\n"
                "1970-01-01 00:00:01.5+00,n,s,f,0.10000000149011612,W,M\n"
                "1970-01-01 00:00:01.500001+00,n,s,f,1.00,W,M\n"
                "1970-01-01 00:00:01.500001+00,n,s,f,,W,M\n");
}
END_TEST

START_TEST(quotes_where_copy_does)
{
    struct bench b;

    begin(&b, memfd_create("out", 0));
    series(&b, "a,b", "c\"d", "e\nf", "g\rh", false);
    series(&b, "", NULL, "", NULL, false);
    series(&b, " x ", "\\.", "'", "\t", true);
    for (uint32_t i = 0; i < 3; i++)
        row(&b, i, 0, MP_VALUE_INT, i, NULL);
    is(end(&b), "1970-01-01 00:00:00+00,\"a,b\",\"c\"\"d\",\"e\nf\",0,\"g\rh\",M\n"
                "1970-01-01 00:00:00+00,\"\",,\"\",1,,M\n"
                "1970-01-01 00:00:00, x ,\\.,',2,\t,M\n");
}
END_TEST

START_TEST(nothing_without_rows)
{
    struct bench b;

    begin(&b, memfd_create("out", 0));
    series(&b, "n", "s", "f", "W", false);
    ck_assert_int_eq(mp_sink_batch(b.sink, NULL, 0, &b.err), 0);
    ck_assert_int_eq(mp_sink_end(b.sink, &b.err), 0);
    ck_assert_int_eq(lseek(b.fd, 0, SEEK_END), 0);
    mp_rawcsv_free(b.csv);
    mp_series_table_free(&b.table);
    close(b.fd);
}
END_TEST

START_TEST(many_buffers_and_late_series)
{
    enum { ROWS = 60000 };
    struct bench b;
    char *got, *p, line[128];

    begin(&b, memfd_create("out", 0));
    for (int i = 0; i < ROWS; i++) {
        if (i % 1000 == 0) {
            snprintf(line, sizeof line, "node-%d", i / 1000);
            series(&b, line, "s", NULL, "W", false);
        }
        row(&b, (uint32_t)i / 1000, (int64_t)(i / 7) * 1000000, MP_VALUE_INT, i, NULL);
    }
    p = got = end(&b);
    for (int i = 0; i < ROWS; i++) {
        int s = i / 7;
        int n = snprintf(line, sizeof line,
                         "1970-01-01 %02d:%02d:%02d+00,node-%d,s,,%d,W,M\n", s / 3600,
                         s / 60 % 60, s % 60, i / 1000, i);

        ck_assert_msg(strncmp(p, line, (size_t)n) == 0, "row %d", i);
        p += n;
    }
    ck_assert_int_eq(*p, '\0');
    free(got);
}
END_TEST

static void fails_on(int fd, const char *text)
{
    struct bench b;
    struct mp_sample sample = {.kind = MP_VALUE_INT};
    int rc = 0;

    begin(&b, fd);
    series(&b, "n", "s", "f", "W", false);
    for (int i = 0; i < 100000 && rc == 0; i++)
        rc = mp_sink_batch(b.sink, &sample, 1, &b.err);
    if (rc == 0)
        rc = mp_sink_end(b.sink, &b.err);
    ck_assert_int_eq(rc, -1);
    ck_assert_msg(strstr(b.err.text, text) != NULL, "%s", b.err.text);
    ck_assert_msg(strstr(b.err.text, "out.csv") != NULL, "%s", b.err.text);
    mp_sink_abort(b.sink);
    mp_rawcsv_free(b.csv);
    mp_series_table_free(&b.table);
    close(fd);
}

START_TEST(a_full_disk_and_a_gone_reader)
{
    int p[2];

    signal(SIGPIPE, SIG_IGN);
    fails_on(open("/dev/full", O_WRONLY), "No space left");
    ck_assert_int_eq(pipe(p), 0);
    close(p[0]);
    fails_on(p[1], "its reader went away");
}
END_TEST

START_TEST(a_reader_that_does_not_read_can_be_left)
{
    struct mp_run run = {
        .stop_fd = -1, .deadline_us = mp_clock_us() + 200000, .purpose = ""};
    struct mp_sample sample = {.kind = MP_VALUE_INT};
    struct bench b = {0};
    int p[2];
    int rc = 0;

    ck_assert_int_eq(pipe(p), 0);
    ck_assert_int_eq(mp_rawcsv_new(&b.csv, p[1], "out.csv", &b.err), 0);
    mp_rawcsv_set_run(b.csv, &run);
    b.sink = mp_rawcsv_sink(b.csv);
    ck_assert_int_eq(mp_sink_begin(b.sink, NULL, &b.table, &b.err), 0);
    series(&b, "n", "s", "f", "W", false);
    for (int i = 0; i < 1000000 && rc == 0; i++)
        rc = mp_sink_batch(b.sink, &sample, 1, &b.err);
    ck_assert_int_eq(rc, -1);
    ck_assert_int_eq(b.err.fault, MP_FAULT_TRANSIENT);
    mp_sink_abort(b.sink);
    mp_rawcsv_free(b.csv);
    mp_series_table_free(&b.table);
    close(p[0]);
    close(p[1]);
}
END_TEST

/* A name must not speak to a terminal; a file and a pipe get its bytes. */
START_TEST(a_terminal_gets_no_escapes)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    char text[512] = "";
    struct bench b;
    ssize_t n;

    ck_assert(grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    begin(&b, open(ptsname(terminal), O_RDWR | O_NOCTTY));
    series(&b, "n1", "s\x1b]0;x\a",
           "f\xc2\x9b"
           "31m",
           NULL, false);
    row(&b, 0, 0, MP_VALUE_INT, 1, NULL);
    ck_assert_int_eq(mp_sink_end(b.sink, &b.err), 0);
    n = read(terminal, text, sizeof text - 1);
    ck_assert_int_gt(n, 0);
    ck_assert_ptr_nonnull(strstr(text, ",n1,s\\x1b]0;x\\x07,f\\xc2\\x9b31m,"));
    mp_rawcsv_free(b.csv);
    mp_series_table_free(&b.table);
    close(b.fd);
    close(terminal);
}
END_TEST

MP_UNIT_MAIN("rawcsv", prints_each_kind_of_value, quotes_where_copy_does,
             nothing_without_rows, many_buffers_and_late_series,
             a_full_disk_and_a_gone_reader, a_reader_that_does_not_read_can_be_left,
             a_terminal_gets_no_escapes)
