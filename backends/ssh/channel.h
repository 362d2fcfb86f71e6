/* SPDX-License-Identifier: MIT
 * channel.h - opening a way to the database behind the SSH server. */
#ifndef MP_CHANNEL_H
#define MP_CHANNEL_H

#include <stdbool.h>

#include "base/error.h"
#include "backends/ssh/session.h"

enum {
    MP_CHANNEL_WINDOW =
        4 * 1024 * 1024, /* below it a long way is slow, above it sshd is */
    MP_CHANNEL_PACKET = 32768,
};

struct mp_channel_target {
    const char *host; /* as the SSH server sees it; borrowed */
    int port;
    unsigned window; /* what the server may send ahead, in bytes */
    int timeout_ms;  /* to open a channel */
};

/* Begin, or go on with, opening a channel.  NULL with *again = true: call again when the
 * socket is ready; with false: *err says why the server would not. */
LIBSSH2_CHANNEL *mp_channel_open(struct mp_ssh *ssh,
                                 const struct mp_channel_target *target, bool *again,
                                 struct mp_error *err);

#endif
