/* SPDX-License-Identifier: MIT
 * order.c - sorting a slice: by one number a row, then what is equal by value. */
#include "config.h"

#include "backends/frame/order.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROWS = 4096, RADIX_BITS = 11, RADIX_FROM = 1024, KEY_BITS = 64 };

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples");
}

static int flooded(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED,
                   "more than %d samples, or %d MB of digits, in one slice of time: no "
                   "sensors speak so much; look for rows that stand there many times",
                   MP_SLICE_ROWS_MAX, MP_SLICE_TEXT_MAX >> 20);
}

/* ---- rows ---- */

int mp_rows_make_room(struct mp_rows *r, struct mp_error *err)
{
    size_t capacity = r->capacity > 0 ? 2 * r->capacity : FIRST_ROWS;
    struct mp_row *grown;

    if (capacity > MP_SLICE_ROWS_MAX)
        return flooded(err);
    grown = realloc(r->rows, capacity * sizeof *grown);
    if (grown == NULL)
        return no_memory(err);
    r->rows = grown;
    r->capacity = capacity;
    return 0;
}

int mp_rows_keep_text(struct mp_rows *r, const char *text, size_t len,
                      struct mp_error *err)
{
    if (r->n_text + len > r->text_capacity) {
        size_t capacity = 2 * r->text_capacity + MP_VALUE_TEXT_MAX;
        char *grown;

        if (capacity > MP_SLICE_TEXT_MAX)
            return flooded(err);
        grown = realloc(r->text, capacity);
        if (grown == NULL)
            return no_memory(err);
        r->text = grown;
        r->text_capacity = capacity;
    }
    memcpy(r->text + r->n_text, text, len);
    r->n_text += len;
    return 0;
}

void mp_rows_clear(struct mp_rows *r)
{
    r->n = 0;
    r->n_text = 0;
}

void mp_rows_free(struct mp_rows *r)
{
    free(r->rows);
    free(r->text);
    free(r->order);
    free(r->spare);
    *r = (struct mp_rows){0};
}

/* ---- values ---- */

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

static int compare_values(const struct mp_rows *r, const struct mp_row *a,
                          const struct mp_row *b)
{
    if ((a->kind == MP_VALUE_NULL) != (b->kind == MP_VALUE_NULL))
        return a->kind == MP_VALUE_NULL ? 1 : -1;
    if (isnan(a->value) || isnan(b->value))
        return (isnan(a->value) != 0) - (isnan(b->value) != 0);
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    if (a->kind == MP_VALUE_TEXT && b->kind == MP_VALUE_TEXT)
        return compare_decimals(r->text + a->text, a->text_len, r->text + b->text,
                                b->text_len);
    return (signbit(b->value) != 0) - (signbit(a->value) != 0);
}

/* Of one series and one time; what is the same in every way keeps the order it came in.
 */
static int compare_equals(const void *a, const void *b, void *arg)
{
    const struct mp_rows *r = arg;
    uint32_t x = ((const struct mp_rank *)a)->row, y = ((const struct mp_rank *)b)->row;
    int order = compare_values(r, &r->rows[x], &r->rows[y]);

    return order != 0 ? order : x < y ? -1 : 1;
}

/* ---- keys ---- */

static int compare_keys(const void *a, const void *b)
{
    const struct mp_rank *x = a;
    const struct mp_rank *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

/* One pass over RADIX_BITS bits from `shift` on, stable, from `from` to `to`. */
static void radix_pass(const struct mp_rank *from, struct mp_rank *to, size_t n,
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

static void sort_keys(struct mp_rows *r, uint64_t highest)
{
    if (r->n < RADIX_FROM) {
        qsort(r->order, r->n, sizeof *r->order, compare_keys);
        return;
    }
    for (int shift = 0; shift < KEY_BITS && highest >> shift != 0; shift += RADIX_BITS) {
        struct mp_rank *sorted = r->spare;

        radix_pass(r->order, sorted, r->n, shift);
        r->spare = r->order;
        r->order = sorted;
    }
}

static void sort_equals(struct mp_rows *r)
{
    size_t end;

    for (size_t i = 0; i < r->n; i = end) {
        for (end = i + 1; end < r->n && r->order[end].key == r->order[i].key; end++)
            ;
        if (end - i > 1)
            qsort_r(r->order + i, end - i, sizeof *r->order, compare_equals, r);
    }
}

/* The coarsest step all times share with the first: MonSTer's are whole seconds, and keys
 * made of seconds need half the passes of keys made of microseconds. */
static int64_t time_unit(const struct mp_rows *r, int64_t first)
{
    static const int64_t units[] = {1000000, 1000};

    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t i = 0;

        while (i < r->n && (r->rows[i].time - first) % units[u] == 0)
            i++;
        if (i == r->n)
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

static int make_order(struct mp_rows *r, struct mp_error *err)
{
    if (r->order_capacity >= r->n)
        return 0;
    free(r->order);
    free(r->spare);
    r->order = malloc(r->capacity * sizeof *r->order);
    r->spare = malloc(r->capacity * sizeof *r->spare);
    r->order_capacity = r->order != NULL && r->spare != NULL ? r->capacity : 0;
    return r->order_capacity > 0 ? 0 : no_memory(err);
}

int mp_rows_sort(struct mp_rows *r, const uint32_t *ranks, size_t n_series,
                 struct mp_error *err)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    uint64_t highest = 0;
    int64_t unit;
    int rank_bits = bits_of(n_series);

    if (r->n == 0)
        return 0;
    if (make_order(r, err) < 0)
        return -1;
    for (size_t i = 0; i < r->n; i++) {
        first = r->rows[i].time < first ? r->rows[i].time : first;
        last = r->rows[i].time > last ? r->rows[i].time : last;
    }
    unit = time_unit(r, first);
    if (bits_of((uint64_t)((last - first) / unit)) + rank_bits > KEY_BITS)
        return mp_fail(err, MP_FAULT_FAILED, "a slice of time is too wide to be sorted");
    for (size_t i = 0; i < r->n; i++) {
        const struct mp_row *row = &r->rows[i];
        uint64_t key =
            (uint64_t)((row->time - first) / unit) << rank_bits | ranks[row->series];

        r->order[i] = (struct mp_rank){.key = key, .row = (uint32_t)i};
        highest |= key;
    }
    sort_keys(r, highest);
    sort_equals(r);
    return 0;
}
