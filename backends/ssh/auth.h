/* SPDX-License-Identifier: MIT
 * auth.h - logging in with a key: from a file, from an agent, or the usual ones.
 *
 * key_path set: that key and no other; if it is protected and no passphrase is given, the
 * agent is asked for it.  key_path empty: the agent's keys, then ~/.ssh/id_ed25519,
 * id_ecdsa, id_rsa.
 *
 * RSA.  Servers refuse RSA signatures with SHA-1, and libssh2 before 1.11 names no other.
 * It does, however, take the algorithm's name from the public key it is given, so below
 * 1.11 an RSA key is presented under the name rsa-sha2-512 and signed so here.  RFC 8332
 * wants the key's own name unchanged; OpenSSH accepts both.  From 1.11 on libssh2 chooses
 * the algorithm itself and the key is presented as it is.
 */
#ifndef MP_SSH_AUTH_H
#define MP_SSH_AUTH_H

#include "backends/ssh/session.h"

int mp_ssh_log_in(struct mp_ssh *ssh, const struct mp_ssh_config *settings,
                  const struct mp_limit *limit, struct mp_error *err);

#endif
