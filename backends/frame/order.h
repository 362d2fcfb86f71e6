/* SPDX-License-Identifier: MIT
 * order.h - the rows of a slice of time, and the order that backend.h promises.
 *
 * Sorting takes n log n at worst, however many rows are equal.  Memory is that of one
 * slice, which is bounded here: a source that floods a slice is an error.
 */
#ifndef MP_ORDER_H
#define MP_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/sample.h"

enum {
    MP_SLICE_ROWS_MAX = 1 << 22,  /* 270 MB with what sorts them */
    MP_SLICE_TEXT_MAX = 64 << 20, /* bytes of values that are text */
};

struct mp_row {
    int64_t time;
    double value;
    uint32_t series; /* any number below n_series of mp_rows_sort */
    uint32_t text;   /* kind TEXT: offset into mp_rows.text */
    uint16_t text_len;
    uint8_t kind;
};

/* Private to order.c. */
struct mp_rank {
    uint64_t key; /* time since the earliest row, then the rank of the series */
    uint32_t row;
};

/* Starts zeroed. */
struct mp_rows {
    struct mp_row *rows;
    size_t n, capacity;
    char *text;
    size_t n_text, text_capacity;
    struct mp_rank *order, *spare; /* order_capacity entries each */
    size_t order_capacity;
};

/* For mp_rows_add alone. */
int mp_rows_make_room(struct mp_rows *r, struct mp_error *err);
int mp_rows_keep_text(struct mp_rows *r, const char *text, size_t len,
                      struct mp_error *err);

/* Keeps a copy, the text included.  Inline, as every sample passes here. */
static inline int mp_rows_add(struct mp_rows *r, const struct mp_sample *s,
                              struct mp_error *err)
{
    struct mp_row *row;

    if (r->n == r->capacity && mp_rows_make_room(r, err) < 0)
        return -1;
    row = &r->rows[r->n];
    row->time = s->time;
    row->value = s->value;
    row->series = s->series;
    row->kind = s->kind;
    row->text = (uint32_t)r->n_text;
    row->text_len = s->text_len;
    if (s->kind == MP_VALUE_TEXT && mp_rows_keep_text(r, s->text, s->text_len, err) < 0)
        return -1;
    r->n++;
    return 0;
}

/* By time, then ranks[series], then value as PostgreSQL orders numbers: NaN last, then
 * NULL. */
int mp_rows_sort(struct mp_rows *r, const uint32_t *ranks, size_t n_series,
                 struct mp_error *err);

/* Row `i` of the sorted ones; its text is borrowed until mp_rows_clear. */
static inline struct mp_sample mp_rows_get(const struct mp_rows *r, size_t i)
{
    const struct mp_row *row = &r->rows[r->order[i].row];
    bool text = row->kind == MP_VALUE_TEXT;

    return (struct mp_sample){
        .time = row->time,
        .value = row->value,
        .text = text ? r->text + row->text : NULL,
        .series = row->series,
        .text_len = text ? row->text_len : 0,
        .kind = row->kind,
    };
}

void mp_rows_clear(struct mp_rows *r);
void mp_rows_free(struct mp_rows *r);

#endif
