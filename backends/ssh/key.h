/* SPDX-License-Identifier: MIT
 * key.h - a login key: what we know of it, and who signs with it.
 *
 * libssh2 reads and signs with key files by itself, but for two things: it has one error
 * for everything that can be wrong with a file, so keyfile.c looks first; and before 1.11
 * it signs RSA with SHA-1, which servers refuse, so we sign with RSA keys then.
 */
#ifndef MP_SSH_KEY_H
#define MP_SSH_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "backends/ssh/bytes.h"

enum { MP_SSH_KEY_TYPE_MAX = 32 };

struct mp_ssh_key {
    char type[MP_SSH_KEY_TYPE_MAX]; /* "ssh-rsa"; "" where it is not known */
    unsigned char *blob; /* the public key as on the wire; owned; may be NULL */
    size_t blob_len;
    char *text; /* the private key's file, NUL-terminated, for libssh2; owned */
    size_t text_len;
    bool protected; /* by a passphrase */
    char *locked;   /* why the file cannot be used, and what to do; owned; NULL: it can */
    EVP_PKEY *pkey; /* owned; what we sign with; NULL: libssh2 or an agent does */
};

/* Wipes what is secret. */
void mp_ssh_key_free(struct mp_ssh_key *key);

/* Type and blob from the blob's bytes, which it takes over; -1 where they are none. */
int mp_ssh_key_set_public(struct mp_ssh_key *key, struct mp_ssh_buf *blob);

/* Is it an RSA key, and libssh2 too old to sign with it as servers want? */
bool mp_ssh_key_is_old_rsa(const struct mp_ssh_key *key);

/* Signs `data` with key->pkey by rsa-sha2-512; the signature without its leading type
 * string is appended to *out. */
int mp_ssh_key_sign(const struct mp_ssh_key *key, const unsigned char *data, size_t n,
                    struct mp_ssh_buf *out, struct mp_error *err);

#endif
