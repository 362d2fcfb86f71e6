/* SPDX-License-Identifier: MIT
 * target.h - where the databases are, and what carries the connection. */
#ifndef MP_PQTARGET_H
#define MP_PQTARGET_H

#include <stdbool.h>

#include "base/error.h"

/* Where the databases are.  Strings are borrowed until mp_pq_close. */
struct mp_pq_target {
    const char *host; /* the server's own name: for TLS, .pgpass and messages; a path that
                         starts with / is a Unix socket's directory */
    const char
        *hostaddr; /* the address to connect to instead of looking `host` up, or NULL */
    int port;
    bool no_gss; /* gssencmode=disable, unless a service's file may say otherwise: what a
                  * tunnel's loopback end wants */

    /* Optional: what carries the connection (a tunnel).  `carrier_failed` is asked
     * whenever a connection fails: where the carrier itself broke it fills *err with the
     * cause and returns -1, and that error is reported instead of libpq's "server closed
     * the connection"; otherwise it returns 0.  It is called by the thread that uses the
     * mp_pq.  `carrier_fd` (-1: none) becomes readable when the carrier breaks, so that
     * nobody waits for an answer that cannot come; it is polled, never read. */
    int (*carrier_failed)(void *arg, struct mp_error *err);
    void *arg;
    int carrier_fd;
};

#endif
