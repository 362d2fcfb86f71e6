/* SPDX-License-Identifier: MIT
 * raster.h - the marks of a scene that are as many as the columns, drawn straight
 * into pixels: a general stroke of such a curve takes ten
 * times as long as all the rest. */
#ifndef MP_CHART_RASTER_H
#define MP_CHART_RASTER_H

#include "chart/png.h"
#include "chart/scene.h"

/* MP_MARK_TRACE, AREA, HATCH and BARS; one pixel is one unit of the scene.
 */
void mp_raster_mark(struct mp_pixels *pixels, const struct mp_scene *scene,
                    const struct mp_mark *mark);

#endif
