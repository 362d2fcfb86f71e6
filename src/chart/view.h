/* SPDX-License-Identifier: MIT
 * view.h - the time series while it is laid out: its panels, and what curves
 * (timeseries.c), axes (axes.c) and legend (legend.c) share. */
#ifndef MP_CHART_VIEW_H
#define MP_CHART_VIEW_H

#include "chart/ticks.h"
#include "chart/layout.h"

/* Pixels. */
enum {
    MP_PLOT_RIGHT = MP_PLOT_LEFT + MP_COLUMNS,
    MP_PLOT_TOP = 184,
    MP_PLOT_BOTTOM = 806,
    MP_SPLIT_BOTTOM = 548, /* of the upper panel where there are two */
    MP_SPLIT_TOP = 616,    /* of the lower one */
    MP_VIEW_FONT = 20,     /* size of legend, ticks and notes */
};

/* mp_mark.index of what is no role. */
enum { MP_SPREAD_INDEX = 99, MP_GPU_INDEX = 100 };

enum mp_band_colour {
    MP_SPREAD_BAND = 0xBFD0E2FF,
    MP_QUARTILE_BAND = 0x8DABC9FF,
};

struct mp_panel {
    double top, bottom;
    struct mp_value_axis axis;
};

struct mp_view {
    const struct mp_chart_input *in;
    const struct mp_measure *measure;
    struct mp_scene *scene;
    int64_t start, end;
    double left, right, top, bottom; /* of what the time axis stands below */
    struct mp_time_axis time;
    struct mp_panel main, nodes;      /* nodes: only where `spread` is set */
    const struct mp_track *input;     /* NULL: nothing measured the input */
    const struct mp_track *spread;    /* NULL: a single node */
    const struct mp_track *reference; /* whose live says where data are missing */
    size_t n_gpus;                    /* tracks of single GPUs */
    bool shaded; /* a curve has a shade from its least to its largest */
    double legend_y, legend_bottom; /* where the next line goes, and where it must end */
    double legend_row;              /* height of a line */
};

enum mp_column_state {
    MP_COLUMN_GONE,    /* no data at all: the curve breaks */
    MP_COLUMN_BRIDGED, /* some of the track's series are silent */
    MP_COLUMN_LIVE,
};

enum mp_column_state mp_column_state(const struct mp_track *track, int i);
/* How many of the track's series are silent in column i. */
int mp_silent_series(const struct mp_track *track, int i);

double mp_view_x(double column);
double mp_view_y(const struct mp_panel *panel, double watt); /* within the panel */
double mp_view_time_x(const struct mp_view *v, int64_t at);

/* Append a text of the usual size; see mp_scene_text and struct mp_text. */
double mp_view_text(struct mp_view *v, enum mp_part part, uint32_t colour, double anchor,
                    double max_width, const char *what, double x, double y);

bool mp_view_is_drawn(const struct mp_track *track);
const struct mp_track *mp_view_find_role(const struct mp_reduced *reduced,
                                         enum mp_role role);
uint32_t mp_view_colour(const struct mp_view *v, const struct mp_track *track, int index);
uint32_t mp_view_pale(uint32_t colour);
double mp_view_width(const struct mp_track *track);
/* The sign that tells a role's curve apart without colour; nothing for some roles. */
void mp_view_marker(struct mp_view *v, enum mp_part part, enum mp_role role, double x,
                    double y, double radius, uint32_t colour);

/* axes.c */
void mp_view_value_axis(struct mp_view *v, const struct mp_panel *panel);
void mp_view_time_grid(struct mp_view *v, const struct mp_panel *panel);
void mp_view_time_axis(struct mp_view *v);

/* legend.c: of the main panel with its remarks on
 * missing data, and of the nodes'. */
void mp_view_legend(struct mp_view *v);
void mp_view_nodes_legend(struct mp_view *v);

#endif
