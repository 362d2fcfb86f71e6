/* SPDX-License-Identifier: MIT
 * share.c - steps of who is there, and lines cut at them. */
#include "config.h"

#include "energy/share.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- who is there ------------------------------------------------------------------- */

enum { COUNTED_MOST = 4096 };

struct change {
    int64_t at;
    double cpus;
};

static int by_time(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

static void count_jobs(struct mp_crowd *c, const struct mp_stay *stays, size_t n)
{
    c->job = stays[0].job;
    if (n > COUNTED_MOST) { /* a sentence says how many: who counts so far? */
        c->n_jobs = n;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t before = 0;

        while (before < i && stays[before].job != stays[i].job)
            before++;
        c->n_jobs += before == i;
    }
}

/* `changes` has room for two a stay. */
static int make_crowd(struct mp_crowd *c, const struct mp_stay *stays, size_t n,
                      struct change *changes, const struct mp_plan *plan)
{
    double others = 0;

    for (size_t i = 0; i < n; i++) {
        changes[2 * i] = (struct change){stays[i].from, stays[i].cpus};
        changes[2 * i + 1] = (struct change){stays[i].until, -(double)stays[i].cpus};
    }
    qsort(changes, 2 * n, sizeof *changes, by_time);
    c->at = calloc(2 * n + 2, sizeof *c->at);
    c->others = calloc(2 * n + 1, sizeof *c->others);
    if (c->at == NULL || c->others == NULL)
        return -1;
    c->at[0] = plan->start;
    for (size_t i = 0; i < 2 * n; i++) {
        if (changes[i].at > c->at[c->n]) {
            c->others[c->n++] = others;
            c->at[c->n] = changes[i].at;
        }
        others += changes[i].cpus;
    }
    if (plan->end > c->at[c->n]) {
        c->others[c->n++] = others;
        c->at[c->n] = plan->end;
    }
    count_jobs(c, stays, n);
    return 0;
}

static double weight(const struct mp_crowd *c, size_t k)
{
    return c->others[k] > 0 ? c->own / (c->own + c->others[k]) : 1;
}

static void measure(struct mp_crowd *c)
{
    for (size_t k = 0; k < c->n; k++) {
        double length = (double)(c->at[k + 1] - c->at[k]);

        if (c->others[k] > 0) {
            c->shared += length;
            c->weighted += length * weight(c, k);
        }
    }
}

int mp_crowds_make(const struct mp_occupancy *o, const struct mp_plan *plan,
                   struct mp_crowd **out, struct mp_error *err)
{
    struct change *changes;
    struct mp_crowd *crowds;
    int rc = 0;

    *out = NULL;
    if (o == NULL || o->n_stays == 0 || plan->end == plan->start)
        return 0;
    changes = calloc(2 * o->n_stays, sizeof *changes);
    crowds = calloc(plan->n_nodes + 1, sizeof *crowds);
    for (size_t i = 0, n; rc == 0 && changes && crowds && i < o->n_stays; i += n) {
        uint32_t node = o->stays[i].node;

        for (n = 1; i + n < o->n_stays && o->stays[i + n].node == node; n++)
            ;
        if (node >= plan->n_nodes)
            continue;
        crowds[node].own = o->nodes[node].own;
        rc = make_crowd(&crowds[node], &o->stays[i], n, changes, plan);
        measure(&crowds[node]);
    }
    free(changes);
    if (rc == 0 && changes != NULL && crowds != NULL) {
        *out = crowds;
        return 0;
    }
    mp_crowds_free(crowds, plan->n_nodes);
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the neighbours of a job");
}

void mp_crowds_free(struct mp_crowd *crowds, size_t n)
{
    for (size_t i = 0; crowds != NULL && i < n; i++) {
        free(crowds[i].at);
        free(crowds[i].others);
    }
    free(crowds);
}

/* --- lines cut at who comes and goes ------------------------------------------------ */

static double value_at(const struct mp_vertex *a, const struct mp_vertex *b, int64_t time)
{
    if (time == b->time)
        return b->value;
    return a->value + (b->value - a->value) *
                          ((double)(time - a->time) / (double)(b->time - a->time));
}

void mp_crowd_line(const struct mp_crowd *c, size_t *place, const struct mp_vertex *a,
                   const struct mp_vertex *b, double *share, double *alone)
{
    int64_t from = a->time;
    double left = a->value;

    *share = *alone = 0;
    while (from < b->time) {
        int64_t until;
        double right, area;

        while (*place + 1 < c->n && c->at[*place + 1] <= from)
            ++*place;
        until = *place + 1 < c->n && c->at[*place + 1] < b->time ? c->at[*place + 1]
                                                                 : b->time;
        right = value_at(a, b, until);
        area = (left + right) * (double)(until - from);
        *share += area * weight(c, *place);
        if (!(c->others[*place] > 0))
            *alone += area;
        from = until;
        left = right;
    }
}

/* --- the lowest tenth --------------------------------------------------------------- */

/* The exponent and four bits of the mantissa number the bins, from 1 W on. */
static size_t bin_of(double w)
{
    uint64_t bits;
    int64_t bin;

    if (!(w >= 1))
        return 0;
    memcpy(&bits, &w, sizeof bits);
    bin = (int64_t)(bits >> 48) - (1023 << 4) + 1;
    return bin < MP_LOWEST_BINS ? (size_t)bin : MP_LOWEST_BINS - 1;
}

void mp_lowest_add(struct mp_lowest *l, double w)
{
    size_t bin = bin_of(w);

    l->sum[bin] += w;
    l->n[bin]++;
}

double mp_lowest_tenth(const struct mp_lowest *l)
{
    double all = 0, wanted, sum = 0, taken = 0;

    for (size_t i = 0; i < MP_LOWEST_BINS; i++)
        all += l->n[i];
    wanted = ceil(all / 10);
    for (size_t i = 0; i < MP_LOWEST_BINS && taken < wanted; i++) {
        double part = fmin(l->n[i], wanted - taken);

        if (l->n[i] == 0)
            continue;
        sum += l->sum[i] * (part / l->n[i]);
        taken += part;
    }
    return taken > 0 ? sum / taken : NAN;
}
