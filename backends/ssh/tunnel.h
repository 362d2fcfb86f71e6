/* SPDX-License-Identifier: MIT
 * tunnel.h - an SSH session with a listener on loopback in front of it: whoever connects
 * there from this process is talking to the database behind the SSH server.
 *
 * libpq takes no descriptor, and does no TLS over a Unix socket whatever sslmode says; so
 * it is given the listener's address as `hostaddr` and the database's own name as `host`,
 * and checks the database's certificate from end to end.
 *
 * Owns one thread, from open to close.  Nothing is static, but that libssh2_init counts
 * its callers (each open is one, each close gives it back).
 */
#ifndef MP_TUNNEL_H
#define MP_TUNNEL_H

#include "base/error.h"
#include "base/run.h"
#include "backends/ssh/section.h"

struct mp_tunnel;

struct mp_tunnel_target {
    const char *host; /* the database as the SSH server sees it; borrowed until close */
    int port;
    unsigned window; /* bytes on the way in a channel; 0: the usual */
};

/* Logs in, opens a first channel to the target (so that a forbidden or fruitless
 * forwarding is told as such), starts the relay.  `settings` is borrowed until close. */
int mp_tunnel_open(const struct mp_ssh_config *settings,
                   const struct mp_tunnel_target *target, const struct mp_run *run,
                   struct mp_tunnel **out, struct mp_error *err);

/* Where the listener is: 127.x.y.z, and the database's own port where that was free (then
 * port-specific lines of a .pgpass hold), else another. */
const char *mp_tunnel_address(const struct mp_tunnel *t);
int mp_tunnel_port(const struct mp_tunnel *t);

/* "bastion.example:2222" */
const char *mp_tunnel_name(const struct mp_tunnel *t);

/* Readable once the tunnel broke; to be polled, never read. */
int mp_tunnel_fd(const struct mp_tunnel *t);

/* 0, or -1 with *err saying how the tunnel broke, or why the last connection through it
 * was refused (told once). */
int mp_tunnel_failed(struct mp_tunnel *t, struct mp_error *err);

/* Ends the thread, closes everything.  NULL is allowed. */
void mp_tunnel_close(struct mp_tunnel *t);

#endif
