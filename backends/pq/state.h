/* SPDX-License-Identifier: MIT
 * state.h - one session with one database, as those who serve it (conn.h, error.h,
 * address.h) see it. */
#ifndef MP_PQSTATE_H
#define MP_PQSTATE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/pq/target.h"
#include "backends/pq/section.h"

enum mp_pqretry {
    MP_PQRETRY_NEVER,
    MP_PQRETRY_REACH,    /* nobody answers: try for a while */
    MP_PQRETRY_DEADLINE, /* the server answers "not now": try until the deadline */
};

/* All borrowed but `pg`. */
struct mp_pqconn {
    PGconn *pg; /* NULL: not connected */
    const char *database;
    const struct mp_database_config *config;
    const struct mp_pq_target *target;
    char sqlstate[6];      /* of the last failure; "" where the server gave none */
    enum mp_pqretry retry; /* whether that failure may pass */
    int64_t patience_us;   /* until when (mp_clock_us) the answer awaited may take */
    bool copying;          /* a COPY is under way */
    long long before;      /* mp_pqanswer_bytes() when it was asked for */
};

#endif
