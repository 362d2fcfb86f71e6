/* SPDX-License-Identifier: MIT
 * keyfmt.h - the formats of private key files, for key.c. */
#ifndef MP_SSH_KEYFMT_H
#define MP_SSH_KEYFMT_H

#include "backends/ssh/key.h"

/* `text` is the file's content, NUL-terminated.  Both fill *key as mp_ssh_key_load says;
 * on -1 the caller frees it. */
int mp_keyfmt_openssh(const char *path, const char *text, const char *passphrase,
                      struct mp_ssh_key *key, struct mp_error *err);
int mp_keyfmt_pem(const char *path, const char *text, size_t n, const char *passphrase,
                  struct mp_ssh_key *key, struct mp_error *err);

#endif
