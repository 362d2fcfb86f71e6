/* SPDX-License-Identifier: MIT
 * keyformat.h - the formats of private key files, for keyfile.c. */
#ifndef MP_SSH_KEYFORMAT_H
#define MP_SSH_KEYFORMAT_H

#include "backends/ssh/key.h"

/* `key->text` is the file's content.  Both fill *key as mp_ssh_keyfile_load says; on -1
 * the caller frees it. */
int mp_keyformat_openssh(const char *path, const char *passphrase, struct mp_ssh_key *key,
                         struct mp_error *err);
int mp_keyformat_pem(const char *path, const char *passphrase, struct mp_ssh_key *key,
                     struct mp_error *err);

int mp_keyformat_wrong_passphrase(const char *path, struct mp_error *err);
int mp_keyformat_damaged(const char *path, struct mp_error *err);

#endif
