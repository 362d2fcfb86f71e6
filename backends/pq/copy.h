/* SPDX-License-Identifier: MIT
 * copy.h - decodes the binary COPY of statement.h into rows.
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
    bool ended;
};

/* Decodes what `c` (mp_pqconn_copy'd) sends and emits it, up to the first row
 * at or after `until`, which stays for the next call; ended = true at the end. */
int mp_pqcopy_read(struct mp_pqcopy *p, struct mp_pqconn *c, const struct mp_run *run,
                   int64_t until, struct mp_error *err);

/* The same for one message, for tests: takes `message` (malloc'd). */
int mp_pqcopy_message(struct mp_pqcopy *p, char *message, int length, int64_t until,
                      struct mp_error *err);

/* The time of the row that waits, or INT64_MAX. */
int64_t mp_pqcopy_waiting(const struct mp_pqcopy *p);

void mp_pqcopy_free(struct mp_pqcopy *p);

#endif
