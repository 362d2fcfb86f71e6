/* SPDX-License-Identifier: MIT
 * png.c - pixels to a PNG with a palette: libpng writes the file, the choice of its 256
 * colours is ours. */
#include "config.h"

#include "chart/png.h"

#include <errno.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/whole.h"

/* ---- the palette ---- */

enum {
    TABLE_BITS = 14,
    TABLE_SIZE = 1 << TABLE_BITS,
    MAX_COLOURS = TABLE_SIZE * 3 / 4,
    PALETTE = 256,
    COMMONEST = 192, /* entries for them; the others for colours far from any */
};

struct colour {
    uint32_t rgb;
    uint32_t count; /* 0: the place is free */
    int away;       /* from the nearest entry of the palette ... */
    uint8_t entry;  /* ... which is this one */
};

/* Open addressing; with more than MAX_COLOURS, colours are looked up with fewer bits. */
struct colours {
    struct colour table[TABLE_SIZE];
    size_t n;
    uint32_t mask; /* bits of a colour that count */
    int shift;     /* by which those bits fill the others: white stays white */
    struct colour *common[TABLE_SIZE]; /* the commonest first */
    size_t n_palette;
};

static struct colour *find_colour(struct colours *c, uint32_t rgb)
{
    size_t at = (rgb * UINT32_C(2654435761)) >> (32 - TABLE_BITS);

    while (c->table[at].count > 0 && c->table[at].rgb != rgb)
        at = (at + 1) % TABLE_SIZE;
    return &c->table[at];
}

/* Where the pixels that look like row[x] end.  Most of a chart is even: sixteen at once.
 */
static size_t run_end(const uint32_t *row, size_t x, size_t width)
{
    enum { AT_ONCE = 16 };
    size_t end = x + 1;

    if (end < width && row[end] != row[x])
        return end;
    while (end + AT_ONCE <= width &&
           memcmp(&row[end], &row[end - 1], AT_ONCE * sizeof *row) == 0)
        end += AT_ONCE;
    while (end < width && row[end] == row[x])
        end++;
    return end;
}

/* False: there are too many of them. */
static bool count_colours(struct colours *c, const struct mp_pixels *pixels)
{
    for (size_t y = 0; y < pixels->height; y++) {
        const uint32_t *row = pixels->data + y * pixels->stride;

        for (size_t x = 0, end; x < pixels->width; x = end) {
            struct colour *colour = find_colour(c, row[x] & c->mask);

            end = run_end(row, x, pixels->width);
            if (colour->count == 0) {
                if (c->n == MAX_COLOURS)
                    return false;
                c->common[c->n++] = colour;
                colour->rgb = row[x] & c->mask;
            }
            colour->count += (uint32_t)(end - x);
        }
    }
    return true;
}

/* Commonest first; the colour itself decides between equals, so that the order is one. */
static int commoner_first(const void *a, const void *b)
{
    const struct colour *x = *(struct colour *const *)a;
    const struct colour *y = *(struct colour *const *)b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->rgb > y->rgb) - (x->rgb < y->rgb);
}

static int distance(uint32_t a, uint32_t b)
{
    int red = (int)(a >> 16 & 0xFF) - (int)(b >> 16 & 0xFF);
    int green = (int)(a >> 8 & 0xFF) - (int)(b >> 8 & 0xFF);
    int blue = (int)(a & 0xFF) - (int)(b & 0xFF);

    return 2 * red * red + 4 * green * green + 3 * blue * blue;
}

/* Take common[n_palette] into the palette, and tell those behind it. */
static void add_entry(struct colours *c)
{
    const size_t entry = c->n_palette++;
    const struct colour *added = c->common[entry];

    for (size_t i = entry; i < c->n; i++) {
        struct colour *colour = c->common[i];
        const int away = distance(colour->rgb, added->rgb);

        if (away < colour->away) {
            colour->away = away;
            colour->entry = (uint8_t)entry;
        }
    }
}

/* Among a thousand shades of text's edges, the rare colours of a scale must not be lost:
 * behind the commonest come those furthest from all before them. */
static void choose_palette(struct colours *c)
{
    qsort(c->common, c->n, sizeof(struct colour *), commoner_first);
    for (size_t i = 0; i < c->n; i++)
        c->common[i]->away = INT32_MAX;
    while (c->n_palette < PALETTE && c->n_palette < c->n) {
        const size_t next = c->n_palette;
        size_t furthest = next;

        for (size_t i = next; next >= COMMONEST && i < c->n; i++)
            if (c->common[i]->away > c->common[furthest]->away)
                furthest = i;
        struct colour *chosen = c->common[furthest];

        c->common[furthest] = c->common[next];
        c->common[next] = chosen;
        add_entry(c);
    }
}

static void make_palette(struct colours *c, const struct mp_pixels *pixels)
{
    static const struct {
        uint32_t bits;
        int shift;
    } masks[] = {{0xFFFFFF, 8}, {0xFCFCFC, 6}, {0xF0F0F0, 4}};

    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        memset(c, 0, sizeof *c);
        c->mask = masks[i].bits;
        c->shift = masks[i].shift;
        if (count_colours(c, pixels))
            break;
    }
    choose_palette(c);
}

/* ---- the file ---- */

struct output {
    int fd;
    int error;        /* errno of the write that failed */
    char message[80]; /* what else went wrong */
};

static void write_data(png_structp png, png_bytep data, size_t size)
{
    struct output *out = png_get_io_ptr(png);

    out->error = mp_write_all(out->fd, data, size);
    if (out->error != 0)
        png_error(png, "cannot write");
}

static void flush_data(png_structp png)
{
    (void)png;
}

static void complain(png_structp png, png_const_charp message)
{
    struct output *out = png_get_error_ptr(png);

    snprintf(out->message, sizeof out->message, "%s", message);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void put_palette(png_structp png, png_infop info, const struct colours *c)
{
    png_color palette[PALETTE];

    for (size_t i = 0; i < c->n_palette; i++) {
        uint32_t rgb = c->common[i]->rgb;

        rgb |= rgb >> c->shift & ~c->mask;
        palette[i] = (png_color){.red = (png_byte)(rgb >> 16),
                                 .green = (png_byte)(rgb >> 8),
                                 .blue = (png_byte)rgb};
    }
    png_set_PLTE(png, info, palette, (int)c->n_palette);
}

static void put_rows(png_structp png, struct colours *c, const struct mp_pixels *pixels,
                     png_bytep entries)
{
    for (size_t y = 0; y < pixels->height; y++) {
        const uint32_t *row = pixels->data + y * pixels->stride;

        for (size_t x = 0, end; x < pixels->width; x = end) {
            end = run_end(row, x, pixels->width);
            memset(entries + x, find_colour(c, row[x] & c->mask)->entry, end - x);
        }
        png_write_row(png, entries);
    }
}

/* libpng's errors come back to the setjmp here.  Compression 1: charts are even areas,
 * and the higher levels take three to ten times as long for a tenth of the file. */
static int write_file(png_structp png, png_infop info, struct colours *c,
                      const struct mp_pixels *pixels, png_bytep entries)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return -1;
    png_set_IHDR(png, info, (png_uint_32)pixels->width, (png_uint_32)pixels->height, 8,
                 PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    put_palette(png, info, c);
    png_set_compression_level(png, 1);
    png_set_compression_buffer_size(png, 1 << 16);
    png_write_info(png, info);
    put_rows(png, c, pixels, entries);
    png_write_end(png, NULL);
    return 0;
}

int mp_png_write(const struct mp_pixels *pixels, int fd, struct mp_error *err)
{
    struct output out = {.fd = fd, .message = "out of memory"};
    struct colours *c = malloc(sizeof *c);
    png_bytep entries = malloc(pixels->width);
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, &out, complain, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    int rc = -1;

    if (c && entries && info) {
        make_palette(c, pixels);
        png_set_write_fn(png, &out, write_data, flush_data);
        rc = write_file(png, info, c, pixels, entries);
    }
    if (rc < 0)
        mp_fail(err, MP_FAULT_FAILED, "cannot write: %s",
                out.error ? strerror(out.error) : out.message);
    png_destroy_write_struct(&png, &info);
    free(entries);
    free(c);
    return rc;
}
