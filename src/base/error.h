/* SPDX-License-Identifier: MIT
 * error.h - the one way a function says that it failed.
 *
 * A function that can fail returns 0 or -1 and, on -1, has filled the caller's
 * struct mp_error.  Nobody but main.c prints it or exits.
 *
 * The text is one line without a trailing newline: what failed, on what, why, and what to
 * do next ("cannot read /etc/monster-power.ini: permission denied; run as root or chmod
 * 0640 it").  It never holds a password, a passphrase or a connection string.  Bytes that
 * came from outside are escaped by mp_fail itself (control characters become \xNN).
 */
#ifndef MP_ERROR_H
#define MP_ERROR_H

#include <stdbool.h>

/* What kind of failure it is; decides the exit status and
 * whether the queue tries again. */
enum mp_fault {
    MP_FAULT_NONE = 0,
    MP_FAULT_FAILED,      /* exit 1; trying again will not help */
    MP_FAULT_TRANSIENT,   /* exit 1; may pass by itself (server full, tunnel down) */
    MP_FAULT_UNREACHABLE, /* exit 1; not reachable from here: may pass by itself, and
                           * another way may lead there meanwhile */
    MP_FAULT_NOT_YET,     /* exit 1; what is asked for does not exist yet, but may */
    MP_FAULT_USAGE,       /* exit 2; wrong command line or configuration */
    MP_FAULT_NO_SAMPLES,  /* exit 3; nothing in the window, nothing written */
    MP_FAULT_STOPPED,     /* exit 1; SIGINT or SIGTERM asked us to stop */
};

struct mp_error {
    enum mp_fault fault;
    char text[1024];
};

/* Fill *err (may be NULL) and return -1, so that failing is one line:
 *     return mp_fail(err, MP_FAULT_USAGE, "--start %s: not a time", arg);
 */
int mp_fail(struct mp_error *err, enum mp_fault fault, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put a prefix before the text of an error that is passed on; returns -1. */
int mp_fail_in(struct mp_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the same may work later without anybody's doing. */
bool mp_fault_may_pass(enum mp_fault fault);

/* The exit status that the manual promises for a fault. */
int mp_fault_exit_status(enum mp_fault fault);

#endif
