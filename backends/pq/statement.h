/* SPDX-License-Identifier: MIT
 * statement.h - the statements that read a database's samples.
 *
 * One for each slice of time: COPY (one SELECT per metric table, UNION ALL) in binary,
 * packed: a row is what one sensor said in the slice (pack.h).  The server sorts nothing
 * and joins nothing, any index finds a slice, and an engine that spreads a table over
 * several servers can leave the packing to them (design-database.md has the
 * measurements).  Where each slice would read whole tables, one statement reads all.
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
#include "backends/pq/pack.h"
#include "backends/pq/tables.h"

/* What a row of the statement consists of, in this order, behind the slice's number
 * (int4) and before the packs of values and of NULLs. */
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
    int64_t width;      /* µs, below 2^32 */
    size_t n;
};

/* A width that makes a slice some hundred thousand rows for `pairs` (node, table) pairs.
 */
void mp_pqslices_choose(struct mp_pqslices *s, const struct mp_plan *plan,
                        uint64_t pairs);
struct mp_pqspan mp_pqslices_span(const struct mp_pqslices *s, size_t slice);

/* `n` statements, or as many as there are, from that which begins with slice `first` on,
 * as one text; *sql is freed by the caller; NULL where there is nothing to read: no table
 * or no node. */
int mp_pqstatement_make(PGconn *pg, const struct mp_plan *plan,
                        const struct mp_pqtables *t, const struct mp_pqslices *slices,
                        size_t first, size_t n, struct mp_pqlayout *layout, char **sql,
                        struct mp_error *err);
/* Behind the last slice of the statement that begins with slice `first`. */
size_t mp_pqstatement_end(const struct mp_pqtables *t, const struct mp_pqslices *slices,
                          size_t first);

#endif
