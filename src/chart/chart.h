/* SPDX-License-Identifier: MIT
 * chart.h - the pictures of a report, as PNG and PDF, written to open descriptors.
 *
 * What stands where is worked out in plain numbers (layout.h, scene.h); only
 * paint.c and font.c know cairo and pango.
 */
#ifndef MP_CHART_H
#define MP_CHART_H

#include <stdbool.h>

#include "base/error.h"
#include "chart/input.h"

enum mp_chart_file {
    MP_CHART_TIMESERIES_PNG,
    MP_CHART_TIMESERIES_PDF,
    MP_CHART_PIE_PNG,
    MP_CHART_PIE_PDF,
    MP_CHART_NODES_PNG,
    MP_CHART_NODES_PDF,
    MP_N_CHARTS
};

/* "timeseries.png" */
const char *mp_chart_file_name(enum mp_chart_file file);

/* Whether a report of this has the file: nodes.* only from MP_NODES_LEAST nodes on. */
bool mp_chart_has_file(const struct mp_chart_input *in, enum mp_chart_file file);

/* The pictures as SVG elements of a page (svg.h), with the ids "timeseries", "pie" and
 * "nodes"; owned. */
struct mp_chart_svgs {
    char *timeseries, *pie;
    char *nodes; /* NULL: fewer than MP_NODES_LEAST nodes */
};
void mp_chart_svgs_free(struct mp_chart_svgs *svgs);

/* Draw the charts, each on its descriptor (borrowed; -1: not wanted).  The same input
 * gives the same bytes, whatever the locale and the day; local times are in the process's
 * zone. All at once is much cheaper than one after the other: texts are shaped once, and
 * the PNGs are compressed by a thread while the PDFs are written. -1, naming the file,
 * where the machine has no font (the text says what to do), a write fails or memory
 * runs out; what the descriptors then hold is of no use.  `svgs` may be NULL. */
int mp_chart_draw(const struct mp_chart_input *in, const int fds[MP_N_CHARTS],
                  struct mp_chart_svgs *svgs, struct mp_error *err);

/* For a process that forks others to draw: load what is dear to load (fontconfig's lists:
 * 7 of the 9 ms that the first text takes), and start no thread.  Pango starts one for
 * each font; were it inside an allocator's or fontconfig's lock at the fork, the child
 * would wait for that lock for ever. */
void mp_chart_preload(void);

/* -1, with what to install, where this machine has no font for the charts.  *east_asian:
 * whether it has one for Chinese, Japanese and Korean names, which would otherwise be
 * drawn as boxes. */
int mp_chart_check_fonts(bool *east_asian, struct mp_error *err);

#endif
