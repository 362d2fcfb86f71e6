/* SPDX-License-Identifier: MIT
 * hostkey.h - the server must be the one that known_hosts names.  There is no setting
 * that turns this off.
 */
#ifndef MP_SSH_HOSTKEY_H
#define MP_SSH_HOSTKEY_H

#include "backends/ssh/known_hosts.h"
#include "backends/ssh/session.h"

/* What the configured file, or the user's and the system's, say about the server.  To be
 * freed also on -1. */
int mp_hostkey_known(const struct mp_ssh_config *settings, struct mp_known_hosts *known,
                     struct mp_error *err);

/* Before the key exchange: ask for the types of key that are known first. */
int mp_hostkey_prefer(struct mp_ssh *ssh, const struct mp_known_hosts *known,
                      struct mp_error *err);

/* After it: -1 unless the server's key is known, with its fingerprint and the command
 * that would add it. */
int mp_hostkey_check(struct mp_ssh *ssh, const struct mp_ssh_config *settings,
                     const struct mp_known_hosts *known, struct mp_error *err);

#endif
