/* SPDX-License-Identifier: MIT
 * chart_paint.c - scenes on cairo surfaces: the PNG's pixels and the PDF's page. */
#include "config.h"

#include "chart.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "chart_font.h"
#include "chart_layout.h"
#include "chart_png.h"
#include "chart_raster.h"

/* Points of the PDF per pixel of the PNG: 1600 x 900 px are 800 x 450 pt. */
static const double points_per_pixel = 0.5;

struct canvas {
    cairo_t *cairo;
    struct mp_fonts *fonts;
    const struct mp_scene *scene;
    struct mp_raster *raster; /* NULL: no pixels, draw vectors */
};

static void set_colour(cairo_t *cr, uint32_t colour)
{
    cairo_set_source_rgba(cr, (colour >> 24) / 255.0, (colour >> 16 & 0xFF) / 255.0,
                          (colour >> 8 & 0xFF) / 255.0, (colour & 0xFF) / 255.0);
}

static void path(const struct canvas *c, const struct mp_mark *mark)
{
    const struct mp_point *points = c->scene->points + mark->first;

    for (size_t i = 0; i < mark->n_points; i++)
        cairo_line_to(c->cairo, points[i].x, points[i].y);
}

static void stroke(const struct canvas *c, const struct mp_mark *mark)
{
    path(c, mark);
    cairo_set_line_width(c->cairo, mark->width);
    cairo_stroke(c->cairo);
}

/* The outline of what lies between a trace and the mark's level. */
static void area_path(const struct canvas *c, const struct mp_mark *mark)
{
    const struct mp_point *points = c->scene->points + mark->first;

    path(c, mark);
    cairo_line_to(c->cairo, points[mark->n_points - 1].x, mark->y);
    cairo_line_to(c->cairo, points[0].x, mark->y);
    cairo_close_path(c->cairo);
}

static void hatch(const struct canvas *c, const struct mp_mark *mark)
{
    const double step = 8;
    double left;
    double top;
    double right;
    double bottom;

    cairo_save(c->cairo);
    area_path(c, mark);
    cairo_clip(c->cairo);
    cairo_clip_extents(c->cairo, &left, &top, &right, &bottom);
    for (double sum = floor((left + top) / step) * step; sum < right + bottom; sum += step) {
        cairo_move_to(c->cairo, sum - top, top);
        cairo_line_to(c->cairo, sum - bottom, bottom);
    }
    cairo_set_line_width(c->cairo, 1.4);
    cairo_stroke(c->cairo);
    cairo_restore(c->cairo);
}

/* Bars side by side as one outline: apart, a viewer would show seams between them. */
static void bars(const struct canvas *c, const struct mp_mark *mark)
{
    const struct mp_point *p = c->scene->points + mark->first;

    for (size_t i = 0; i + 1 < mark->n_points; i += 2) {
        cairo_line_to(c->cairo, p[i].x, p[i].y);
        cairo_line_to(c->cairo, p[i + 1].x, p[i].y);
    }
    for (size_t i = mark->n_points & ~(size_t)1; i >= 2; i -= 2) {
        cairo_line_to(c->cairo, p[i - 1].x, p[i - 1].y);
        cairo_line_to(c->cairo, p[i - 2].x, p[i - 1].y);
    }
    cairo_close_path(c->cairo);
    cairo_fill(c->cairo);
}

static void wedge(const struct canvas *c, const struct mp_mark *mark)
{
    const double from = mark->from - M_PI / 2;
    const double to = mark->to - M_PI / 2;

    cairo_arc(c->cairo, mark->x, mark->y, mark->outer, from, to);
    if (mark->to - mark->from > 2 * M_PI - 1e-9)
        cairo_new_sub_path(c->cairo);
    cairo_arc_negative(c->cairo, mark->x, mark->y, mark->inner, to, from);
    cairo_close_path(c->cairo);
    cairo_fill(c->cairo);
}

static void write_text(const struct canvas *c, const struct mp_mark *mark)
{
    PangoLayout *layout =
        mp_fonts_shape(c->fonts, mark->text, mark->size, mark->bold, mark->w);

    if (!layout)
        return;
    cairo_save(c->cairo);
    if (mark->part == MP_PART_HEADER) {
        /* a user's text must not reach beyond its line, whatever marks it piles up */
        cairo_rectangle(c->cairo, mark->x - 4, mark->y - 4, mark->w + 8, mark->h + 8);
        cairo_clip(c->cairo);
    }
    if (mark->halo) {
        cairo_move_to(c->cairo, mark->x, mark->y);
        pango_cairo_layout_path(c->cairo, layout);
        set_colour(c->cairo, MP_PAPER);
        cairo_set_line_width(c->cairo, 5);
        cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(c->cairo);
        cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_MITER);
        set_colour(c->cairo, mark->colour);
    }
    cairo_move_to(c->cairo, mark->x, mark->y);
    pango_cairo_show_layout(c->cairo, layout);
    cairo_restore(c->cairo);
}

/* A curve, an area, a hatch or bars. */
static void columns(const struct canvas *c, const struct mp_mark *mark)
{
    cairo_surface_t *surface = cairo_get_target(c->cairo);

    if (mark->n_points < 2)
        return;
    if (c->raster) {
        cairo_surface_flush(surface);
        mp_raster_mark(c->raster, c->scene, mark);
        cairo_surface_mark_dirty(surface);
    } else if (mark->kind == MP_MARK_TRACE)
        stroke(c, mark);
    else if (mark->kind == MP_MARK_HATCH)
        hatch(c, mark);
    else if (mark->kind == MP_MARK_BARS)
        bars(c, mark);
    else {
        area_path(c, mark);
        cairo_fill(c->cairo);
    }
}

static void paint_mark(const struct canvas *c, const struct mp_mark *mark)
{
    set_colour(c->cairo, mark->colour);
    cairo_new_path(c->cairo); /* a text leaves its current point behind */
    switch (mark->kind) {
    case MP_MARK_POLYGON:
        path(c, mark);
        cairo_close_path(c->cairo);
        cairo_fill(c->cairo);
        break;
    case MP_MARK_STROKE:
        stroke(c, mark);
        break;
    case MP_MARK_TRACE:
    case MP_MARK_AREA:
    case MP_MARK_HATCH:
    case MP_MARK_BARS:
        columns(c, mark);
        break;
    case MP_MARK_WEDGE:
        wedge(c, mark);
        break;
    case MP_MARK_TEXT:
        write_text(c, mark);
        break;
    }
}

/* 0, or a cairo status. */
static cairo_status_t paint(const struct mp_scene *scene, struct mp_fonts *fonts,
                            cairo_surface_t *surface, struct mp_raster *raster)
{
    struct canvas canvas = {.cairo = cairo_create(surface), .fonts = fonts, .scene = scene,
                            .raster = raster};
    cairo_status_t status;

    if (!raster)
        cairo_scale(canvas.cairo, points_per_pixel, points_per_pixel);
    for (size_t i = 0; i < scene->n_marks; i++)
        paint_mark(&canvas, &scene->marks[i]);
    status = cairo_status(canvas.cairo);
    cairo_destroy(canvas.cairo);
    return status;
}

static int write_png(const struct mp_scene *scene, struct mp_fonts *fonts, int fd,
                     struct mp_error *err)
{
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)scene->width, (int)scene->height);
    struct mp_raster raster = {
        .pixels = (uint32_t *)(void *)cairo_image_surface_get_data(surface),
        .width = (int)scene->width,
        .height = (int)scene->height,
        .stride = (size_t)cairo_image_surface_get_stride(surface) / sizeof(uint32_t),
    };
    cairo_status_t status = cairo_surface_status(surface);
    int rc = -1;

    if (status == CAIRO_STATUS_SUCCESS)
        status = paint(scene, fonts, surface, &raster);
    if (status == CAIRO_STATUS_SUCCESS) {
        cairo_surface_flush(surface);
        rc = mp_png_write(raster.pixels, (size_t)raster.width, (size_t)raster.height,
                          raster.stride, fd, err);
    } else
        mp_fail(err, MP_FAULT_FAILED, "cannot draw a chart (PNG): %s",
                cairo_status_to_string(status));
    cairo_surface_destroy(surface);
    return rc;
}

struct stream {
    int fd;
    int error; /* errno of the write that failed */
};

static cairo_status_t write_stream(void *closure, const unsigned char *data,
                                   unsigned int length)
{
    struct stream *stream = closure;

    if (!stream->error)
        stream->error = mp_write_all(stream->fd, data, length);
    return stream->error ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* The job's end is the document's date, so that the same report is the same bytes. */
static void set_metadata(cairo_surface_t *surface, const struct mp_job *job,
                         const char *subject)
{
    char title[200];
    char date[64];
    time_t end = (time_t)(job->end / 1000000);
    struct tm tm;

    snprintf(title, sizeof title, "Job %.100s: %s", job->label ? job->label : "?", subject);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, PACKAGE_STRING);
    if (!gmtime_r(&end, &tm) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(date, sizeof date, "1970-01-01T00:00:00Z");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
}

static int write_pdf(const struct mp_scene *scene, struct mp_fonts *fonts,
                     const struct mp_job *job, const char *subject, int fd,
                     struct mp_error *err)
{
    struct stream stream = {.fd = fd};
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_stream, &stream, scene->width * points_per_pixel,
        scene->height * points_per_pixel);
    cairo_status_t status;

    set_metadata(surface, job, subject);
    status = paint(scene, fonts, surface, NULL);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (stream.error)
        return mp_fail(err, MP_FAULT_FAILED, "cannot write a chart (PDF): %s",
                       strerror(stream.error));
    if (status != CAIRO_STATUS_SUCCESS)
        return mp_fail(err, MP_FAULT_FAILED, "cannot draw a chart (PDF): %s",
                       cairo_status_to_string(status));
    return 0;
}

typedef int layout_fn(const struct mp_chart_input *in, const struct mp_measure *measure,
                      struct mp_scene *scene, struct mp_error *err);

static int draw(layout_fn *layout, const struct mp_chart_input *in, const char *subject,
                enum mp_chart_format format, int fd, struct mp_error *err)
{
    struct mp_scene scene = {0};
    struct mp_fonts *fonts;
    struct mp_measure measure;
    int rc;

    if (mp_fonts_open(&fonts, err) < 0)
        return -1;
    measure = mp_fonts_measure(fonts);
    rc = layout(in, &measure, &scene, err);
    if (rc == 0 && format == MP_CHART_PNG)
        rc = write_png(&scene, fonts, fd, err);
    else if (rc == 0)
        rc = write_pdf(&scene, fonts, in->job, subject, fd, err);
    mp_scene_free(&scene);
    mp_fonts_close(fonts);
    return rc;
}

int mp_chart_timeseries(const struct mp_chart_input *in, enum mp_chart_format format, int fd,
                        struct mp_error *err)
{
    return draw(mp_layout_timeseries, in, "power", format, fd, err);
}

int mp_chart_energy_pie(const struct mp_chart_input *in, enum mp_chart_format format, int fd,
                        struct mp_error *err)
{
    return draw(mp_layout_pie, in, "energy", format, fd, err);
}

int mp_chart_warm_up(struct mp_error *err)
{
    struct mp_fonts *fonts;
    struct mp_measure measure;
    double w;
    double h;

    if (mp_fonts_open(&fonts, err) < 0)
        return -1;
    measure = mp_fonts_measure(fonts);
    measure.text(measure.context, "0 W", 20, false, &w, &h);
    measure.text(measure.context, "0 kWh", 20, true, &w, &h);
    mp_fonts_close(fonts);
    return 0;
}
