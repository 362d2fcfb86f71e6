/* SPDX-License-Identifier: MIT
 * scene.h - a picture as a list of marks: plain numbers and texts, in the order in
 * which they are painted.
 *
 * The layouts (timeseries.c, pie.c) make scenes; paint.c paints them on any
 * surface; tests look at them.  Lengths are in pixels of
 * the PNG, y grows downwards. */
#ifndef MP_CHART_SCENE_H
#define MP_CHART_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct mp_point {
    double x, y;
};

enum mp_mark_kind {
    MP_MARK_POLYGON, /* filled */
    MP_MARK_STROKE,  /* a polyline */
    MP_MARK_TRACE,   /* a polyline whose x never decreases: a curve over time */
    MP_MARK_AREA,    /* what lies between a trace and the level y, opaque */
    MP_MARK_HATCH,   /* the same, filled with slanted lines */
    MP_MARK_BARS,  /* pairs of points (x, low) (x + 1, high): upright bars side by side */
    MP_MARK_WEDGE, /* part of a ring around x, y */
    MP_MARK_CELLS, /* a box cut into n_columns x n_rows even cells, each of one colour */
    MP_MARK_TEXT,
};

/* What a mark shows; for tests, and so that a reader of a scene finds his way. */
enum mp_part {
    MP_PART_FRAME,    /* background, grid, axes */
    MP_PART_TICK,     /* labels of an axis */
    MP_PART_TIME,     /* grid, ticks and dates of the time axis */
    MP_PART_HEADER,   /* job, window, energy, nodes, reason */
    MP_PART_BADGE,    /* the verdict */
    MP_PART_HEADING,  /* of a panel */
    MP_PART_SERIES,   /* index: enum mp_role; GPUs 100 + number; node spread 99 */
    MP_PART_ENVELOPE, /* index as above */
    MP_PART_MISSING,  /* stretches without data from some or all nodes */
    MP_PART_NOTE,     /* texts inside the plot */
    MP_PART_LEGEND,
    MP_PART_SLICE,  /* index: enum mp_role */
    MP_PART_LEADER, /* from a slice to its label */
    MP_PART_LABEL,  /* of a slice; index as above */
    MP_PART_CENTRE, /* texts within the ring */
    MP_PART_NODES,  /* heat map and bars of single nodes */
};

struct mp_mark {
    enum mp_mark_kind kind;
    enum mp_part part;
    int index;
    uint32_t colour; /* 0xRRGGBBAA */
    double width;    /* of strokes and traces */
    double x, y;     /* text, cells: left, top; wedge: centre; area: y is the level */
    double w, h;     /* text, cells: box */
    double inner, outer, from,
        to;                 /* wedge: radii, angles (radians, clockwise from noon) */
    size_t first, n_points; /* in mp_scene.points */
    uint32_t *cells;        /* owned; row by row, 0xRRGGBBFF, or 0 for none */
    int n_columns, n_rows;
    char *text;    /* owned; valid UTF-8 on one line */
    double size;   /* of the font */
    double anchor; /* text: as in struct mp_text */
    bool bold;
    bool on_colour; /* text: on a colour that a dark page keeps */
    bool cut;       /* text: wider than w */
    bool halo;      /* text: a light rim, so that it can be read on lines */
};

struct mp_scene {
    double width, height;
    struct mp_mark *marks;
    size_t n_marks, marks_capacity;
    struct mp_point *points;
    size_t n_points, points_capacity;
    bool failed; /* out of memory; what was added since is missing */
};

/* How large a text gets when it is painted on one line. */
struct mp_measure {
    void (*text)(void *context, const char *text, double size, bool bold, double *width,
                 double *height);
    void *context;
};

/* Append a mark, without points and text, to be filled in; valid until the next one is
 * added.  NULL where memory has run out. */
struct mp_mark *mp_scene_mark(struct mp_scene *scene, enum mp_mark_kind kind,
                              enum mp_part part, int index, uint32_t colour);
/* Append a point to the mark added last. */
void mp_scene_point(struct mp_scene *scene, double x, double y);

void mp_scene_rectangle(struct mp_scene *scene, enum mp_part part, uint32_t colour,
                        double x, double y, double w, double h);
void mp_scene_line(struct mp_scene *scene, enum mp_part part, uint32_t colour,
                   double width, double x1, double y1, double x2, double y2);

/* Append cells, to be filled in (they come zeroed); NULL where memory has run out. */
uint32_t *mp_scene_cells(struct mp_scene *scene, enum mp_part part, int n_columns,
                         int n_rows, double x, double y, double w, double h);

struct mp_text {
    enum mp_part part;
    int index;
    uint32_t colour;
    double size;
    bool bold, halo;
    double anchor;    /* 0: x is the left end, 0.5: the middle, 1: the right end */
    double max_width; /* more is cut with an ellipsis; 0: no limit */
};

/* Append a text whose box has its top at y; returns the box's width (0 for ""). */
double mp_scene_text(struct mp_scene *scene, const struct mp_measure *measure,
                     const struct mp_text *style, const char *text, double x, double y);

/* 0, or -1 where memory ran out on the way. */
int mp_scene_check(const struct mp_scene *scene, struct mp_error *err);
void mp_scene_free(struct mp_scene *scene);

#endif
