/* SPDX-License-Identifier: MIT
 * copy.h - decodes the binary COPY of statement.h, slice by slice.
 *
 * Nothing of what the server sends is trusted: lengths, counts and ids are checked, and
 * what does not fit is an error.  A name or number that cannot be used costs its sensor:
 * that is a finding, and the others' samples come.
 */
#ifndef MP_PQCOPY_H
#define MP_PQCOPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/keyset.h"
#include "model/plan.h"
#include "backends/pq/conn.h"
#include "backends/frame/emit.h"
#include "backends/pq/pack.h"
#include "backends/pq/statement.h"
#include "backends/pq/tables.h"
#include "base/run.h"

struct mp_pqcopy {
    const struct mp_plan *plan;
    const struct mp_pqtables *tables;
    struct mp_pqlayout layout;
    struct mp_emit *emit;
    struct mp_keyset known; /* (table, node id, source, fqdd), as struct row_key */
    uint32_t
        *series; /* per key of `known`: number of its series, or UINT32_MAX: unusable */
    size_t series_capacity;
    struct mp_keyset texts; /* source and fqdd where they are texts */
    char *message;          /* being decoded: [at, length) is left */
    int at, length;
    uint32_t messages; /* so far; now and then the run is asked */
    bool started;      /* the header has been read */
    bool over;         /* the trailer has been read: nothing may follow */

    size_t slice, limit; /* being read; above all that the COPY may hold */
    struct mp_pqspan span;
    struct mp_pqpack *packs; /* of the slice */
    size_t n_packs, packs_capacity;
    size_t samples, bytes; /* in them */
    bool unordered;        /* some of them are not in order of time */
    char **kept;           /* the messages they lie in */
    size_t n_kept, kept_capacity;
};

/* Forgets the slice that was read; reads `slice` from here on. */
void mp_pqcopy_begin(struct mp_pqcopy *p, size_t slice, struct mp_pqspan span);

/* Reads the slice's packs from what `c` (mp_pqconn_copy'd) sends.  0: the slice is whole,
 * a row of a later one waits; 1: the COPY has ended. */
int mp_pqcopy_read(struct mp_pqcopy *p, struct mp_pqconn *c, const struct mp_run *run,
                   struct mp_error *err);

/* The same for one message, for tests: takes `message` (malloc'd).  1: it is used up. */
int mp_pqcopy_message(struct mp_pqcopy *p, char *message, int length,
                      struct mp_error *err);

/* Emits the slice's samples before `until` that have not been given. */
int mp_pqcopy_give(struct mp_pqcopy *p, int64_t until, struct mp_error *err);

/* The connection broke: what came of the slice is forgotten, and comes again. */
void mp_pqcopy_restart(struct mp_pqcopy *p);

void mp_pqcopy_free(struct mp_pqcopy *p);

#endif
