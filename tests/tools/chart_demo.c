/* SPDX-License-Identifier: MIT
 * chart_demo.c - draws the gallery: every case of chart_cases.h, to be looked at.
 *
 * usage: chart_demo DIR [CASE...]
 * Writes DIR/CASE.timeseries.png and so on, and prints how long they took. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../unit/chart_cases.h"
#include "report/html.h"

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int make_file(const char *dir, const struct chart_case *c, const char *name)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/%s.%s", dir, c->name, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ck_assert_msg(fd >= 0, "cannot make %s", path);
    return fd;
}

static int draw_case(const char *dir, const struct chart_case *c)
{
    struct chart_job job;
    struct mp_error err = {0};
    int fds[MP_N_CHARTS];
    struct mp_chart_svgs svgs = {0};
    const struct mp_html_input page = {&job.input, &svgs};
    double start;
    int page_fd;
    int rc;

    chart_case_open(&job, c);
    for (int i = 0; i < MP_N_CHARTS; i++)
        fds[i] = mp_chart_has_file(&job.input, (enum mp_chart_file)i)
                     ? make_file(dir, c, mp_chart_file_name((enum mp_chart_file)i))
                     : -1;
    page_fd = make_file(dir, c, "report.html");
    start = now_ms();
    rc = mp_chart_draw(&job.input, fds, &svgs, &err);
    if (rc == 0)
        rc = mp_html_write(&page, page_fd, &err);
    printf("%-20s %7.1f ms\n", c->name, now_ms() - start);
    if (rc < 0)
        fprintf(stderr, "chart_demo: %s: %s\n", c->name, err.text);
    for (int i = 0; i < MP_N_CHARTS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    close(page_fd);
    mp_chart_svgs_free(&svgs);
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
