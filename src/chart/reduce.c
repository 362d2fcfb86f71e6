/* SPDX-License-Identifier: MIT
 * reduce.c - polylines into columns, columns into tracks. */
#include "config.h"

#include "chart/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/grid.h"

enum { GRID_MOST = 1 << 17 }; /* 1 MiB a track */

/* A track while it is summed; W. */
struct total {
    double mean[MP_COLUMNS];   /* sum over series of the column's mean */
    float above[MP_COLUMNS];   /* largest (max - mean) of one series */
    float below[MP_COLUMNS];   /* largest (mean - min) of one series */
    uint32_t dead[MP_COLUMNS]; /* series of which half the column or more is in a gap */
    struct mp_grid grid;       /* the sum; unused for one GPU */
    size_t n_series;
    uint16_t sampled[MP_FEW_SAMPLES]; /* as in struct mp_track */
    size_t n_sampled;
    uint32_t series; /* GPU totals: whose it is */
};

/* One series while it is read: the column it stands in.  W. */
struct cursor {
    double factor;       /* to W */
    struct mp_vertex at; /* where the polyline has been drawn to */
    double area, min, max;
    int64_t column_end;
    struct total *total, *gpu;    /* gpu: NULL for none of its own */
    struct mp_node_columns *node; /* NULL */
    uint32_t column;
    mp_grid_place place;
    bool met, drawn;
};

struct mp_reduce {
    struct mp_follower follower;
    const struct mp_traces *traces;
    const struct mp_plan *plan;
    const struct mp_series_table *table;
    int64_t edges[MP_COLUMNS + 1]; /* µs; a column is at least 1 µs wide */
    struct cursor *cursors;
    size_t n_cursors;
    struct total *roles[MP_N_ROLES];
    struct total *gpus[MP_GPU_TRACKS];
    size_t n_gpus;
    size_t n_nodes;
    struct mp_node_columns **nodes; /* per plan node, or NULL */
    struct mp_reduced result;
};

static int reduce_begin(struct mp_follower *f, const struct mp_traces *traces,
                        struct mp_error *err)
{
    struct mp_reduce *r = (struct mp_reduce *)f;
    const struct mp_plan *plan = traces->plan;
    int64_t width = plan->end - plan->start;

    if (width < MP_COLUMNS)
        width = MP_COLUMNS;
    for (int c = 0; c <= MP_COLUMNS; c++) /* width * c / MP_COLUMNS without overflow */
        r->edges[c] =
            plan->start + width / MP_COLUMNS * c + width % MP_COLUMNS * c / MP_COLUMNS;
    r->traces = traces;
    r->plan = plan;
    r->table = traces->table;
    r->n_nodes = plan->n_nodes;
    r->nodes = calloc(plan->n_nodes + 1, sizeof *r->nodes);
    return r->nodes != NULL ? 0
                            : mp_fail(err, MP_FAULT_FAILED, "out of memory for columns");
}

static struct total *role_total(struct mp_reduce *r, enum mp_role role)
{
    struct total *total = r->roles[role];

    if (total != NULL)
        return total;
    total = calloc(1, sizeof *total);
    if (total != NULL &&
        mp_grid_init(&total->grid, r->plan->start, r->plan->end, GRID_MOST) < 0) {
        free(total);
        total = NULL;
    }
    return r->roles[role] = total;
}

/* What a counter says once more. */
static bool is_beside_power(const struct mp_reduce *r, uint32_t index)
{
    const struct mp_series *s = &r->traces->table->series[index];
    const struct mp_route *route = &r->traces->plan->routes[s->route];
    const struct mp_metric *m = &route->metrics[s->metric_index];

    return m->counter && mp_route_has_power(route, m->role);
}

/* The totals that a new series draws into. */
static int give_totals(struct mp_reduce *r, struct cursor *p, uint32_t index,
                       struct mp_error *err)
{
    const struct mp_series *s = &r->table->series[index];
    enum mp_role role = mp_traces_metric(r->traces, index)->role;
    bool alone = r->n_nodes == 1;

    if (role == MP_ROLE_NONE || is_beside_power(r, index))
        return 0;
    p->total = role_total(r, role);
    if (p->total == NULL)
        goto no_memory;
    if (role == MP_ROLE_GPU && alone && r->n_gpus < MP_GPU_TRACKS) {
        p->gpu = calloc(1, sizeof *p->gpu);
        if (p->gpu == NULL)
            goto no_memory;
        p->gpu->series = index;
        r->gpus[r->n_gpus++] = p->gpu;
    }
    if (role == MP_ROLE_INPUT && !alone) {
        if (r->nodes[s->node] == NULL)
            r->nodes[s->node] = calloc(1, sizeof **r->nodes);
        p->node = r->nodes[s->node];
        if (p->node == NULL)
            goto no_memory;
    }
    return 0;
no_memory:
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for chart columns");
}

/* The first vertex of a series. */
static int meet(struct mp_reduce *r, uint32_t index, struct mp_error *err)
{
    struct cursor *p;

    if (index >= r->n_cursors) {
        size_t n = r->table->n;
        struct cursor *grown = realloc(r->cursors, n * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", n);
        memset(grown + r->n_cursors, 0, (n - r->n_cursors) * sizeof *grown);
        r->cursors = grown;
        r->n_cursors = n;
    }
    p = &r->cursors[index];
    p->met = true;
    p->factor = r->traces->series[index].factor;
    return give_totals(r, p, index, err);
}

static void add_column(struct total *total, uint32_t column, double mean, double min,
                       double max)
{
    float above = (float)(max - mean), below = (float)(mean - min);

    total->mean[column] += mean;
    if (above > total->above[column])
        total->above[column] = above;
    if (below > total->below[column])
        total->below[column] = below;
}

/* The cursor has passed its column to the end: hand it over and start the next. */
static void turn_column(struct mp_reduce *r, struct cursor *p)
{
    int64_t width = p->column_end - r->edges[p->column];
    double mean = p->area / (double)width * p->factor;
    double min = p->min * p->factor, max = p->max * p->factor;

    add_column(p->total, p->column, mean, min, max);
    if (p->gpu != NULL)
        add_column(p->gpu, p->column, mean, min, max);
    if (p->node != NULL)
        p->node->mean[p->column] += (float)mean;
    p->area = 0;
    p->min = p->max = p->at.value;
    p->column_end = ++p->column < MP_COLUMNS ? r->edges[p->column + 1] : INT64_MAX;
}

static void draw_within(struct cursor *p, struct mp_vertex to)
{
    p->area += (p->at.value + to.value) / 2 * (double)(to.time - p->at.time);
    if (to.value < p->min)
        p->min = to.value;
    if (to.value > p->max)
        p->max = to.value;
    p->at = to;
}

/* Draw the straight line on to `to`, through as many columns as it crosses. */
static void draw(struct mp_reduce *r, struct cursor *p, struct mp_vertex to)
{
    const struct mp_vertex from = p->at;
    double slope = 0;

    mp_grid_line(&p->total->grid, &p->place, &from, &to, p->factor);
    if (to.time > p->column_end)
        slope = (to.value - from.value) / (double)(to.time - from.time);
    while (to.time > p->column_end) {
        struct mp_vertex edge = {p->column_end, 0, to.series};

        edge.value = from.value + slope * (double)(edge.time - from.time);
        draw_within(p, edge);
        turn_column(r, p);
    }
    draw_within(p, to);
}

static void note_sample(struct total *total, uint32_t column)
{
    size_t i = 0;

    if (total->n_sampled > MP_FEW_SAMPLES)
        return;
    while (i < total->n_sampled && total->sampled[i] != column)
        i++;
    if (i < total->n_sampled)
        return;
    if (i < MP_FEW_SAMPLES)
        total->sampled[i] = (uint16_t)column;
    total->n_sampled++;
}

static void add_vertex(struct mp_reduce *r, struct cursor *p, struct mp_vertex v)
{
    if (!p->drawn) {
        p->drawn = true;
        p->at = (struct mp_vertex){r->edges[0], v.value, v.series};
        p->min = p->max = v.value;
        p->column_end = r->edges[1];
        p->total->n_series++;
        if (p->gpu != NULL)
            p->gpu->n_series++;
    }
    draw(r, p, v);
    note_sample(p->total, p->column);
    mp_grid_vertex(&p->total->grid, p->place, v.time);
}

static int reduce_vertices(struct mp_follower *f, const struct mp_vertex *v, size_t n,
                           struct mp_error *err)
{
    struct mp_reduce *r = (struct mp_reduce *)f;

    for (const struct mp_vertex *end = v + n; v < end; v++) {
        if ((v->series >= r->n_cursors || !r->cursors[v->series].met) &&
            meet(r, v->series, err) < 0)
            return -1;
        if (r->cursors[v->series].total != NULL)
            add_vertex(r, &r->cursors[v->series], *v);
    }
    return 0;
}

static int reduce_last(struct mp_follower *f, uint32_t series, struct mp_error *err)
{
    struct mp_reduce *r = (struct mp_reduce *)f;
    struct cursor *p = &r->cursors[series];

    (void)err;
    if (p->total == NULL)
        return 0;
    draw(r, p, (struct mp_vertex){r->edges[MP_COLUMNS], p->at.value, series});
    turn_column(r, p);
    return 0;
}

static const struct mp_follower_ops reduce_ops = {
    .begin = reduce_begin,
    .vertices = reduce_vertices,
    .last = reduce_last,
};

int mp_reduce_new(struct mp_reduce **out, struct mp_error *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the chart");
    (*out)->follower.ops = &reduce_ops;
    return 0;
}

struct mp_follower *mp_reduce_follower(struct mp_reduce *r)
{
    return &r->follower;
}

static struct mp_track *new_track(struct mp_reduce *r, enum mp_track_kind kind,
                                  enum mp_role role, const char *label,
                                  struct mp_error *err)
{
    struct mp_track **grown =
        realloc(r->result.tracks, (r->result.n_tracks + 1) * sizeof *grown);
    struct mp_track *t = calloc(1, sizeof *t);

    if (grown != NULL)
        r->result.tracks = grown;
    if (grown == NULL || t == NULL || (t->label = strdup(label)) == NULL) {
        free(t);
        mp_fail(err, MP_FAULT_FAILED, "out of memory for a chart line");
        return NULL;
    }
    t->kind = kind;
    t->role = role;
    r->result.tracks[r->result.n_tracks++] = t;
    return t;
}

/* Count the series in the columns that its gaps take at least half of.  A share of each
 * column would not do: summed up, nodes that are silent for a third of a column each, all
 * at once, look like one node that is silent. */
static void mark_gaps(const struct mp_reduce *r, uint32_t *dead,
                      struct mp_node_columns *node, const struct mp_series_result *s)
{
    const int64_t *edges = r->edges;
    double width = (double)(edges[MP_COLUMNS] - edges[0]);
    int64_t column = 0; /* the last one touched, ... */
    int64_t silent = 0; /* ... and how much of it was in gaps so far, µs */

    for (size_t i = 0; i < s->n_gaps; i++) {
        const struct mp_gap *gap = &s->gaps[i];
        int64_t c = (int64_t)((double)(gap->start - edges[0]) / width * MP_COLUMNS);

        while (c > 0 && edges[c] > gap->start)
            c--;
        for (; c < MP_COLUMNS && edges[c] < gap->end; c++) {
            int64_t a = gap->start > edges[c] ? gap->start : edges[c];
            int64_t b = gap->end < edges[c + 1] ? gap->end : edges[c + 1];

            if (b <= a)
                continue;
            if (c != column)
                silent = 0;
            column = c;
            if (2 * silent < edges[c + 1] - edges[c] &&
                2 * (silent + b - a) >= edges[c + 1] - edges[c]) {
                dead[c]++;
                if (node != NULL)
                    node->silent[c] = true;
            }
            silent += b - a;
        }
    }
}

/* The extremes of a total's sum in a column.  `k` walks along the grid. */
static void find_extremes(const struct mp_reduce *r, const struct total *total, int c,
                          size_t *k, double *min, double *max)
{
    const struct mp_grid *g = &total->grid;
    double mean = total->mean[c];
    bool sampled = false;

    *min = *max = mean;
    for (; *k < g->n; ++*k) {
        int64_t t = g->start + (int64_t)*k * g->step;

        if (t > r->edges[c + 1])
            break;
        *min = fmin(*min, g->w[*k]);
        *max = fmax(*max, g->w[*k]);
        sampled = true;
    }
    if (sampled && !g->off && total->n_series > 1)
        return;
    *min = fmin(*min, mean - (double)total->below[c]);
    *max = fmax(*max, mean + (double)total->above[c]);
}

static void fill_track(const struct mp_reduce *r, struct mp_track *t,
                       const struct total *total)
{
    size_t k = 0;

    t->n_series = total->n_series;
    t->n_sampled = total->n_sampled;
    memcpy(t->sampled, total->sampled, sizeof t->sampled);
    for (int c = 0; c < MP_COLUMNS; c++) {
        double min, max;

        find_extremes(r, total, c, &k, &min, &max);
        t->columns[c].mean = (float)total->mean[c];
        t->columns[c].min = (float)min;
        t->columns[c].max = (float)max;
        t->columns[c].live =
            (float)(total->n_series - total->dead[c]) / (float)total->n_series;
    }
}

static void mark_all_gaps(struct mp_reduce *r, const struct mp_energy_result *energy)
{
    for (int role = 0; role < MP_N_ROLES; role++) {
        if (r->roles[role] != NULL)
            memset(r->roles[role]->dead, 0, sizeof r->roles[role]->dead);
    }
    for (size_t i = 0; i < r->n_cursors; i++) {
        if (r->cursors[i].drawn)
            mark_gaps(r, r->cursors[i].total->dead, r->cursors[i].node,
                      &energy->series[i]);
    }
    for (size_t i = 0; i < r->n_gpus; i++) {
        memset(r->gpus[i]->dead, 0, sizeof r->gpus[i]->dead);
        mark_gaps(r, r->gpus[i]->dead, NULL, &energy->series[r->gpus[i]->series]);
    }
}

static int role_tracks(struct mp_reduce *r, struct mp_error *err)
{
    for (int role = 0; role < MP_ROLE_NONE; role++) {
        const struct total *total = r->roles[role];
        struct mp_track *t;

        if (total == NULL || total->n_series == 0)
            continue;
        t = new_track(r, MP_TRACK_ROLE, (enum mp_role)role,
                      mp_role_name((enum mp_role)role), err);
        if (t == NULL)
            return -1;
        fill_track(r, t, total);
    }
    return 0;
}

static int by_label(const void *a, const void *b)
{
    struct mp_track *const *x = a, *const *y = b;

    return strverscmp((*x)->label, (*y)->label);
}

static int gpu_tracks(struct mp_reduce *r, struct mp_error *err)
{
    size_t first = r->result.n_tracks;

    for (size_t i = 0; i < r->n_gpus; i++) {
        const struct total *total = r->gpus[i];
        const char *fqdd = r->table->series[total->series].fqdd;
        struct mp_track *t;

        if (total->n_series == 0)
            continue;
        t = new_track(r, MP_TRACK_GPU, MP_ROLE_GPU, fqdd != NULL ? fqdd : "GPU", err);
        if (t == NULL)
            return -1;
        fill_track(r, t, total);
    }
    if (r->result.n_tracks > first)
        qsort(r->result.tracks + first, r->result.n_tracks - first,
              sizeof *r->result.tracks, by_label);
    return 0;
}

static void spread_column(struct mp_reduce *r, struct mp_column *c, size_t column)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < r->n_nodes; i++) {
        float v;

        if (r->nodes[i] == NULL)
            continue;
        v = r->nodes[i]->mean[column];
        c->min = n == 0 || v < c->min ? v : c->min;
        c->max = n == 0 || v > c->max ? v : c->max;
        sum += (double)v;
        n++;
    }
    c->mean = (float)(sum / (double)n);
}

/* The k-th smallest of values[0 .. n), which it reorders: quickselect (Hoare, 1961).
 * Sorting a thousand nodes for each column would take longer than the whole report. */
static float select_smallest(float *values, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        const float pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;

        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            float kept = values[i];

            values[i++] = values[j];
            values[j--] = kept;
        }
        /* equal values may have stopped both at one place: all up to j are at most the
         * pivot, all behind it at least */
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[k];
}

static int find_quartiles(struct mp_reduce *r, size_t n_measured, struct mp_error *err)
{
    float *values = malloc((r->n_nodes + 1) * sizeof *values);

    r->result.quartiles = calloc(MP_COLUMNS, sizeof *r->result.quartiles);
    if (values == NULL || r->result.quartiles == NULL) {
        free(values);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes", n_measured);
    }
    for (size_t c = 0; c < MP_COLUMNS; c++) {
        size_t n = 0;

        for (size_t i = 0; i < r->n_nodes; i++)
            if (r->nodes[i] != NULL)
                values[n++] = r->nodes[i]->mean[c];
        r->result.quartiles[c].low = select_smallest(values, n, (n - 1) / 4);
        r->result.quartiles[c].high = select_smallest(values, n, n - 1 - (n - 1) / 4);
    }
    free(values);
    return 0;
}

static int spread_track(struct mp_reduce *r, const struct mp_energy_result *energy,
                        struct mp_error *err)
{
    struct mp_track *t, *input = NULL;
    size_t n = 0;

    for (size_t i = 0; i < energy->n_nodes; i++) {
        if (!isnan(energy->nodes[i].energy_kwh))
            n++;
    }
    if (n < 2)
        return 0;
    for (size_t i = 0; i < r->result.n_tracks; i++) {
        if (r->result.tracks[i]->role == MP_ROLE_INPUT)
            input = r->result.tracks[i];
    }
    t = new_track(r, MP_TRACK_NODE_SPREAD, MP_ROLE_INPUT, "spread of nodes", err);
    if (t == NULL)
        return -1;
    t->n_series = n;
    for (size_t c = 0; c < MP_COLUMNS; c++) {
        spread_column(r, &t->columns[c], c);
        t->columns[c].live = input != NULL ? input->columns[c].live : 0;
    }
    return n < MP_QUARTILE_NODES ? 0 : find_quartiles(r, n, err);
}

static void free_result(struct mp_reduced *d)
{
    for (size_t i = 0; i < d->n_tracks; i++) {
        free(d->tracks[i]->label);
        free(d->tracks[i]);
    }
    free(d->tracks);
    free(d->quartiles);
    *d = (struct mp_reduced){0}; /* its nodes are r->nodes */
}

int mp_reduce_result(struct mp_reduce *r, const struct mp_energy_result *energy,
                     const struct mp_reduced **out, struct mp_error *err)
{
    free_result(&r->result);
    r->result.start = r->plan->start;
    r->result.end = r->plan->end;
    mark_all_gaps(r, energy);
    if (role_tracks(r, err) < 0 || gpu_tracks(r, err) < 0 ||
        spread_track(r, energy, err) < 0)
        return -1;
    r->result.nodes = r->nodes;
    r->result.n_nodes = r->n_nodes;
    *out = &r->result;
    return 0;
}

void mp_reduce_free(struct mp_reduce *r)
{
    if (r == NULL)
        return;
    free_result(&r->result);
    for (int i = 0; i < MP_N_ROLES; i++) {
        if (r->roles[i] != NULL)
            mp_grid_free(&r->roles[i]->grid);
        free(r->roles[i]);
    }
    for (size_t i = 0; i < r->n_gpus; i++)
        free(r->gpus[i]);
    for (size_t i = 0; r->nodes != NULL && i < r->n_nodes; i++)
        free(r->nodes[i]);
    free(r->nodes);
    free(r->cursors);
    free(r);
}
