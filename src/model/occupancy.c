/* SPDX-License-Identifier: MIT
 * occupancy.c - a list of stays, in order. */
#include "config.h"

#include "model/occupancy.h"

#include <stdlib.h>

enum { STAYS_MAX = 4000000 };

int mp_occupancy_init(struct mp_occupancy *o, size_t n_nodes, struct mp_error *err)
{
    mp_occupancy_free(o);
    o->nodes = calloc(n_nodes + 1, sizeof *o->nodes);
    if (o->nodes == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes", n_nodes);
    o->n_nodes = n_nodes;
    return 0;
}

int mp_occupancy_add(struct mp_occupancy *o, const struct mp_stay *stay, int64_t start,
                     int64_t end, struct mp_error *err)
{
    struct mp_stay cut = *stay;

    cut.from = cut.from < start ? start : cut.from;
    cut.until = cut.until > end ? end : cut.until;
    if (cut.node >= o->n_nodes || cut.from >= cut.until)
        return 0;
    if (o->n_stays == STAYS_MAX)
        return mp_fail(err, MP_FAULT_FAILED,
                       "more than %d stays of other jobs on the job's nodes", STAYS_MAX);
    if (o->n_stays == o->capacity) {
        size_t capacity = o->capacity > 0 ? 2 * o->capacity : 64;
        struct mp_stay *grown = realloc(o->stays, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu stays", capacity);
        o->stays = grown;
        o->capacity = capacity;
    }
    cut.cpus += cut.cpus == 0;
    o->stays[o->n_stays++] = cut;
    return 0;
}

static int in_order(const void *a, const void *b)
{
    const struct mp_stay *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    return (x->until > y->until) - (x->until < y->until);
}

static int by_job(const void *a, const void *b)
{
    const struct mp_stay *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* A job is on a node once at a time. */
static void join(struct mp_occupancy *o)
{
    size_t n = 0;

    for (size_t i = 0; i < o->n_stays; i++) {
        const struct mp_stay *s = &o->stays[i];
        struct mp_stay *last = n > 0 ? &o->stays[n - 1] : NULL;

        if (last == NULL || last->node != s->node || last->job != s->job ||
            last->until < s->from) {
            o->stays[n++] = *s;
            continue;
        }
        if (s->until > last->until)
            last->until = s->until;
        if (s->cpus > last->cpus)
            last->cpus = s->cpus;
    }
    o->n_stays = n;
}

void mp_occupancy_close(struct mp_occupancy *o)
{
    if (o->n_stays == 0)
        return;
    qsort(o->stays, o->n_stays, sizeof *o->stays, by_job);
    join(o);
    qsort(o->stays, o->n_stays, sizeof *o->stays, in_order);
}

bool mp_occupancy_is_known(const struct mp_occupancy *o)
{
    for (size_t i = 0; i < o->n_nodes; i++)
        if (!o->nodes[i].known)
            return false;
    return o->n_nodes > 0;
}

void mp_occupancy_free(struct mp_occupancy *o)
{
    free(o->nodes);
    free(o->stays);
    *o = (struct mp_occupancy){0};
}
