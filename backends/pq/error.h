/* SPDX-License-Identifier: MIT
 * error.h - libpq's failures in our words: its own text, what to check, and whether it
 * may pass (c->retry, c->sqlstate).  Never a password: a
 * text that holds one is blanked. */
#ifndef MP_PQERROR_H
#define MP_PQERROR_H

#include "base/error.h"
#include "backends/pq/state.h"

/* All return -1 with *err filled.  Where the carrier broke, its error comes instead. */
int mp_pqerror_connection(struct mp_pqconn *c, const char *what, struct mp_error *err);
int mp_pqerror_result(struct mp_pqconn *c, const char *what, const PGresult *res,
                      struct mp_error *err);
/* Nothing came for `seconds`, which `setting` says; NULL: until the run's deadline. */
int mp_pqerror_silent(struct mp_pqconn *c, const char *setting, int seconds,
                      struct mp_error *err);

#endif
