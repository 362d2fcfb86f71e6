/* SPDX-License-Identifier: MIT
 * key.h - private keys in files: read, looked at before use, and signed with.
 *
 * Formats: OpenSSH (openssh-key-v1, PROTOCOL.key in OpenSSH's sources), PEM (PKCS#1,
 * SEC1) and PKCS#8, each with or without passphrase; types ssh-ed25519,
 * ecdsa-sha2-nistp256/384/521 and ssh-rsa.  Signing is done here, with libcrypto, rather
 * than by libssh2: its version 1.10 signs RSA with SHA-1, which servers refuse, and has
 * one error for everything that can be wrong with a key file.
 */
#ifndef MP_SSH_KEY_H
#define MP_SSH_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "backends/ssh/bytes.h"

enum { MP_KEY_TYPE_MAX = 32 };

struct mp_ssh_key {
    char type[MP_KEY_TYPE_MAX]; /* "ssh-rsa"; "" where only `locked` is known */
    unsigned char *blob;        /* the public key as on the wire; owned; may be NULL */
    size_t blob_len;
    EVP_PKEY *pkey; /* owned; NULL while locked */
    bool locked;    /* needs a passphrase and none was given */
};

/* Read the private key in `path`.  `passphrase` "" means none: a protected key is then
 * `locked`, with type and blob where they stand in clear (or in path.pub).  Refused: what
 * others can read (as ssh does), what is no private key, a wrong passphrase; the text
 * says which, and never shows the passphrase. */
int mp_ssh_key_load(const char *path, const char *passphrase, struct mp_ssh_key *key,
                    struct mp_error *err);
void mp_ssh_key_free(struct mp_ssh_key *key);

/* Sign `data` by `algorithm` (a key type, or rsa-sha2-256 / rsa-sha2-512); the signature
 * without its leading type string is appended to *out. */
int mp_ssh_key_sign(const struct mp_ssh_key *key, const struct mp_ssh_bytes *algorithm,
                    const unsigned char *data, size_t n, struct mp_ssh_buf *out,
                    struct mp_error *err);

#endif
