/* SPDX-License-Identifier: MIT
 * test_html.c - report.html of every case of the gallery: whole, small, and without
 * markup that is not ours.  What it does in a browser: tests/t/17-html.t. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "chart_cases.h"
#include "report/html.h"

/* Owned by the caller. */
static char *make_page(const struct mp_chart_input *in, size_t *size)
{
    const int none[MP_N_CHARTS] = {-1, -1, -1, -1, -1, -1};
    struct mp_chart_svgs svgs = {0};
    const struct mp_html_input input = {in, &svgs};
    struct mp_error err = {0};
    FILE *f = tmpfile();
    char *page;

    ck_assert_ptr_nonnull(f);
    if (mp_chart_draw(in, none, &svgs, &err) < 0 ||
        mp_html_write(&input, fileno(f), &err) < 0)
        ck_abort_msg("%s", err.text);
    mp_chart_svgs_free(&svgs);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    page = calloc(*size + 1, 1);
    ck_assert_ptr_nonnull(page);
    ck_assert_uint_eq(fread(page, 1, *size, f), *size);
    fclose(f);
    return page;
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;

    for (text = strstr(text, part); text; text = strstr(text + 1, part))
        n++;
    return n;
}

static void check_page(const struct chart_case *c)
{
    struct chart_job job;
    size_t size;
    char *page;

    chart_case_open(&job, c);
    page = make_page(&job.input, &size);
    ck_assert_msg(size < 400 * 1000, "%s: %zu bytes", c->name, size);
    ck_assert_ptr_nonnull(strstr(page, "</body>\n</html>\n"));
    ck_assert_uint_eq(count(page, "<svg "), c->nodes >= 4 ? 3 : 2);
    ck_assert_uint_eq(count(page, "</svg>"), count(page, "<svg "));
    ck_assert_uint_eq(count(page, "<text"), count(page, "</text>"));
    free(page);
    chart_case_close(&job);
}

START_TEST(every_page_is_whole_and_small)
{
    for (size_t i = 0; i < N_CHART_CASES; i++)
        if (chart_cases[i].nodes < 1000)
            check_page(&chart_cases[i]);
}
END_TEST

START_TEST(so_is_that_of_a_thousand_nodes)
{
    check_page(chart_case_find("thousand_nodes"));
}
END_TEST

START_TEST(a_hostile_name_is_text)
{
    struct chart_job job;
    size_t size;
    char *page;

    chart_case_open(&job, chart_case_find("hostile"));
    page = make_page(&job.input, &size);
    ck_assert_ptr_nonnull(strstr(page, "<small>&lt;b&gt;&amp;amp;&lt;/b&gt; "));
    ck_assert_uint_eq(count(page, "<b>"), 0);
    ck_assert_ptr_null(memchr(page, '\033', size));
    free(page);
    chart_case_close(&job);
}
END_TEST

START_TEST(a_full_disk_is_said)
{
    struct mp_chart_svgs svgs = {0};
    struct chart_job job;
    const struct mp_html_input input = {&job.input, &svgs};
    const int none[MP_N_CHARTS] = {-1, -1, -1, -1, -1, -1};
    struct mp_error err = {0};
    int fd = open("/dev/full", O_WRONLY);

    ck_assert_int_ge(fd, 0);
    chart_case_open(&job, chart_case_find("one_sample"));
    ck_assert_int_eq(mp_chart_draw(&job.input, none, &svgs, &err), 0);
    ck_assert_int_eq(mp_html_write(&input, fd, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "report.html"));
    mp_chart_svgs_free(&svgs);
    close(fd);
    chart_case_close(&job);
}
END_TEST

MP_UNIT_MAIN("html", every_page_is_whole_and_small, so_is_that_of_a_thousand_nodes,
             a_hostile_name_is_text, a_full_disk_is_said)
