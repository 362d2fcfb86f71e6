/* SPDX-License-Identifier: MIT
 * kexinit.h - what a server's first bytes, which come in clear, say about why a key
 * exchange failed (RFC 4253, sections 4.2 and 7.1).
 */
#ifndef MP_SSH_KEXINIT_H
#define MP_SSH_KEXINIT_H

#include <libssh2.h>
#include <stddef.h>

#include "base/error.h"

/* Returns -1: "X is not an SSH server: it says ...", or that it is one that does not
 * serve us just now, which passes. */
int mp_kexinit_not_ssh(const char *name, const unsigned char *heard, size_t n,
                       struct mp_error *err);

/* -1 with *err where the server has no algorithm in common with libssh2, naming the kind
 * and the server's offer; 0 where it has, or where that cannot be told. */
int mp_kexinit_explain(LIBSSH2_SESSION *session, const char *name,
                       const unsigned char *heard, size_t n, struct mp_error *err);

#endif
