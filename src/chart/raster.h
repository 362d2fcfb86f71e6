/* SPDX-License-Identifier: MIT
 * raster.h - the marks of a scene that are as many as the columns, drawn straight
 * into pixels: a general stroke of such a curve takes ten
 * times as long as all the rest. */
#ifndef MP_CHART_RASTER_H
#define MP_CHART_RASTER_H

#include <stddef.h>
#include <stdint.h>

#include "chart/scene.h"

struct mp_raster {
    uint32_t *pixels; /* 0x00RRGGBB */
    int width, height;
    size_t stride; /* pixels from one row to the next */
};

/* MP_MARK_TRACE, AREA, HATCH and BARS; one pixel of the
 * raster is one unit of the scene. */
void mp_raster_mark(struct mp_raster *raster, const struct mp_scene *scene,
                    const struct mp_mark *mark);

#endif
