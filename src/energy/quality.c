/* SPDX-License-Identifier: MIT
 * quality.c - how well its samples cover a series: interval, gaps, coverage. */
#include "config.h"

#include "energy/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/impl.h"

/* A series whose interval is so many times that of the route's other nodes is not just
 * read slowly: most of its samples are missing. */
enum { STUTTER = 12 };

/* Intervals that are well enough known, by metric, to judge the others by. */
struct peer {
    uint32_t route, metric;
    double interval; /* µs */
};

static int by_metric(const struct peer *x, const struct peer *y)
{
    if (x->route != y->route)
        return x->route < y->route ? -1 : 1;
    return (x->metric > y->metric) - (x->metric < y->metric);
}

static int by_metric_and_interval(const void *a, const void *b)
{
    const struct peer *x = a, *y = b;
    int c = by_metric(x, y);

    return c != 0 ? c : (x->interval > y->interval) - (x->interval < y->interval);
}

/* Median interval of each metric, in place; returns how many metrics have one. */
static size_t medians(struct peer *peers, size_t n)
{
    size_t kept = 0;

    qsort(peers, n, sizeof *peers, by_metric_and_interval);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && by_metric(&peers[i], &peers[j]) == 0; j++)
            ;
        peers[kept++] = peers[i + (j - i - 1) / 2];
    }
    return kept;
}

static struct peer *find_peers(const struct mp_energy *e, size_t *n)
{
    struct peer *peers = calloc(e->table->n + 1, sizeof *peers);

    *n = 0;
    for (size_t i = 0; peers != NULL && i < e->n_accs; i++) {
        const struct mp_series *s = &e->table->series[i];

        if (e->accs[i].steps.n < MP_MIN_STEPS)
            continue;
        peers[(*n)++] =
            (struct peer){s->route, s->metric_index, mp_steps_median(&e->accs[i].steps)};
    }
    if (peers != NULL)
        *n = medians(peers, *n);
    return peers;
}

/* How a series' gaps are found. */
struct measure {
    const struct mp_steps *gaps; /* where they are listed ... */
    int64_t limit;               /* ... those longer than this, µs */
    int64_t head, tail; /* what the first and the last sample cover to the edges */
};

/* Steps, and edges, longer than this cover nothing, whatever is usual: 0.4 of a job. */
static int64_t sparse(const struct mp_plan *plan)
{
    int64_t limit = (plan->end - plan->start) / 5 * 2;

    return limit > MP_SHORTEST_GAP_US ? limit : MP_SHORTEST_GAP_US;
}

static int64_t three_times(double interval, int64_t most)
{
    if (!(3 * interval > (double)MP_SHORTEST_GAP_US))
        return MP_SHORTEST_GAP_US;
    return 3 * interval < (double)most ? llround(3 * interval) : most;
}

/* By its own steps; where these are too few, or it stutters, by what is usual for its
 * metric on the route's other nodes. */
static struct measure measure_of(const struct mp_energy *e, const struct mp_series *s,
                                 const struct mp_acc *a, const struct peer *peers,
                                 size_t n_peers)
{
    const struct peer key = {.route = s->route, .metric = s->metric_index};
    int64_t most = sparse(e->plan);
    struct measure m = {.gaps = &a->steps, .limit = MP_SHORTEST_GAP_US};
    double theirs = 0;

    for (size_t i = 0; i < n_peers; i++)
        if (by_metric(&peers[i], &key) == 0)
            theirs = peers[i].interval;
    if (a->steps.n >= MP_MIN_STEPS &&
        (theirs == 0 || mp_steps_median(&a->steps) <= STUTTER * theirs)) {
        m.gaps = &a->gaps;
        m.head = three_times((double)mp_yardstick_first(&a->yardstick), most);
        m.tail = three_times((double)mp_yardstick_last(&a->yardstick), most);
        return m;
    }
    m.limit = m.head = m.tail = three_times(theirs, most);
    return m;
}

/* Long steps of the series that are no gaps by their neighbours, but cover too much of
 * the job for one sample. */
static int64_t add_sparse(const struct mp_energy *e, const struct mp_acc *a,
                          struct mp_series_result *r, struct mp_gap *gaps)
{
    int64_t limit = sparse(e->plan), uncovered = 0;

    for (unsigned i = 0; i < a->steps.n_longest; i++) {
        const struct mp_long_step *s = &a->steps.longest[i];
        bool listed = false;

        for (size_t k = 0; k < r->n_gaps; k++)
            listed = listed || gaps[k].start == s->start;
        if (listed || s->end - s->start <= limit)
            continue;
        gaps[r->n_gaps++] = (struct mp_gap){s->start, s->end};
        uncovered += s->end - s->start;
    }
    return uncovered;
}

static int by_start(const void *a, const void *b)
{
    const struct mp_gap *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

/* All of the window a series leaves uncovered, written to `gaps` in order of time. */
static void find_gaps(const struct mp_energy *e, const struct mp_acc *a,
                      struct mp_series_result *r, const struct measure *m,
                      struct mp_gap *gaps)
{
    int64_t start = e->plan->start, end = e->plan->end;
    int64_t uncovered = mp_steps_above(m->gaps, m->limit);
    int64_t head = a->first.time - start, tail = end - a->last.time;
    int64_t longest = head > tail ? head : tail;

    r->gaps = gaps;
    for (unsigned i = 0; i < m->gaps->n_longest; i++) {
        const struct mp_long_step *s = &m->gaps->longest[i];

        if (s->end - s->start > m->limit)
            gaps[r->n_gaps++] = (struct mp_gap){s->start, s->end};
    }
    uncovered += add_sparse(e, a, r, gaps);
    if (head > m->head)
        gaps[r->n_gaps++] = (struct mp_gap){start, a->first.time - m->head};
    if (tail > m->tail)
        gaps[r->n_gaps++] = (struct mp_gap){a->last.time + m->tail, end};
    uncovered +=
        (head > m->head ? head - m->head : 0) + (tail > m->tail ? tail - m->tail : 0);
    qsort(gaps, r->n_gaps, sizeof *gaps, by_start);
    if (a->steps.max > longest)
        longest = a->steps.max;
    r->longest_gap_s = (double)longest / 1e6;
    r->interval_s = mp_steps_median(&a->steps) / 1e6;
    r->coverage = end > start ? 1 - (double)uncovered / (double)(end - start) : 1;
}

/* A series that has neighbours of the window only: they cover what is between them if
 * they are no further apart than a step that is no gap, a single one what is near it. */
static void judge_neighbours(const struct mp_energy *e, const struct mp_trace *t,
                             struct mp_series_result *r, int64_t limit,
                             struct mp_gap *gap)
{
    int64_t start = e->plan->start, end = e->plan->end;
    int64_t from = start, to = start; /* what they cover */

    r->interval_s = NAN;
    if (t->has_before && t->has_behind) {
        r->interval_s = (double)(t->behind.time - t->before.time) / 1e6;
        if (t->behind.time - t->before.time <= limit)
            to = end;
    } else if (t->has_before) {
        to = t->before.time + limit;
        to = to < start ? start : to > end ? end : to;
    } else {
        from = t->behind.time - limit;
        from = from < start ? start : from > end ? end : from;
        to = end;
    }
    r->coverage = end > start ? (double)(to - from) / (double)(end - start) : to >= from;
    r->gaps = gap;
    r->n_gaps = to - from < end - start;
    *gap = from > start ? (struct mp_gap){start, from} : (struct mp_gap){to, end};
}

static size_t most_gaps(const struct mp_energy *e)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n_accs; i++)
        n += e->accs[i].any ? e->accs[i].steps.n_longest + e->accs[i].gaps.n_longest + 2U
                            : 0;
    return n;
}

int mp_quality_series(struct mp_energy *e, struct mp_error *err)
{
    struct mp_gap *gaps = calloc(most_gaps(e) + 1, sizeof *gaps);
    size_t n_peers;
    struct peer *peers = find_peers(e, &n_peers);

    free(e->result.all_gaps);
    e->result.all_gaps = gaps;
    if (gaps == NULL || peers == NULL) {
        free(peers);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the gaps");
    }
    for (size_t i = 0; i < e->result.n_series; i++) {
        struct mp_series_result *r = &e->result.series[i];
        struct measure m;
        struct mp_acc *a;

        r->longest_gap_s = (double)(e->plan->end - e->plan->start) / 1e6;
        if (!r->usable)
            continue;
        a = &e->accs[i];
        mp_steps_sort_longest(&a->steps);
        m = measure_of(e, &e->table->series[i], a, peers, n_peers);
        if (r->borrowed > 0)
            judge_neighbours(e, &e->traces->series[i], r, m.limit, gaps);
        else
            find_gaps(e, a, r, &m, gaps);
        gaps += r->n_gaps;
    }
    free(peers);
    return 0;
}
