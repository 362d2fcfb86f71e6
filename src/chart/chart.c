/* SPDX-License-Identifier: MIT
 * chart.c - the files: lay each picture out once, paint it twice.
 *
 * Most of the time goes into compressing the PNGs, which needs nothing but their pixels:
 * a thread does it while the PDF is written and the next picture is laid out. */
#include "config.h"

#include "chart/chart.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "chart/font.h"
#include "chart/layout.h"
#include "chart/paint.h"
#include "chart/png.h"
#include "chart/svg.h"
#include "chart/text.h"

/* A PNG on its way. */
struct png {
    enum mp_chart_file file;
    struct mp_pixels pixels;
    int fd;
    pthread_t thread;
    bool running;
    int rc;
    struct mp_error err;
};

/* A picture in both formats. */
struct picture {
    int (*layout)(const struct mp_chart_input *in, const struct mp_measure *measure,
                  struct mp_scene *scene, struct mp_error *err);
    const char *subject;
    const char *name;
    char **svg; /* where it goes; NULL: not wanted */
    enum mp_chart_file pdf;
    struct mp_scene scene;
    struct png png;
};

const char *mp_chart_file_name(enum mp_chart_file file)
{
    static const char *const names[MP_N_CHARTS] = {
        [MP_CHART_TIMESERIES_PNG] = "timeseries.png",
        [MP_CHART_TIMESERIES_PDF] = "timeseries.pdf",
        [MP_CHART_PIE_PNG] = "energy_pie.png",
        [MP_CHART_PIE_PDF] = "energy_pie.pdf",
        [MP_CHART_NODES_PNG] = "nodes.png",
        [MP_CHART_NODES_PDF] = "nodes.pdf",
    };

    return names[file];
}

bool mp_chart_has_file(const struct mp_chart_input *in, enum mp_chart_file file)
{
    return (file != MP_CHART_NODES_PNG && file != MP_CHART_NODES_PDF) ||
           in->plan->n_nodes >= MP_NODES_LEAST;
}

static void *compress(void *arg)
{
    struct png *png = arg;

    png->rc = mp_png_write(&png->pixels, png->fd, &png->err);
    if (png->rc < 0)
        mp_fail_in(&png->err, "%s", mp_chart_file_name(png->file));
    return NULL;
}

static int start_png(struct picture *picture, struct mp_fonts *fonts, int fd,
                     struct mp_error *err)
{
    struct png *png = &picture->png;

    if (mp_paint_pixels(&picture->scene, fonts, &png->pixels, err) < 0)
        return mp_fail_in(err, "%s", mp_chart_file_name(png->file));
    png->fd = fd;
    png->running = pthread_create(&png->thread, NULL, compress, png) == 0;
    if (!png->running)
        compress(png);
    return 0;
}

static int finish_png(struct png *png, struct mp_error *err)
{
    if (png->running)
        pthread_join(png->thread, NULL);
    png->running = false;
    free(png->pixels.data);
    png->pixels.data = NULL;
    if (png->rc < 0 && err)
        *err = png->err;
    return png->rc;
}

static int write_pdf(const struct picture *picture, const struct mp_job *job,
                     struct mp_fonts *fonts, int fd, struct mp_error *err)
{
    char text[160];
    char title[200];

    snprintf(text, sizeof text, "Job %.100s: %s", job->label ? job->label : "?",
             picture->subject);
    mp_text_clean(text, title, sizeof title);
    if (mp_paint_pdf(&picture->scene, fonts, title, job->end, fd, err) < 0)
        return mp_fail_in(err, "%s", mp_chart_file_name(picture->pdf));
    return 0;
}

/* The page has a head of its own: what stands above the panels is left out. */
static int write_svg(const struct picture *picture, struct mp_error *err)
{
    static const double head = 146;
    const struct mp_svg svg = {picture->name, picture->subject, head};
    size_t size;
    FILE *out = open_memstream(picture->svg, &size);
    int rc;

    if (!out)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a page's charts");
    rc = mp_svg_write(&picture->scene, &svg, out);
    if (fclose(out) != 0 || rc < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a page's charts");
    return 0;
}

void mp_chart_svgs_free(struct mp_chart_svgs *svgs)
{
    free(svgs->timeseries);
    free(svgs->pie);
    free(svgs->nodes);
}

/* One picture's pixels at a time: they are most of a report's memory. */
static int draw_picture(const struct mp_chart_input *in, struct picture *p,
                        struct picture *before, const int *fds, struct mp_fonts *fonts,
                        struct mp_error *err)
{
    const struct mp_measure measure = mp_fonts_measure(fonts);

    if (fds[p->png.file] < 0 && fds[p->pdf] < 0 && !p->svg)
        return 0;
    if (p->layout(in, &measure, &p->scene, err) < 0 ||
        (before != NULL && finish_png(&before->png, err) < 0) ||
        (fds[p->png.file] >= 0 && start_png(p, fonts, fds[p->png.file], err) < 0) ||
        (fds[p->pdf] >= 0 && write_pdf(p, in->job, fonts, fds[p->pdf], err) < 0) ||
        (p->svg && write_svg(p, err) < 0))
        return -1;
    mp_scene_free(&p->scene);
    return 0;
}

int mp_chart_draw(const struct mp_chart_input *in, const int fds[MP_N_CHARTS],
                  struct mp_chart_svgs *svgs, struct mp_error *err)
{
    struct picture pictures[] = {
        {.layout = mp_layout_timeseries,
         .subject = "power",
         .name = "timeseries",
         .svg = svgs ? &svgs->timeseries : NULL,
         .pdf = MP_CHART_TIMESERIES_PDF,
         .png = {.file = MP_CHART_TIMESERIES_PNG}},
        {.layout = mp_layout_pie,
         .subject = "energy",
         .name = "pie",
         .svg = svgs ? &svgs->pie : NULL,
         .pdf = MP_CHART_PIE_PDF,
         .png = {.file = MP_CHART_PIE_PNG}},
        {.layout = mp_layout_nodes,
         .subject = "power of each node",
         .name = "nodes",
         .svg = svgs && mp_chart_has_file(in, MP_CHART_NODES_PNG) ? &svgs->nodes : NULL,
         .pdf = MP_CHART_NODES_PDF,
         .png = {.file = MP_CHART_NODES_PNG}},
    };
    const size_t n = sizeof pictures / sizeof *pictures;
    struct mp_fonts *fonts;
    int rc = 0;

    if (mp_fonts_open(&fonts, err) < 0)
        return -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = draw_picture(in, &pictures[i], i > 0 ? &pictures[i - 1] : NULL, fds, fonts,
                          err);
    for (size_t i = 0; i < n; i++) {
        if (finish_png(&pictures[i].png, rc == 0 ? err : NULL) < 0)
            rc = -1;
        mp_scene_free(&pictures[i].scene);
    }
    mp_fonts_close(fonts);
    return rc;
}

void mp_chart_preload(void)
{
    mp_fonts_preload();
}

int mp_chart_check_fonts(bool *east_asian, struct mp_error *err)
{
    static const uint32_t samples[] = {0x4E2D, 0x306E, 0xD55C}; /* 中, の, 한 */
    struct mp_fonts *fonts;

    if (mp_fonts_open(&fonts, err) < 0)
        return -1;
    *east_asian = true;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        *east_asian &= mp_fonts_have(fonts, samples[i]);
    mp_fonts_close(fonts);
    return 0;
}
