/* SPDX-License-Identifier: MIT
 * giver.c - lines through samples, cut where somebody comes or goes. */
#include "config.h"

#include "account/giver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy/share.h"

static const double US_PER_KWH_W = 3.6e12;
static const int64_t LATE_US = INT64_C(600) * 1000000; /* between sensors of one node */
static const double DROPPED_TOLERATED = 0.25;

/* The stays of one node are stays[from .. to) of the occupancy. */
struct node {
    size_t from, to;
    size_t next;  /* of them, the first that has not begun */
    size_t *open; /* those that have, and may not have ended; n_open of them */
    size_t n_open, capacity;
    struct mp_crowd crowd; /* everybody on it; own is 0 */
};

struct mp_giver {
    struct mp_follower follower;
    const struct mp_plan *plan; /* of the whole window */
    const struct mp_occupancy *o;
    struct node *nodes;
    struct mp_crowd *crowds;
    struct mp_giver_part **parts; /* one list a stay */
    struct mp_keyset names;       /* of the sensors */
    struct mp_giver_sensor *sensors;
    size_t n_sensors, capacity;
    /* today */
    const struct mp_traces *traces;
    uint32_t *place; /* per series: its sensor + 1 */
    size_t n_place;
    /* yesterday's end */
    struct mp_giver_sensor *old_sensors;
    struct mp_giver_part **old_parts;
    size_t n_old;
};

/* ---- the nodes ---- */

static void find_stays(struct mp_giver *g)
{
    for (size_t i = 0, n; i < g->o->n_stays; i += n) {
        struct node *node = &g->nodes[g->o->stays[i].node];

        for (n = 1;
             i + n < g->o->n_stays && g->o->stays[i + n].node == g->o->stays[i].node; n++)
            ;
        *node = (struct node){.from = i, .to = i + n, .next = i};
    }
}

/* ---- one line ---- */

/* CPUs of `cpus` among all who are there, over the line from a to b. */
static double weighed(const struct mp_crowd *c, size_t *place, uint32_t cpus,
                      const struct mp_vertex *a, const struct mp_vertex *b)
{
    double share = 0, left = a->value;

    for (int64_t from = a->time; from < b->time;) {
        int64_t until = b->time;
        double right, all;

        while (*place + 1 < c->n && c->at[*place + 1] <= from)
            ++*place;
        if (*place + 1 < c->n && c->at[*place + 1] < until)
            until = c->at[*place + 1];
        right = until == b->time
                    ? b->value
                    : a->value + (b->value - a->value) * ((double)(until - a->time) /
                                                          (double)(b->time - a->time));
        all = c->n > 0 && c->others[*place] > cpus ? c->others[*place] : cpus;
        share += (left + right) * (double)(until - from) * (cpus / all);
        from = until;
        left = right;
    }
    return share / 2 / US_PER_KWH_W;
}

static double area(const struct mp_vertex *a, const struct mp_vertex *b)
{
    return (a->value + b->value) * (double)(b->time - a->time) / 2 / US_PER_KWH_W;
}

static void part_line(struct mp_giver *g, const struct mp_stay *s,
                      struct mp_giver_part *p, const struct mp_vertex *a,
                      const struct mp_vertex *b)
{
    p->kwh += area(a, b);
    p->share_kwh += weighed(&g->nodes[s->node].crowd, &p->place, s->cpus, a, b);
}

static void close_part(struct mp_giver *g, const struct mp_stay *s,
                       struct mp_giver_part *p)
{
    const struct mp_vertex end = {s->until, p->last.value, p->last.series};

    if (p->closed)
        return;
    part_line(g, s, p, &p->last, &end);
    p->closed = true;
}

static struct mp_giver_part *part_of(struct mp_giver *g, size_t stay, uint32_t sensor)
{
    struct mp_giver_part *p = g->parts[stay];

    while (p != NULL && p->sensor != sensor)
        p = p->next;
    return p;
}

/* The first sample inside a stay. */
static int open_part(struct mp_giver *g, size_t stay, uint32_t sensor,
                     const struct mp_vertex *v)
{
    const struct mp_stay *s = &g->o->stays[stay];
    const struct mp_vertex start = {s->from, v->value, v->series};
    struct mp_giver_part *p = calloc(1, sizeof *p);

    if (p == NULL)
        return -1;
    p->sensor = sensor;
    p->first = p->last = *v;
    mp_interval_start(&p->interval, *v, 1);
    part_line(g, s, p, &start, v);
    p->next = g->parts[stay];
    g->parts[stay] = p;
    return 0;
}

static int give_to_stay(struct mp_giver *g, size_t stay, uint32_t sensor,
                        const struct mp_vertex *v)
{
    const struct mp_stay *s = &g->o->stays[stay];
    struct mp_giver_part *p = part_of(g, stay, sensor);

    if (v->time > s->until) {
        if (p != NULL)
            close_part(g, s, p);
        return 0;
    }
    if (p == NULL)
        return open_part(g, stay, sensor, v);
    part_line(g, s, p, &p->last, v);
    mp_interval_add(&p->interval, &p->last, v);
    p->last = *v;
    return 0;
}

/* ---- sensors ---- */

static int grow(struct mp_giver *g)
{
    size_t capacity = g->capacity > 0 ? 2 * g->capacity : 64;
    struct mp_giver_sensor *grown = realloc(g->sensors, capacity * sizeof *grown);

    if (grown == NULL)
        return -1;
    g->sensors = grown;
    g->capacity = capacity;
    return 0;
}

/* The same sensor has another series every day. */
static int meet(struct mp_giver *g, uint32_t series, struct mp_error *err)
{
    const struct mp_series *s = &g->traces->table->series[series];
    const char *node = g->traces->plan->nodes[s->node].name;
    long number, place = mp_plan_find_node(g->plan, node);
    char *name;
    int len =
        asprintf(&name, "%s\n%s\n%s\n%s", node, s->metric,
                 s->source != NULL ? s->source : "\t", s->fqdd != NULL ? s->fqdd : "\t");

    if (len < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a sensor");
    number = mp_keyset_put(&g->names, name, (size_t)len, err);
    free(name);
    if (number < 0 || place < 0)
        return -1;
    if ((size_t)number == g->n_sensors) {
        if (g->n_sensors == g->capacity && grow(g) < 0)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for a sensor");
        g->sensors[g->n_sensors++] = (struct mp_giver_sensor){
            .node = (uint32_t)place, .factor = g->traces->series[series].factor};
    }
    g->place[series] = (uint32_t)number + 1;
    return 0;
}

static int open_stay(struct node *node, size_t stay)
{
    if (node->n_open == node->capacity) {
        size_t capacity = node->capacity > 0 ? 2 * node->capacity : 8;
        size_t *grown = realloc(node->open, capacity * sizeof *grown);

        if (grown == NULL)
            return -1;
        node->open = grown;
        node->capacity = capacity;
    }
    node->open[node->n_open++] = stay;
    return 0;
}

static int give(struct mp_giver *g, const struct mp_vertex *v, struct mp_error *err)
{
    const uint32_t number = g->place[v->series] - 1;
    struct mp_giver_sensor *s = &g->sensors[number];
    struct node *node = &g->nodes[s->node];
    const struct mp_vertex w = {v->time, v->value * s->factor, number};
    const struct mp_vertex start = {g->plan->start, w.value, number};

    s->kwh += area(s->any ? &s->last : &start, &w);
    if (!s->any)
        s->first = w;
    s->any = true;
    s->last = w;
    for (; node->next < node->to && g->o->stays[node->next].from <= v->time; node->next++)
        if (open_stay(node, node->next) < 0)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for a stay");
    for (size_t i = 0; i < node->n_open;) {
        if (g->o->stays[node->open[i]].until + LATE_US < v->time) {
            node->open[i] = node->open[--node->n_open];
            continue;
        }
        if (give_to_stay(g, node->open[i++], number, &w) < 0)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for a stay");
    }
    return 0;
}

/* ---- following a day ---- */

static int giver_begin(struct mp_follower *f, const struct mp_traces *traces,
                       struct mp_error *err)
{
    struct mp_giver *g = (struct mp_giver *)f;

    (void)err;
    g->traces = traces;
    free(g->place);
    g->place = NULL;
    g->n_place = 0;
    return 0;
}

static int reach(struct mp_giver *g, uint32_t series, struct mp_error *err)
{
    size_t n = g->traces->table->n;
    uint32_t *grown;

    if (series < g->n_place)
        return 0;
    grown = realloc(g->place, n * sizeof *grown);
    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", n);
    memset(grown + g->n_place, 0, (n - g->n_place) * sizeof *grown);
    g->place = grown;
    g->n_place = n;
    return 0;
}

static int giver_vertices(struct mp_follower *f, const struct mp_vertex *v, size_t n,
                          struct mp_error *err)
{
    struct mp_giver *g = (struct mp_giver *)f;

    for (size_t i = 0; i < n; i++)
        if (reach(g, v[i].series, err) < 0 ||
            (g->place[v[i].series] == 0 && meet(g, v[i].series, err) < 0) ||
            give(g, &v[i], err) < 0)
            return -1;
    return 0;
}

/* A day's end is no end: only count what was left out. */
static int giver_last(struct mp_follower *f, uint32_t series, struct mp_error *err)
{
    struct mp_giver *g = (struct mp_giver *)f;
    const struct mp_trace *t = &g->traces->series[series];
    struct mp_giver_sensor *s;

    (void)err;
    if (series >= g->n_place || g->place[series] == 0)
        return 0;
    s = &g->sensors[g->place[series] - 1];
    s->counted += t->fate[MP_FATE_COUNTS];
    s->dropped += t->fate[MP_FATE_NEGATIVE] + t->fate[MP_FATE_IMPLAUSIBLE];
    return 0;
}

static const struct mp_follower_ops giver_ops = {
    .begin = giver_begin,
    .vertices = giver_vertices,
    .last = giver_last,
};

int mp_giver_new(struct mp_giver **out, const struct mp_plan *plan,
                 const struct mp_occupancy *o, struct mp_error *err)
{
    struct mp_giver *g = calloc(1, sizeof *g);

    *out = g;
    if (g == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the account");
    g->follower.ops = &giver_ops;
    g->plan = plan;
    g->o = o;
    g->nodes = calloc(plan->n_nodes + 1, sizeof *g->nodes);
    g->parts = calloc(o->n_stays + 1, sizeof *g->parts);
    if (g->nodes == NULL || g->parts == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes",
                       plan->n_nodes);
    if (mp_crowds_make(o, plan, &g->crowds, err) < 0)
        return -1;
    find_stays(g);
    for (size_t i = 0; g->crowds != NULL && i < plan->n_nodes; i++)
        g->nodes[i].crowd = g->crowds[i];
    return 0;
}

struct mp_follower *mp_giver_follower(struct mp_giver *g)
{
    return &g->follower;
}

/* ---- a day that broke off ---- */

static void free_parts(struct mp_giver_part **parts, size_t n)
{
    for (size_t i = 0; parts != NULL && i < n; i++)
        for (struct mp_giver_part *p = parts[i], *next; p != NULL; p = next) {
            next = p->next;
            free(p);
        }
    free(parts);
}

static struct mp_giver_part **copy_parts(struct mp_giver_part *const *parts, size_t n)
{
    struct mp_giver_part **copy = calloc(n + 1, sizeof *copy);

    for (size_t i = 0; copy != NULL && i < n; i++)
        for (const struct mp_giver_part *p = parts[i]; p != NULL; p = p->next) {
            struct mp_giver_part *one = malloc(sizeof *one);

            if (one == NULL) {
                free_parts(copy, n);
                return NULL;
            }
            *one = *p;
            one->next = copy[i];
            copy[i] = one;
        }
    return copy;
}

int mp_giver_remember(struct mp_giver *g, struct mp_error *err)
{
    free(g->old_sensors);
    free_parts(g->old_parts, g->o->n_stays);
    g->n_old = g->n_sensors;
    g->old_sensors = malloc((g->n_sensors + 1) * sizeof *g->old_sensors);
    g->old_parts = copy_parts(g->parts, g->o->n_stays);
    if (g->old_sensors == NULL || g->old_parts == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu stays",
                       g->o->n_stays);
    if (g->n_sensors > 0)
        memcpy(g->old_sensors, g->sensors, g->n_sensors * sizeof *g->sensors);
    return 0;
}

void mp_giver_go_back(struct mp_giver *g)
{
    /* sensors met since stay known by name, without a sample */
    for (size_t i = 0; i < g->n_sensors; i++)
        g->sensors[i] = i < g->n_old
                            ? g->old_sensors[i]
                            : (struct mp_giver_sensor){.node = g->sensors[i].node,
                                                       .factor = g->sensors[i].factor};
    free_parts(g->parts, g->o->n_stays);
    g->parts = g->old_parts;
    g->old_parts = NULL;
    for (size_t i = 0; i < g->plan->n_nodes; i++) { /* the next sample opens them anew */
        g->nodes[i].next = g->nodes[i].from;
        g->nodes[i].n_open = 0;
    }
}

/* ---- the end ---- */

void mp_giver_close(struct mp_giver *g)
{
    for (size_t i = 0; i < g->n_sensors; i++) {
        struct mp_giver_sensor *s = &g->sensors[i];
        const struct mp_vertex end = {g->plan->end, s->last.value, s->last.series};

        if (s->any)
            s->kwh += area(&s->last, &end);
    }
    for (size_t i = 0; i < g->o->n_stays; i++)
        for (struct mp_giver_part *p = g->parts[i]; p != NULL; p = p->next)
            close_part(g, &g->o->stays[i], p);
}

const struct mp_giver_part *mp_giver_parts(const struct mp_giver *g, size_t stay)
{
    return g->parts[stay];
}

const struct mp_giver_sensor *mp_giver_sensors(const struct mp_giver *g, size_t *n)
{
    *n = g->n_sensors;
    return g->sensors;
}

bool mp_giver_is_suspect(const struct mp_giver_sensor *s)
{
    return (double)s->dropped > DROPPED_TOLERATED * (double)(s->counted + s->dropped);
}

void mp_giver_free(struct mp_giver *g)
{
    if (g == NULL)
        return;
    free_parts(g->parts, g->o->n_stays);
    free_parts(g->old_parts, g->o->n_stays);
    mp_crowds_free(g->crowds, g->plan->n_nodes);
    mp_keyset_free(&g->names);
    free(g->old_sensors);
    for (size_t i = 0; g->nodes != NULL && i < g->plan->n_nodes; i++)
        free(g->nodes[i].open);
    free(g->sensors);
    free(g->place);
    free(g->nodes);
    free(g);
}
