/* SPDX-License-Identifier: MIT
 * raster.c - curves over time, drawn pixel column by pixel column.
 *
 * In each column a curve covers an upright stretch: what it passes through there, widened
 * by half its width at both ends; the two end pixels are blended. */
#include "config.h"

#include "chart/raster.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_WIDTH = 4096, HATCH_PERIOD = 8 };

/* Blend a colour (its alpha times `cover`, 0..1) over a pixel. */
static void blend(uint32_t *pixel, uint32_t colour, double cover)
{
    const uint32_t alpha = (uint32_t)((colour & 0xFF) * cover + 0.5);
    uint32_t out = 0;

    if (alpha == 255) {
        *pixel = colour >> 8;
        return;
    }

    for (int shift = 16; shift >= 0; shift -= 8) {
        uint32_t below = *pixel >> shift & 0xFF;
        uint32_t above = colour >> (shift + 8) & 0xFF;

        out |= (above * alpha + below * (255 - alpha) + 127) / 255 << shift;
    }
    *pixel = out;
}

/* How much of pixel y the stretch [top, bottom] covers.  Few shades of edges are enough,
 * and make a small palette. */
static double overlap(double top, double bottom, int y)
{
    double cover = fmin(bottom, y + 1) - fmax(top, y);

    return cover > 0 ? (int)(cover * 8 + 0.5) / 8.0 : 0;
}

/* The stretch [top, bottom] of pixel column x. */
static void fill_column(struct mp_pixels *r, int x, double top, double bottom,
                        uint32_t colour)
{
    if (x < 0 || x >= (int)r->width || !(top < bottom))
        return;
    top = fmax(top, 0);
    bottom = fmin(bottom, (double)r->height);
    for (int y = (int)floor(top); y < bottom; y++)
        blend(&r->data[(size_t)y * r->stride + (size_t)x], colour,
              overlap(top, bottom, y));
}

/* What a trace passes through, per pixel column: lowest and highest y. */
struct reach {
    double top[MAX_WIDTH], bottom[MAX_WIDTH];
    int first, last;
};

static void reach_segment(struct reach *reach, const struct mp_pixels *r,
                          struct mp_point a, struct mp_point b)
{
    const double slope = b.x > a.x ? (b.y - a.y) / (b.x - a.x) : 0;
    const int last = (int)fmin(ceil(b.x) - 1, (double)r->width - 1);

    for (int x = (int)fmax(floor(a.x), 0); x <= last; x++) {
        double from = a.y + slope * (fmax(a.x, x) - a.x);
        double to = a.y + slope * (fmin(b.x, x + 1) - a.x);

        reach->top[x] = fmin(reach->top[x], fmin(from, to));
        reach->bottom[x] = fmax(reach->bottom[x], fmax(from, to));
    }
}

static void reach_trace(struct reach *reach, const struct mp_pixels *r,
                        const struct mp_point *points, size_t n)
{
    reach->first = (int)fmax(floor(points[0].x), 0);
    reach->last = (int)fmin(ceil(points[n - 1].x) - 1, (double)r->width - 1);
    for (int x = reach->first; x <= reach->last; x++) {
        reach->top[x] = INFINITY;
        reach->bottom[x] = -INFINITY;
    }
    for (size_t i = 1; i < n; i++)
        reach_segment(reach, r, points[i - 1], points[i]);
}

/* Column x of a trace as if drawn with a round pen: where the curve is steep, the columns
 * beside it take a part, so that it is as wide upright as it is level. */
static void draw_trace_column(struct mp_pixels *r, const struct reach *reach,
                              const struct mp_mark *mark, int x)
{
    const double half = mark->width / 2;
    const double aside = fmin(fmax(half - 0.5, 0), 1); /* of a pixel, to each side */
    const double near = sqrt(fmax(half * half - aside * aside, 0)) / 2;
    const int left = x > reach->first ? x - 1 : x;
    const int right = x < reach->last ? x + 1 : x;
    const double top =
        fmin(reach->top[x] - half, fmin(reach->top[left], reach->top[right]) - near);
    const double bottom = fmax(reach->bottom[x] + half,
                               fmax(reach->bottom[left], reach->bottom[right]) + near);

    for (int y = (int)floor(fmax(top, 0)); y < fmin(bottom, (double)r->height); y++) {
        double cover = overlap(reach->top[x] - half, reach->bottom[x] + half, y);

        cover = fmax(cover, aside * overlap(reach->top[left] - near,
                                            reach->bottom[left] + near, y));
        cover = fmax(cover, aside * overlap(reach->top[right] - near,
                                            reach->bottom[right] + near, y));
        if (cover > 0)
            blend(&r->data[(size_t)y * r->stride + (size_t)x], mark->colour, cover);
    }
}

static void draw_trace(struct mp_pixels *r, const struct reach *reach,
                       const struct mp_mark *mark)
{
    for (int x = reach->first; x <= reach->last; x++)
        draw_trace_column(r, reach, mark, x);
}

/* How much of a slanted line of the hatch covers a pixel. */
static double hatch_cover(int x, int y)
{
    static const double cover[HATCH_PERIOD] = {1, 0.5, 0, 0, 0, 0, 0, 0.5};

    return cover[(x + y) % HATCH_PERIOD];
}

/* Row by row: down a column, each pixel would be another line of the cache. */
static void draw_area(struct mp_pixels *r, const struct reach *reach,
                      const struct mp_mark *mark)
{
    const int bottom = (int)fmin(round(mark->y), (double)r->height);
    const uint32_t colour = mark->colour >> 8;
    int edge[MAX_WIDTH];
    int highest = bottom;

    for (int x = reach->first; x <= reach->last; x++) {
        edge[x] = (int)fmax(floor((reach->top[x] + reach->bottom[x]) / 2), 0);
        highest = edge[x] < highest ? edge[x] : highest;
    }
    for (int y = highest; y < bottom; y++) {
        uint32_t *row = r->data + (size_t)y * r->stride;

        if (mark->kind == MP_MARK_AREA) {
            for (int x = reach->first; x <= reach->last; x++)
                row[x] = y >= edge[x] ? colour : row[x];
            continue;
        }
        for (int x = reach->first; x <= reach->last; x++)
            if (y >= edge[x] && hatch_cover(x, y) > 0)
                blend(&row[x], mark->colour, hatch_cover(x, y));
    }
}

static void draw_bars(struct mp_pixels *r, const struct mp_point *points, size_t n,
                      uint32_t colour)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        for (int x = (int)floor(points[i].x); x < points[i + 1].x; x++)
            fill_column(r, x, points[i].y, points[i + 1].y, colour);
}

void mp_raster_mark(struct mp_pixels *pixels, const struct mp_scene *scene,
                    const struct mp_mark *mark)
{
    const struct mp_point *points = scene->points + mark->first;
    struct reach reach;

    if (mark->n_points < 2 || pixels->width > MAX_WIDTH)
        return;
    if (mark->kind == MP_MARK_BARS) {
        draw_bars(pixels, points, mark->n_points, mark->colour);
        return;
    }
    reach_trace(&reach, pixels, points, mark->n_points);
    if (mark->kind == MP_MARK_TRACE)
        draw_trace(pixels, &reach, mark);
    else
        draw_area(pixels, &reach, mark);
}
