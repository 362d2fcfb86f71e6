/* SPDX-License-Identifier: MIT
 * paint.c - scenes on cairo surfaces: the PNG's pixels and the PDF's page. */
#include "config.h"

#include "chart/paint.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/whole.h"
#include "chart/layout.h"
#include "chart/png.h"

/* Points of the PDF per pixel of the PNG: 1600 x 900 px are 800 x 450 pt. */
static const double points_per_pixel = 0.5;

struct canvas {
    cairo_t *cairo;
    struct mp_fonts *fonts;
    const struct mp_scene *scene;
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
    for (double sum = floor((left + top) / step) * step; sum < right + bottom;
         sum += step) {
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

/* cairo wants 0xAARRGGBB; a cell is opaque or empty. */
static void cells(const struct canvas *c, const struct mp_mark *mark)
{
    cairo_surface_t *image =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, mark->n_columns, mark->n_rows);
    unsigned char *data = cairo_image_surface_get_data(image);
    const size_t stride = (size_t)cairo_image_surface_get_stride(image);

    for (int row = 0; data && row < mark->n_rows; row++)
        for (int column = 0; column < mark->n_columns; column++) {
            const uint32_t cell = mark->cells[row * mark->n_columns + column];
            const uint32_t pixel = cell >> 8 | cell << 24;

            memcpy(data + (size_t)row * stride + (size_t)column * 4, &pixel, 4);
        }
    cairo_surface_mark_dirty(image);
    cairo_save(c->cairo);
    cairo_translate(c->cairo, mark->x, mark->y);
    cairo_scale(c->cairo, mark->w / mark->n_columns, mark->h / mark->n_rows);
    cairo_set_source_surface(c->cairo, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c->cairo), CAIRO_FILTER_NEAREST);
    cairo_paint(c->cairo);
    cairo_restore(c->cairo);
    cairo_surface_destroy(image);
}

static void write_text(const struct canvas *c, const struct mp_mark *mark)
{
    const double scale = mark->size / MP_FONT_SIZE;
    PangoLayout *layout =
        mp_fonts_shape(c->fonts, mark->text, mark->bold, (mark->w + 1) / scale);

    if (!layout)
        return;
    cairo_save(c->cairo);
    if (mark->part == MP_PART_HEADER) {
        /* a user's text must not reach beyond its line, whatever marks it piles up */
        cairo_rectangle(c->cairo, mark->x - 4, mark->y - 4, mark->w + 8, mark->h + 8);
        cairo_clip(c->cairo);
    }
    cairo_translate(c->cairo, mark->x, mark->y);
    cairo_scale(c->cairo, scale, scale);
    if (mark->halo) {
        pango_cairo_layout_path(c->cairo, layout);
        set_colour(c->cairo, MP_PAPER);
        cairo_set_line_width(c->cairo, 5);
        cairo_stroke(c->cairo);
        set_colour(c->cairo, mark->colour);
    }
    cairo_move_to(c->cairo, 0, 0);
    pango_cairo_show_layout(c->cairo, layout);
    cairo_restore(c->cairo);
}

/* A curve has a thousand corners. Cut instead of rounded, and with few shades of edges,
 * they take half the time, and look the same at this width. */
static void trace(const struct canvas *c, const struct mp_mark *mark)
{
    cairo_save(c->cairo);
    cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_BEVEL);
    cairo_set_antialias(c->cairo, CAIRO_ANTIALIAS_FAST);
    stroke(c, mark);
    cairo_restore(c->cairo);
}

static void area(const struct canvas *c, const struct mp_mark *mark)
{
    area_path(c, mark);
    cairo_fill(c->cairo);
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
        trace(c, mark);
        break;
    case MP_MARK_AREA:
        area(c, mark);
        break;
    case MP_MARK_HATCH:
        hatch(c, mark);
        break;
    case MP_MARK_BARS:
        bars(c, mark);
        break;
    case MP_MARK_WEDGE:
        wedge(c, mark);
        break;
    case MP_MARK_CELLS:
        cells(c, mark);
        break;
    case MP_MARK_TEXT:
        write_text(c, mark);
        break;
    }
}

/* 0, or a cairo status. */
static cairo_status_t paint(const struct mp_scene *scene, struct mp_fonts *fonts,
                            cairo_surface_t *surface, double scale)
{
    struct canvas canvas = {
        .cairo = cairo_create(surface), .fonts = fonts, .scene = scene};
    cairo_status_t status;

    /* a pointed join would reach beyond the samples */
    cairo_set_line_join(canvas.cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_scale(canvas.cairo, scale, scale);
    for (size_t i = 0; i < scene->n_marks; i++)
        paint_mark(&canvas, &scene->marks[i]);
    status = cairo_status(canvas.cairo);
    cairo_destroy(canvas.cairo);
    return status;
}

/* Not cleared: a scene starts with its background.  In huge pages, where the kernel has
 * them: 6 MB in small ones are 1,400 page faults, which take longer than the painting. */
static uint32_t *new_pixels(size_t n)
{
    static const size_t huge = (size_t)2 << 20;
    const size_t size = (n * sizeof(uint32_t) + huge - 1) / huge * huge;
    void *pixels;

    if (posix_memalign(&pixels, huge, size) != 0)
        return NULL;
    madvise(pixels, size, MADV_HUGEPAGE);
    return pixels;
}

int mp_paint_pixels(const struct mp_scene *scene, struct mp_fonts *fonts,
                    struct mp_pixels *pixels, struct mp_error *err)
{
    cairo_surface_t *surface;
    cairo_status_t status;

    pixels->width = (size_t)scene->width;
    pixels->height = (size_t)scene->height;
    pixels->stride = pixels->width; /* what cairo wants for 32 bits a pixel */
    pixels->data = new_pixels(pixels->stride * pixels->height);
    if (!pixels->data)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a chart's pixels");
    surface = cairo_image_surface_create_for_data(
        (unsigned char *)pixels->data, CAIRO_FORMAT_RGB24, (int)pixels->width,
        (int)pixels->height, (int)pixels->stride * 4);
    status = cairo_surface_status(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = paint(scene, fonts, surface, 1);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return mp_fail(err, MP_FAULT_FAILED, "cannot draw a chart: %s",
                       cairo_status_to_string(status));
    return 0;
}

/* cairo hands a PDF over in a thousand pieces of a few bytes. */
struct stream {
    int fd;
    int error; /* errno of the write that failed */
    size_t n;
    unsigned char buffer[16384];
};

static void flush_stream(struct stream *stream)
{
    if (!stream->error && stream->n > 0)
        stream->error = mp_write_all(stream->fd, stream->buffer, stream->n);
    stream->n = 0;
}

static cairo_status_t write_stream(void *closure, const unsigned char *data,
                                   unsigned int length)
{
    struct stream *stream = closure;

    if (stream->n + length > sizeof stream->buffer)
        flush_stream(stream);
    if (length > sizeof stream->buffer) {
        if (!stream->error)
            stream->error = mp_write_all(stream->fd, data, length);
    } else {
        memcpy(stream->buffer + stream->n, data, length);
        stream->n += length;
    }
    return stream->error ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void set_metadata(cairo_surface_t *surface, const char *title, int64_t date)
{
    const time_t seconds = (time_t)(date / 1000000);
    char text[64];
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) || tm.tm_year < 0 || tm.tm_year > 8099)
        tm = (struct tm){.tm_year = 70, .tm_mday = 1};
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, PACKAGE_STRING);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, text);
}

int mp_paint_pdf(const struct mp_scene *scene, struct mp_fonts *fonts, const char *title,
                 int64_t date, int fd, struct mp_error *err)
{
    struct stream stream = {.fd = fd};
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_stream, &stream, scene->width * points_per_pixel,
        scene->height * points_per_pixel);
    cairo_status_t status;

    set_metadata(surface, title, date);
    status = paint(scene, fonts, surface, points_per_pixel);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    flush_stream(&stream);
    if (stream.error)
        return mp_fail(err, MP_FAULT_FAILED, "cannot write: %s", strerror(stream.error));
    if (status != CAIRO_STATUS_SUCCESS)
        return mp_fail(err, MP_FAULT_FAILED, "cannot draw a chart: %s",
                       cairo_status_to_string(status));
    return 0;
}
