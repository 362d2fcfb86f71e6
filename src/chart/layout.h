/* SPDX-License-Identifier: MIT
 * layout.h - from results to scenes: where everything on the two pictures stands.
 *
 * Pure: no cairo, no pango, no files.  The same input gives the same scene in any locale;
 * only the process's time zone counts.
 */
#ifndef MP_CHART_LAYOUT_H
#define MP_CHART_LAYOUT_H

#include "chart/input.h"
#include "chart/scene.h"

/* Pixels of the PNG. */
enum {
    MP_SERIES_WIDTH = 1600,
    MP_SERIES_HEIGHT = 900,
    MP_NODES_LEAST = 4, /* fewer are told apart in the time series */
    MP_PIE_WIDTH = 1000,
    MP_PIE_HEIGHT = 1000,
    MP_PLOT_LEFT = 96, /* the plot is MP_COLUMNS pixels wide: one per column */
};

enum mp_colour {
    MP_INK = 0x1F2430FF,
    MP_SOFT_INK = 0x5A6272FF,
    MP_PAPER = 0xFFFFFFFF,
};

/* GPU `i` of `n` on a single node: from dark to pale green. */
uint32_t mp_gpu_colour(size_t i, size_t n);

/* Job, window, energy, nodes and verdict at the head of a picture as wide as the scene.
 * `with_energy`: the energy, too (the pie has it in its centre). */
void mp_layout_header(const struct mp_chart_input *in, const struct mp_measure *measure,
                      bool with_energy, struct mp_scene *scene);

/* `scene` comes in zeroed; on failure the caller frees it as well. */
int mp_layout_timeseries(const struct mp_chart_input *in,
                         const struct mp_measure *measure, struct mp_scene *scene,
                         struct mp_error *err);
/* Only for MP_NODES_LEAST nodes and more; as high as they need. */
int mp_layout_nodes(const struct mp_chart_input *in, const struct mp_measure *measure,
                    struct mp_scene *scene, struct mp_error *err);
int mp_layout_pie(const struct mp_chart_input *in, const struct mp_measure *measure,
                  struct mp_scene *scene, struct mp_error *err);

#endif
