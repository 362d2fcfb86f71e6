/* SPDX-License-Identifier: MIT
 * merge.c - series and their ranks, sorting a slice, filling batches. */
#include "config.h"

#include "backends/pq/merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2048, RADIX_BITS = 11, RADIX_FROM = 1024, MAX_TEXT = 65535 };

struct mp_pqseries {
    struct mp_series
        s; /* its strings belong to m->names, s.metric and s.units to others */
    uint32_t rank;
    uint32_t
        index; /* in the caller's table; UINT32_MAX until its first row is handed on */
};

struct mp_pqsort {
    uint64_t key; /* time since the earliest row, then the series' rank */
    uint32_t row;
};

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples");
}

int mp_pqmerge_init(struct mp_pqmerge *m, const struct mp_plan *plan,
                    const struct mp_run *run, struct mp_series_table *table,
                    struct mp_sink *sink, struct mp_error *err)
{
    *m = (struct mp_pqmerge){.plan = plan, .run = run, .table = table, .sink = sink};
    m->batch = malloc(BATCH * sizeof *m->batch);
    return m->batch != NULL ? 0 : no_memory(err);
}

void mp_pqmerge_free(struct mp_pqmerge *m)
{
    for (size_t i = 0; i < m->n_series; i++)
        free(m->series[i].s.units);
    free(m->series);
    mp_pqmap_free(&m->known);
    mp_pqstrings_free(&m->names);
    free(m->rows);
    free(m->text);
    free(m->order);
    free(m->spare);
    free(m->batch);
    *m = (struct mp_pqmerge){0};
}

/* ---- series ---- */

static int put_name(struct mp_pqmerge *m, const char *name, int64_t *number,
                    struct mp_error *err)
{
    uint32_t n;

    *number = -1;
    if (name == NULL)
        return 0;
    if (mp_pqstrings_put(&m->names, name, strlen(name), &n, err) < 0)
        return -1;
    *number = n;
    return 0;
}

static int append_series(struct mp_pqmerge *m, const struct mp_series *s,
                         const struct mp_pqkey *key, struct mp_error *err)
{
    struct mp_pqseries *new;
    size_t capacity = m->series_capacity > 0 ? 2 * m->series_capacity : 64;

    if (m->n_series == m->series_capacity) {
        struct mp_pqseries *grown = realloc(m->series, capacity * sizeof *grown);

        if (grown == NULL)
            return no_memory(err);
        m->series = grown;
        m->series_capacity = capacity;
    }
    new = &m->series[m->n_series];
    *new = (struct mp_pqseries){.s = *s, .index = UINT32_MAX};
    new->s.hostname = m->names.items[key->b];
    new->s.source = key->c >= 0 ? m->names.items[key->c] : NULL;
    new->s.fqdd = key->d >= 0 ? m->names.items[key->d] : NULL;
    new->s.metric = m->plan->routes[s->route].metrics[s->metric_index].name;
    new->s.units = s->units != NULL ? strdup(s->units) : NULL;
    if (s->units != NULL && new->s.units == NULL)
        return no_memory(err);
    m->n_series++;
    return 0;
}

int mp_pqmerge_series(struct mp_pqmerge *m, const struct mp_series *s, uint32_t *number,
                      struct mp_error *err)
{
    struct mp_pqkey key = {.a = (int64_t)s->route << 32 | s->metric_index};
    uint32_t *at;

    if (put_name(m, s->hostname, &key.b, err) < 0 ||
        put_name(m, s->source, &key.c, err) < 0 || put_name(m, s->fqdd, &key.d, err) < 0)
        return -1;
    at = mp_pqmap_at(&m->known, &key);
    if (at == NULL)
        return no_memory(err);
    if (*at == UINT32_MAX) {
        if (append_series(m, s, &key, err) < 0)
            return -1;
        *at = (uint32_t)(m->n_series - 1);
    }
    *number = *at;
    return 0;
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
    const struct mp_series *x = &(*(struct mp_pqseries *const *)a)->s;
    const struct mp_series *y = &(*(struct mp_pqseries *const *)b)->s;
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

static int rank_series(struct mp_pqmerge *m, struct mp_error *err)
{
    struct mp_pqseries **sorted;

    if (m->n_ranked == m->n_series)
        return 0;
    sorted = malloc(m->n_series * sizeof *sorted);
    if (sorted == NULL)
        return no_memory(err);
    for (size_t i = 0; i < m->n_series; i++)
        sorted[i] = &m->series[i];
    qsort(sorted, m->n_series, sizeof *sorted, compare_series);
    for (size_t i = 0; i < m->n_series; i++)
        sorted[i]->rank = (uint32_t)i;
    m->n_ranked = m->n_series;
    free(sorted);
    return 0;
}

/* ---- rows ---- */

struct mp_pqrow *mp_pqmerge_room(struct mp_pqmerge *m, struct mp_error *err)
{
    if (m->n == m->capacity) {
        size_t capacity = m->capacity > 0 ? 2 * m->capacity : 4096;
        struct mp_pqrow *grown;

        if (capacity > UINT32_MAX / 2)
            goto full;
        grown = realloc(m->rows, capacity * sizeof *grown);
        if (grown == NULL)
            goto full;
        m->rows = grown;
        m->capacity = capacity;
    }
    return &m->rows[m->n];
full:
    no_memory(err);
    return NULL;
}

int mp_pqmerge_text(struct mp_pqmerge *m, struct mp_pqrow *row, const char *text,
                    size_t len, struct mp_error *err)
{
    if (len > MAX_TEXT)
        return mp_fail(err, MP_FAULT_FAILED, "a value has %zu digits, which is no power",
                       len);
    if (m->n_text + len > m->text_capacity) {
        size_t capacity = 2 * m->text_capacity + MAX_TEXT;
        char *grown = capacity < UINT32_MAX ? realloc(m->text, capacity) : NULL;

        if (grown == NULL)
            return no_memory(err);
        m->text = grown;
        m->text_capacity = capacity;
    }
    memcpy(m->text + m->n_text, text, len);
    row->text = (uint32_t)m->n_text;
    row->text_len = (uint16_t)len;
    m->n_text += len;
    return 0;
}

/* ---- order ---- */

/* Decimal numbers as PostgreSQL prints them, known to be equal as doubles. */
static int compare_decimals(const char *a, size_t na, const char *b, size_t nb)
{
    int sign = na > 0 && a[0] == '-' ? -1 : 1;
    const char *dot_a = memchr(a, '.', na);
    const char *dot_b = memchr(b, '.', nb);
    size_t whole_a = dot_a != NULL ? (size_t)(dot_a - a) : na;
    size_t whole_b = dot_b != NULL ? (size_t)(dot_b - b) : nb;
    size_t longest = na > nb ? na : nb;

    if (whole_a != whole_b)
        return whole_a < whole_b ? -sign : sign;
    for (size_t i = 0; i < longest; i++) {
        char x = i < na ? a[i] : '0';
        char y = i < nb ? b[i] : '0';

        if (x != y && x != '.' && y != '.')
            return x < y ? -sign : sign;
    }
    return na < nb ? -1 : na > nb;
}

/* PostgreSQL's order: numbers, NaN, NULL. */
static int compare_values(const struct mp_pqmerge *m, const struct mp_pqrow *a,
                          const struct mp_pqrow *b)
{
    if ((a->kind == MP_VALUE_NULL) != (b->kind == MP_VALUE_NULL))
        return a->kind == MP_VALUE_NULL ? 1 : -1;
    if (isnan(a->value) || isnan(b->value))
        return (isnan(a->value) != 0) - (isnan(b->value) != 0);
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    if (a->kind == MP_VALUE_TEXT && b->kind == MP_VALUE_TEXT)
        return compare_decimals(m->text + a->text, a->text_len, m->text + b->text,
                                b->text_len);
    return (signbit(b->value) != 0) - (signbit(a->value) != 0);
}

static int compare_keys(const void *a, const void *b)
{
    const struct mp_pqsort *x = a;
    const struct mp_pqsort *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

/* One pass over RADIX_BITS bits from `shift` on, stable, from `from` to `to`. */
static void radix_pass(const struct mp_pqsort *from, struct mp_pqsort *to, size_t n,
                       int shift)
{
    uint32_t start[1 << RADIX_BITS] = {0};
    uint32_t mask = (1u << RADIX_BITS) - 1;
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        start[(uint32_t)(from[i].key >> shift) & mask]++;
    for (uint32_t digit = 0; digit <= mask; digit++) {
        uint32_t count = start[digit];

        start[digit] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[(uint32_t)(from[i].key >> shift) & mask]++] = from[i];
}

static void sort_keys(struct mp_pqmerge *m, uint64_t highest)
{
    if (m->n < RADIX_FROM) {
        qsort(m->order, m->n, sizeof *m->order, compare_keys);
        return;
    }
    for (int shift = 0; shift < 64 && highest >> shift != 0; shift += RADIX_BITS) {
        struct mp_pqsort *sorted = m->spare;

        radix_pass(m->order, sorted, m->n, shift);
        m->spare = m->order;
        m->order = sorted;
    }
}

/* Rows of one series and one time: by value.  There are rarely two. */
static void sort_equals(struct mp_pqmerge *m)
{
    for (size_t i = 1; i < m->n; i++) {
        struct mp_pqsort moved = m->order[i];
        size_t at = i;

        while (at > 0 && m->order[at - 1].key == moved.key &&
               compare_values(m, &m->rows[m->order[at - 1].row], &m->rows[moved.row]) >
                   0) {
            m->order[at] = m->order[at - 1];
            at--;
        }
        m->order[at] = moved;
    }
}

/* The coarsest step all times share with the first: MonSTer's are whole seconds, and keys
 * made of seconds need half the passes of keys made of microseconds. */
static int64_t time_unit(const struct mp_pqmerge *m, int64_t first)
{
    static const int64_t units[] = {1000000, 1000};

    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t i = 0;

        while (i < m->n && (m->rows[i].time - first) % units[u] == 0)
            i++;
        if (i == m->n)
            return units[u];
    }
    return 1;
}

static int bits_of(uint64_t n)
{
    int bits = 0;

    for (; n != 0; n >>= 1)
        bits++;
    return bits;
}

static int sort_rows(struct mp_pqmerge *m, struct mp_error *err)
{
    int64_t first = INT64_MAX;
    uint64_t highest = 0;
    int64_t unit;
    int rank_bits = bits_of(m->n_series);

    if (m->order_capacity < m->n) {
        free(m->order);
        free(m->spare);
        m->order = malloc(m->capacity * sizeof *m->order);
        m->spare = malloc(m->capacity * sizeof *m->spare);
        m->order_capacity = m->order != NULL && m->spare != NULL ? m->capacity : 0;
        if (m->order_capacity == 0)
            return no_memory(err);
    }
    for (size_t i = 0; i < m->n; i++)
        if (m->rows[i].time < first)
            first = m->rows[i].time;
    unit = time_unit(m, first);
    for (size_t i = 0; i < m->n; i++) {
        const struct mp_pqrow *row = &m->rows[i];
        uint64_t key = (uint64_t)((row->time - first) / unit) << rank_bits |
                       m->series[row->series].rank;

        m->order[i] = (struct mp_pqsort){.key = key, .row = (uint32_t)i};
        highest |= key;
    }
    sort_keys(m, highest);
    sort_equals(m);
    return 0;
}

/* ---- handing on ---- */

static int hand_on(struct mp_pqmerge *m, size_t n, struct mp_error *err)
{
    if (mp_run_check(m->run, err) < 0)
        return -1;
    return mp_sink_batch(m->sink, m->batch, n, err);
}

int mp_pqmerge_flush(struct mp_pqmerge *m, struct mp_error *err)
{
    size_t n = 0;

    if (m->n == 0)
        return 0;
    if (rank_series(m, err) < 0 || sort_rows(m, err) < 0)
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        const struct mp_pqrow *row = &m->rows[m->order[i].row];
        struct mp_pqseries *series = &m->series[row->series];

        if (series->index == UINT32_MAX &&
            mp_series_add(m->table, &series->s, &series->index, err) < 0)
            return -1;
        m->batch[n++] = (struct mp_sample){
            .time = row->time,
            .value = row->value,
            .text = row->kind == MP_VALUE_TEXT ? m->text + row->text : NULL,
            .series = series->index,
            .text_len = row->text_len,
            .kind = row->kind,
        };
        if (n == BATCH) {
            if (hand_on(m, n, err) < 0)
                return -1;
            n = 0;
        }
    }
    m->n = 0;
    m->n_text = 0;
    return n > 0 ? hand_on(m, n, err) : 0;
}
