/* SPDX-License-Identifier: MIT
 * twice.c - one quantity under several names, and several values under one. */
#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/rules.h"

static const double EQUAL_ROUNDS = 0.95;
static const double STAMPS_TOLERATED = 0.05;

enum { MOVES_ENOUGH = 8 };

/* Next character that is no digit. */
static const char *skip_digits(const char *s)
{
    while (isdigit((unsigned char)*s))
        s++;
    return s;
}

/* The same but for numbers: PSU.Slot.1 and PSU.Slot.2. */
static bool alike(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    for (;;) {
        a = skip_digits(a);
        b = skip_digits(b);
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Sensors of a kind, of which a node has several. */
static bool siblings(const struct mp_series *s, const struct mp_series *t)
{
    return alike(s->fqdd, t->fqdd) && alike(s->metric, t->metric) &&
           !(same_text(s->fqdd, t->fqdd) && same_text(s->metric, t->metric));
}

/* Two sources of one sensor. */
static bool same_sensor(const struct mp_series *s, const struct mp_series *t)
{
    return s->metric_index == t->metric_index && s->fqdd != NULL && t->fqdd != NULL &&
           strcmp(s->fqdd, t->fqdd) == 0;
}

static bool is_equal(const struct mp_rules *q, const struct mp_sensor *s)
{
    const struct mp_series *a = mp_series_of(q, (size_t)(s - q->e->instants.sensors));

    if (s->twin == MP_NO_SENSOR || s->rounds < 3 || !(s->sum > 0) ||
        (double)s->same < EQUAL_ROUNDS * (double)s->rounds)
        return false;
    /* fans turn, and supplies share a load, in step */
    return !siblings(a, mp_series_of(q, s->twin)) ||
           ((s->role == MP_ROLE_CPU || s->role == MP_ROLE_GPU ||
             s->role == MP_ROLE_INPUT || s->role == MP_ROLE_OUTPUT) &&
            s->same_moves >= MOVES_ENOUGH && s->sum > 25 * (double)s->n);
}

static bool is_sum(const struct mp_sensor *s)
{
    return s->full >= 3 && s->sum > 10 * (double)s->n &&
           (double)s->is_sum >= 0.9 * (double)s->full;
}

/* The only two of their role, and next to the same, though not named as such. */
static bool is_near(const struct mp_rules *q, const struct mp_sensor *s,
                    const struct mp_series *a, const struct mp_series *b)
{
    const struct mp_both *o = &s->others;
    double apart = fabs(o->x - o->y);
    bool still = o->xx < 1e-4 * o->x * o->x * (double)o->n;

    if (q->e->instants.nodes[s->node].sensors[s->role] != 2 || o->n < 3 ||
        siblings(a, b) || !(o->x > 10))
        return false;
    return still ? apart < 0.01 * o->x
                 : apart < 0.03 * o->x && mp_both_correlation(o) > 0.9;
}

/* One ends and the other begins, whatever of both overlaps. */
static bool follows(const struct mp_rules *q, size_t i, size_t j)
{
    const struct mp_series_result *a = &q->r->series[i], *b = &q->r->series[j];
    double interval = a->interval_s == a->interval_s ? a->interval_s : 0;
    int64_t limit = (int64_t)(3e6 * fmax(interval, 5));

    return a->usable && b->usable && a->first < b->first && a->last < b->last &&
           a->last < q->e->plan->end - limit && b->first > q->e->plan->start + limit &&
           a->first <= q->e->plan->start + 2 * limit &&
           b->last >= q->e->plan->end - 2 * limit;
}

static void judge_pair(const struct mp_rules *q, size_t i, size_t j,
                       struct mp_names *twice)
{
    const struct mp_series *a = mp_series_of(q, i), *b = mp_series_of(q, j);
    const struct mp_sensor *s = mp_sensor_of(q, i), *t = mp_sensor_of(q, j);
    const char *name = !same_text(a->metric, b->metric) ? b->metric
                       : !same_text(a->fqdd, b->fqdd)   ? b->fqdd
                                                        : b->source;
    const char *how = NULL;

    if (s == NULL || t == NULL)
        return;
    if (follows(q, i, j) || follows(q, j, i))
        how = "one follows the other";
    else if ((is_equal(q, s) && s->twin == j) || (is_equal(q, t) && t->twin == i))
        how = "equal";
    else if (same_sensor(a, b))
        how = "two sources of one sensor";
    else if (is_near(q, s, a, b))
        how = "next to equal";
    if (how != NULL)
        mp_names_sensor(twice, q->e->plan, a, " and %s (%s)",
                        name != NULL ? name : "one without a name", how);
}

/* Series order[from .. to) are one node's. */
static void judge_node(const struct mp_rules *q, size_t from, size_t to,
                       struct mp_names *twice)
{
    for (size_t k = from; k < to; k++) {
        size_t i = q->r->order[k];
        const struct mp_sensor *s = mp_sensor_of(q, i);

        if (s == NULL || s->role == MP_ROLE_NONE)
            continue;
        if (is_sum(s))
            mp_names_sensor(twice, q->e->plan, mp_series_of(q, i),
                            " (the sum of the others)");
        for (size_t l = k + 1; l < to; l++)
            if (mp_role_of(q, q->r->order[l]) == s->role)
                judge_pair(q, i, q->r->order[l], twice);
    }
}

/* Several values under one name. */
static int judge_stamps(const struct mp_rules *q)
{
    struct mp_names contradict, uneven;
    int rc = 0;

    mp_names_open(&contradict);
    mp_names_open(&uneven);
    for (size_t k = 0; k < q->r->n_series; k++) {
        size_t i = q->r->order[k];
        const struct mp_trace *t;

        if (i >= q->e->traces->n || mp_role_of(q, i) == MP_ROLE_NONE)
            continue;
        t = &q->e->traces->series[i];
        if ((double)t->contradictions > STAMPS_TOLERATED * (double)t->stamps)
            mp_names_sensor(&contradict, q->e->plan, mp_series_of(q, i),
                            " (%.0f %% of its times)",
                            mp_percent((double)t->contradictions, (double)t->stamps));
        if (t->alike > 1 && (double)t->uneven > STAMPS_TOLERATED * (double)t->stamps)
            mp_names_sensor(&uneven, q->e->plan, mp_series_of(q, i),
                            " (taken for %u, %.0f %% of its times have another number)",
                            t->alike, mp_percent((double)t->uneven, (double)t->stamps));
    }
    if (mp_reason_names(q->r, MP_SUSPECT, &contradict,
                        "several values that contradict each other at one time, their "
                        "mean was taken: ",
                        "; find out which source is right, or whether several sensors "
                        "share a name",
                        q->err) < 0)
        rc = -1;
    if (mp_reason_names(q->r, MP_SUSPECT, &uneven,
                        "sensors that nothing tells apart, and not as many at each "
                        "time: ",
                        "; give them an FQDD", q->err) < 0)
        rc = -1;
    return rc;
}

int mp_rule_twice(const struct mp_rules *q)
{
    struct mp_names twice;

    mp_names_open(&twice);
    for (size_t from = 0, to; from < q->r->n_series; from = to) {
        uint32_t node = mp_series_of(q, q->r->order[from])->node;

        for (to = from + 1;
             to < q->r->n_series && mp_series_of(q, q->r->order[to])->node == node; to++)
            ;
        judge_node(q, from, to, &twice);
    }
    if (mp_reason_names(q->r, MP_SUSPECT, &twice, "counted twice: ",
                        "; give all but one of them the role none, or leave them out",
                        q->err) < 0)
        return -1;
    return judge_stamps(q);
}
