/* SPDX-License-Identifier: MIT
 * open.h - a session from connect to login: TCP, key exchange, the host key checked
 * against known_hosts, login by key.
 */
#ifndef MP_SSH_OPEN_H
#define MP_SSH_OPEN_H

#include "backends/ssh/session.h"

/* Connects and logs in within settings->connect_timeout. */
int mp_ssh_open(const struct mp_ssh_config *settings, const struct mp_run *run,
                struct mp_ssh **out, struct mp_error *err);

#endif
