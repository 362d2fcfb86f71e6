/* SPDX-License-Identifier: MIT
 * bytes.c - reading and writing SSH's data types. */
#include "config.h"

#include "backends/ssh/bytes.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

int mp_ssh_get_u8(struct mp_ssh_bytes *w, uint8_t *v)
{
    if (w->left < 1)
        return -1;
    *v = w->p[0];
    w->p++;
    w->left--;
    return 0;
}

int mp_ssh_get_u32(struct mp_ssh_bytes *w, uint32_t *v)
{
    if (w->left < 4)
        return -1;
    *v = (uint32_t)w->p[0] << 24 | (uint32_t)w->p[1] << 16 | (uint32_t)w->p[2] << 8 |
         w->p[3];
    w->p += 4;
    w->left -= 4;
    return 0;
}

int mp_ssh_get_string(struct mp_ssh_bytes *w, struct mp_ssh_bytes *out)
{
    struct mp_ssh_bytes ahead = *w;
    uint32_t n;

    if (mp_ssh_get_u32(&ahead, &n) < 0 || n > ahead.left)
        return -1;
    *out = (struct mp_ssh_bytes){ahead.p, n};
    *w = (struct mp_ssh_bytes){ahead.p + n, ahead.left - n};
    return 0;
}

bool mp_ssh_bytes_is(const struct mp_ssh_bytes *w, const char *text)
{
    return w->left == strlen(text) && memcmp(w->p, text, w->left) == 0;
}

/* No realloc: it could leave a copy of a key behind. */
static unsigned char *room(struct mp_ssh_buf *b, size_t n)
{
    if (!b->failed && n > b->capacity - b->n) {
        size_t capacity = 2 * b->capacity + n + 256;
        unsigned char *data = malloc(capacity);

        if (data != NULL && b->n > 0)
            memcpy(data, b->data, b->n);
        if (b->data != NULL)
            explicit_bzero(b->data, b->n);
        free(b->data);
        b->data = data;
        b->capacity = data != NULL ? capacity : 0;
        b->failed = data == NULL;
    }
    if (b->failed) {
        b->n = 0;
        return NULL;
    }
    b->n += n;
    return b->data + b->n - n;
}

void mp_ssh_put_u8(struct mp_ssh_buf *b, uint8_t v)
{
    mp_ssh_put_bytes(b, &v, 1);
}

void mp_ssh_put_u32(struct mp_ssh_buf *b, uint32_t v)
{
    unsigned char bytes[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                              (unsigned char)(v >> 8), (unsigned char)v};

    mp_ssh_put_bytes(b, bytes, sizeof bytes);
}

void mp_ssh_put_bytes(struct mp_ssh_buf *b, const void *data, size_t n)
{
    unsigned char *p = n > 0 ? room(b, n) : NULL;

    if (p != NULL)
        memcpy(p, data, n);
}

void mp_ssh_put_string(struct mp_ssh_buf *b, const void *data, size_t n)
{
    mp_ssh_put_u32(b, (uint32_t)n);
    mp_ssh_put_bytes(b, data, n);
}

void mp_ssh_put_mpint(struct mp_ssh_buf *b, const unsigned char *data, size_t n)
{
    while (n > 0 && data[0] == 0) {
        data++;
        n--;
    }
    if (n > 0 && (data[0] & 0x80) != 0) {
        mp_ssh_put_u32(b, (uint32_t)n + 1);
        mp_ssh_put_u8(b, 0);
    } else {
        mp_ssh_put_u32(b, (uint32_t)n);
    }
    mp_ssh_put_bytes(b, data, n);
}

void mp_ssh_buf_free(struct mp_ssh_buf *b)
{
    if (b->data != NULL)
        explicit_bzero(b->data, b->capacity);
    free(b->data);
    *b = (struct mp_ssh_buf){0};
}

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

long mp_base64_decode(const char *text, size_t n, unsigned char *out)
{
    uint32_t bits = 0;
    size_t padding = 0;
    long len = 0;

    while (n > 0 && padding < 2 && text[n - 1] == '=') {
        n--;
        padding++;
    }
    if ((n + padding) % 4 != 0 || n % 4 == 1)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *d = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

        if (d == NULL)
            return -1;
        bits = bits << 6 | (uint32_t)(d - digits);
        if (i % 4 != 0)
            out[len++] = (unsigned char)(bits >> (6 - i % 4 * 2));
    }
    if (padding > 0 && (bits & (padding == 1 ? 3 : 15)) != 0)
        return -1; /* bits that nothing stands for */
    return len;
}

void mp_base64_encode(const unsigned char *data, size_t n, char *out)
{
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)data[i] << 16;

        bits |= i + 1 < n ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= i + 2 < n ? data[i + 2] : 0;
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        if (i + 1 < n)
            *out++ = digits[bits >> 6 & 63];
        if (i + 2 < n)
            *out++ = digits[bits & 63];
    }
    *out = '\0';
}

void mp_ssh_fingerprint(const unsigned char *blob, size_t n, char out[MP_FINGERPRINT_MAX])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    memcpy(out, "SHA256:", 8);
    if (EVP_Digest(blob, n, hash, &len, EVP_sha256(), NULL) == 1)
        mp_base64_encode(hash, len, out + strlen(out));
}
