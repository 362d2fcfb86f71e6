/* SPDX-License-Identifier: MIT
 * png.h - pixels to a PNG. */
#ifndef MP_CHART_PNG_H
#define MP_CHART_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct mp_pixels {
    uint32_t *data; /* 0x00RRGGBB */
    size_t width, height;
    size_t stride; /* pixels from one row to the next */
};

/* The file has a palette: up to 256 colours are exact; of more, the 192 commonest, and
 * the others (shades of blended edges) take the nearest.  Width and height are from 1 to
 * 32,767. */
int mp_png_write(const struct mp_pixels *pixels, int fd, struct mp_error *err);

#endif
