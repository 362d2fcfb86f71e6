/* SPDX-License-Identifier: MIT
 * view.c - what curves, axes and legend of the time series share. */
#include "config.h"

#include "chart/view.h"

#include <math.h>

/* How many of a track's series have no data in column i. */
int mp_silent_series(const struct mp_track *track, int i)
{
    return (int)lround((1 - (double)track->columns[i].live) * (double)track->n_series);
}

enum mp_column_state mp_column_state(const struct mp_track *track, int i)
{
    const struct mp_column *column = &track->columns[i];
    int silent;

    if (isnan(column->mean) || column->live <= 0)
        return MP_COLUMN_GONE;
    silent = mp_silent_series(track, i);
    return silent == 0                      ? MP_COLUMN_LIVE
           : silent >= (int)track->n_series ? MP_COLUMN_GONE
                                            : MP_COLUMN_BRIDGED;
}

double mp_view_x(double column)
{
    return MP_PLOT_LEFT + column + 0.5;
}

double mp_view_y(const struct mp_panel *panel, double watt)
{
    double y = panel->bottom - watt / panel->axis.top * (panel->bottom - panel->top);

    return y < panel->top ? panel->top : y > panel->bottom ? panel->bottom : y;
}

double mp_view_time_x(const struct mp_view *v, int64_t at)
{
    return v->left +
           (double)(at - v->start) / (double)(v->end - v->start) * (v->right - v->left);
}

double mp_view_text(struct mp_view *v, enum mp_part part, uint32_t colour, double anchor,
                    double max_width, const char *what, double x, double y)
{
    const struct mp_text style = {.part = part,
                                  .colour = colour,
                                  .size = MP_VIEW_FONT,
                                  .anchor = anchor,
                                  .max_width = max_width,
                                  .halo = part == MP_PART_NOTE};

    return mp_scene_text(v->scene, v->measure, &style, what, x, y);
}

bool mp_view_is_drawn(const struct mp_track *track)
{
    return track->kind == MP_TRACK_GPU ||
           (track->kind == MP_TRACK_ROLE && track->role != MP_ROLE_NONE);
}

const struct mp_track *mp_view_find_role(const struct mp_reduced *reduced,
                                         enum mp_role role)
{
    for (size_t i = 0; i < reduced->n_tracks; i++)
        if (reduced->tracks[i]->kind == MP_TRACK_ROLE && reduced->tracks[i]->role == role)
            return reduced->tracks[i];
    return NULL;
}

uint32_t mp_view_colour(const struct mp_view *v, const struct mp_track *track, int index)
{
    if (track->kind == MP_TRACK_GPU)
        return mp_gpu_colour((size_t)(index - MP_GPU_INDEX), v->n_gpus);
    return track->kind == MP_TRACK_ROLE ? mp_role_info(track->role)->colour : MP_INK;
}

double mp_view_width(const struct mp_track *track)
{
    if (track->kind == MP_TRACK_GPU)
        return 1.6;
    if (track->kind == MP_TRACK_NODE_SPREAD || track->role == MP_ROLE_OUTPUT)
        return 1.4;
    return 2.4;
}

uint32_t mp_view_pale(uint32_t colour)
{
    return (colour & 0xFFFFFF00) | 0x78;
}

void mp_view_marker(struct mp_view *v, enum mp_part part, enum mp_role role, double x,
                    double y, double radius, uint32_t colour)
{
    const struct mp_role_info *info = mp_role_info(role);
    const int corners = info->corners;

    if (corners == 0 ||
        !mp_scene_mark(v->scene, MP_MARK_POLYGON, part, (int)role, colour))
        return;
    radius *= corners == 3 ? 1.25 : corners == 4 ? 1.15 : 1;
    for (int i = 0; i < corners; i++) {
        double angle = (info->turn / 4 + 2.0 * i / corners) * M_PI;

        mp_scene_point(v->scene, x + radius * cos(angle), y + radius * sin(angle));
    }
}
