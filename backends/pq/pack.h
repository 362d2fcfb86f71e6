/* SPDX-License-Identifier: MIT
 * pack.h - the samples of one sensor in one slice of time, as the server packs them.
 *
 * A pack is entry after entry, big-endian, in any order: the lower four bytes of the time
 * (PostgreSQL's µs), which are enough within a slice of 71 minutes, and the value as its
 * type's send function has it; a numeric as four bytes of length and its text.  A pack of
 * NULLs has times alone.  A sample of a real so takes 8 bytes. */
#ifndef MP_PQPACK_H
#define MP_PQPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/frame/emit.h"
#include "backends/pq/tables.h"
#include "base/error.h"

#define MP_PG_EPOCH_US INT64_C(946684800000000) /* 2000-01-01 00:00 UTC, in Unix µs */

/* A slice of time, hi excluded; at most 2^32 µs. */
struct mp_pqspan {
    int64_t lo, hi;
};

struct mp_pqpack {
    unsigned char *at, *end; /* entries not yet given; borrowed */
    size_t size;             /* of an entry; 0: they differ, and are in no order */
    size_t n;                /* entries it had */
    enum mp_pqtype type;
    uint32_t series; /* for the caller to set */
    bool nulls;
    bool endless; /* one of its numbers has more than MP_VALUE_TEXT_MAX digits */
};

/* Checks the bytes and puts them in order of time where they have one size. */
int mp_pqpack_take(struct mp_pqpack *p, unsigned char *bytes, size_t n,
                   enum mp_pqtype type, bool nulls, struct mp_pqspan *span,
                   struct mp_error *err);

/* Emits the samples before `until`. */
int mp_pqpack_give(struct mp_pqpack *p, const struct mp_pqspan *span, int64_t until,
                   struct mp_emit *emit, struct mp_error *err);

#endif
