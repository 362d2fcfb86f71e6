/* SPDX-License-Identifier: MIT
 * chart_series.c - the layout of power against time.
 *
 * The plot is as many pixels wide as there are columns, so that nothing is averaged away:
 * a curve runs through the columns' means, and where a column holds more than the curve
 * covers there, a bar of one pixel shows the rest (the envelope). */
#include "config.h"

#include "chart_layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chart_axis.h"
#include "chart_text.h"

enum {
    PLOT_RIGHT = MP_PLOT_LEFT + MP_COLUMNS,
    PLOT_TOP = 184,
    PLOT_BOTTOM = 806,
    SPLIT_BOTTOM = 548, /* of the upper panel where there are two */
    SPLIT_TOP = 616,    /* of the lower one */
    LEGEND_LEFT = PLOT_RIGHT + 20,
    LEGEND_RIGHT = MP_SERIES_WIDTH - 20,
    ROW = 27, /* height of a line of the legend */
    SPREAD_INDEX = 99,
    GPU_INDEX = 100,
};

static const double small = 20; /* font size of legend, ticks and notes */
static const double tolerance = 0.12; /* px by which a curve may be simplified */

struct panel {
    double top, bottom;
    struct mp_value_axis axis;
};

struct view {
    const struct mp_chart_input *in;
    const struct mp_measure *measure;
    struct mp_scene *scene;
    int64_t start, end;
    struct mp_time_axis time;
    struct panel main, nodes;      /* nodes: only where `spread` is set */
    const struct mp_track *input;  /* NULL: nothing measured the input */
    const struct mp_track *spread; /* NULL: a single node */
    const struct mp_track *reference; /* whose live says where data are missing */
    size_t n_gpus;                 /* tracks of single GPUs */
    double legend_y, legend_bottom;
};

enum state { GONE, BRIDGED, LIVE };

/* How many of a track's series have no data in column i. */
static int silent_series(const struct mp_track *track, int i)
{
    return (int)lround((1 - (double)track->columns[i].live) * (double)track->n_series);
}

static enum state column_state(const struct mp_track *track, int i)
{
    const struct mp_column *column = &track->columns[i];
    int silent;

    if (isnan(column->mean) || column->live <= 0)
        return GONE;
    silent = silent_series(track, i);
    return silent == 0 ? LIVE : silent >= (int)track->n_series ? GONE : BRIDGED;
}

static double x_of(double column)
{
    return MP_PLOT_LEFT + column + 0.5;
}

static double y_of(const struct panel *panel, double watt)
{
    double y = panel->bottom - watt / panel->axis.top * (panel->bottom - panel->top);

    return y < panel->top ? panel->top : y > panel->bottom ? panel->bottom : y;
}

static double time_x(const struct view *v, int64_t at)
{
    return MP_PLOT_LEFT +
           (double)(at - v->start) / (double)(v->end - v->start) * MP_COLUMNS;
}

static double text(struct view *v, enum mp_part part, uint32_t colour, double anchor,
                   double max_width, const char *what, double x, double y)
{
    const struct mp_text style = {.part = part, .colour = colour, .size = small,
                                  .anchor = anchor, .max_width = max_width,
                                  .halo = part == MP_PART_NOTE};

    return mp_scene_text(v->scene, v->measure, &style, what, x, y);
}

static bool is_drawn(const struct mp_track *track)
{
    return track->kind == MP_TRACK_GPU ||
           (track->kind == MP_TRACK_ROLE && track->role != MP_ROLE_NONE);
}

/* ---- curves ---- */

/* The points of a polyline through the means of columns [from, to], without those that lie
 * within the tolerance of the line through their neighbours. */
static void mean_points(struct view *v, const struct panel *panel,
                        const struct mp_column *columns, int from, int to)
{
    double lowest = -INFINITY;
    double highest = INFINITY;
    double anchor_y = y_of(panel, columns[from].mean);
    double previous = anchor_y;
    int anchor = from;

    mp_scene_point(v->scene, from == to ? x_of(from) - 2 : x_of(from), anchor_y);
    for (int i = from + 1; i <= to; i++) {
        double y = y_of(panel, columns[i].mean);
        double slope = (y - anchor_y) / (i - anchor);

        if (slope < lowest || slope > highest) {
            mp_scene_point(v->scene, x_of(i - 1), previous);
            anchor = i - 1;
            anchor_y = previous;
            lowest = y - tolerance - anchor_y;
            highest = y + tolerance - anchor_y;
        } else {
            lowest = fmax(lowest, (y - tolerance - anchor_y) / (i - anchor));
            highest = fmin(highest, (y + tolerance - anchor_y) / (i - anchor));
        }
        previous = y;
    }
    mp_scene_point(v->scene, from == to ? x_of(to) + 2 : x_of(to), previous);
}

/* Calls `draw` for each run of columns in the same state, gaps left out.  A run overlaps
 * the one before it by a column, so that the curve does not break where a node comes
 * or goes. */
typedef void draw_run_fn(struct view *v, const struct panel *panel,
                         const struct mp_track *track, int index, enum state state, int from,
                         int to);

static void each_run(struct view *v, const struct panel *panel, const struct mp_track *track,
                     int index, draw_run_fn *draw)
{
    int from = 0;

    while (from < MP_COLUMNS) {
        enum state state = column_state(track, from);
        int to = from;

        while (to + 1 < MP_COLUMNS && column_state(track, to + 1) == state)
            to++;
        if (state != GONE) {
            bool joined = from > 0 && column_state(track, from - 1) != GONE;

            draw(v, panel, track, index, state, joined ? from - 1 : from, to);
        }
        from = to + 1;
    }
}

static uint32_t track_colour(const struct view *v, const struct mp_track *track, int index)
{
    if (track->kind == MP_TRACK_GPU)
        return mp_gpu_colour((size_t)(index - GPU_INDEX), v->n_gpus);
    return track->kind == MP_TRACK_ROLE ? mp_role_colour(track->role) : MP_INK;
}

static double track_width(const struct mp_track *track)
{
    if (track->kind == MP_TRACK_GPU)
        return 1.6;
    if (track->kind == MP_TRACK_NODE_SPREAD || track->role == MP_ROLE_OUTPUT)
        return 1.4;
    return 2.4;
}

static uint32_t pale(uint32_t colour)
{
    return (colour & 0xFFFFFF00) | 0x78;
}

static void draw_curve(struct view *v, const struct panel *panel,
                       const struct mp_track *track, int index, enum state state, int from,
                       int to)
{
    uint32_t colour = track_colour(v, track, index);
    struct mp_mark *mark = mp_scene_mark(v->scene, MP_MARK_TRACE, MP_PART_SERIES, index,
                                         state == LIVE ? colour : pale(colour));

    if (!mark)
        return;
    mark->width = track_width(track);
    mean_points(v, panel, track->columns, from, to);
}

static void draw_area(struct view *v, const struct panel *panel,
                      const struct mp_track *track, int index, enum state state, int from,
                      int to)
{
    struct mp_mark *mark;

    if (state == LIVE) {
        mark = mp_scene_mark(v->scene, MP_MARK_AREA, MP_PART_SERIES, index, 0xE9ECF1FF);
        if (!mark)
            return;
        mark->y = panel->bottom;
        mean_points(v, panel, track->columns, from, to);
        return;
    }
    mark = mp_scene_mark(v->scene, MP_MARK_HATCH, MP_PART_MISSING, index, 0xB4BAC6FF);
    if (!mark)
        return;
    mark->y = panel->bottom;
    mean_points(v, panel, track->columns, from, to);
}

/* What column i holds beyond the curve through the means, in y; false: nothing to see. */
static bool beyond_curve(const struct panel *panel, const struct mp_track *track, int i,
                         double *top, double *bottom)
{
    const struct mp_column *c = &track->columns[i];
    double left;
    double right;

    if (column_state(track, i) == GONE || isnan(c->min) || isnan(c->max))
        return false;
    left = i > 0 && column_state(track, i - 1) != GONE ? (c[-1].mean + c->mean) / 2 : c->mean;
    right = i + 1 < MP_COLUMNS && column_state(track, i + 1) != GONE
                ? (c[1].mean + c->mean) / 2
                : c->mean;
    *top = y_of(panel, c->max);
    *bottom = y_of(panel, c->min);
    return *top < y_of(panel, fmax(c->mean, fmax(left, right))) - 0.9 ||
           *bottom > y_of(panel, fmin(c->mean, fmin(left, right))) + 0.9;
}

static void draw_envelope(struct view *v, const struct panel *panel,
                          const struct mp_track *track, int index)
{
    const uint32_t colour = (track_colour(v, track, index) & 0xFFFFFF00) | 0x80;
    bool open = false;
    double top;
    double bottom;

    for (int i = 0; i < MP_COLUMNS; i++) {
        bool seen = beyond_curve(panel, track, i, &top, &bottom);

        if (seen && !open &&
            !mp_scene_mark(v->scene, MP_MARK_BARS, MP_PART_ENVELOPE, index, colour))
            return;
        if (seen) {
            mp_scene_point(v->scene, MP_PLOT_LEFT + i, top);
            mp_scene_point(v->scene, MP_PLOT_LEFT + i + 1, bottom);
        }
        open = seen;
    }
}

/* ---- markers: what tells the curves apart without colour ---- */

static void marker(struct view *v, enum mp_part part, enum mp_role role, double x, double y,
                   double radius, uint32_t colour)
{
    static const struct {
        int corners;
        double turn; /* of the first corner, in eighths of a circle */
    } shapes[MP_N_ROLES] = {
        [MP_ROLE_CPU] = {16, 0},    [MP_ROLE_MEMORY] = {4, 1}, [MP_ROLE_STORAGE] = {4, 0},
        [MP_ROLE_FAN] = {3, -2},    [MP_ROLE_GPU] = {3, 2},
    };
    const int corners = shapes[role].corners;

    if (corners == 0 || !mp_scene_mark(v->scene, MP_MARK_POLYGON, part, (int)role, colour))
        return;
    radius *= corners == 3 ? 1.25 : corners == 4 ? 1.15 : 1;
    for (int i = 0; i < corners; i++) {
        double angle = (shapes[role].turn / 4 + 2.0 * i / corners) * M_PI;

        mp_scene_point(v->scene, x + radius * cos(angle), y + radius * sin(angle));
    }
}

static void draw_markers(struct view *v, const struct mp_track *track)
{
    enum { MARKERS = 4 };

    if (track->kind != MP_TRACK_ROLE)
        return;
    for (int i = 0; i < MARKERS; i++) {
        int column = (int)((i + 0.14 + 0.16 * track->role) * MP_COLUMNS / MARKERS);
        double y;

        if (column >= MP_COLUMNS || column_state(track, column) == GONE)
            continue;
        y = y_of(&v->main, track->columns[column].mean);
        marker(v, MP_PART_SERIES, track->role, x_of(column), y, 8, MP_PAPER);
        marker(v, MP_PART_SERIES, track->role, x_of(column), y, 6,
               mp_role_colour(track->role));
    }
}

/* ---- axes ---- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The highest value of all curves, and the one that all but 1 in 200 columns stay below. */
static void heights(const struct view *v, double *highest, double *usual)
{
    static const double share = 0.995;
    float tops[MP_COLUMNS];
    size_t n = 0;

    for (int i = 0; i < MP_COLUMNS; i++) {
        float top = -1;

        for (size_t t = 0; t < v->in->reduced->n_tracks; t++) {
            const struct mp_track *track = v->in->reduced->tracks[t];

            if (is_drawn(track) && column_state(track, i) != GONE)
                top = fmaxf(top, fmaxf(track->columns[i].mean, track->columns[i].max));
        }
        if (top >= 0)
            tops[n++] = top;
    }
    qsort(tops, n, sizeof *tops, compare_floats);
    *highest = n ? tops[n - 1] : 0;
    *usual = n ? tops[(size_t)(share * (double)(n - 1))] : 0;
}

static double spread_top(const struct mp_track *track)
{
    double top = 0;

    for (int i = 0; i < MP_COLUMNS; i++)
        if (column_state(track, i) != GONE)
            top = fmax(top, track->columns[i].max);
    return top;
}

static void value_axis(struct view *v, const struct panel *panel)
{
    for (int i = 0; i <= panel->axis.n_steps; i++) {
        double watt = i * panel->axis.step;
        double y = round(y_of(panel, watt)) - 0.5;
        char label[48];

        mp_text_number(watt / panel->axis.divisor, panel->axis.decimals, label,
                       sizeof label);
        mp_scene_line(v->scene, MP_PART_FRAME, i ? 0x00000018 : 0x5A6272FF, 1, MP_PLOT_LEFT,
                      y, PLOT_RIGHT, y);
        text(v, MP_PART_TICK, MP_INK, 1, 0, label, MP_PLOT_LEFT - 10, y - 12);
    }
}

static void time_grid(struct view *v, const struct panel *panel)
{
    for (size_t i = 0; i < v->time.n_ticks; i++) {
        double x = floor(time_x(v, v->time.ticks[i].at)) + 0.5;

        if (x <= PLOT_RIGHT)
            mp_scene_line(v->scene, MP_PART_FRAME, 0x00000018, 1, x, panel->top, x,
                          panel->bottom);
    }
}

static void date_spans(struct view *v)
{
    for (size_t i = 0; i < v->time.n_spans; i++) {
        const struct mp_date_span *span = &v->time.spans[i];
        const double from = floor(time_x(v, span->from));
        const double room = time_x(v, span->to) - from - 14;
        const char *label = span->label;
        double w;
        double h;

        if (i > 0)
            mp_scene_line(v->scene, MP_PART_FRAME, 0x5A6272FF, 1, from + 0.5, PLOT_BOTTOM,
                          from + 0.5, PLOT_BOTTOM + 58);
        v->measure->text(v->measure->context, label, small, false, &w, &h);
        if (w > room) {
            label = span->short_label;
            v->measure->text(v->measure->context, label, small, false, &w, &h);
        }
        if (w <= room)
            text(v, MP_PART_TICK, MP_SOFT_INK, 0, 0, label, from + (i ? 8 : 0),
                 PLOT_BOTTOM + 36);
    }
}

static void time_axis(struct view *v)
{
    for (size_t i = 0; i < v->time.n_ticks; i++) {
        double x = floor(time_x(v, v->time.ticks[i].at)) + 0.5;

        mp_scene_line(v->scene, MP_PART_FRAME, 0x5A6272FF, 1, x, PLOT_BOTTOM, x,
                      PLOT_BOTTOM + 6);
        text(v, MP_PART_TICK, MP_INK, 0.5, 0, v->time.ticks[i].label, x, PLOT_BOTTOM + 12);
    }
    date_spans(v);
    if (v->time.n_changes > 0) {
        double x = floor(time_x(v, v->time.change)) + 0.5;

        mp_scene_line(v->scene, MP_PART_FRAME, 0xB3261E90, 1, x, PLOT_TOP, x, PLOT_BOTTOM);
    }
}

/* Which zone the time axis is in. */
static void zone_note(struct view *v)
{
    char note[256];

    if (v->time.n_changes == 0)
        snprintf(note, sizeof note, "local time, %s", v->time.zone);
    else
        snprintf(note, sizeof note, "local time, %s; from %s on %s%s", v->time.zone,
                 v->time.change_label, v->time.changed,
                 v->time.n_changes > 1 ? "; the clocks change again" : "");
    text(v, MP_PART_TICK, MP_SOFT_INK, 0, PLOT_RIGHT - MP_PLOT_LEFT, note, MP_PLOT_LEFT,
         PLOT_BOTTOM + 61);
}

/* ---- the legend ---- */

static bool legend_full(const struct view *v)
{
    return v->legend_y + ROW > v->legend_bottom;
}

static void legend_text(struct view *v, const char *what, double indent)
{
    text(v, MP_PART_LEGEND, MP_INK, 0, LEGEND_RIGHT - LEGEND_LEFT - indent, what,
         LEGEND_LEFT + indent, v->legend_y);
    v->legend_y += ROW;
}

static void swatch_line(struct view *v, uint32_t colour, double width)
{
    double y = round(v->legend_y + 12) + (width > 2 ? 0 : 0.5);

    mp_scene_line(v->scene, MP_PART_LEGEND, colour, width, LEGEND_LEFT, y, LEGEND_LEFT + 30,
                  y);
}

static void mean_and_max(const struct mp_track *track, double *mean, double *max)
{
    double sum = 0;
    int n = 0;

    *max = NAN;
    for (int i = 0; i < MP_COLUMNS; i++) {
        const struct mp_column *c = &track->columns[i];

        if (isnan(c->mean))
            continue;
        sum += c->mean;
        n++;
        *max = fmax(*max, c->max);
    }
    *mean = n ? sum / n : NAN;
}

/* At most five characters and a comma: that is what a column has room for. */
static void legend_number(double value, char *out, size_t size)
{
    size_t used;

    if (value < 0.00995) {
        mp_text_number(value, 3, out, size);
    } else if (value < 0.0995) {
        mp_text_significant(value, 2, out, size);
    } else if (value < 9999.5 || isnan(value)) {
        mp_text_significant(value, 3, out, size);
    } else {
        mp_text_significant(value / 1000, 3, out, size - 1);
        used = strlen(out);
        memcpy(out + used, "k", 2);
    }
}

static void legend_row(struct view *v, const struct mp_track *track, int index,
                       const char *name)
{
    const uint32_t colour = track_colour(v, track, index);
    const double divisor = v->main.axis.divisor;
    char number[48];
    double mean;
    double max;

    if (track == v->input) {
        mp_scene_rectangle(v->scene, MP_PART_LEGEND, 0xE9ECF1FF, LEGEND_LEFT,
                           v->legend_y + 12, 30, 10);
    }
    swatch_line(v, colour, track_width(track));
    if (track->kind == MP_TRACK_ROLE)
        marker(v, MP_PART_LEGEND, track->role, LEGEND_LEFT + 15, v->legend_y + 12, 6,
               colour);
    text(v, MP_PART_LEGEND, MP_INK, 0, 98, name, LEGEND_LEFT + 38, v->legend_y);
    mean_and_max(track, &mean, &max);
    if (track == v->input && !isnan(v->in->energy->power.mean_w)) {
        mean = v->in->energy->power.mean_w; /* as in the line at the head */
        max = v->in->energy->power.max_w;
    }
    legend_number(mean / divisor, number, sizeof number);
    text(v, MP_PART_LEGEND, MP_INK, 1, 0, number, LEGEND_RIGHT - 68, v->legend_y);
    legend_number(max / divisor, number, sizeof number);
    text(v, MP_PART_LEGEND, MP_INK, 1, 0, number, LEGEND_RIGHT, v->legend_y);
    v->legend_y += ROW;
}

/* "GPU 31-1" of "Video.Slot.31-1" */
static void gpu_name(const struct mp_track *track, char *out, size_t size)
{
    const char *label = track->label ? track->label : "";
    const char *dot = strrchr(label, '.');
    char clean[120];

    mp_text_clean(dot && dot[1] ? dot + 1 : label, clean, sizeof clean);
    snprintf(out, size, "GPU %s", clean);
}

static const char *role_label(enum mp_role role)
{
    static const char *const labels[MP_N_ROLES] = {
        [MP_ROLE_CPU] = "CPU",     [MP_ROLE_MEMORY] = "Memory", [MP_ROLE_STORAGE] = "Storage",
        [MP_ROLE_FAN] = "Fan",     [MP_ROLE_GPU] = "GPU",       [MP_ROLE_INPUT] = "Input",
        [MP_ROLE_OUTPUT] = "Output", [MP_ROLE_NONE] = "",
    };

    return labels[role];
}

static const struct mp_track *find_role(const struct mp_reduced *reduced, enum mp_role role)
{
    for (size_t i = 0; i < reduced->n_tracks; i++)
        if (reduced->tracks[i]->kind == MP_TRACK_ROLE && reduced->tracks[i]->role == role)
            return reduced->tracks[i];
    return NULL;
}

static void legend_gpus(struct view *v, int room)
{
    size_t shown = 0;
    size_t left = v->n_gpus;

    for (size_t i = 0; i < v->in->reduced->n_tracks && left > 0; i++) {
        const struct mp_track *track = v->in->reduced->tracks[i];
        char name[160];

        if (track->kind != MP_TRACK_GPU)
            continue;
        if ((int)shown == room - 1 && left > 1) {
            snprintf(name, sizeof name, "and %zu more GPUs", left);
            legend_text(v, name, 38);
            return;
        }
        gpu_name(track, name, sizeof name);
        legend_row(v, track, GPU_INDEX + (int)shown, name);
        shown++;
        left--;
    }
}

static void legend_tracks(struct view *v, int notes)
{
    static const enum mp_role order[] = {MP_ROLE_INPUT,  MP_ROLE_OUTPUT,  MP_ROLE_GPU,
                                         MP_ROLE_CPU,    MP_ROLE_MEMORY,  MP_ROLE_STORAGE,
                                         MP_ROLE_FAN};
    char unit[32];

    if (!v->reference)
        return;
    snprintf(unit, sizeof unit, "power in %s", v->main.axis.unit);
    text(v, MP_PART_LEGEND, MP_SOFT_INK, 0, 0, unit, LEGEND_LEFT, v->legend_y);
    text(v, MP_PART_LEGEND, MP_SOFT_INK, 1, 0, "mean", LEGEND_RIGHT - 68, v->legend_y);
    text(v, MP_PART_LEGEND, MP_SOFT_INK, 1, 0, "max", LEGEND_RIGHT, v->legend_y);
    v->legend_y += ROW;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct mp_track *track = find_role(v->in->reduced, order[i]);

        if (track && !(order[i] == MP_ROLE_GPU && v->n_gpus == 1))
            legend_row(v, track, (int)order[i], role_label(order[i]));
    }
    legend_gpus(v, (int)((v->legend_bottom - v->legend_y) / ROW) - notes);
}

/* ---- what is missing ---- */

struct missing {
    int gone;      /* columns without any data */
    int fewest;    /* series that are silent in a bridged column, at least ... */
    int most;      /* ... and at most; 0: there is none */
    bool pale;     /* a curve that is no reference has bridged stretches */
};

static void find_missing(const struct view *v, struct missing *missing)
{
    memset(missing, 0, sizeof *missing);
    for (int i = 0; v->reference && i < MP_COLUMNS; i++) {
        enum state state = column_state(v->reference, i);
        int silent = silent_series(v->reference, i);

        if (state == GONE) {
            missing->gone++;
        } else if (state == BRIDGED) {
            missing->fewest = missing->most && missing->fewest < silent ? missing->fewest
                                                                        : silent;
            missing->most = missing->most > silent ? missing->most : silent;
        }
    }
    for (size_t t = 0; t < v->in->reduced->n_tracks; t++) {
        const struct mp_track *track = v->in->reduced->tracks[t];

        for (int i = 0; i < MP_COLUMNS && track != v->reference && is_drawn(track); i++)
            missing->pale |= column_state(track, i) == BRIDGED;
    }
}

static int count_notes(const struct missing *missing)
{
    return (missing->gone > 0) + 2 * (missing->most > 0) +
           (missing->pale && missing->most == 0);
}

static void swatch_hatch(struct view *v)
{
    const double y = v->legend_y + 4;

    struct mp_mark *mark =
        mp_scene_mark(v->scene, MP_MARK_HATCH, MP_PART_LEGEND, 0, 0xB4BAC6FF);

    if (!mark)
        return;
    mark->y = y + 18;
    mp_scene_point(v->scene, LEGEND_LEFT, y);
    mp_scene_point(v->scene, LEGEND_LEFT + 30, y);
}

static void legend_notes(struct view *v, const struct missing *missing)
{
    char line[96];

    if (missing->most > 0 && !legend_full(v)) {
        swatch_hatch(v);
        snprintf(line, sizeof line, "no data from%s",
                 missing->fewest < missing->most ? " up to" : "");
        legend_text(v, line, 38);
        snprintf(line, sizeof line, "%d of %zu %s", missing->most, v->reference->n_series,
                 v->reference == v->input ? "nodes" : "sensors");
        legend_text(v, line, 38);
    } else if (missing->pale && !legend_full(v)) {
        swatch_line(v, pale(MP_INK), 2.4);
        legend_text(v, "pale: a sensor silent", 38);
    }
    if (missing->gone > 0 && !legend_full(v)) {
        mp_scene_line(v->scene, MP_PART_LEGEND, MP_INK, 2, LEGEND_LEFT, v->legend_y + 12,
                      LEGEND_LEFT + 9, v->legend_y + 12);
        mp_scene_line(v->scene, MP_PART_LEGEND, MP_INK, 2, LEGEND_LEFT + 21,
                      v->legend_y + 12, LEGEND_LEFT + 30, v->legend_y + 12);
        legend_text(v, "broken: no data", 38);
    }
}

static void gap_notes(struct view *v)
{
    int from = 0;
    double w;
    double h;

    v->measure->text(v->measure->context, "no data", small, false, &w, &h);
    while (v->reference && from < MP_COLUMNS) {
        int to = from;

        while (to < MP_COLUMNS && column_state(v->reference, to) == GONE)
            to++;
        if (to - from > w + 12)
            text(v, MP_PART_NOTE, MP_SOFT_INK, 0.5, 0, "no data",
                 MP_PLOT_LEFT + (from + to) / 2.0, (v->main.top + v->main.bottom) / 2);
        from = to + 1;
    }
}

/* ---- the highest point, where it stands out ---- */

static void peak_note(struct view *v, double highest, double usual)
{
    const struct mp_track *track = v->input;
    char power[48];
    char note[96];
    double peak = -1;
    double w;
    double h;
    double x;
    int at = 0;

    for (int i = 0; track && i < MP_COLUMNS; i++)
        if (column_state(track, i) != GONE && track->columns[i].max > peak) {
            peak = track->columns[i].max;
            at = i;
        }
    if (peak <= 0 || peak < highest || peak < 1.15 * usual)
        return;
    /* the energy's own figure is exact, also where a column sums many nodes */
    mp_text_power(fmax(peak, v->in->energy->power.max_w), power, sizeof power);
    snprintf(note, sizeof note, "%s %s", peak > v->main.axis.top ? "off the scale:" : "peak",
             power);
    v->measure->text(v->measure->context, note, small, false, &w, &h);
    x = x_of(at) + 12;
    if (x + w > PLOT_RIGHT - 6)
        x = x_of(at) - 12 - w;
    text(v, MP_PART_NOTE, MP_INK, 0, 0, note, x, y_of(&v->main, peak) + 2);
    if (!mp_scene_mark(v->scene, MP_MARK_POLYGON, MP_PART_NOTE, 0, MP_INK))
        return;
    mp_scene_point(v->scene, x_of(at), y_of(&v->main, peak) - 2);
    mp_scene_point(v->scene, x_of(at) - 6, y_of(&v->main, peak) - 12);
    mp_scene_point(v->scene, x_of(at) + 6, y_of(&v->main, peak) - 12);
}

/* ---- panels ---- */

static void draw_tracks(struct view *v)
{
    static const enum mp_role order[] = {MP_ROLE_INPUT, MP_ROLE_OUTPUT,  MP_ROLE_STORAGE,
                                         MP_ROLE_FAN,   MP_ROLE_MEMORY,  MP_ROLE_CPU,
                                         MP_ROLE_GPU};
    const struct mp_reduced *reduced = v->in->reduced;
    int gpu = GPU_INDEX;

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct mp_track *track = find_role(reduced, order[i]);

        if (!track || (order[i] == MP_ROLE_GPU && v->n_gpus == 1))
            continue;
        draw_envelope(v, &v->main, track, (int)order[i]);
        each_run(v, &v->main, track, (int)order[i], draw_curve);
    }
    for (size_t i = 0; i < reduced->n_tracks; i++) {
        if (reduced->tracks[i]->kind != MP_TRACK_GPU)
            continue;
        draw_envelope(v, &v->main, reduced->tracks[i], gpu);
        each_run(v, &v->main, reduced->tracks[i], gpu++, draw_curve);
    }
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct mp_track *track = find_role(reduced, order[i]);

        if (track && !(order[i] == MP_ROLE_GPU && v->n_gpus == 1))
            draw_markers(v, track);
    }
}

static void draw_main(struct view *v)
{
    struct missing missing;
    double highest;
    double usual;
    char heading[96];
    const size_t n = v->in->plan->n_nodes;

    heights(v, &highest, &usual);
    /* a reading ten times all others would press everything else flat */
    mp_axis_value(highest > 10 * usual && usual > 0 ? 1.4 * usual : highest,
                  (int)((v->main.bottom - v->main.top) / 52), &v->main.axis);
    if (n > 1)
        snprintf(heading, sizeof heading, "Power of all nodes together, %s",
                 v->main.axis.unit);
    else
        snprintf(heading, sizeof heading, "Power, %s", v->main.axis.unit);
    text(v, MP_PART_HEADER, MP_SOFT_INK, 0, 0, heading, MP_PLOT_LEFT, v->main.top - 30);
    if (v->input)
        each_run(v, &v->main, v->input, MP_ROLE_INPUT, draw_area);
    time_grid(v, &v->main);
    value_axis(v, &v->main);
    draw_tracks(v);
    gap_notes(v);
    peak_note(v, highest, usual);
    find_missing(v, &missing);
    v->legend_y = PLOT_TOP - 30;
    v->legend_bottom = v->spread ? SPLIT_TOP - 36 : PLOT_BOTTOM + 8;
    legend_tracks(v, count_notes(&missing));
    v->legend_y += 8;
    legend_notes(v, &missing);
    if (!v->reference)
        text(v, MP_PART_NOTE, MP_INK, 0.5, 0, "no power was measured in this window",
             (MP_PLOT_LEFT + PLOT_RIGHT) / 2.0, (v->main.top + v->main.bottom) / 2);
}

/* The band between the lowest and the highest node. */
static void draw_band(struct view *v, const struct panel *panel,
                      const struct mp_track *track, int index, enum state state, int from,
                      int to)
{
    (void)state;
    if (!mp_scene_mark(v->scene, MP_MARK_POLYGON, MP_PART_ENVELOPE, index, 0xBFD0E2FF))
        return;
    for (int i = from; i <= to; i++)
        mp_scene_point(v->scene, from == to ? x_of(i) - 1 : x_of(i),
                       y_of(panel, track->columns[i].max));
    for (int i = to; i >= from; i--)
        mp_scene_point(v->scene, from == to ? x_of(i) + 1 : x_of(i),
                       y_of(panel, track->columns[i].min));
}

static void draw_nodes(struct view *v)
{
    char heading[128];

    mp_axis_value(spread_top(v->spread), 3, &v->nodes.axis);
    snprintf(heading, sizeof heading,
             "Input power of one node, %s: mean, lowest and highest", v->nodes.axis.unit);
    text(v, MP_PART_HEADER, MP_SOFT_INK, 0, 0, heading, MP_PLOT_LEFT, v->nodes.top - 30);
    each_run(v, &v->nodes, v->spread, SPREAD_INDEX, draw_band);
    time_grid(v, &v->nodes);
    value_axis(v, &v->nodes);
    each_run(v, &v->nodes, v->spread, SPREAD_INDEX, draw_curve);
    v->legend_y = v->nodes.top;
    swatch_line(v, MP_INK, track_width(v->spread));
    legend_text(v, "mean of the nodes", 38);
    mp_scene_rectangle(v->scene, MP_PART_LEGEND, 0xBFD0E2FF, LEGEND_LEFT, v->legend_y + 4,
                       30, 18);
    legend_text(v, "lowest to highest", 38);
}

static void look_around(struct view *v)
{
    const struct mp_reduced *reduced = v->in->reduced;

    v->start = reduced->start;
    v->end = reduced->end > reduced->start ? reduced->end : reduced->start + 1000000;
    mp_axis_time(v->start, v->end, 11, &v->time);
    v->input = find_role(reduced, MP_ROLE_INPUT);
    v->reference = v->input;
    for (size_t i = 0; i < reduced->n_tracks; i++) {
        v->n_gpus += reduced->tracks[i]->kind == MP_TRACK_GPU;
        if (reduced->tracks[i]->kind == MP_TRACK_NODE_SPREAD)
            v->spread = reduced->tracks[i];
        if (!v->reference && is_drawn(reduced->tracks[i]))
            v->reference = reduced->tracks[i];
    }
    v->main.top = PLOT_TOP;
    v->main.bottom = v->spread ? SPLIT_BOTTOM : PLOT_BOTTOM;
    v->nodes.top = SPLIT_TOP;
    v->nodes.bottom = PLOT_BOTTOM;
}

int mp_layout_timeseries(const struct mp_chart_input *in, const struct mp_measure *measure,
                         struct mp_scene *scene, struct mp_error *err)
{
    struct view v = {.in = in, .measure = measure, .scene = scene};

    scene->width = MP_SERIES_WIDTH;
    scene->height = MP_SERIES_HEIGHT;
    mp_scene_rectangle(scene, MP_PART_FRAME, MP_PAPER, 0, 0, scene->width, scene->height);
    mp_layout_header(in, measure, true, scene);
    look_around(&v);
    draw_main(&v);
    if (v.spread)
        draw_nodes(&v);
    time_axis(&v);
    zone_note(&v);
    return mp_scene_check(scene, err);
}
