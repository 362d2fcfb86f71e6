/* SPDX-License-Identifier: MIT
 * svg.c - a scene as an SVG element within a page.
 *
 * Lengths are written in tenths of a pixel, as whole numbers around a point, so that no
 * locale can choose another one; paths go on from point to point, which halves them. */
#include "config.h"

#include "chart/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chart/layout.h"
#include "chart/png.h"
#include "chart/view.h"

enum { MOST_POINTS = 24000, MOST_CELLS = 60000 };

struct writer {
    const struct mp_scene *scene;
    const struct mp_svg *svg;
    FILE *out;
    size_t thin; /* of so many points in a row two are kept */
    bool failed;
    long at_x, at_y; /* where the path stands, tenths of a pixel */
};

void mp_svg_text(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void put_tenths(FILE *out, long tenths)
{
    fprintf(out, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
    if (tenths % 10 != 0)
        fprintf(out, ".%ld", labs(tenths) % 10);
}

static void put_length(FILE *out, double length)
{
    put_tenths(out, lround(length * 10));
}

static void put_attribute(FILE *out, const char *name, double length)
{
    fprintf(out, " %s=\"", name);
    put_length(out, length);
    fputc('"', out);
}

/* ---- paths ---- */

static void move_to(struct writer *w, double x, double y)
{
    w->at_x = lround(x * 10);
    w->at_y = lround(y * 10);
    fputc('M', w->out);
    put_tenths(w->out, w->at_x);
    if (w->at_y >= 0)
        fputc(' ', w->out);
    put_tenths(w->out, w->at_y);
}

static void line_to(struct writer *w, double x, double y)
{
    const long dx = lround(x * 10) - w->at_x;
    const long dy = lround(y * 10) - w->at_y;

    if (dx == 0 && dy == 0)
        return;
    if (dy == 0) {
        fputc('h', w->out);
        put_tenths(w->out, dx);
    } else if (dx == 0) {
        fputc('v', w->out);
        put_tenths(w->out, dy);
    } else {
        fputc('l', w->out);
        put_tenths(w->out, dx);
        if (dy >= 0)
            fputc(' ', w->out);
        put_tenths(w->out, dy);
    }
    w->at_x += dx;
    w->at_y += dy;
}

/* Of points[0 .. n) the highest and the lowest, in their order. */
static void line_to_extremes(struct writer *w, const struct mp_point *points, size_t n)
{
    size_t high = 0;
    size_t low = 0;

    for (size_t i = 1; i < n; i++) {
        high = points[i].y < points[high].y ? i : high;
        low = points[i].y > points[low].y ? i : low;
    }
    line_to(w, points[high < low ? high : low].x, points[high < low ? high : low].y);
    line_to(w, points[high < low ? low : high].x, points[high < low ? low : high].y);
}

static void polyline(struct writer *w, const struct mp_mark *mark)
{
    const struct mp_point *points = w->scene->points + mark->first;
    const size_t n = mark->n_points;

    if (n == 0)
        return;
    move_to(w, points[0].x, points[0].y);
    for (size_t i = 1; i < n; i += w->thin)
        if (w->thin == 1)
            line_to(w, points[i].x, points[i].y);
        else
            line_to_extremes(w, points + i, n - i < w->thin ? n - i : w->thin);
    line_to(w, points[n - 1].x, points[n - 1].y);
}

/* The bars' outline, or that of as many in a row together as are thinned to one. */
static void bars(struct writer *w, const struct mp_mark *mark)
{
    const struct mp_point *p = w->scene->points + mark->first;
    const size_t n = mark->n_points / 2;

    for (size_t i = 0; i < n; i += w->thin) {
        const size_t end = n - i < w->thin ? n : i + w->thin;
        double top = p[2 * i].y;
        double bottom = p[2 * i + 1].y;

        for (size_t k = i + 1; k < end; k++) {
            top = fmin(top, p[2 * k].y);
            bottom = fmax(bottom, p[2 * k + 1].y);
        }
        move_to(w, p[2 * i].x, top);
        line_to(w, p[2 * end - 1].x, top);
        line_to(w, p[2 * end - 1].x, bottom);
        line_to(w, p[2 * i].x, bottom);
        fputc('z', w->out);
    }
}

static void area(struct writer *w, const struct mp_mark *mark)
{
    const struct mp_point *points = w->scene->points + mark->first;

    if (mark->n_points == 0)
        return;
    polyline(w, mark);
    line_to(w, points[mark->n_points - 1].x, mark->y);
    line_to(w, points[0].x, mark->y);
    fputc('z', w->out);
}

static void arc_to(struct writer *w, const struct mp_mark *mark, double radius,
                   double from, double to)
{
    /* a whole ring is two halves: an arc that ends where it starts is none */
    for (int half = 1; half <= 2; half++) {
        const double angle = from + (to - from) * half / 2;

        fputc('A', w->out);
        put_length(w->out, radius);
        fputc(' ', w->out);
        put_length(w->out, radius);
        fprintf(w->out, " 0 0 %d ", to > from);
        put_length(w->out, mark->x + radius * sin(angle));
        fputc(' ', w->out);
        put_length(w->out, mark->y - radius * cos(angle));
    }
}

static void wedge(struct writer *w, const struct mp_mark *mark)
{
    move_to(w, mark->x + mark->outer * sin(mark->from),
            mark->y - mark->outer * cos(mark->from));
    arc_to(w, mark, mark->outer, mark->from, mark->to);
    fputc('L', w->out);
    put_length(w->out, mark->x + mark->inner * sin(mark->to));
    fputc(' ', w->out);
    put_length(w->out, mark->y - mark->inner * cos(mark->to));
    arc_to(w, mark, mark->inner, mark->to, mark->from);
    fputc('z', w->out);
}

/* ---- elements ---- */

/* Colours of paper and ink, which a dark page exchanges. */
static const char *colour_class(uint32_t colour)
{
    static const struct {
        uint32_t rgb;
        const char *name;
    } classes[] = {{MP_INK >> 8, "ink"},
                   {MP_SOFT_INK >> 8, "soft"},
                   {MP_PAPER >> 8, "paper"},
                   {0xE9ECF1, "wash"},
                   {0xE4E7EC, "wash"},
                   {0xB4BAC6, "hatch"},
                   {MP_SPREAD_BAND >> 8, "band"},
                   {MP_QUARTILE_BAND >> 8, "quart"},
                   {0x000000, "grid"}};

    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].rgb == colour >> 8)
            return classes[i].name;
    return NULL;
}

/* t: stretched when a script zooms, x: hidden then, s<index>: a curve's. */
static void put_class(struct writer *w, const struct mp_mark *mark)
{
    const char *colour = mark->on_colour ? NULL : colour_class(mark->colour);
    const bool curve = mark->part == MP_PART_SERIES || mark->part == MP_PART_ENVELOPE;
    const bool hidden = mark->part == MP_PART_TIME || mark->part == MP_PART_NOTE ||
                        (mark->kind == MP_MARK_POLYGON && mark->part == MP_PART_SERIES);
    const bool stretched = !hidden && (curve || mark->part == MP_PART_MISSING);

    if (!colour && !curve && !hidden && !stretched)
        return;
    fprintf(w->out, " class=\"%s%s%s", colour ? colour : "", hidden ? " x" : "",
            stretched ? " t" : "");
    if (curve)
        fprintf(w->out, " s%d", mark->index);
    fputc('"', w->out);
}

/* `what`: fill or stroke. */
static void put_colour(FILE *out, const char *what, uint32_t colour)
{
    fprintf(out, " %s=\"#%06" PRIx32 "\"", what, colour >> 8);
    if ((colour & 0xFF) != 0xFF) {
        const unsigned thousandths = (unsigned)lround((colour & 0xFF) / 0.255);

        fprintf(out, " %s-opacity=\".%03u\"", what, thousandths);
    }
}

static void put_path(struct writer *w, const struct mp_mark *mark,
                     void (*draw)(struct writer *, const struct mp_mark *))
{
    const bool line = mark->kind == MP_MARK_STROKE || mark->kind == MP_MARK_TRACE;

    fputs("<path", w->out);
    put_class(w, mark);
    if (line) {
        put_colour(w->out, "stroke", mark->colour);
        fputs(" fill=\"none\"", w->out);
        put_attribute(w->out, "stroke-width", mark->width);
    } else if (mark->kind == MP_MARK_HATCH)
        fprintf(w->out, " fill=\"url(#%s-hatch)\"", w->svg->name);
    else
        put_colour(w->out, "fill", mark->colour);
    fputs(" d=\"", w->out);
    draw(w, mark);
    if (mark->kind == MP_MARK_POLYGON)
        fputc('z', w->out);
    fputs("\"/>\n", w->out);
}

static void put_text(struct writer *w, const struct mp_mark *mark)
{
    static const double ascent = 0.8; /* of a line's height */
    static const char *const anchors[] = {"start", "middle", "end"};

    fputs("<text", w->out);
    put_class(w, mark);
    put_colour(w->out, "fill", mark->colour);
    put_attribute(w->out, "x", mark->x + mark->anchor * mark->w);
    put_attribute(w->out, "y", mark->y + ascent * mark->h);
    if (mark->anchor > 0)
        fprintf(w->out, " text-anchor=\"%s\"", anchors[lround(mark->anchor * 2)]);
    if (mark->size != 20)
        put_attribute(w->out, "font-size", mark->size);
    if (mark->bold)
        fputs(" font-weight=\"700\"", w->out);
    if (mark->cut) { /* the fonts of a page cannot be measured here */
        put_attribute(w->out, "textLength", mark->w);
        fputs(" lengthAdjust=\"spacingAndGlyphs\"", w->out);
    }
    fputc('>', w->out);
    mp_svg_text(mark->text, w->out);
    fputs("</text>\n", w->out);
}

/* base64 (RFC 4648) of a file's bytes. */
static void put_base64(const unsigned char *data, size_t n, FILE *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        const uint32_t three = (uint32_t)data[i] << 16 |
                               (i + 1 < n ? (uint32_t)data[i + 1] << 8 : 0) |
                               (i + 2 < n ? data[i + 2] : 0);

        fputc(digits[three >> 18], out);
        fputc(digits[three >> 12 & 63], out);
        fputc(i + 1 < n ? digits[three >> 6 & 63] : '=', out);
        fputc(i + 2 < n ? digits[three & 63] : '=', out);
    }
}

/* Of many cells in a row one of each few. */
static uint32_t *thin_cells(const struct mp_mark *mark, struct mp_pixels *pixels)
{
    const int step = 1 + mark->n_columns * mark->n_rows / MOST_CELLS;

    pixels->width = (size_t)(mark->n_columns + step - 1) / (size_t)step;
    pixels->height = (size_t)mark->n_rows;
    pixels->stride = pixels->width;
    pixels->data = malloc(pixels->width * pixels->height * sizeof *pixels->data);
    for (size_t i = 0; pixels->data && i < pixels->width * pixels->height; i++) {
        const size_t row = i / pixels->width;
        const size_t column = i % pixels->width * (size_t)step;
        const uint32_t cell = mark->cells[row * (size_t)mark->n_columns + column];

        pixels->data[i] = cell ? cell >> 8 : MP_PAPER >> 8;
    }
    return pixels->data;
}

/* 0, or -1 where memory or descriptors have run out: the page then lacks the cells. */
static int put_image(struct writer *w, const struct mp_mark *mark)
{
    const int fd = memfd_create("cells", MFD_CLOEXEC);
    struct mp_pixels pixels = {0};
    struct mp_error err = {0};
    off_t size = 0;
    void *png = MAP_FAILED;

    if (fd >= 0 && thin_cells(mark, &pixels) && mp_png_write(&pixels, fd, &err) == 0)
        size = lseek(fd, 0, SEEK_END);
    if (size > 0)
        png = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (png != MAP_FAILED) {
        fputs("<image preserveAspectRatio=\"none\" image-rendering=\"pixelated\"",
              w->out);
        put_attribute(w->out, "x", mark->x);
        put_attribute(w->out, "y", mark->y);
        put_attribute(w->out, "width", mark->w);
        put_attribute(w->out, "height", mark->h);
        fputs(" href=\"data:image/png;base64,", w->out);
        put_base64(png, (size_t)size, w->out);
        fputs("\"/>\n", w->out);
        munmap(png, (size_t)size);
    }
    free(pixels.data);
    if (fd >= 0)
        close(fd);
    return png != MAP_FAILED ? 0 : -1;
}

static void put_mark(struct writer *w, const struct mp_mark *mark)
{
    if (mark->part == MP_PART_HEADER || mark->part == MP_PART_BADGE)
        return;
    switch (mark->kind) {
    case MP_MARK_POLYGON:
    case MP_MARK_STROKE:
    case MP_MARK_TRACE:
        put_path(w, mark, polyline);
        break;
    case MP_MARK_AREA:
    case MP_MARK_HATCH:
        put_path(w, mark, area);
        break;
    case MP_MARK_BARS:
        put_path(w, mark, bars);
        break;
    case MP_MARK_WEDGE:
        put_path(w, mark, wedge);
        break;
    case MP_MARK_CELLS:
        w->failed |= put_image(w, mark) < 0;
        break;
    case MP_MARK_TEXT:
        put_text(w, mark);
        break;
    }
}

int mp_svg_write(const struct mp_scene *scene, const struct mp_svg *svg, FILE *out)
{
    struct writer w = {.scene = scene, .svg = svg, .out = out};

    w.thin = 1 + scene->n_points / MOST_POINTS * 2;
    fprintf(out, "<svg id=\"%s\" role=\"img\" aria-labelledby=\"%s-title\" viewBox=\"0 ",
            svg->name, svg->name);
    put_length(out, svg->top);
    fputc(' ', out);
    put_length(out, scene->width);
    fputc(' ', out);
    put_length(out, scene->height - svg->top);
    fprintf(out, "\" font-size=\"20\" stroke-linejoin=\"round\"><title id=\"%s-title\">",
            svg->name);
    mp_svg_text(svg->title, out);
    fprintf(out,
            "</title>\n<pattern id=\"%s-hatch\" width=\"8\" height=\"8\" "
            "patternUnits=\"userSpaceOnUse\"><path class=\"paper\" fill=\"#fff\" "
            "d=\"M0 0h8v8H0z\"/><path class=\"hatch\" stroke=\"#b4bac6\" "
            "stroke-width=\"1.4\" d=\"M-1 1l2-2M0 8l8-8M7 9l2-2\"/></pattern>\n",
            svg->name);
    for (size_t i = 0; i < scene->n_marks; i++)
        put_mark(&w, &scene->marks[i]);
    fputs("</svg>\n", out);
    return w.failed ? -1 : 0;
}
