/* SPDX-License-Identifier: MIT
 * cancel.h - stop a statement on the server, without waiting for a server that hangs. */
#ifndef MP_PQCANCEL_H
#define MP_PQCANCEL_H

#include <libpq-fe.h>

/* Asks the server to cancel what this session runs and waits at most a second for it to
 * have heard.  Best effort: closing the session is what counts. */
void mp_pqcancel(PGconn *pg);

#endif
