/* SPDX-License-Identifier: MIT
 * keyfile.h - a private key's file, looked at before libssh2 reads it.
 *
 * Formats: OpenSSH (openssh-key-v1, PROTOCOL.key in OpenSSH's sources), PEM (PKCS#1,
 * SEC1) and PKCS#8, each with or without passphrase; types ssh-ed25519,
 * ecdsa-sha2-nistp256/384/521 and ssh-rsa.  doc/ssh.md says which of them can be used
 * with which libssh2.
 */
#ifndef MP_SSH_KEYFILE_H
#define MP_SSH_KEYFILE_H

#include "backends/ssh/key.h"

/* Look at the private key in `path`.  `passphrase` "" means none: a protected key is then
 * `locked`, as is one that libssh2 cannot read; its blob is there if it stands in clear,
 * in the file or in path.pub.  Refused: what others can read (as ssh does), what is no
 * private key, a wrong passphrase; the text says which, without the passphrase. */
int mp_ssh_keyfile_load(const char *path, const char *passphrase, struct mp_ssh_key *key,
                        struct mp_error *err);

/* libssh2 could not read a key that mp_ssh_keyfile_load let through: why.  Returns -1. */
int mp_ssh_keyfile_unreadable(const char *path, const struct mp_ssh_key *key,
                              struct mp_error *err);

#endif
