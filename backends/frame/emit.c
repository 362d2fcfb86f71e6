/* SPDX-License-Identifier: MIT
 * emit.c - series and their ranks, slices, batches. */
#include "config.h"

#include "backends/frame/emit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backends/frame/near.h"
#include "backends/frame/order.h"
#include "base/keyset.h"
#include "base/zone.h"

enum {
    BATCH = 2048,
    /* Slices are handed on together once there are so many rows: sorting few at a time
     * and waking the sinks for them costs more than it saves. */
    ROWS_BEFORE_FLUSH = 8192,
    NAMES = 3, /* hostname, source, fqdd */
    NOT_ADMITTED = -1,
};

struct mp_emit {
    const struct mp_plan *plan;
    const struct mp_run *run;
    struct mp_series_table *table;
    struct mp_findings *findings;
    struct mp_sink *sink;

    struct mp_keyset known;       /* what makes a series; same numbers as `named` */
    struct mp_series_table named; /* those the backend has named */
    uint32_t *ranks;              /* n_ranked: the place of each in the order of rows */
    int64_t *indexes;             /* in `table`, or NOT_ADMITTED */
    size_t n_ranked;

    struct mp_rows rows;
    struct mp_near near;
    struct mp_sample batch[BATCH];
    int64_t from; /* the earliest time that may still come */
    bool begun, flushed, ended;
};

int mp_emit_new(struct mp_emit **out, const struct mp_plan *plan,
                const struct mp_run *run, struct mp_series_table *series,
                struct mp_findings *findings, struct mp_sink *sink, struct mp_error *err)
{
    struct mp_emit *e = calloc(1, sizeof *e);

    *out = e;
    if (e == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples");
    e->plan = plan;
    e->run = run;
    e->table = series;
    e->findings = findings;
    e->sink = sink;
    e->from = plan->counters ? plan->start - mp_plan_near(plan) : plan->start;
    return 0;
}

void mp_emit_free(struct mp_emit *e)
{
    if (e == NULL)
        return;
    if (e->begun && !e->ended)
        mp_sink_abort(e->sink);
    mp_keyset_free(&e->known);
    mp_series_table_free(&e->named);
    mp_rows_free(&e->rows);
    mp_near_free(&e->near);
    free(e->ranks);
    free(e->indexes);
    free(e);
}

const struct mp_run *mp_emit_run(const struct mp_emit *e)
{
    return e->run;
}

struct mp_findings *mp_emit_findings(const struct mp_emit *e)
{
    return e->findings;
}

/* ---- the sink ---- */

/* With the first samples, or at the end where there are none: a source that cannot be
 * read at all leaves the sink alone. */
static int begin(struct mp_emit *e, struct mp_error *err)
{
    if (e->begun)
        return 0;
    e->begun = true;
    return mp_sink_begin(e->sink, e->plan, e->table, err);
}

int mp_emit_batch(struct mp_emit *e, const struct mp_sample *samples, size_t n,
                  struct mp_error *err)
{
    if (mp_run_check(e->run, err) < 0)
        return -1;
    if (n == 0)
        return 0;
    return begin(e, err) < 0 ? -1 : mp_sink_batch(e->sink, samples, n, err);
}

int mp_emit_admit(struct mp_emit *e, const struct mp_series *s, uint32_t *index,
                  struct mp_error *err)
{
    return mp_series_add(e->table, s, index, err);
}

/* ---- series ---- */

/* What tells series apart, as bytes: 1 and the text with its NUL, or 0 for NULL. */
static size_t put_text(char *p, const char *text)
{
    size_t len = text != NULL ? strlen(text) + 1 : 0;

    *p = text != NULL;
    if (text != NULL)
        memcpy(p + 1, text, len);
    return len + 1;
}

static int identity(const struct mp_series *s, char *out, size_t *len,
                    struct mp_error *err)
{
    const char *const names[NAMES] = {s->hostname, s->source, s->fqdd};

    memcpy(out, &s->route, sizeof s->route);
    memcpy(out + sizeof s->route, &s->metric_index, sizeof s->metric_index);
    *len = sizeof s->route + sizeof s->metric_index;
    for (int i = 0; i < NAMES; i++) {
        if (names[i] != NULL && strlen(names[i]) > MP_EMIT_NAME_MAX)
            return mp_fail(err, MP_FAULT_FAILED,
                           "a name of node %s is longer than %d bytes: %.60s...",
                           s->hostname, MP_EMIT_NAME_MAX, names[i]);
        *len += put_text(out + *len, names[i]);
    }
    return 0;
}

int mp_emit_series(struct mp_emit *e, const struct mp_series *s, uint32_t *number,
                   struct mp_error *err)
{
    char key[2 * sizeof(uint32_t) + NAMES * (MP_EMIT_NAME_MAX + 2)];
    struct mp_series named = *s;
    size_t len;
    long known;

    if (identity(s, key, &len, err) < 0)
        return -1;
    known = mp_keyset_find(&e->known, key, len);
    if (known >= 0) {
        *number = (uint32_t)known;
        return 0;
    }
    if (mp_keyset_add(&e->known, key, len, err) < 0)
        return -1;
    named.metric = e->plan->routes[s->route].metrics[s->metric_index].name;
    return mp_series_add(&e->named, &named, number, err);
}

static int compare_text(const char *a, const char *b)
{
    if (a == b)
        return 0;
    if (a == NULL || b == NULL)
        return a == NULL ? 1 : -1;
    return strcmp(a, b);
}

static int compare_series(const void *a, const void *b)
{
    const struct mp_series *x = *(const struct mp_series *const *)a;
    const struct mp_series *y = *(const struct mp_series *const *)b;
    int order;

    if (x->route != y->route)
        return x->route < y->route ? -1 : 1;
    if (x->metric_index != y->metric_index)
        return x->metric_index < y->metric_index ? -1 : 1;
    order = compare_text(x->hostname, y->hostname);
    if (order == 0)
        order = compare_text(x->source, y->source);
    return order != 0 ? order : compare_text(x->fqdd, y->fqdd);
}

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for series");
}

/* Where each series stands among rows of one time. */
static int rank_series(struct mp_emit *e, struct mp_error *err)
{
    size_t n = e->named.n;
    const struct mp_series **sorted;
    uint32_t *ranks;
    int64_t *indexes;

    if (e->n_ranked == n)
        return 0;
    ranks = realloc(e->ranks, n * sizeof *ranks);
    if (ranks == NULL)
        return no_memory(err);
    e->ranks = ranks;
    indexes = realloc(e->indexes, n * sizeof *indexes);
    if (indexes == NULL)
        return no_memory(err);
    e->indexes = indexes;
    sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &e->named.series[i];
    qsort(sorted, n, sizeof *sorted, compare_series);
    for (size_t i = 0; i < n; i++)
        ranks[sorted[i] - e->named.series] = (uint32_t)i;
    for (; e->n_ranked < n; e->n_ranked++)
        indexes[e->n_ranked] = NOT_ADMITTED;
    free(sorted);
    return 0;
}

/* ---- slices ---- */

static int misplaced(const struct mp_emit *e, int64_t us, struct mp_error *err)
{
    char text[MP_TIME_TEXT_MAX];
    struct mp_zone zone;
    size_t len;

    mp_zone_init(&zone);
    len = mp_time_text(&zone, us, false, text);
    return mp_fail(err, MP_FAULT_FAILED,
                   us < e->plan->start || us > e->plan->end
                       ? "a sample of %.*s came, which is outside the window asked for"
                       : "a sample of %.*s came after later ones that were complete",
                   (int)len, text);
}

static bool is_counted(const struct mp_emit *e, uint32_t number)
{
    const struct mp_series *s = &e->named.series[number];

    return e->plan->routes[s->route].metrics[s->metric_index].counter;
}

static int outside(struct mp_emit *e, const struct mp_sample *s, struct mp_error *err)
{
    int64_t near = mp_plan_near(e->plan);
    bool counted = is_counted(e, s->series);

    if ((s->time >= e->plan->start && s->time <= e->plan->end) ||
        s->time < e->plan->start - near || s->time > e->plan->end + near ||
        (counted && s->time < e->from))
        return misplaced(e, s->time, err);
    if (counted)
        return mp_rows_add(&e->rows, s, err);
    if (mp_plan_borrow(e->plan) == 0)
        return 0;
    return mp_near_add(&e->near, e->plan, s, err);
}

void mp_emit_has_inside(struct mp_emit *e, uint32_t number)
{
    mp_near_forget(&e->near, number);
}

int mp_emit_sample(struct mp_emit *e, const struct mp_sample *s, struct mp_error *err)
{
    if (s->time < e->from || s->time < e->plan->start || s->time > e->plan->end)
        return outside(e, s, err);
    return mp_rows_add(&e->rows, s, err);
}

/* The table's place of a series, which its first sample gives it. */
static int admit(struct mp_emit *e, uint32_t number, uint32_t *index,
                 struct mp_error *err)
{
    if (e->indexes[number] == NOT_ADMITTED) {
        if (mp_emit_admit(e, &e->named.series[number], index, err) < 0)
            return -1;
        e->indexes[number] = *index;
    }
    *index = (uint32_t)e->indexes[number];
    return 0;
}

static int flush(struct mp_emit *e, struct mp_error *err)
{
    size_t n = 0;

    if (rank_series(e, err) < 0 || mp_rows_sort(&e->rows, e->ranks, e->named.n, err) < 0)
        return -1;
    for (size_t i = 0; i < e->rows.n; i++) {
        struct mp_sample *s = &e->batch[n++];

        *s = mp_rows_get(&e->rows, i);
        if (admit(e, s->series, &s->series, err) < 0)
            return -1;
        if (n == BATCH) {
            if (mp_emit_batch(e, e->batch, n, err) < 0)
                return -1;
            n = 0;
        }
    }
    if (mp_emit_batch(e, e->batch, n, err) < 0)
        return -1;
    mp_rows_clear(&e->rows);
    return 0;
}

int mp_emit_slice(struct mp_emit *e, int64_t until, struct mp_error *err)
{
    if (until > e->from)
        e->from = until;
    /* the first rows at once: they tell the sinks and a person that it works */
    if (e->rows.n == 0 || (e->flushed && e->rows.n < ROWS_BEFORE_FLUSH))
        return mp_run_check(e->run, err);
    e->flushed = true;
    return flush(e, err);
}

/* Series without a sample inside get their neighbours. */
static int borrow(struct mp_emit *e, struct mp_error *err)
{
    size_t series = 0, rows = 0;

    for (uint32_t i = 0; e->near.any && i < e->n_ranked; i++) {
        size_t before = rows;

        if (e->indexes[i] == NOT_ADMITTED &&
            mp_near_take(&e->near, i, &e->rows, &rows, err) < 0)
            return -1;
        series += rows > before;
    }
    if (series == 0)
        return 0;
    if (mp_findings_warn(e->findings, err,
                         "no sample of %zu series lies in the window: the last before "
                         "and the first after it, up to %d s away, stand in",
                         series, (int)(mp_plan_near(e->plan) / 1000000)) < 0)
        return -1;
    return flush(e, err);
}

int mp_emit_finish(struct mp_emit *e, struct mp_error *err)
{
    if (flush(e, err) < 0 || borrow(e, err) < 0 || begin(e, err) < 0 ||
        mp_sink_end(e->sink, err) < 0)
        return -1;
    e->ended = true;
    return 0;
}
