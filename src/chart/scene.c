/* SPDX-License-Identifier: MIT
 * scene.c - a picture as a list of marks. */
#include "config.h"

#include "chart/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Make room for one more element of `size` bytes. */
static bool grow(void **array, size_t n, size_t *capacity, size_t size, bool *failed)
{
    size_t more = *capacity ? 2 * *capacity : 256;
    void *moved;

    if (*failed || n < *capacity)
        return !*failed;
    moved = reallocarray(*array, more, size);
    if (!moved) {
        *failed = true;
        return false;
    }
    *array = moved;
    *capacity = more;
    return true;
}

struct mp_mark *mp_scene_mark(struct mp_scene *scene, enum mp_mark_kind kind,
                              enum mp_part part, int index, uint32_t colour)
{
    struct mp_mark *mark;

    if (!grow((void **)&scene->marks, scene->n_marks, &scene->marks_capacity,
              sizeof *scene->marks, &scene->failed))
        return NULL;
    mark = &scene->marks[scene->n_marks++];
    memset(mark, 0, sizeof *mark);
    mark->kind = kind;
    mark->part = part;
    mark->index = index;
    mark->colour = colour;
    mark->first = scene->n_points;
    return mark;
}

void mp_scene_point(struct mp_scene *scene, double x, double y)
{
    if (!grow((void **)&scene->points, scene->n_points, &scene->points_capacity,
              sizeof *scene->points, &scene->failed))
        return;
    scene->points[scene->n_points++] = (struct mp_point){x, y};
    scene->marks[scene->n_marks - 1].n_points++;
}

void mp_scene_rectangle(struct mp_scene *scene, enum mp_part part, uint32_t colour,
                        double x, double y, double w, double h)
{
    if (!mp_scene_mark(scene, MP_MARK_POLYGON, part, 0, colour))
        return;
    mp_scene_point(scene, x, y);
    mp_scene_point(scene, x + w, y);
    mp_scene_point(scene, x + w, y + h);
    mp_scene_point(scene, x, y + h);
}

void mp_scene_line(struct mp_scene *scene, enum mp_part part, uint32_t colour,
                   double width, double x1, double y1, double x2, double y2)
{
    struct mp_mark *mark = mp_scene_mark(scene, MP_MARK_STROKE, part, 0, colour);

    if (!mark)
        return;
    mark->width = width;
    mp_scene_point(scene, x1, y1);
    mp_scene_point(scene, x2, y2);
}

uint32_t *mp_scene_cells(struct mp_scene *scene, enum mp_part part, int n_columns,
                         int n_rows, double x, double y, double w, double h)
{
    struct mp_mark *mark = mp_scene_mark(scene, MP_MARK_CELLS, part, 0, 0);

    if (!mark)
        return NULL;
    mark->cells = calloc((size_t)n_columns * (size_t)n_rows, sizeof *mark->cells);
    if (!mark->cells) {
        scene->failed = true;
        return NULL;
    }
    mark->n_columns = n_columns;
    mark->n_rows = n_rows;
    mark->x = x;
    mark->y = y;
    mark->w = w;
    mark->h = h;
    return mark->cells;
}

double mp_scene_text(struct mp_scene *scene, const struct mp_measure *measure,
                     const struct mp_text *style, const char *text, double x, double y)
{
    struct mp_mark *mark;
    double w;
    double h;

    if (text[0] == '\0')
        return 0;
    mark = mp_scene_mark(scene, MP_MARK_TEXT, style->part, style->index, style->colour);
    if (!mark)
        return 0;
    mark->text = strdup(text);
    if (!mark->text) {
        scene->failed = true;
        return 0;
    }
    measure->text(measure->context, text, style->size, style->bold, &w, &h);
    mark->cut = style->max_width > 0 && w > style->max_width;
    if (mark->cut)
        w = style->max_width;
    mark->size = style->size;
    mark->anchor = style->anchor;
    mark->bold = style->bold;
    mark->halo = style->halo;
    mark->w = w;
    mark->h = h;
    mark->x = round(x - style->anchor * w);
    mark->y = round(y);
    return w;
}

int mp_scene_check(const struct mp_scene *scene, struct mp_error *err)
{
    if (scene->failed)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory while laying out a chart");
    return 0;
}

void mp_scene_free(struct mp_scene *scene)
{
    for (size_t i = 0; i < scene->n_marks; i++) {
        free(scene->marks[i].text);
        free(scene->marks[i].cells);
    }
    free(scene->marks);
    free(scene->points);
    memset(scene, 0, sizeof *scene);
}
