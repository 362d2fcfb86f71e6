/* SPDX-License-Identifier: MIT
 * test_csv_backend.c - the csv backend's calls besides fetch: open, check. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/csv/section.h"
#include "report/rawcsv.h"
#include "unit.h"

extern const struct mp_backend_ops mp_backend_csv;

static const struct mp_run run = {.stop_fd = -1, .deadline_us = INT64_MAX, .purpose = ""};

/* What check said: "ok WHAT", "warn WHAT", "fail WHAT", one a line. */
static void note(void *arg, enum mp_check_level level, const char *what,
                 const char *remedy)
{
    static const char *const words[] = {"ok", "warn", "fail"};
    char *said = arg;

    ck_assert((level == MP_CHECK_FAIL) <= (remedy != NULL));
    snprintf(said + strlen(said), 2048 - strlen(said), "%s %s\n", words[level], what);
}

/* Checks a file of this content; `said` gets what it says, the name cut off. */
static void check_file(const char *content, char *said)
{
    char path[] = "/tmp/mp-csv.XXXXXX";
    struct mp_csv_config csv = {.input = path};
    struct mp_backend_config config = {.section = {&csv}};
    struct mp_backend *b;
    struct mp_error err = {0};
    char *at;
    int fd = mkstemp(path);

    setenv("TZ", "UTC0", 1);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (int)strlen(content));
    close(fd);
    *said = '\0';
    ck_assert_int_eq(mp_backend_csv.open(&config, &run, &b, &err), 0);
    ck_assert_int_eq(strncmp(b->label, "csv: /tmp/", 10), 0);
    ck_assert_int_eq(b->ops->check(b, &run, note, said, &err), 0);
    mp_backend_close(b);
    unlink(path);
    while ((at = strstr(said, path)) != NULL)
        memmove(at, at + strlen(path), strlen(at + strlen(path)) + 1);
}

START_TEST(check_tells_first_and_last_time)
{
    char said[2048];

    check_file(MP_RAWCSV_HEADER
               "\n"
               "2026-02-04 09:15:05-06,rpc-91-1,s,f,1,W,TotalCPUPower\n"
               "2026-02-04 09:15:10-06,rpc-91-1,s,f,1,W,TotalCPUPower\n"
               "2026-02-04 09:20:10.5-06,rpc-91-1,s,f,1,W,TotalCPUPower\n"
               "\n,,,,0.1,kWh,Energy_TotalCPUPower\n",
               said);
    ck_assert_str_eq(
        said, "ok : samples from 2026-02-04 15:15:05+00 to 2026-02-04 15:20:10.5+00\n");
}
END_TEST

START_TEST(check_tells_what_is_wrong)
{
    char said[2048];

    check_file("", said);
    ck_assert_str_eq(said, "fail  is empty: not even a header\n");
    check_file("timestamp,hostname\n", said);
    ck_assert_int_eq(strncmp(said, "fail : line 1: no column \"source\"", 33), 0);
    check_file(MP_RAWCSV_HEADER "\n", said);
    ck_assert_str_eq(said, "warn csv: a header, but no samples\n");
    check_file(MP_RAWCSV_HEADER "\nyesterday,a,b,c,1,W,d\n", said);
    ck_assert_str_eq(said, "fail : line 2 does not start with a time\n");
}
END_TEST

START_TEST(open_wants_an_input)
{
    char none[] = "", missing[] = "/nonexistent/raw_power.csv";
    struct mp_csv_config csv = {.input = none};
    struct mp_backend_config config = {.section = {&csv}};
    struct mp_error err = {0};
    struct mp_backend *b;

    ck_assert_int_eq(mp_backend_csv.open(&config, &run, &b, &err), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    ck_assert(strstr(err.text, "--input") != NULL && b == NULL);
    csv.input = missing;
    ck_assert_int_eq(mp_backend_csv.open(&config, &run, &b, &err), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_FAILED);
    ck_assert(strstr(err.text, missing) != NULL);
}
END_TEST

MP_UNIT_MAIN("csv_backend", check_tells_first_and_last_time, check_tells_what_is_wrong,
             open_wants_an_input)
