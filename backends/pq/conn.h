/* SPDX-License-Identifier: MIT
 * conn.h - one session with one database: connecting, statements, failures, the end.
 *
 * Nothing here waits without a bound: every wait watches the run's stop request and
 * deadline and the carrier (target.h), and a server that says nothing for longer than
 * statement_timeout allows is given up.
 */
#ifndef MP_PQCONN_H
#define MP_PQCONN_H

#include "backends/pq/answer.h"
#include "backends/pq/state.h"
#include "base/error.h"
#include "base/run.h"

/* Connects where there is no session, or none that still lives.  Failures that may pass
 * are tried again, more and more slowly: a server that is starting, stopping or full
 * until the run's deadline, one that cannot be reached for MP_PQCONN_REACH_S seconds at
 * most.  MP_FAULT_UNREACHABLE where nobody answered, or the server does not admit this
 * machine. */
enum { MP_PQCONN_REACH_S = 15 };
int mp_pqconn_open(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err);

/* Opens where needed, then starts a read-only transaction that sees one moment of the
 * database, so that dimensions and samples fit together. */
int mp_pqconn_begin(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err);
int mp_pqconn_commit(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err);

/* One statement with text parameters (NULL: SQL NULL); *out is the caller's to PQclear,
 * and of the shape asked for (NULL: it answers no rows).  `what` says in an error what
 * was being done: "reading public.nodes". */
int mp_pqconn_query(struct mp_pqconn *c, const struct mp_run *run, const char *what,
                    const char *sql, int n_values, const char *const *values,
                    const struct mp_pqshape *shape, PGresult **out, struct mp_error *err);

/* Starts statements, the last of which are one or more COPY ... TO STDOUT. */
int mp_pqconn_copy(struct mp_pqconn *c, const struct mp_run *run, const char *sql,
                   struct mp_error *err);
/* The next message of the COPY: its length and *data, PQfreemem'd by the caller; 0 at the
 * end of the COPY, -1 on failure.  Waits. */
int mp_pqconn_copy_next(struct mp_pqconn *c, const struct mp_run *run, char **data,
                        struct mp_error *err);

/* After the end of a COPY: has another of the same statements begun? */
bool mp_pqconn_copying(const struct mp_pqconn *c);

/* After a failure: did the connection break, while the carrier holds, without anybody on
 * the server having wished so?  Then a new session may go on. */
bool mp_pqconn_broke(const struct mp_pqconn *c);

/* Ends the session.  A statement that still runs is cancelled on the server first. */
void mp_pqconn_close(struct mp_pqconn *c);

#endif
