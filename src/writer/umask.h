/* SPDX-License-Identifier: MIT
 * umask.h - what an owner's files are to be like.
 *
 * A writer starts from a daemon, with no login that would have set a umask.  It takes the
 * one a login would have set, by pam_umask's rule: "umask=077" in the user's GECOS field,
 * else UMASK of login.defs, else none. */
#ifndef MP_UMASK_H
#define MP_UMASK_H

#include <sys/types.h>

/* Of the user we are.  `login_defs` is "/etc/login.defs"; what cannot be read says 0. */
mode_t mp_owner_umask(const char *login_defs);

#endif
