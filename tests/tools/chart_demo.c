/* SPDX-License-Identifier: MIT
 * chart_demo.c - draws the gallery: every case of chart_cases.h, to be looked at.
 *
 * usage: chart_demo DIR [CASE...]
 * Writes DIR/CASE.timeseries.png and so on, and prints how long each file took. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../unit/chart_cases.h"

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int draw_case(const char *dir, const struct chart_case *c)
{
    static const struct {
        const char *suffix;
        int (*draw)(const struct mp_chart_input *in, enum mp_chart_format format, int fd,
                    struct mp_error *err);
        enum mp_chart_format format;
    } files[] = {
        {"timeseries.png", mp_chart_timeseries, MP_CHART_PNG},
        {"timeseries.pdf", mp_chart_timeseries, MP_CHART_PDF},
        {"energy_pie.png", mp_chart_energy_pie, MP_CHART_PNG},
        {"energy_pie.pdf", mp_chart_energy_pie, MP_CHART_PDF},
    };
    struct chart_job job;
    struct mp_error err = {0};
    int rc = 0;

    chart_case_open(&job, c);
    printf("%-20s", c->name);
    for (size_t i = 0; i < sizeof files / sizeof *files && rc == 0; i++) {
        double start = now_ms();
        char path[4096];
        int fd;

        snprintf(path, sizeof path, "%s/%s.%s", dir, c->name, files[i].suffix);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        rc = fd < 0 ? mp_fail(&err, MP_FAULT_FAILED, "cannot make %s", path)
                    : files[i].draw(&job.input, files[i].format, fd, &err);
        if (fd >= 0)
            close(fd);
        printf(" %7.1f ms", now_ms() - start);
    }
    printf("\n");
    if (rc < 0)
        fprintf(stderr, "chart_demo: %s: %s\n", c->name, err.text);
    chart_case_close(&job);
    return rc;
}

static const char *const *demo_arguments;

/* The cases use libcheck's assertions, which want to run within a test. */
START_TEST(draws_the_gallery)
{
    const char *const *a = demo_arguments;
    int failed = 0;

    for (size_t i = 2; a[1] && a[i]; i++)
        failed += draw_case(a[1], chart_case_find(a[i])) < 0;
    for (size_t i = 0; i < N_CHART_CASES && !a[2]; i++)
        failed += draw_case(a[1], &chart_cases[i]) < 0;
    ck_assert_int_eq(failed, 0);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("demo");
    TCase *tcase = tcase_create("demo");
    SRunner *runner;
    int failed;

    if (argc < 2) {
        fprintf(stderr, "usage: chart_demo DIR [CASE...]\n");
        return 2;
    }
    demo_arguments = (const char *const *)argv;
    tcase_add_test(tcase, draws_the_gallery);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
