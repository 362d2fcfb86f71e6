/* SPDX-License-Identifier: MIT
 * nodes.c - the layout of the picture of single nodes: a heat map of their input power
 * over time, and beside it the energy of each, those that stand out named. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "chart/text.h"
#include "chart/view.h"

enum {
    CELLS = 300, /* across, each the mean of ... */
    COLUMNS = MP_COLUMNS / CELLS,
    LEFT = 196, /* of the heat map, three pixels to a cell */
    RIGHT = LEFT + 3 * CELLS,
    BARS_LEFT = RIGHT + 88, /* room for half of "09:00:00.25" and a "0" */
    BARS_RIGHT = BARS_LEFT + 158,
    NAMES_LEFT = BARS_RIGHT + 14,
    TOP = 186,
    USUAL_HEIGHT = 640, /* of the rows, where that gives none less than ROW_LEAST */
    ROW_LEAST = 2,
    ROW_MOST = 36,
    ROWS_MOST = 4000 / ROW_LEAST, /* with more nodes, several share a row */
    LABEL_STEP = 23,
    ROUTE_GAP = 34, /* above a route's rows, for its name, where there are several */
};

/* Not in the enum: what does not fit an int makes all of its constants unsigned. */
static const uint32_t BAR = 0x8CA3BFFF, ODD_BAR = 0xC2410CFF;

struct row {
    uint32_t route;
    uint32_t first, n; /* nodes, in sheet.order */
    double y;
    bool odd; /* an outlier is among them */
};

struct sheet {
    struct mp_view view; /* for the time axis */
    uint32_t *order;     /* nodes by route */
    struct row *rows;
    size_t n_rows;
    double row_height;
    struct mp_value_axis watts, watt_hours;
};

static uint32_t heat(double share)
{
    /* viridis (Smith and van der Walt, 2015), which also those see who see no red or
     * green; 64 shades are enough, and leave the palette of a PNG room */
    static const uint8_t stops[][3] = {{0x44, 0x01, 0x54}, {0x41, 0x44, 0x87},
                                       {0x2A, 0x78, 0x8E}, {0x22, 0xA8, 0x84},
                                       {0x7A, 0xD1, 0x51}, {0xFD, 0xE7, 0x25}};
    const double at = fmin(fmax(round(share * 63) / 63, 0), 1) * 5;
    const int i = at < 5 ? (int)at : 4;
    uint32_t colour = 0;

    for (int c = 0; c < 3; c++)
        colour =
            colour << 8 |
            (uint32_t)lround(stops[i][c] + (at - i) * (stops[i + 1][c] - stops[i][c]));
    return colour << 8 | 0xFF;
}

/* ---- rows ---- */

static size_t order_by_route(const struct mp_plan *plan, uint32_t *order)
{
    size_t n = 0;

    for (uint32_t route = 0; route < plan->n_routes; route++)
        for (uint32_t i = 0; i < plan->n_nodes; i++)
            if (plan->nodes[i].route == route)
                order[n++] = i;
    return n;
}

static bool is_odd(const struct mp_energy_result *energy, uint32_t node)
{
    for (size_t i = 0; i < energy->n_outliers; i++)
        if (energy->outliers[i].node == node)
            return true;
    return false;
}

static void make_rows(struct sheet *s)
{
    const struct mp_plan *plan = s->view.in->plan;
    const size_t n = order_by_route(plan, s->order);
    const uint32_t together = (uint32_t)((n + ROWS_MOST - 1) / ROWS_MOST);
    double y = TOP;

    s->row_height = fmin(fmax(floor(USUAL_HEIGHT / (double)n), ROW_LEAST), ROW_MOST);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t route = plan->nodes[s->order[i]].route;
        struct row *row = s->n_rows ? &s->rows[s->n_rows - 1] : NULL;

        if (!row || row->route != route || row->n == together) {
            if ((!row || row->route != route) && plan->n_routes > 1)
                y += ROUTE_GAP;
            row = &s->rows[s->n_rows++];
            *row = (struct row){.route = route, .first = i, .y = y};
            y += s->row_height;
        }
        row->n++;
        row->odd |= is_odd(s->view.in->energy, s->order[i]);
    }
    s->view.bottom = y;
}

/* W, NaN for no data. */
static double cell_power(const struct sheet *s, const struct row *row, int cell)
{
    double sum = 0;
    int n = 0;

    for (uint32_t i = row->first; i < row->first + row->n; i++) {
        const struct mp_node_columns *node = s->view.in->reduced->nodes[s->order[i]];

        for (int c = cell * COLUMNS; node && c < (cell + 1) * COLUMNS; c++)
            if (!node->silent[c]) {
                sum += (double)node->mean[c];
                n++;
            }
    }
    return n > 0 ? sum / n : NAN;
}

/* kWh of a node, or the mean of those in the row. */
static double row_energy(const struct sheet *s, const struct row *row)
{
    double sum = 0;
    int n = 0;

    for (uint32_t i = row->first; i < row->first + row->n; i++) {
        const double kwh = s->view.in->energy->nodes[s->order[i]].energy_kwh;

        if (!isnan(kwh)) {
            sum += kwh;
            n++;
        }
    }
    return n > 0 ? sum / n : NAN;
}

/* ---- the heat map ---- */

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* What all but 1 in 500 cells stay below: one absurd reading must not darken the rest. */
static double usual_power(float *values, size_t n)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, ascending);
    return (double)values[(size_t)(0.998 * (double)(n - 1))];
}

/* Hatch the cells of a row that hold nothing. */
static void draw_gaps(struct sheet *s, const struct row *row, const uint32_t *cells)
{
    int from = 0;

    while (from < CELLS) {
        struct mp_mark *mark;
        int to = from;

        while (to < CELLS && cells[to] == 0)
            to++;
        if (to > from && (mark = mp_scene_mark(s->view.scene, MP_MARK_HATCH,
                                               MP_PART_MISSING, 0, 0xB4BAC6FF))) {
            mark->y = row->y + s->row_height;
            mp_scene_point(s->view.scene, LEFT + 3 * from, row->y);
            mp_scene_point(s->view.scene, LEFT + 3 * to, row->y);
        }
        from = to + 1;
    }
}

/* The rows of one route, which stand without a gap. */
static void draw_route(struct sheet *s, const struct row *rows, int n)
{
    uint32_t *cells = mp_scene_cells(s->view.scene, MP_PART_NODES, CELLS, n, LEFT,
                                     rows[0].y, RIGHT - LEFT, s->row_height * n);

    for (int r = 0; cells && r < n; r++) {
        for (int c = 0; c < CELLS; c++) {
            const double watt = cell_power(s, &rows[r], c);

            cells[r * CELLS + c] = isnan(watt) ? 0 : heat(watt / s->watts.top);
        }
        draw_gaps(s, &rows[r], cells + (ptrdiff_t)r * CELLS);
    }
    for (int r = 1; r < n && s->row_height >= 8; r++)
        mp_scene_rectangle(s->view.scene, MP_PART_FRAME, MP_PAPER, LEFT, rows[r].y - 1,
                           RIGHT - LEFT, 1);
}

static void draw_heat(struct sheet *s, float *values)
{
    size_t n = 0;

    for (size_t r = 0; r < s->n_rows; r++)
        for (int c = 0; c < CELLS; c++) {
            const double watt = cell_power(s, &s->rows[r], c);

            if (!isnan(watt))
                values[n++] = (float)watt;
        }
    mp_axis_value(usual_power(values, n) / 1.06, 5, &s->watts);
    for (size_t from = 0, to; from < s->n_rows; from = to) {
        for (to = from; to < s->n_rows && s->rows[to].route == s->rows[from].route;)
            to++;
        draw_route(s, s->rows + from, (int)(to - from));
    }
}

static void draw_scale(struct sheet *s)
{
    enum { WIDTH = 256, HEIGHT = 16, Y = 158 };
    const double left = RIGHT - WIDTH - 70;
    uint32_t *cells =
        mp_scene_cells(s->view.scene, MP_PART_LEGEND, 64, 1, left, Y, WIDTH, HEIGHT);
    char top[48];
    char text[80];

    for (int i = 0; cells && i < 64; i++)
        cells[i] = heat(i / 63.0);
    mp_text_number(s->watts.top / s->watts.divisor, s->watts.decimals, top, sizeof top);
    snprintf(text, sizeof text, "%s %s", top, s->watts.unit);
    mp_view_text(&s->view, MP_PART_LEGEND, MP_INK, 1, 0, "0", left - 8, Y - 4);
    mp_view_text(&s->view, MP_PART_LEGEND, MP_INK, 0, 0, text, left + WIDTH + 8, Y - 4);
}

static void row_name(const struct sheet *s, const struct row *row, char *out, size_t size)
{
    mp_text_clean(s->view.in->plan->nodes[s->order[row->first]].name, out, size);
}

static void draw_labels(struct sheet *s)
{
    double free_from = 0;
    char name[300];

    for (size_t r = 0; r < s->n_rows; r++) {
        const struct row *row = &s->rows[r];
        const double middle = row->y + s->row_height / 2;

        if (s->view.in->plan->n_routes > 1 && (r == 0 || row[-1].route != row->route)) {
            mp_text_clean(s->view.in->plan->routes[row->route].name, name, sizeof name);
            mp_view_text(&s->view, MP_PART_HEADING, MP_SOFT_INK, 0, RIGHT - LEFT, name,
                         LEFT, row->y - 28);
        }
        if (middle < free_from)
            continue;
        row_name(s, row, name, sizeof name);
        mp_view_text(&s->view, MP_PART_TICK, MP_INK, 1, LEFT - 10 - 28, name, LEFT - 10,
                     middle - 12);
        free_from = middle + LABEL_STEP;
    }
}

/* ---- energies ---- */

static double bar_x(const struct sheet *s, double kwh)
{
    return round(BARS_LEFT + kwh * 1000 / s->watt_hours.top * (BARS_RIGHT - BARS_LEFT));
}

static void draw_bars(struct sheet *s)
{
    struct mp_scene *scene = s->view.scene;
    const double gap = s->row_height >= 4 ? 1 : 0;
    double most = 0;

    for (size_t r = 0; r < s->n_rows; r++)
        most = fmax(most, row_energy(s, &s->rows[r]) * 1000);
    mp_axis_value(most, 3, &s->watt_hours);
    for (int i = 0; i <= s->watt_hours.n_steps; i++) {
        const double wh = i * s->watt_hours.step;
        const double x = floor(bar_x(s, wh / 1000)) + 0.5;
        char label[48];

        mp_text_number(wh / s->watt_hours.divisor, s->watt_hours.decimals, label,
                       sizeof label);
        mp_scene_line(scene, MP_PART_FRAME, i ? 0x00000018 : MP_SOFT_INK, 1, x, TOP, x,
                      s->view.bottom);
        mp_view_text(&s->view, MP_PART_TICK, MP_INK, 0.5, 0, label, x,
                     s->view.bottom + 12);
    }
    for (size_t r = 0; r < s->n_rows; r++) {
        const double kwh = row_energy(s, &s->rows[r]);

        if (!isnan(kwh))
            mp_scene_rectangle(scene, MP_PART_NODES, s->rows[r].odd ? ODD_BAR : BAR,
                               BARS_LEFT, s->rows[r].y, bar_x(s, kwh) - BARS_LEFT,
                               s->row_height - gap);
    }
}

static double node_y(const struct sheet *s, uint32_t node)
{
    for (size_t r = 0; r < s->n_rows; r++)
        for (uint32_t i = 0; i < s->rows[r].n; i++)
            if (s->order[s->rows[r].first + i] == node)
                return s->rows[r].y + s->row_height / 2;
    return TOP;
}

static int by_height(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Names at the rows' heights, pushed down where they would touch. */
static void name_outliers(struct sheet *s)
{
    const struct mp_energy_result *energy = s->view.in->energy;
    struct {
        double y;
        const struct mp_outlier *outlier;
    } *names = calloc(energy->n_outliers + 1, sizeof *names);
    double y = TOP - LABEL_STEP / 2.0;

    if (!names) {
        s->view.scene->failed = true;
        return;
    }
    for (size_t i = 0; i < energy->n_outliers; i++) {
        names[i].outlier = &energy->outliers[i];
        names[i].y = node_y(s, energy->outliers[i].node);
    }
    qsort(names, energy->n_outliers, sizeof *names, by_height);
    for (size_t i = 0; i < energy->n_outliers; i++) {
        const uint32_t node = names[i].outlier->node;
        const double off =
            energy->nodes[node].energy_kwh / names[i].outlier->median_kwh - 1;
        char name[200];
        char text[260];

        y = fmax(names[i].y, y + LABEL_STEP);
        if (y > s->view.bottom + 2 * LABEL_STEP && i + 1 < energy->n_outliers) {
            snprintf(text, sizeof text, "and %zu more", energy->n_outliers - i);
            mp_view_text(&s->view, MP_PART_NODES, MP_INK, 0, 0, text, NAMES_LEFT, y - 12);
            break;
        }
        mp_scene_line(s->view.scene, MP_PART_LEADER, MP_SOFT_INK, 1,
                      bar_x(s, energy->nodes[node].energy_kwh) + 3,
                      floor(names[i].y) + 0.5, NAMES_LEFT - 3, floor(y) + 0.5);
        mp_text_clean(s->view.in->plan->nodes[node].name, name, sizeof name);
        snprintf(text, sizeof text, "%s %+.0f %%", name, off * 100);
        mp_view_text(&s->view, MP_PART_NODES, MP_INK, 0,
                     MP_SERIES_WIDTH - NAMES_LEFT - 20, text, NAMES_LEFT, y - 12);
    }
    free(names);
}

static void draw_sheet(struct sheet *s, float *values)
{
    const uint32_t together = s->rows[0].n;
    char text[120] = "Input power of each node";

    if (s->view.in->plan->n_nodes > ROWS_MOST)
        snprintf(text, sizeof text, "Input power of nodes, the mean of %u in each row",
                 together);
    draw_heat(s, values);
    draw_scale(s);
    draw_labels(s);
    mp_view_text(&s->view, MP_PART_HEADING, MP_SOFT_INK, 0, 0, text, LEFT, 154);
    draw_bars(s);
    name_outliers(s);
    snprintf(text, sizeof text, "Energy of each, %sh", s->watt_hours.unit);
    mp_view_text(&s->view, MP_PART_HEADING, MP_SOFT_INK, 0, 0, text, BARS_LEFT, 154);
    mp_view_time_axis(&s->view);
}

int mp_layout_nodes(const struct mp_chart_input *in, const struct mp_measure *measure,
                    struct mp_scene *scene, struct mp_error *err)
{
    struct sheet s = {.view = {.in = in,
                               .measure = measure,
                               .scene = scene,
                               .start = in->reduced->start,
                               .end = in->reduced->end,
                               .left = LEFT,
                               .right = RIGHT,
                               .top = TOP}};
    const size_t n = in->plan->n_nodes;
    float *values = NULL;

    if (s.view.end <= s.view.start)
        s.view.end = s.view.start + 1000000;
    scene->width = MP_SERIES_WIDTH;
    s.order = calloc(n + 1, sizeof *s.order);
    s.rows = calloc(n + 1, sizeof *s.rows);
    if (s.order && s.rows) {
        make_rows(&s);
        values = malloc((s.n_rows + 1) * CELLS * sizeof *values);
    }
    scene->failed |= values == NULL;
    scene->height = s.view.bottom + 94;
    if (!scene->failed && s.n_rows > 0) {
        mp_scene_rectangle(scene, MP_PART_FRAME, MP_PAPER, 0, 0, scene->width,
                           scene->height);
        mp_layout_header(in, measure, true, scene);
        mp_axis_time(s.view.start, s.view.end, 8, &s.view.time);
        draw_sheet(&s, values);
    }
    free(values);
    free(s.rows);
    free(s.order);
    return mp_scene_check(scene, err);
}
