/* SPDX-License-Identifier: MIT
 * pie.c - the layout of the ring that shows where the energy went. */
#include "config.h"

#include "chart/layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chart/text.h"

static const double centre_x = MP_PIE_WIDTH / 2.0;
static const double centre_y = 474;
static const double outer = 268;
static const double inner = 158;
static const double label_gap = 28;  /* from the ring to the outside labels */
static const double label_step = 31; /* from one outside label to the next */
static const double label_size = 20;
static const double table_size = 18; /* below the ring: an energy with its ± is long */

/* Components that add up to this much more than the input are worth a word. */
static const double excess = 1.0005;

struct slice {
    enum mp_role id; /* a component */
    double kwh;
    double from, to;  /* angles, clockwise from noon */
    int tenths;       /* of a percent */
    bool outside;     /* its label stands beside the ring */
    double natural_y; /* where an outside label would stand if it were alone */
    double label_y;   /* its middle */
};

struct ring {
    const struct mp_chart_input *in;
    const struct mp_measure *measure;
    struct mp_scene *scene;
    struct slice slices[MP_N_COMPONENTS];
    size_t n;   /* in the order of mp_role_shown(), clockwise from noon */
    double sum; /* kWh of all slices */
};

static double write_text(struct ring *r, enum mp_part part, int index, uint32_t colour,
                         double size, bool bold, double anchor, const char *what,
                         double x, double middle)
{
    const struct mp_text style = {.part = part,
                                  .index = index,
                                  .colour = colour,
                                  .size = size,
                                  .bold = bold,
                                  .anchor = anchor};
    double w;
    double h;

    r->measure->text(r->measure->context, what, size, bold, &w, &h);
    return mp_scene_text(r->scene, r->measure, &style, what, x, middle - h / 2);
}

static void percent(const struct slice *slice, char *out, size_t size)
{
    snprintf(out, size, "%d.%d %%", slice->tenths / 10, slice->tenths % 10);
}

/* ---- shares ---- */

static void make_slices(struct ring *r)
{
    const double total = r->in->energy->total_kwh;
    struct mp_components parts = r->in->energy->components;
    double *kwh = parts.kwh;
    double values[MP_N_COMPONENTS];
    int tenths[MP_N_COMPONENTS];
    double angle = 0;

    for (int i = 0; i < MP_N_COMPONENTS; i++)
        r->sum += isfinite(kwh[i]) && kwh[i] > 0 ? kwh[i] : 0;
    /* what nothing accounts for is part of the input all the same */
    if (isfinite(total) && r->sum * excess < total) {
        double others = kwh[MP_ROLE_OTHERS];

        kwh[MP_ROLE_OTHERS] = fmax(0, isfinite(others) ? others : 0) + total - r->sum;
        r->sum = total;
    }
    for (int i = 0; i < MP_N_SHOWN; i++) {
        enum mp_role role = mp_role_shown(i);

        if (role >= MP_N_COMPONENTS || !isfinite(kwh[role]))
            continue;
        r->slices[r->n].id = role;
        values[r->n] = r->slices[r->n].kwh = fmax(0, kwh[role]);
        r->n++;
    }
    mp_text_shares(values, r->n, tenths);
    for (size_t i = 0; i < r->n; i++) {
        r->slices[i].tenths = tenths[i];
        r->slices[i].from = angle;
        angle += r->sum > 0 ? values[i] / r->sum * 2 * M_PI : 0;
        r->slices[i].to = angle;
    }
}

/* ---- the ring ---- */

static struct mp_point at_angle(double angle, double radius)
{
    return (struct mp_point){centre_x + radius * sin(angle),
                             centre_y - radius * cos(angle)};
}

static void wedge(struct ring *r, int index, uint32_t colour, double from, double to)
{
    struct mp_mark *mark =
        mp_scene_mark(r->scene, MP_MARK_WEDGE, MP_PART_SLICE, index, colour);

    if (!mark)
        return;
    mark->x = centre_x;
    mark->y = centre_y;
    mark->inner = inner;
    mark->outer = outer;
    mark->from = from;
    mark->to = to;
}

static void draw_ring(struct ring *r)
{
    if (!(r->sum > 0)) {
        wedge(r, -1, 0xE4E7ECFF, 0, 2 * M_PI);
        return;
    }
    for (size_t i = 0; i < r->n; i++)
        if (r->slices[i].to > r->slices[i].from)
            wedge(r, (int)r->slices[i].id, mp_role_info(r->slices[i].id)->colour,
                  r->slices[i].from, r->slices[i].to);
    for (size_t i = 0; i < r->n; i++) {
        /* a thin line parts slices, unless it would cover a small one */
        const struct slice *next = &r->slices[(i + 1) % r->n];
        struct mp_point a = at_angle(r->slices[i].to, inner);
        struct mp_point b = at_angle(r->slices[i].to, outer);

        if (r->slices[i].tenths >= 10 && next->tenths >= 10 && r->n > 1)
            mp_scene_line(r->scene, MP_PART_FRAME, MP_PAPER, 2, a.x, a.y, b.x, b.y);
    }
}

/* Whether a box of this size, centred in the slice, lies within the slice. */
static bool fits_inside(const struct slice *s, double w, double h)
{
    const double middle = (s->from + s->to) / 2;
    const struct mp_point c = at_angle(middle, (inner + outer) / 2);

    for (int corner = 0; corner < 4; corner++) {
        double x = c.x + (corner & 1 ? w : -w) / 2 - centre_x;
        double y = c.y + (corner & 2 ? h : -h) / 2 - centre_y;
        double radius = hypot(x, y);
        double off = remainder(atan2(x, -y) - middle, 2 * M_PI);

        if (radius < inner + 5 || radius > outer - 5 || fabs(off) > (s->to - s->from) / 2)
            return false;
    }
    return true;
}

static double channel(uint32_t value)
{
    double c = (value & 0xFF) / 255.0;

    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* Ink or paper, whichever is easier to read on a colour (WCAG's contrast). */
static uint32_t readable_on(uint32_t colour)
{
    double light = 0.2126 * channel(colour >> 24) + 0.7152 * channel(colour >> 16) +
                   0.0722 * channel(colour >> 8);

    return light > 0.2 ? MP_INK : MP_PAPER;
}

/* The text written last stands on a slice, which a dark page does not turn. */
static void keep_colour(struct ring *r)
{
    if (!r->scene->failed)
        r->scene->marks[r->scene->n_marks - 1].on_colour = true;
}

static void label_inside(struct ring *r, struct slice *s)
{
    const struct mp_point c = at_angle((s->from + s->to) / 2, (inner + outer) / 2);
    const char *name = mp_role_info(s->id)->label;
    const uint32_t colour = readable_on(mp_role_info(s->id)->colour);
    char share[32];
    double name_w;
    double share_w;
    double h;

    percent(s, share, sizeof share);
    r->measure->text(r->measure->context, name, label_size, true, &name_w, &h);
    r->measure->text(r->measure->context, share, label_size, false, &share_w, &h);
    s->outside = !fits_inside(s, fmax(name_w, share_w), 2 * h - 4);
    if (s->outside)
        return;
    write_text(r, MP_PART_LABEL, (int)s->id, colour, label_size, true, 0.5, name, c.x,
               c.y - h / 2);
    keep_colour(r);
    write_text(r, MP_PART_LABEL, (int)s->id, colour, label_size, false, 0.5, share, c.x,
               c.y + h / 2);
    keep_colour(r);
}

/* ---- labels beside the ring ---- */

static bool on_right(const struct slice *s)
{
    return s->from + s->to < 2 * M_PI;
}

static int higher_first(const void *a, const void *b)
{
    const struct slice *const *x = a;
    const struct slice *const *y = b;

    if ((*x)->label_y != (*y)->label_y)
        return (*x)->label_y < (*y)->label_y ? -1 : 1;
    /* equally high: in the order of the ring, which runs down on the right */
    return (*x < *y ? -1 : 1) * (on_right(*x) ? 1 : -1);
}

/* Push labels of one side apart: down from the top, then up from the bottom. */
static void spread(struct slice **side, size_t n)
{
    const double top = centre_y - outer - 26;
    const double bottom = centre_y + outer + 26;

    for (size_t i = 0; i < n; i++) {
        double least = i ? side[i - 1]->label_y + label_step : top;

        side[i]->label_y = fmax(side[i]->label_y, least);
    }
    for (size_t i = n; i-- > 0;) {
        double most = i + 1 < n ? side[i + 1]->label_y - label_step : bottom;

        side[i]->label_y = fmin(side[i]->label_y, most);
    }
}

/* From the centre to an outside label at this height: it follows the ring's outline. */
static double label_distance(double y)
{
    const double radius = outer + label_gap;
    const double off = fabs(y - centre_y);

    return 12 + (off < radius ? sqrt(radius * radius - off * off) : 0);
}

/* From the slice straight out, around the ring to the label's height, and to the label at
 * x.  The further a label was pushed, the nearer to the ring its leader runs, so that
 * those of neighbours lie within each other and do not cross. */
static void draw_leader(struct ring *r, const struct slice *s, double side, double x)
{
    const double radius = outer + 6 + 20 * exp(-fabs(s->label_y - s->natural_y) / 60);
    const double from = (s->from + s->to) / 2;
    const double up = (centre_y - s->label_y) / radius;
    const double to = fabs(up) >= 1 ? from : side > 0 ? acos(up) : 2 * M_PI - acos(up);
    const int steps = 1 + (int)(fabs(to - from) / 0.04);
    struct mp_mark *leader =
        mp_scene_mark(r->scene, MP_MARK_STROKE, MP_PART_LEADER, (int)s->id, MP_SOFT_INK);

    if (!leader)
        return;
    leader->width = 1.3;
    mp_scene_point(r->scene, at_angle(from, outer - 4).x, at_angle(from, outer - 4).y);
    for (int i = 0; i <= steps; i++) {
        struct mp_point p = at_angle(from + (to - from) * i / steps, radius);

        mp_scene_point(r->scene, p.x, p.y);
    }
    mp_scene_point(r->scene, x - side * 5, s->label_y);
}

static void label_outside(struct ring *r, const struct slice *s)
{
    const double side = on_right(s) ? 1 : -1;
    const double x = centre_x + side * fmax(label_distance(s->label_y), 30);
    char share[32];
    char text[80];

    draw_leader(r, s, side, x);
    percent(s, share, sizeof share);
    snprintf(text, sizeof text, "%s %s", mp_role_info(s->id)->label, share);
    write_text(r, MP_PART_LABEL, (int)s->id, MP_INK, label_size, false, side > 0 ? 0 : 1,
               text, x, s->label_y);
}

static void draw_labels(struct ring *r)
{
    struct slice *sides[2][MP_N_COMPONENTS];
    size_t n[2] = {0, 0};

    for (size_t i = 0; i < r->n && r->sum > 0; i++) {
        struct slice *s = &r->slices[i];

        label_inside(r, s);
        if (!s->outside || s->to <= s->from)
            continue;
        s->label_y = s->natural_y = at_angle((s->from + s->to) / 2, outer + 26).y;
        sides[on_right(s)][n[on_right(s)]++] = s;
    }
    for (int side = 0; side < 2; side++) {
        qsort(sides[side], n[side], sizeof *sides[side], higher_first);
        spread(sides[side], n[side]);
        for (size_t i = 0; i < n[side]; i++)
            label_outside(r, sides[side][i]);
    }
}

/* ---- the centre, the table and what does not add up ---- */

/* One line in the ring's hole, as large as `size` or what fits. */
static void centre_line(struct ring *r, const char *what, double size, bool bold,
                        uint32_t colour, double middle)
{
    const double room =
        2 * sqrt(inner * inner - pow(fabs(middle - centre_y) + 20, 2)) - 24;
    struct mp_text style = {.part = MP_PART_CENTRE,
                            .colour = colour,
                            .bold = bold,
                            .anchor = 0.5,
                            .max_width = room};
    double w;
    double h;

    r->measure->text(r->measure->context, what, size, bold, &w, &h);
    if (w > room)
        size = fmax(16, floor(size * room / w));
    style.size = size;
    r->measure->text(r->measure->context, what, size, bold, &w, &h);
    mp_scene_text(r->scene, r->measure, &style, what, centre_x, middle - h / 2);
}

static void draw_centre(struct ring *r)
{
    const double total = r->in->energy->total_kwh;
    char job[160];
    char clean[200];
    char energy[64];

    snprintf(job, sizeof job, "Job %.100s", r->in->job->label ? r->in->job->label : "?");
    mp_text_clean(job, clean, sizeof clean);
    centre_line(r, clean, 29, true, MP_SOFT_INK, centre_y - 52);
    if (!isnan(total)) {
        mp_text_energy(total, r->in->energy->uncertainty.kwh, energy, sizeof energy);
        centre_line(r, energy, 42, true, MP_INK, centre_y);
        centre_line(r, r->sum > 0 ? "input energy" : "no energy to divide", 20, false,
                    MP_SOFT_INK, centre_y + 46);
        if (!isnan(r->in->energy->uncertainty.kwh))
            centre_line(r,
                        r->in->energy->uncertainty.sensor_known ? "95 % interval"
                                                                : "95 %, sensors apart",
                        20, false, MP_SOFT_INK, centre_y + 73);
    } else if (r->sum > 0) {
        mp_text_energy(r->sum, NAN, energy, sizeof energy);
        centre_line(r, energy, 42, true, MP_INK, centre_y);
        centre_line(r, "of components,", 20, false, MP_SOFT_INK, centre_y + 42);
        centre_line(r, "input not measured", 20, false, MP_SOFT_INK, centre_y + 69);
    } else {
        centre_line(r, "no energy", 36, true, MP_INK, centre_y);
        centre_line(r, "was measured", 20, false, MP_SOFT_INK, centre_y + 40);
    }
}

static void draw_table(struct ring *r)
{
    enum { LEFT = 40, COLUMN = 480, WIDTH = 440, TOP = 812, STEP = 35 };
    const size_t rows = (r->n + 1) / 2;
    char number[64];

    for (size_t i = 0; i < r->n; i++) {
        const struct slice *s = &r->slices[i];
        const double x = LEFT + COLUMN * (double)(i / rows);
        const double y = TOP + STEP * (double)(i % rows);

        mp_scene_rectangle(r->scene, MP_PART_LEGEND, mp_role_info(s->id)->colour, x,
                           y - 9, 19, 19);
        write_text(r, MP_PART_LEGEND, (int)s->id, MP_INK, table_size, false, 0,
                   mp_role_info(s->id)->label, x + 31, y);
        mp_text_energy(s->kwh, r->in->energy->components.uncertainty_kwh[s->id], number,
                       sizeof number);
        write_text(r, MP_PART_LEGEND, (int)s->id, MP_INK, table_size, false, 1, number,
                   x + WIDTH - 78, y);
        percent(s, number, sizeof number);
        write_text(r, MP_PART_LEGEND, (int)s->id, MP_INK, table_size, false, 1, number,
                   x + WIDTH, y);
    }
}

static void draw_remark(struct ring *r)
{
    const double total = r->in->energy->total_kwh;
    const uint32_t colour = 0x8A1F11FF;
    char sum[64];
    char share[64];
    char text[240];

    if (isnan(total) || r->sum <= total * excess)
        return;
    mp_text_energy(r->sum, NAN, sum, sizeof sum);
    mp_text_number(r->sum / total * 100, 1, share, sizeof share);
    if (total > 0)
        snprintf(text, sizeof text, "The components add up to %s, %s %% of the input.",
                 sum, share);
    else
        snprintf(text, sizeof text, "The components add up to %s, the input to 0.", sum);
    write_text(r, MP_PART_NOTE, 0, colour, label_size, false, 0.5, text, centre_x, 948);
    write_text(r, MP_PART_NOTE, 0, colour, label_size, false, 0.5,
               "Percentages are shares of the components' sum.", centre_x, 976);
}

int mp_layout_pie(const struct mp_chart_input *in, const struct mp_measure *measure,
                  struct mp_scene *scene, struct mp_error *err)
{
    struct ring r = {.in = in, .measure = measure, .scene = scene};

    scene->width = MP_PIE_WIDTH;
    scene->height = MP_PIE_HEIGHT;
    mp_scene_rectangle(scene, MP_PART_FRAME, MP_PAPER, 0, 0, scene->width, scene->height);
    mp_layout_header(in, measure, false, scene);
    make_slices(&r);
    draw_ring(&r);
    draw_labels(&r);
    draw_centre(&r);
    draw_table(&r);
    draw_remark(&r);
    return mp_scene_check(scene, err);
}
