/* SPDX-License-Identifier: MIT
 * statement.h - the one statement that reads a database's samples.
 *
 * COPY (one SELECT per metric table, UNION ALL) in binary, narrow: time, node id and
 * number of the table, source, fqdd, value.  Rows come slice by slice: everything of the
 * window's first seconds, then the next, and so on, in no order inside a slice.  So the
 * server never sorts, every index finds a slice (design-database.md has the
 * measurements), and the client puts a slice in order that fits into its cache.
 *
 * Nothing of the statement's text comes from outside but identifiers from configuration
 * and catalogue, quoted; node ids are numbers of our own printing.
 */
#ifndef MP_PQSTATEMENT_H
#define MP_PQSTATEMENT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/plan.h"
#include "backends/pq/tables.h"

/* What a row of the statement consists of, in this order. */
struct mp_pqlayout {
    bool wide_node; /* int2 number of the table and int8 node id, instead of one int8:
                       number * 2^32 + node id, which saves the server a twentieth */
    bool wide_ids;  /* ids of source and fqdd are int8, not int4 */
    bool source_id, source_text, fqdd_id, fqdd_text; /* which of the columns are there */
};

/* Slice k is [start + k width, start + (k + 1) width). */
struct mp_pqslices {
    int64_t start, end; /* the window, both included, or of a short one also what lies
                           near it; µs since the epoch */
    int64_t width;      /* µs */
};

/* A width that makes a slice some ten thousand rows for `pairs` (node, table) pairs. */
void mp_pqslices_choose(struct mp_pqslices *s, const struct mp_plan *plan,
                        uint64_t pairs);

/* *sql is freed by the caller; NULL where there is nothing
 * to read: no table or no node. */
int mp_pqstatement_make(PGconn *pg, const struct mp_plan *plan,
                        const struct mp_pqtables *t, const struct mp_pqslices *slices,
                        struct mp_pqlayout *layout, char **sql, struct mp_error *err);

#endif
