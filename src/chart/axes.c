/* SPDX-License-Identifier: MIT
 * axes.c - grid, ticks and dates of the time series. */
#include "config.h"

#include "chart/view.h"

#include <math.h>
#include <stdio.h>

#include "chart/text.h"

void mp_view_value_axis(struct mp_view *v, const struct mp_panel *panel)
{
    for (int i = 0; i <= panel->axis.n_steps; i++) {
        double watt = i * panel->axis.step;
        double y = round(mp_view_y(panel, watt)) - 0.5;
        char label[48];

        mp_text_number(watt / panel->axis.divisor, panel->axis.decimals, label,
                       sizeof label);
        mp_scene_line(v->scene, MP_PART_FRAME, i ? 0x00000018 : 0x5A6272FF, 1,
                      MP_PLOT_LEFT, y, MP_PLOT_RIGHT, y);
        mp_view_text(v, MP_PART_TICK, MP_INK, 1, 0, label, MP_PLOT_LEFT - 10, y - 12);
    }
}

void mp_view_time_grid(struct mp_view *v, const struct mp_panel *panel)
{
    for (size_t i = 0; i < v->time.n_ticks; i++) {
        double x = floor(mp_view_time_x(v, v->time.ticks[i].at)) + 0.5;

        if (x <= v->right)
            mp_scene_line(v->scene, MP_PART_TIME, 0x00000018, 1, x, panel->top, x,
                          panel->bottom);
    }
}

static void date_spans(struct mp_view *v)
{
    for (size_t i = 0; i < v->time.n_spans; i++) {
        const struct mp_date_span *span = &v->time.spans[i];
        const double from = floor(mp_view_time_x(v, span->from));
        const double room = mp_view_time_x(v, span->to) - from - 14;
        const char *label = span->label;
        double w;
        double h;

        if (i > 0)
            mp_scene_line(v->scene, MP_PART_TIME, 0x5A6272FF, 1, from + 0.5, v->bottom,
                          from + 0.5, v->bottom + 58);
        v->measure->text(v->measure->context, label, MP_VIEW_FONT, false, &w, &h);
        if (w > room) {
            label = span->short_label;
            v->measure->text(v->measure->context, label, MP_VIEW_FONT, false, &w, &h);
        }
        if (w <= room)
            mp_view_text(v, MP_PART_TIME, MP_SOFT_INK, 0, 0, label, from + (i ? 8 : 0),
                         v->bottom + 36);
    }
}

/* Which zone the time axis is in. */
static void zone_note(struct mp_view *v)
{
    char note[256];

    if (v->time.n_changes == 0)
        snprintf(note, sizeof note, "local time, %s", v->time.zone);
    else
        snprintf(note, sizeof note, "local time, %s; from %s on %s%s", v->time.zone,
                 v->time.change_label, v->time.changed,
                 v->time.n_changes > 1 ? "; the clocks change again" : "");
    mp_view_text(v, MP_PART_TICK, MP_SOFT_INK, 0, v->right - v->left, note, v->left,
                 v->bottom + 61);
}

void mp_view_time_axis(struct mp_view *v)
{
    for (size_t i = 0; i < v->time.n_ticks; i++) {
        double x = floor(mp_view_time_x(v, v->time.ticks[i].at)) + 0.5;

        mp_scene_line(v->scene, MP_PART_TIME, 0x5A6272FF, 1, x, v->bottom, x,
                      v->bottom + 6);
        mp_view_text(v, MP_PART_TIME, MP_INK, 0.5, 0, v->time.ticks[i].label, x,
                     v->bottom + 12);
    }
    date_spans(v);
    if (v->time.n_changes > 0) {
        double x = floor(mp_view_time_x(v, v->time.change)) + 0.5;

        mp_scene_line(v->scene, MP_PART_TIME, 0xB3261E90, 1, x, v->top, x, v->bottom);
    }
    zone_note(v);
}
