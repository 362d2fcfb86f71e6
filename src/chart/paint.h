/* SPDX-License-Identifier: MIT
 * paint.h - scenes into pixels and onto the page of a PDF. */
#ifndef MP_CHART_PAINT_H
#define MP_CHART_PAINT_H

#include <stdint.h>

#include "chart/font.h"
#include "chart/png.h"
#include "chart/scene.h"
#include "base/error.h"

/* pixels->data is to be freed by the caller with free(), also after a failure. */
int mp_paint_pixels(const struct mp_scene *scene, struct mp_fonts *fonts,
                    struct mp_pixels *pixels, struct mp_error *err);

/* `date` (µs since the epoch) is the document's: never the clock's, so that the same
 * scene is the same bytes. */
int mp_paint_pdf(const struct mp_scene *scene, struct mp_fonts *fonts, const char *title,
                 int64_t date, int fd, struct mp_error *err);

#endif
