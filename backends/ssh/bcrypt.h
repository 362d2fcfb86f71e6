/* SPDX-License-Identifier: MIT
 * bcrypt.h - bcrypt_pbkdf, which turns a passphrase into the key of an OpenSSH-format
 * private key file.  As in OpenBSD's bcrypt_pbkdf(3): bcrypt over SHA-512, its output
 * spread over the key. */
#ifndef MP_SSH_BCRYPT_H
#define MP_SSH_BCRYPT_H

#include <stddef.h>
#include <stdint.h>

/* -1 where memory runs out or a length is 0 or absurd. */
int mp_bcrypt_pbkdf(const char *pass, size_t pass_len, const unsigned char *salt,
                    size_t salt_len, unsigned char *key, size_t key_len, uint32_t rounds);

#endif
