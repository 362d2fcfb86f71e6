/* SPDX-License-Identifier: MIT
 * test_oom_csv.c - each allocation of a replay, and each of raw_power.csv's writer, fails
 * once, in turn: an error with a text, nothing leaked, nothing half-freed (leaks show
 * under --enable-sanitizers or valgrind).  The linker's --wrap puts these in front. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/csv/section.h"
#include "report/rawcsv.h"
#include "rig.h"

#define OOM_STRINGS
#include "oom.h"

extern const struct mp_backend_ops mp_backend_csv;

enum { SENSORS = 70, ROWS = 3 };

static void write_input(int fd)
{
    dprintf(fd, MP_RAWCSV_HEADER "\n");
    for (int t = 0; t < ROWS; t++)
        for (int i = 0; i < SENSORS; i++)
            dprintf(fd, "2025-10-15 03:00:%02d,rpc-91-1,s,f-%d,1,W,TotalCPUPower\n", t,
                    i);
}

/* Open, fetch and close: 0 or -1. */
static int replay(const struct mp_backend_config *config, const struct mp_plan *plan,
                  int out, struct mp_error *err)
{
    static const struct mp_run run = {
        .stop_fd = -1, .deadline_us = INT64_MAX, .purpose = ""};
    struct mp_series_table series = {0};
    struct mp_findings findings = {0};
    struct mp_backend *b = NULL;
    struct mp_rawcsv *csv = NULL;
    int rc = -1;

    if (mp_backend_csv.open(config, &run, &b, err) == 0 &&
        mp_rawcsv_new(&csv, out, "out", err) == 0)
        rc =
            mp_backend_fetch(b, plan, &run, &series, &findings, mp_rawcsv_sink(csv), err);
    mp_rawcsv_free(csv);
    mp_backend_close(b);
    mp_series_table_free(&series);
    mp_findings_free(&findings);
    return rc;
}

START_TEST(every_allocation_fails_once)
{
    char node[] = "rpc-91-1", path[64];
    struct mp_csv_config csv = {.input = path};
    struct mp_backend_config config = {.section = {&csv}};
    struct mp_plan plan = {0};
    struct mp_error err = {0};
    int in = memfd_create("in", 0), out = memfd_create("out", 0);
    long failed = 0;

    setenv("TZ", "UTC0", 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", in);
    write_input(in);
    ck_assert_int_eq(mp_plan_make(&plan, (char *[]){node}, 1, rig_routes(), 2, RIG_START,
                                  RIG_START + 60000000, &err),
                     0);
    for (long n = 1;; n++) {
        int rc;

        err = (struct mp_error){0};
        ck_assert_int_eq(ftruncate(out, 0), 0);
        ck_assert_int_eq(lseek(out, 0, SEEK_SET), 0);
        countdown = n;
        rc = replay(&config, &plan, out, &err);
        if (countdown > 0) { /* there are fewer than n */
            countdown = 0;
            ck_assert_msg(rc == 0, "%s", err.text);
            break;
        }
        failed += rc < 0;
        ck_assert_msg(rc == 0 || err.text[0] != '\0', "allocation %ld: no text", n);
    }
    ck_assert_int_gt(failed, 3 * SENSORS);
    ck_assert_int_gt(lseek(out, 0, SEEK_END), SENSORS * ROWS * 50);
    mp_plan_free(&plan);
    close(in);
    close(out);
}
END_TEST

MP_UNIT_MAIN("oom_csv", every_allocation_fails_once)
