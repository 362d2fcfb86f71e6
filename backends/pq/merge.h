/* SPDX-License-Identifier: MIT
 * merge.h - puts the rows of a slice of time into the order backend.h promises and hands
 * them to a sink.
 *
 * Rows of all databases are added in any order; flush sorts what is there and empties it.
 * Memory is that of the rows between two flushes.
 */
#ifndef MP_PQMERGE_H
#define MP_PQMERGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/plan.h"
#include "backends/pq/map.h"
#include "base/run.h"
#include "model/sample.h"
#include "model/sink.h"

struct mp_pqrow {
    int64_t time;
    double value;
    uint32_t series; /* as mp_pqmerge_series gave it */
    uint32_t text;   /* kind TEXT: offset into mp_pqmerge.text */
    uint16_t text_len;
    uint8_t kind;
};

struct mp_pqmerge {
    const struct mp_plan *plan;
    const struct mp_run *run;
    struct mp_series_table *table;
    struct mp_sink *sink;

    struct mp_pqrow *rows;
    size_t n, capacity;
    char *text;
    size_t n_text, text_capacity;

    struct mp_pqstrings names; /* of hosts, sources and fqdds */
    struct mp_pqmap known;     /* what makes a series -> its number */
    struct mp_pqseries *series;
    size_t n_series, series_capacity, n_ranked;

    struct mp_pqsort *order, *spare; /* capacity entries each */
    size_t order_capacity;
    struct mp_sample *batch;
};

int mp_pqmerge_init(struct mp_pqmerge *m, const struct mp_plan *plan,
                    const struct mp_run *run, struct mp_series_table *table,
                    struct mp_sink *sink, struct mp_error *err);

/* The number of a series.  Its strings are copied; the same strings give the same number,
 * whichever ids they came from. */
int mp_pqmerge_series(struct mp_pqmerge *m, const struct mp_series *s, uint32_t *number,
                      struct mp_error *err);

/* Room for one more row: filled by the caller, who then counts it with m->n++. */
struct mp_pqrow *mp_pqmerge_room(struct mp_pqmerge *m, struct mp_error *err);
/* Keeps a value's text until the flush and sets row->text and text_len. */
int mp_pqmerge_text(struct mp_pqmerge *m, struct mp_pqrow *row, const char *text,
                    size_t len, struct mp_error *err);

int mp_pqmerge_flush(struct mp_pqmerge *m, struct mp_error *err);
void mp_pqmerge_free(struct mp_pqmerge *m);

#endif
