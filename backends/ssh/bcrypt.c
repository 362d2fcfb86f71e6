/* SPDX-License-Identifier: MIT
 * bcrypt.c - Blowfish with bcrypt's key schedule, and bcrypt_pbkdf on top.
 *
 * Blowfish starts from the first 33,344 bits of pi's fraction.  They are worked out
 * (Machin: pi = 16 atan(1/5) - 4 atan(1/239)) rather than carried as a table: some 30 ms,
 * once per protected key, before some 200 ms of bcrypt. */
#include "config.h"

#include "backends/ssh/bcrypt.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_P = 18,
    N_S = 4 * 256,
    PI_BYTES = (N_P + N_S) * 4,
    GUARD_BITS = 64,
    HASH_LEN = 64,  /* SHA-512 */
    BLOCK_LEN = 32, /* one bcrypt output */
};

struct blowfish {
    uint32_t p[N_P];
    uint32_t s[N_S];
};

/* *sum += sign * factor * atan(1/x), in units of one / 2^bits. */
static int add_atan(BIGNUM *sum, BN_ULONG factor, BN_ULONG x, int bits, int sign)
{
    BIGNUM *power = BN_new(), *term = BN_new();
    int ok = power != NULL && term != NULL && BN_set_word(power, factor) &&
             BN_lshift(power, power, bits) && BN_div_word(power, x) != (BN_ULONG)-1;

    for (BN_ULONG k = 1; ok && !BN_is_zero(power); k += 2, sign = -sign) {
        ok = BN_copy(term, power) != NULL && BN_div_word(term, k) != (BN_ULONG)-1 &&
             (sign > 0 ? BN_add(sum, sum, term) : BN_sub(sum, sum, term)) &&
             BN_div_word(power, x * x) != (BN_ULONG)-1;
    }
    BN_free(power);
    BN_free(term);
    return ok ? 0 : -1;
}

static int pi_state(struct blowfish *b)
{
    enum { BITS = PI_BYTES * 8 + GUARD_BITS };
    unsigned char bytes[PI_BYTES];
    BIGNUM *pi = BN_new();
    int rc = -1;

    if (pi == NULL || add_atan(pi, 16, 5, BITS, 1) < 0 ||
        add_atan(pi, 4, 239, BITS, -1) < 0 || !BN_rshift(pi, pi, GUARD_BITS) ||
        !BN_mask_bits(pi, PI_BYTES * 8) || BN_bn2binpad(pi, bytes, PI_BYTES) != PI_BYTES)
        goto out;
    for (size_t i = 0; i < N_P + N_S; i++) {
        const unsigned char *w = bytes + 4 * i;
        uint32_t v =
            (uint32_t)w[0] << 24 | (uint32_t)w[1] << 16 | (uint32_t)w[2] << 8 | w[3];

        if (i < N_P)
            b->p[i] = v;
        else
            b->s[i - N_P] = v;
    }
    rc = 0;
out:
    BN_free(pi);
    return rc;
}

static void encipher(const struct blowfish *b, uint32_t *left, uint32_t *right)
{
    uint32_t l = *left, r = *right, t;

    for (int i = 0; i < 16; i++) {
        l ^= b->p[i];
        r ^=
            ((b->s[l >> 24] + b->s[256 + (l >> 16 & 255)]) ^ b->s[512 + (l >> 8 & 255)]) +
            b->s[768 + (l & 255)];
        t = l;
        l = r;
        r = t;
    }
    *left = r ^ b->p[17];
    *right = l ^ b->p[16];
}

/* The next four bytes of a 64-byte string read round and round. */
static uint32_t next_word(const unsigned char *data, size_t *at)
{
    const unsigned char *w = data + *at;

    *at = (*at + 4) % HASH_LEN;
    return (uint32_t)w[0] << 24 | (uint32_t)w[1] << 16 | (uint32_t)w[2] << 8 | w[3];
}

/* Mix in `key` (64 bytes), and `salt` (64 bytes, or NULL). */
static void expand(struct blowfish *b, const unsigned char *salt,
                   const unsigned char *key)
{
    uint32_t l = 0, r = 0, *at_word;
    size_t at = 0;

    for (size_t i = 0; i < N_P; i++)
        b->p[i] ^= next_word(key, &at);
    at = 0;
    for (size_t i = 0; i < N_P + N_S; i += 2) {
        if (salt != NULL) {
            l ^= next_word(salt, &at);
            r ^= next_word(salt, &at);
        }
        encipher(b, &l, &r);
        at_word = i < N_P ? &b->p[i] : &b->s[i - N_P];
        at_word[0] = l;
        at_word[1] = r;
    }
}

static void bcrypt_hash(const struct blowfish *start, const unsigned char *pass,
                        const unsigned char *salt, unsigned char out[BLOCK_LEN])
{
    static const unsigned char magic[BLOCK_LEN + 1] = "OxychromaticBlowfishSwatDynamite";
    struct blowfish b = *start;
    uint32_t words[BLOCK_LEN / 4];

    expand(&b, salt, pass);
    for (int i = 0; i < 64; i++) {
        expand(&b, NULL, salt);
        expand(&b, NULL, pass);
    }
    for (size_t i = 0, at = 0; i < BLOCK_LEN / 4; i++)
        words[i] = next_word(magic, &at);
    for (int n = 0; n < 64; n++)
        for (size_t i = 0; i < BLOCK_LEN / 4; i += 2)
            encipher(&b, &words[i], &words[i + 1]);
    for (size_t i = 0; i < BLOCK_LEN; i++)
        out[i] = (unsigned char)(words[i / 4] >> (8 * (i % 4)));
    explicit_bzero(&b, sizeof b);
    explicit_bzero(words, sizeof words);
}

static int sha512(const void *a, size_t na, const void *b, size_t nb, unsigned char *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) &&
             EVP_DigestUpdate(ctx, a, na) && EVP_DigestUpdate(ctx, b, nb) &&
             EVP_DigestFinal_ex(ctx, out, NULL);

    EVP_MD_CTX_free(ctx);
    return ok ? 0 : -1;
}

/* The `count`th block of output. */
static int block(const struct blowfish *start, const unsigned char *pass,
                 const unsigned char *salt, size_t salt_len, uint32_t count,
                 uint32_t rounds, unsigned char out[BLOCK_LEN])
{
    unsigned char number[4] = {(unsigned char)(count >> 24), (unsigned char)(count >> 16),
                               (unsigned char)(count >> 8), (unsigned char)count};
    unsigned char hash[HASH_LEN], last[BLOCK_LEN];
    int rc = sha512(salt, salt_len, number, sizeof number, hash);

    memset(out, 0, BLOCK_LEN);
    for (uint32_t i = 0; rc == 0 && i < rounds; i++) {
        bcrypt_hash(start, pass, hash, last);
        for (size_t j = 0; j < BLOCK_LEN; j++)
            out[j] ^= last[j];
        rc = sha512(last, sizeof last, "", 0, hash);
    }
    explicit_bzero(last, sizeof last);
    explicit_bzero(hash, sizeof hash);
    return rc;
}

int mp_bcrypt_pbkdf(const char *pass, size_t pass_len, const unsigned char *salt,
                    size_t salt_len, unsigned char *key, size_t key_len, uint32_t rounds)
{
    enum { KEY_MAX = 1024, ROUNDS_MAX = 1 << 16 };
    size_t stride = (key_len + BLOCK_LEN - 1) / BLOCK_LEN;
    struct blowfish *start = NULL;
    unsigned char hashed[HASH_LEN], out[BLOCK_LEN];
    int rc = -1;

    if (pass_len == 0 || salt_len == 0 || key_len == 0 || key_len > KEY_MAX ||
        rounds == 0 || rounds > ROUNDS_MAX)
        return -1;
    start = malloc(sizeof *start);
    if (start == NULL || pi_state(start) < 0 || sha512(pass, pass_len, "", 0, hashed) < 0)
        goto out;
    for (size_t n = 0; n < stride; n++) {
        if (block(start, hashed, salt, salt_len, (uint32_t)n + 1, rounds, out) < 0)
            goto out;
        for (size_t i = 0; i * stride + n < key_len; i++)
            key[i * stride + n] = out[i];
    }
    rc = 0;
out:
    free(start);
    explicit_bzero(hashed, sizeof hashed);
    explicit_bzero(out, sizeof out);
    return rc;
}
