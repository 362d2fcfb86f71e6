/* SPDX-License-Identifier: MIT
 * login.h - passwords do not go to an impostor in clear.
 *
 * A server that is not known (no certificate checked, and not this machine) may ask for
 * the password itself, or for its MD5 hash, and gets either from libpq.  Such a server is
 * refused both, unless clear_passwords says otherwise; SCRAM gives nothing away.
 *
 * libpq 16 does that itself (require_auth).  Before that, under TLS, channel_binding =
 * require leaves SCRAM alone (13); and without TLS the server's messages come through
 * here, whole ones only, before libpq sees them.
 */
#ifndef MP_PQLOGIN_H
#define MP_PQLOGIN_H

#include <stdbool.h>

#include "backends/pq/state.h"
#include "base/error.h"

/* Is the server this machine's? */
bool mp_pqlogin_is_local(const PGconn *pg);
/* Does sslmode, whatever file or variable it came from, start so? */
bool mp_pqlogin_sslmode_is(const PGconn *pg, const char *start);
/* Whether the server of this connection, which has been started, is to be refused. */
bool mp_pqlogin_is_guarded(const struct mp_pqconn *c);

/* What libpq keeps from us: the connection's own descriptor becomes one end of a socket
 * pair whose other end is `ours`, as long as `server` >= 0. */
struct mp_pqlogin {
    int server, ours;
    unsigned char bytes[16384]; /* from the server, not yet passed on */
    size_t n, skip;             /* skip: bytes of a message that has been looked at */
};

struct mp_pqlogin mp_pqlogin_none(void);
int mp_pqlogin_begin(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err);
/* Takes in what the server sent and passes it on; -1 where it asks for what it must not
 * get. */
int mp_pqlogin_take(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err);
/* Passes on what libpq has answered. */
int mp_pqlogin_give(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err);
/* The login is over: the connection gets its own descriptor back. */
int mp_pqlogin_end(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err);
void mp_pqlogin_drop(struct mp_pqlogin *l);

#endif
