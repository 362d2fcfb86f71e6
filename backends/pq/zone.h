/* SPDX-License-Identifier: MIT
 * zone.h - this process's time zone, as PostgreSQL knows it.
 *
 * Needed only for columns without a time zone: what "09:15" means is decided by the
 * session's zone, which must then be the zone the report is printed in. */
#ifndef MP_PQZONE_H
#define MP_PQZONE_H

#include "base/error.h"
#include "backends/pq/conn.h"
#include "base/run.h"

/* Sets the zone for the rest of the transaction. */
int mp_pqzone_set(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err);

#endif
