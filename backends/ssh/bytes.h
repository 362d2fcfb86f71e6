/* SPDX-License-Identifier: MIT
 * bytes.h - the few data types of the SSH protocol (RFC 4251, section 5) that keys, the
 * agent and known_hosts need: u32, string, mpint; and base64.
 */
#ifndef MP_SSH_BYTES_H
#define MP_SSH_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes still to be read; borrowed. */
struct mp_ssh_bytes {
    const unsigned char *p;
    size_t left;
};

/* Take one value off the front; -1 (and nothing taken) where there are too few bytes. */
int mp_ssh_get_u8(struct mp_ssh_bytes *w, uint8_t *v);
int mp_ssh_get_u32(struct mp_ssh_bytes *w, uint32_t *v);
int mp_ssh_get_string(struct mp_ssh_bytes *w, struct mp_ssh_bytes *out);
bool mp_ssh_bytes_is(const struct mp_ssh_bytes *w, const char *text);

/* Bytes being put together.  Once memory runs out `failed` stays set and further puts do
 * nothing, so that it is asked once, at the end. */
struct mp_ssh_buf {
    unsigned char *data; /* owned */
    size_t n, capacity;
    bool failed;
};

void mp_ssh_put_u8(struct mp_ssh_buf *b, uint8_t v);
void mp_ssh_put_u32(struct mp_ssh_buf *b, uint32_t v);
void mp_ssh_put_bytes(struct mp_ssh_buf *b, const void *data, size_t n);
void mp_ssh_put_string(struct mp_ssh_buf *b, const void *data, size_t n);
/* A positive number, big endian: leading zeroes go, one comes back where the top bit is
 * set. */
void mp_ssh_put_mpint(struct mp_ssh_buf *b, const unsigned char *data, size_t n);
/* Wiped, then freed. */
void mp_ssh_buf_free(struct mp_ssh_buf *b);

/* Standard base64, padded with `=`; anything else is invalid.  Room for n / 4 * 3 + 3
 * bytes is needed.  The number of bytes, or -1. */
long mp_base64_decode(const char *text, size_t n, unsigned char *out);
/* Without padding, NUL-terminated; room for n * 4 / 3 + 4 is needed. */
void mp_base64_encode(const unsigned char *data, size_t n, char *out);

enum { MP_FINGERPRINT_MAX = 64 };
/* "SHA256:..." of a public key blob, as ssh prints it. */
void mp_ssh_fingerprint(const unsigned char *blob, size_t n,
                        char out[MP_FINGERPRINT_MAX]);

#endif
