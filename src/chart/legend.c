/* SPDX-License-Identifier: MIT
 * legend.c - what stands beside the plot of the time series. */
#include "config.h"

#include "chart/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "chart/text.h"

enum {
    LEGEND_LEFT = MP_PLOT_RIGHT + 20,
    LEGEND_RIGHT = MP_SERIES_WIDTH - 20,
    ROW = 27,       /* height of a line ... */
    TIGHT_ROW = 24, /* ... and where there are many */
    NAME_WIDTH = 98,
};

static bool legend_full(const struct mp_view *v)
{
    return v->legend_y + v->legend_row > v->legend_bottom;
}

static void legend_text(struct mp_view *v, const char *what, double indent)
{
    mp_view_text(v, MP_PART_LEGEND, MP_INK, 0, LEGEND_RIGHT - LEGEND_LEFT - indent, what,
                 LEGEND_LEFT + indent, v->legend_y);
    v->legend_y += v->legend_row;
}

static void swatch_line(struct mp_view *v, uint32_t colour, double width)
{
    double y = round(v->legend_y + 12) + (width > 2 ? 0 : 0.5);

    mp_scene_line(v->scene, MP_PART_LEGEND, colour, width, LEGEND_LEFT, y,
                  LEGEND_LEFT + 30, y);
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

static void legend_row(struct mp_view *v, const struct mp_track *track, int index,
                       const char *name)
{
    const uint32_t colour = mp_view_colour(v, track, index);
    const double divisor = v->main.axis.divisor;
    char number[48];
    double mean;
    double max;

    if (track == v->input) {
        mp_scene_rectangle(v->scene, MP_PART_LEGEND, 0xE9ECF1FF, LEGEND_LEFT,
                           v->legend_y + 12, 30, 10);
    }
    swatch_line(v, colour, mp_view_width(track));
    if (track->kind == MP_TRACK_ROLE)
        mp_view_marker(v, MP_PART_LEGEND, track->role, LEGEND_LEFT + 15, v->legend_y + 12,
                       6, colour);
    mp_view_text(v, MP_PART_LEGEND, MP_INK, 0, NAME_WIDTH, name, LEGEND_LEFT + 38,
                 v->legend_y);
    mean_and_max(track, &mean, &max);
    if (track == v->input && !isnan(v->in->energy->power.mean_w)) {
        mean = v->in->energy->power.mean_w; /* as in the line at the head */
        max = v->in->energy->power.max_w;
    }
    legend_number(mean / divisor, number, sizeof number);
    mp_view_text(v, MP_PART_LEGEND, MP_INK, 1, 0, number, LEGEND_RIGHT - 68, v->legend_y);
    legend_number(max / divisor, number, sizeof number);
    mp_view_text(v, MP_PART_LEGEND, MP_INK, 1, 0, number, LEGEND_RIGHT, v->legend_y);
    v->legend_y += v->legend_row;
}

static bool too_wide(const struct mp_view *v, const char *name)
{
    double w;
    double h;

    v->measure->text(v->measure->context, name, MP_VIEW_FONT, false, &w, &h);
    return w > NAME_WIDTH;
}

/* "GPU 31-1" of "Video.Slot.31-1".  What is too wide loses its beginning: the GPUs of a
 * node differ at the end, as GPU_SXM_1 and GPU_SXM_2 do. */
static void gpu_name(const struct mp_view *v, const struct mp_track *track, char *out,
                     size_t size)
{
    const char *label = track->label ? track->label : "";
    const char *dot = strrchr(label, '.');
    char clean[120];
    const char *tail = clean;

    mp_text_clean(dot && dot[1] ? dot + 1 : label, clean, sizeof clean);
    snprintf(out, size, "GPU %s", clean);
    while (*tail != '\0' && too_wide(v, out)) {
        do
            tail++;
        while (mp_utf8_is_inside(*tail));
        snprintf(out, size, "…%s", tail);
    }
}

static void legend_gpus(struct mp_view *v, int room)
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
        gpu_name(v, track, name, sizeof name);
        legend_row(v, track, MP_GPU_INDEX + (int)shown, name);
        shown++;
        left--;
    }
}

static void legend_tracks(struct mp_view *v, int notes)
{
    char unit[32];

    if (!v->reference)
        return;
    snprintf(unit, sizeof unit, "power in %s", v->main.axis.unit);
    mp_view_text(v, MP_PART_LEGEND, MP_SOFT_INK, 0, 0, unit, LEGEND_LEFT, v->legend_y);
    mp_view_text(v, MP_PART_LEGEND, MP_SOFT_INK, 1, 0, "mean", LEGEND_RIGHT - 68,
                 v->legend_y);
    mp_view_text(v, MP_PART_LEGEND, MP_SOFT_INK, 1, 0, "max", LEGEND_RIGHT, v->legend_y);
    v->legend_y += v->legend_row;
    for (int i = 0; i < MP_N_SHOWN; i++) {
        const enum mp_role role = mp_role_shown(i);
        const struct mp_track *track = mp_view_find_role(v->in->reduced, role);

        if (track && !(role == MP_ROLE_GPU && v->n_gpus == 1))
            legend_row(v, track, (int)role, mp_role_info(role)->label);
    }
    legend_gpus(v, (int)((v->legend_bottom - v->legend_y) / v->legend_row) - notes);
}

/* ---- what is missing ---- */

struct missing {
    int gone;   /* columns without any data */
    int fewest; /* series that are silent in a bridged column, at least ... */
    int most;   /* ... and at most; 0: there is none */
    bool pale;  /* a curve that is no reference has bridged stretches */
};

/* At the edges of a gap of all, nodes stop and come back one after the other within a
 * sampling interval or two. That is part of that gap, and too narrow to be seen. */
static bool beside_gap(const struct mp_track *track, int i)
{
    enum { NARROW = 8 }; /* columns */

    for (int step = -1; step <= 1; step += 2) {
        enum mp_column_state state = MP_COLUMN_BRIDGED;

        for (int k = 1; k < NARROW && state == MP_COLUMN_BRIDGED; k++) {
            int at = i + k * step;

            state =
                at < 0 || at >= MP_COLUMNS ? MP_COLUMN_LIVE : mp_column_state(track, at);
        }
        if (state == MP_COLUMN_GONE)
            return true;
    }
    return false;
}

static void find_missing(const struct mp_view *v, struct missing *missing)
{
    memset(missing, 0, sizeof *missing);
    for (int i = 0; v->reference && i < MP_COLUMNS; i++) {
        enum mp_column_state state = mp_column_state(v->reference, i);
        int silent = mp_silent_series(v->reference, i);

        if (state == MP_COLUMN_GONE) {
            missing->gone++;
        } else if (state == MP_COLUMN_BRIDGED && !beside_gap(v->reference, i)) {
            missing->fewest =
                missing->most && missing->fewest < silent ? missing->fewest : silent;
            missing->most = missing->most > silent ? missing->most : silent;
        }
    }
    for (size_t t = 0; t < v->in->reduced->n_tracks; t++) {
        const struct mp_track *track = v->in->reduced->tracks[t];

        for (int i = 0;
             i < MP_COLUMNS && track != v->reference && mp_view_is_drawn(track); i++)
            missing->pale |=
                mp_column_state(track, i) == MP_COLUMN_BRIDGED && !beside_gap(track, i);
    }
}

static int count_notes(const struct mp_view *v, const struct missing *missing)
{
    return (missing->gone > 0) + 2 * (missing->most > 0) +
           (missing->pale && missing->most == 0) + v->shaded;
}

static void swatch_box(struct mp_view *v, uint32_t colour)
{
    mp_scene_rectangle(v->scene, MP_PART_LEGEND, colour, LEGEND_LEFT, v->legend_y + 4, 30,
                       18);
}

static void swatch_hatch(struct mp_view *v)
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

/* What the reference sums: one series a node, or several (power supplies, components)? */
static const char *who_is_silent(const struct mp_view *v)
{
    const size_t nodes = v->spread ? v->spread->n_series : 1;

    return v->reference == v->input && v->reference->n_series == nodes ? "nodes"
                                                                       : "sensors";
}

static void legend_notes(struct mp_view *v, const struct missing *missing)
{
    char line[96];

    if (v->shaded && !legend_full(v)) {
        swatch_box(v, (MP_INK & 0xFFFFFF00) | 0x34);
        legend_text(v, "shade: min to max", 38);
    }
    if (missing->most > 0 && !legend_full(v)) {
        swatch_hatch(v);
        snprintf(line, sizeof line, "no data from%s",
                 missing->fewest < missing->most ? " up to" : "");
        legend_text(v, line, 38);
        snprintf(line, sizeof line, "%d of %zu %s", missing->most, v->reference->n_series,
                 who_is_silent(v));
        legend_text(v, line, 38);
    } else if (missing->pale && !legend_full(v)) {
        swatch_line(v, mp_view_pale(MP_INK), 2.4);
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

/* Lines as high as they may be for all of them to find room. */
static double choose_row(const struct mp_view *v, int notes)
{
    size_t lines = 1 + v->n_gpus + (size_t)notes;

    for (int role = 0; role < MP_ROLE_NONE; role++)
        lines += mp_view_find_role(v->in->reduced, (enum mp_role)role) != NULL;
    return fmin(
        fmax(floor((v->legend_bottom - v->legend_y - 8) / (double)lines), TIGHT_ROW),
        ROW);
}

void mp_view_legend(struct mp_view *v)
{
    struct missing missing;

    find_missing(v, &missing);
    v->legend_y = MP_PLOT_TOP - 30;
    v->legend_bottom = v->spread ? MP_SPLIT_TOP - 36 : MP_PLOT_BOTTOM + 8;
    v->legend_row = choose_row(v, count_notes(v, &missing));
    legend_tracks(v, count_notes(v, &missing));
    v->legend_y += 8;
    legend_notes(v, &missing);
}

void mp_view_nodes_legend(struct mp_view *v)
{
    v->legend_y = v->nodes.top;
    v->legend_row = ROW;
    swatch_line(v, MP_INK, mp_view_width(v->spread));
    legend_text(v, "mean of the nodes", 38);
    if (v->in->reduced->quartiles) {
        swatch_box(v, MP_QUARTILE_BAND);
        legend_text(v, "half of the nodes", 38);
    }
    swatch_box(v, MP_SPREAD_BAND);
    legend_text(v, "lowest to highest", 38);
}
