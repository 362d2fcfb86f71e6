/* SPDX-License-Identifier: MIT
 * timeseries.c - the layout of power against time.
 *
 * The plot is as many pixels wide as there are columns, so that nothing is averaged away:
 * a curve runs through the columns' means, and where a column holds more than the curve
 * covers there, a bar of one pixel shows the rest (the envelope). */
#include "config.h"

#include "chart/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chart/text.h"

static const double tolerance = 0.25; /* px by which a curve may be simplified */
static const uint32_t IDLE_LINE = 0x8A93A3FF;
static const double hidden =
    1.6; /* px beyond a curve that its width covers or nobody sees */

/* ---- curves ---- */

/* The points of a polyline through the means of columns [from, to], without those that
 * lie within the tolerance of the line through their neighbours. */
static void mean_points(struct mp_view *v, const struct mp_panel *panel,
                        const struct mp_column *columns, int from, int to)
{
    double lowest = -INFINITY;
    double highest = INFINITY;
    double anchor_y = mp_view_y(panel, columns[from].mean);
    double previous = anchor_y;
    int anchor = from;

    mp_scene_point(v->scene, from == to ? mp_view_x(from) - 2 : mp_view_x(from),
                   anchor_y);
    for (int i = from + 1; i <= to; i++) {
        double y = mp_view_y(panel, columns[i].mean);
        double slope = (y - anchor_y) / (i - anchor);

        if (slope < lowest || slope > highest) {
            mp_scene_point(v->scene, mp_view_x(i - 1), previous);
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
    mp_scene_point(v->scene, from == to ? mp_view_x(to) + 2 : mp_view_x(to), previous);
}

/* Calls `draw` for each run of columns in the same state, gaps left out.  A run overlaps
 * the one before it by a column, so that the curve does not break where a node comes
 * or goes. */
typedef void draw_run_fn(struct mp_view *v, const struct mp_panel *panel,
                         const struct mp_track *track, int index,
                         enum mp_column_state state, int from, int to);

static void each_run(struct mp_view *v, const struct mp_panel *panel,
                     const struct mp_track *track, int index, draw_run_fn *draw)
{
    int from = 0;

    while (from < MP_COLUMNS) {
        enum mp_column_state state = mp_column_state(track, from);
        int to = from;

        while (to + 1 < MP_COLUMNS && mp_column_state(track, to + 1) == state)
            to++;
        if (state != MP_COLUMN_GONE) {
            bool joined = from > 0 && mp_column_state(track, from - 1) != MP_COLUMN_GONE;

            draw(v, panel, track, index, state, joined ? from - 1 : from, to);
        }
        from = to + 1;
    }
}

static void draw_curve(struct mp_view *v, const struct mp_panel *panel,
                       const struct mp_track *track, int index,
                       enum mp_column_state state, int from, int to)
{
    uint32_t colour = mp_view_colour(v, track, index);
    struct mp_mark *mark =
        mp_scene_mark(v->scene, MP_MARK_TRACE, MP_PART_SERIES, index,
                      state == MP_COLUMN_LIVE ? colour : mp_view_pale(colour));

    if (!mark)
        return;
    mark->width = mp_view_width(track);
    mean_points(v, panel, track->columns, from, to);
}

static void draw_area(struct mp_view *v, const struct mp_panel *panel,
                      const struct mp_track *track, int index, enum mp_column_state state,
                      int from, int to)
{
    struct mp_mark *mark;

    if (state == MP_COLUMN_LIVE) {
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

/* Whether column i holds more than the curve through the means covers. */
static bool beyond_curve(const struct mp_panel *panel, const struct mp_track *track,
                         int i)
{
    const struct mp_column *c = &track->columns[i];
    double left = c->mean;
    double right = c->mean;

    if (mp_column_state(track, i) == MP_COLUMN_GONE || isnan(c->min) || isnan(c->max))
        return false;
    if (i > 0 && mp_column_state(track, i - 1) != MP_COLUMN_GONE)
        left = (c[-1].mean + c->mean) / 2;
    if (i + 1 < MP_COLUMNS && mp_column_state(track, i + 1) != MP_COLUMN_GONE)
        right = (c[1].mean + c->mean) / 2;
    return mp_view_y(panel, c->max) <
               mp_view_y(panel, fmax(c->mean, fmax(left, right))) - hidden ||
           mp_view_y(panel, c->min) >
               mp_view_y(panel, fmin(c->mean, fmin(left, right))) + hidden;
}

/* What bars look like: where the columns of a long stretch all hold more than the curve
 * shows, they are a shade behind it; alone, they must be seen. */
enum { SHADE = 0x34, SPIKE = 0xB0, STRETCH = 5, BROAD = 24 };

static void add_bars(struct mp_view *v, const struct mp_panel *panel,
                     const struct mp_track *track, int index, int from, int to)
{
    const bool shade = to - from >= STRETCH;
    const uint32_t colour = mp_view_colour(v, track, index) & 0xFFFFFF00;

    if (!mp_scene_mark(v->scene, MP_MARK_BARS, MP_PART_ENVELOPE, index,
                       colour | (shade ? SHADE : SPIKE)))
        return;
    v->shaded |= to - from >= BROAD;
    for (int i = from; i < to; i++) {
        mp_scene_point(v->scene, MP_PLOT_LEFT + i,
                       mp_view_y(panel, track->columns[i].max));
        mp_scene_point(v->scene, MP_PLOT_LEFT + i + 1,
                       mp_view_y(panel, track->columns[i].min));
    }
}

/* A column that stands out of the shade around it. */
static void add_spike(struct mp_view *v, const struct mp_panel *panel,
                      const struct mp_track *track, int index, int i)
{
    static const double outstanding = 16; /* px */
    const struct mp_column *c = &track->columns[i];
    const int left = i >= 2 ? i - 2 : i + 2;
    const int right = i + 2 < MP_COLUMNS ? i + 2 : i - 2;
    const double top = mp_view_y(panel, c->max);
    const double around = fmin(mp_view_y(panel, track->columns[left].max),
                               mp_view_y(panel, track->columns[right].max));

    if (!(top < around - outstanding) ||
        !mp_scene_mark(v->scene, MP_MARK_BARS, MP_PART_ENVELOPE, index,
                       (mp_view_colour(v, track, index) & 0xFFFFFF00) | SPIKE))
        return;
    mp_scene_point(v->scene, MP_PLOT_LEFT + i, top);
    mp_scene_point(v->scene, MP_PLOT_LEFT + i + 1, around);
}

static void draw_envelope(struct mp_view *v, const struct mp_track *track, int index)
{
    /* the output follows the input so closely that its shade would only muddy that one */
    int from = index == MP_ROLE_OUTPUT ? MP_COLUMNS : 0;

    while (from < MP_COLUMNS) {
        int to = from;

        while (to < MP_COLUMNS && beyond_curve(&v->main, track, to))
            to++;
        if (to > from)
            add_bars(v, &v->main, track, index, from, to);
        for (int i = from; i < to && to - from >= STRETCH; i++)
            add_spike(v, &v->main, track, index, i);
        from = to + 1;
    }
}

/* ---- markers: what tells the curves apart without colour ---- */

static void draw_marker(struct mp_view *v, const struct mp_track *track, int column)
{
    double y;

    if (column >= MP_COLUMNS || mp_column_state(track, column) == MP_COLUMN_GONE)
        return;
    y = mp_view_y(&v->main, track->columns[column].mean);
    mp_view_marker(v, MP_PART_SERIES, track->role, mp_view_x(column), y, 8, MP_PAPER);
    mp_view_marker(v, MP_PART_SERIES, track->role, mp_view_x(column), y, 6,
                   mp_role_info(track->role)->colour);
}

/* On the samples where there are few, else four along the curve. */
static void draw_markers(struct mp_view *v, const struct mp_track *track, int index)
{
    enum { MARKERS = 4 };

    (void)index;
    if (track->kind != MP_TRACK_ROLE)
        return;
    if (track->n_sampled > 0 && track->n_sampled <= MP_FEW_SAMPLES) {
        for (size_t i = 0; i < track->n_sampled; i++)
            draw_marker(v, track, track->sampled[i]);
        return;
    }
    for (int i = 0; i < MARKERS; i++)
        draw_marker(v, track,
                    (int)((i + 0.14 + 0.16 * track->role) * MP_COLUMNS / MARKERS));
}

/* ---- heights ---- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The highest value of all curves, and the one that all but
 * 1 in 200 columns stay below. */
static void heights(const struct mp_view *v, double *highest, double *usual)
{
    static const double share = 0.995;
    float tops[MP_COLUMNS];
    size_t n = 0;

    for (int i = 0; i < MP_COLUMNS; i++) {
        float top = -1;

        for (size_t t = 0; t < v->in->reduced->n_tracks; t++) {
            const struct mp_track *track = v->in->reduced->tracks[t];

            if (mp_view_is_drawn(track) && mp_column_state(track, i) != MP_COLUMN_GONE)
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
        if (mp_column_state(track, i) != MP_COLUMN_GONE)
            top = fmax(top, track->columns[i].max);
    return top;
}

/* ---- the highest point, where it stands out ---- */

static void peak_note(struct mp_view *v, double highest, double usual)
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
        if (mp_column_state(track, i) != MP_COLUMN_GONE && track->columns[i].max > peak) {
            peak = track->columns[i].max;
            at = i;
        }
    if (peak <= 0 || peak < highest || peak < 1.15 * usual)
        return;
    /* the energy's figure is exact, and the one that head and legend show */
    mp_text_power(isfinite(v->in->energy->power.max_w) ? v->in->energy->power.max_w
                                                       : peak,
                  power, sizeof power);
    snprintf(note, sizeof note, "%s %s",
             peak > v->main.axis.top ? "off the scale:" : "peak", power);
    v->measure->text(v->measure->context, note, MP_VIEW_FONT, false, &w, &h);
    x = mp_view_x(at) + 12;
    if (x + w > MP_PLOT_RIGHT - 6)
        x = mp_view_x(at) - 12 - w;
    mp_view_text(v, MP_PART_NOTE, MP_INK, 0, 0, note, x, mp_view_y(&v->main, peak) + 2);
    if (!mp_scene_mark(v->scene, MP_MARK_POLYGON, MP_PART_NOTE, 0, MP_INK))
        return;
    mp_scene_point(v->scene, mp_view_x(at), mp_view_y(&v->main, peak) - 2);
    mp_scene_point(v->scene, mp_view_x(at) - 6, mp_view_y(&v->main, peak) - 12);
    mp_scene_point(v->scene, mp_view_x(at) + 6, mp_view_y(&v->main, peak) - 12);
}

static void gap_notes(struct mp_view *v)
{
    int from = 0;
    double w;
    double h;

    v->measure->text(v->measure->context, "no data", MP_VIEW_FONT, false, &w, &h);
    while (v->reference && from < MP_COLUMNS) {
        int to = from;

        while (to < MP_COLUMNS && mp_column_state(v->reference, to) == MP_COLUMN_GONE)
            to++;
        if (to - from > w + 12)
            mp_view_text(v, MP_PART_NOTE, MP_SOFT_INK, 0.5, 0, "no data",
                         MP_PLOT_LEFT + (from + to) / 2.0,
                         (v->main.top + v->main.bottom) / 2);
        from = to + 1;
    }
}

/* ---- panels ---- */

typedef void draw_track_fn(struct mp_view *v, const struct mp_track *track, int index);

/* All curves, from the back to the front.  The sum of one GPU is that GPU. */
static void each_track(struct mp_view *v, draw_track_fn *draw)
{
    static const enum mp_role back[] = {MP_ROLE_INPUT, MP_ROLE_OUTPUT};
    static const enum mp_role front[] = {MP_ROLE_STORAGE, MP_ROLE_FAN, MP_ROLE_MEMORY,
                                         MP_ROLE_CPU, MP_ROLE_GPU};
    const struct mp_reduced *reduced = v->in->reduced;
    const struct mp_track *track;
    int gpu = MP_GPU_INDEX;

    for (size_t i = 0; i < sizeof back / sizeof *back; i++)
        if ((track = mp_view_find_role(reduced, back[i])))
            draw(v, track, (int)back[i]);
    for (size_t i = 0; i < reduced->n_tracks; i++)
        if (reduced->tracks[i]->kind == MP_TRACK_GPU)
            draw(v, reduced->tracks[i], gpu++);
    for (size_t i = 0; i < sizeof front / sizeof *front; i++)
        if ((track = mp_view_find_role(reduced, front[i])) &&
            !(front[i] == MP_ROLE_GPU && v->n_gpus == 1))
            draw(v, track, (int)front[i]);
}

static void draw_main_curve(struct mp_view *v, const struct mp_track *track, int index)
{
    each_run(v, &v->main, track, index, draw_curve);
}

/* What the nodes would have drawn without the job, W; 0: not in the picture. */
static double idle_power(const struct mp_view *v)
{
    const struct mp_energy_result *r = v->in->energy;
    double watt = 0;

    for (size_t i = 0; i < r->n_nodes; i++)
        watt += isnan(r->nodes[i].idle_w) ? 0 : r->nodes[i].idle_w;
    return watt > 0 && watt <= v->main.axis.top ? watt : 0;
}

/* A quiet line, under the curves ... */
static void idle_line(struct mp_view *v)
{
    double watt = idle_power(v), y = mp_view_y(&v->main, watt);

    for (double x = MP_PLOT_LEFT; watt > 0 && x < MP_PLOT_RIGHT; x += 12)
        mp_scene_line(v->scene, MP_PART_FRAME, IDLE_LINE, 1.5, x, y,
                      fmin(x + 6, MP_PLOT_RIGHT), y);
}

/* ... and its name, over them. */
static void idle_note(struct mp_view *v)
{
    const struct mp_text style = {.part = MP_PART_NOTE,
                                  .colour = MP_SOFT_INK,
                                  .size = 18,
                                  .halo = true,
                                  .anchor = 1};
    double watt = idle_power(v);
    char number[32], text[64];

    if (!(watt > 0))
        return;
    mp_text_power(watt, number, sizeof number);
    snprintf(text, sizeof text, "idle %s", number);
    mp_scene_text(v->scene, v->measure, &style, text, MP_PLOT_RIGHT - 6,
                  mp_view_y(&v->main, watt) - 24);
}

static void draw_main(struct mp_view *v)
{
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
    mp_view_text(v, MP_PART_HEADING, MP_SOFT_INK, 0, 0, heading, MP_PLOT_LEFT,
                 v->main.top - 30);
    if (v->input)
        each_run(v, &v->main, v->input, MP_ROLE_INPUT, draw_area);
    mp_view_time_grid(v, &v->main);
    mp_view_value_axis(v, &v->main);
    idle_line(v);
    each_track(v, draw_envelope);
    each_track(v, draw_main_curve);
    each_track(v, draw_markers);
    idle_note(v);
    gap_notes(v);
    peak_note(v, highest, usual);
    mp_view_legend(v);
    if (!v->reference)
        mp_view_text(
            v, MP_PART_NOTE, MP_INK, 0.5, 0, "no power was measured in this window",
            (MP_PLOT_LEFT + MP_PLOT_RIGHT) / 2.0, (v->main.top + v->main.bottom) / 2);
}

/* Lowest and highest node of a column, or the quartiles. */
typedef void band_fn(const struct mp_view *v, const struct mp_track *track, int i,
                     double *low, double *high);

static void extremes(const struct mp_view *v, const struct mp_track *track, int i,
                     double *low, double *high)
{
    (void)v;
    *low = track->columns[i].min;
    *high = track->columns[i].max;
}

static void quartiles(const struct mp_view *v, const struct mp_track *track, int i,
                      double *low, double *high)
{
    (void)track;
    *low = (double)v->in->reduced->quartiles[i].low;
    *high = (double)v->in->reduced->quartiles[i].high;
}

static void add_band(struct mp_view *v, const struct mp_panel *panel,
                     const struct mp_track *track, uint32_t colour, band_fn *band,
                     int from, int to)
{
    double low;
    double high;

    if (!mp_scene_mark(v->scene, MP_MARK_POLYGON, MP_PART_ENVELOPE, MP_SPREAD_INDEX,
                       colour))
        return;
    for (int i = from; i <= to; i++) {
        band(v, track, i, &low, &high);
        mp_scene_point(v->scene, from == to ? mp_view_x(i) - 1 : mp_view_x(i),
                       mp_view_y(panel, high));
    }
    for (int i = to; i >= from; i--) {
        band(v, track, i, &low, &high);
        mp_scene_point(v->scene, from == to ? mp_view_x(i) + 1 : mp_view_x(i),
                       mp_view_y(panel, low));
    }
}

static void draw_spread(struct mp_view *v, const struct mp_panel *panel,
                        const struct mp_track *track, int index,
                        enum mp_column_state state, int from, int to)
{
    (void)index;
    (void)state;
    add_band(v, panel, track, MP_SPREAD_BAND, extremes, from, to);
}

static void draw_middle_half(struct mp_view *v, const struct mp_panel *panel,
                             const struct mp_track *track, int index,
                             enum mp_column_state state, int from, int to)
{
    (void)index;
    (void)state;
    add_band(v, panel, track, MP_QUARTILE_BAND, quartiles, from, to);
}

static void draw_nodes(struct mp_view *v)
{
    char heading[128];

    mp_axis_value(spread_top(v->spread), 3, &v->nodes.axis);
    snprintf(heading, sizeof heading,
             "Input power of one node, %s: mean, %slowest and highest",
             v->nodes.axis.unit, v->in->reduced->quartiles ? "middle half, " : "");
    mp_view_text(v, MP_PART_HEADING, MP_SOFT_INK, 0, 0, heading, MP_PLOT_LEFT,
                 v->nodes.top - 30);
    each_run(v, &v->nodes, v->spread, MP_SPREAD_INDEX, draw_spread);
    if (v->in->reduced->quartiles)
        each_run(v, &v->nodes, v->spread, MP_SPREAD_INDEX, draw_middle_half);
    mp_view_time_grid(v, &v->nodes);
    mp_view_value_axis(v, &v->nodes);
    each_run(v, &v->nodes, v->spread, MP_SPREAD_INDEX, draw_curve);
    mp_view_nodes_legend(v);
}

static void look_around(struct mp_view *v)
{
    const struct mp_reduced *reduced = v->in->reduced;

    v->start = reduced->start;
    v->end = reduced->end > reduced->start ? reduced->end : reduced->start + 1000000;
    v->left = MP_PLOT_LEFT;
    v->right = MP_PLOT_RIGHT;
    v->top = MP_PLOT_TOP;
    v->bottom = MP_PLOT_BOTTOM;
    mp_axis_time(v->start, v->end, 11, &v->time);
    v->input = mp_view_find_role(reduced, MP_ROLE_INPUT);
    v->reference = v->input;
    for (size_t i = 0; i < reduced->n_tracks; i++) {
        v->n_gpus += reduced->tracks[i]->kind == MP_TRACK_GPU;
        if (reduced->tracks[i]->kind == MP_TRACK_NODE_SPREAD)
            v->spread = reduced->tracks[i];
        if (!v->reference && mp_view_is_drawn(reduced->tracks[i]))
            v->reference = reduced->tracks[i];
    }
    v->main.top = MP_PLOT_TOP;
    v->main.bottom = v->spread ? MP_SPLIT_BOTTOM : MP_PLOT_BOTTOM;
    v->nodes.top = MP_SPLIT_TOP;
    v->nodes.bottom = MP_PLOT_BOTTOM;
}

int mp_layout_timeseries(const struct mp_chart_input *in,
                         const struct mp_measure *measure, struct mp_scene *scene,
                         struct mp_error *err)
{
    struct mp_view v = {.in = in, .measure = measure, .scene = scene};

    scene->width = MP_SERIES_WIDTH;
    scene->height = MP_SERIES_HEIGHT;
    mp_scene_rectangle(scene, MP_PART_FRAME, MP_PAPER, 0, 0, scene->width, scene->height);
    mp_layout_header(in, measure, true, scene);
    look_around(&v);
    draw_main(&v);
    if (v.spread)
        draw_nodes(&v);
    mp_view_time_axis(&v);
    return mp_scene_check(scene, err);
}
