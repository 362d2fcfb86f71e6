/* SPDX-License-Identifier: MIT
 * section.h - [ssh].  Known whether or not libssh2 was there to build the rest. */
#ifndef MP_SSH_SECTION_H
#define MP_SSH_SECTION_H

#include "config/keys.h"

struct mp_ssh_config {
    char *hostname; /* "": there is no SSH server */
    int port;
    char *username;      /* default: the current user */
    char *key_path;      /* "": the usual default keys */
    char *passphrase;    /* secret */
    int keepalive;       /* s */
    char *known_hosts;   /* "": the user's and the system's */
    char *agent;         /* socket path; "": SSH_AUTH_SOCK; "none": do not ask one */
    int connect_timeout; /* s */
};

extern const struct mp_keys mp_ssh_keys;

#endif
