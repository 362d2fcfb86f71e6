/* SPDX-License-Identifier: MIT
 * answer.h - the one door for a server's answers: nothing of a result is used before it
 * has passed here.
 *
 * A server, or somebody between it and us, may send any columns, rows and values,
 * whatever was asked.  Behind this door a result has the columns of its shape, and their
 * texts are what the shape says, so that PQgetvalue and a plain strtoll will do.
 */
#ifndef MP_PQANSWER_H
#define MP_PQANSWER_H

#include <stddef.h>

#include "backends/pq/state.h"
#include "base/error.h"

/* A letter a column, upper case where it may be NULL: b t or f, i an int64, s a text, #
 * an index, from 1 to `limit`.  A leading 1: exactly one row. */
struct mp_pqshape {
    const char *columns;
    size_t limit;
};

/* Bytes of one answer, and of one message of a COPY: a public.fqdd a thousand times as
 * long as any fits. */
enum { MP_PQANSWER_BYTES_MAX = 64 << 20 };

/* `shape` NULL: an answer without rows. */
int mp_pqanswer_check(const struct mp_pqconn *c, const char *what, const PGresult *res,
                      const struct mp_pqshape *shape, struct mp_error *err);

/* What libpq has taken in from the server, to tell how much an answer has come to; 0
 * where the connection is not TCP, and so the server is this machine's. */
long long mp_pqanswer_bytes(const struct mp_pqconn *c);
/* -1 where more than one answer may be has come since that was `since`. */
int mp_pqanswer_bounded(const struct mp_pqconn *c, const char *what, long long since,
                        struct mp_error *err);

#endif
