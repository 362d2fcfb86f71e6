/* SPDX-License-Identifier: MIT
 * pqzone.h - this process's time zone, as PostgreSQL knows it.
 *
 * Needed only for columns without a time zone: what "09:15" means is decided by the
 * session's zone, which must then be the zone the report is printed in. */
#ifndef MP_PQZONE_H
#define MP_PQZONE_H

#include "error.h"
#include "pqconn.h"
#include "run.h"

/* Sets the zone for the rest of the transaction. */
int mp_pqzone_set(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err);

#endif
