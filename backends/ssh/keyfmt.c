/* SPDX-License-Identifier: MIT
 * keyfmt.c - PEM and PKCS#8 through libcrypto; openssh-key-v1 by hand (the layout is in
 * PROTOCOL.key of OpenSSH's sources), its numbers handed to libcrypto as DER. */
#include "config.h"

#include "backends/ssh/bcrypt.h"
#include "backends/ssh/keyfmt.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* DER, as much as RSAPrivateKey and ECPrivateKey need. */
enum { DER_INTEGER = 0x02, DER_OCTETS = 0x04, DER_SEQUENCE = 0x30, DER_TAG0 = 0xa0 };

static const struct curve {
    const char *name; /* as SSH calls it */
    const char *type;
    size_t point_len;
    unsigned char oid[10]; /* DER, with tag and length */
    size_t oid_len;
} curves[] = {
    {"nistp256",
     "ecdsa-sha2-nistp256",
     65,
     {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07},
     10},
    {"nistp384",
     "ecdsa-sha2-nistp384",
     97,
     {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22},
     7},
    {"nistp521",
     "ecdsa-sha2-nistp521",
     133,
     {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23},
     7},
};
enum { N_CURVES = sizeof curves / sizeof *curves };

static int wrong_passphrase(const char *path, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_USAGE,
                   "the passphrase for the private key %s is wrong; check passphrase in "
                   "section [ssh] (ssh-keygen -y -f %s asks for it)",
                   path, path);
}

static int damaged(const char *path, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_USAGE, "the private key %s is damaged or cut off", path);
}

static int unsupported(const char *path, const char *what, struct mp_error *err)
{
    return mp_fail(
        err, MP_FAULT_USAGE,
        "the private key %s is of a kind that cannot be used here (%s); make one "
        "with ssh-keygen -t ed25519",
        path, what);
}

/* --- the public half, from a libcrypto key --- */

static void public_rsa(EVP_PKEY *pkey, struct mp_ssh_buf *blob)
{
    unsigned char *der = NULL;
    int n = i2d_PublicKey(pkey, &der); /* SEQUENCE { INTEGER n, INTEGER e } */
    struct mp_ssh_bytes w = {der, n > 0 ? (size_t)n : 0}, number[2] = {{0}, {0}};

    blob->failed = n <= 0;
    for (int i = -1; !blob->failed && i < 2; i++) {
        uint8_t tag = 0, len = 0, byte = 0;
        size_t length;

        blob->failed = mp_ssh_get_u8(&w, &tag) < 0 || mp_ssh_get_u8(&w, &len) < 0;
        length = len;
        if (len & 0x80)
            for (length = 0, len &= 0x7f; len > 0 && mp_ssh_get_u8(&w, &byte) == 0; len--)
                length = length << 8 | byte;
        if (length > w.left)
            blob->failed = true;
        else if (i >= 0) {
            number[i] = (struct mp_ssh_bytes){w.p, length};
            w.p += length;
            w.left -= length;
        }
    }
    if (!blob->failed) {
        mp_ssh_put_string(blob, "ssh-rsa", 7);
        mp_ssh_put_mpint(blob, number[1].p, number[1].left);
        mp_ssh_put_mpint(blob, number[0].p, number[0].left);
    }
    OPENSSL_free(der);
}

static const struct curve *curve_of(EVP_PKEY *pkey)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(pkey, &der);
    const struct curve *found = NULL;

    for (size_t i = 0; n > 0 && i < N_CURVES && found == NULL; i++)
        if (memmem(der, (size_t)n, curves[i].oid, curves[i].oid_len) != NULL)
            found = &curves[i];
    OPENSSL_free(der);
    return found;
}

static void public_ec(EVP_PKEY *pkey, struct mp_ssh_buf *blob)
{
    const struct curve *curve = curve_of(pkey);
    unsigned char *point = NULL;
    int n = curve != NULL ? i2d_PublicKey(pkey, &point) : -1;

    blob->failed = n < 0 || (size_t)n != curve->point_len;
    if (!blob->failed) {
        mp_ssh_put_string(blob, curve->type, strlen(curve->type));
        mp_ssh_put_string(blob, curve->name, strlen(curve->name));
        mp_ssh_put_string(blob, point, (size_t)n);
    }
    OPENSSL_free(point);
}

static void public_ed25519(EVP_PKEY *pkey, struct mp_ssh_buf *blob)
{
    unsigned char bytes[32];
    size_t n = sizeof bytes;

    blob->failed = EVP_PKEY_get_raw_public_key(pkey, bytes, &n) != 1;
    if (!blob->failed) {
        mp_ssh_put_string(blob, "ssh-ed25519", 11);
        mp_ssh_put_string(blob, bytes, n);
    }
}

/* Fills blob and type from the blob's bytes; takes them over. */
static int set_public(struct mp_ssh_key *key, struct mp_ssh_buf *blob)
{
    struct mp_ssh_bytes w = {blob->data, blob->n}, type;

    if (blob->failed || mp_ssh_get_string(&w, &type) < 0 ||
        type.left >= MP_KEY_TYPE_MAX) {
        mp_ssh_buf_free(blob);
        return -1;
    }
    memcpy(key->type, type.p, type.left);
    key->type[type.left] = '\0';
    key->blob = blob->data;
    key->blob_len = blob->n;
    return 0;
}

static int derive_public(const char *path, struct mp_ssh_key *key, struct mp_error *err)
{
    struct mp_ssh_buf blob = {0};

    switch (EVP_PKEY_base_id(key->pkey)) {
    case EVP_PKEY_RSA:
        public_rsa(key->pkey, &blob);
        break;
    case EVP_PKEY_EC:
        public_ec(key->pkey, &blob);
        break;
    case EVP_PKEY_ED25519:
        public_ed25519(key->pkey, &blob);
        break;
    default:
        return unsupported(path, OBJ_nid2ln(EVP_PKEY_base_id(key->pkey)), err);
    }
    if (set_public(key, &blob) < 0)
        return unsupported(path, "its public half cannot be worked out", err);
    return 0;
}

/* --- PEM --- */

struct asked {
    const char *passphrase;
    bool asked;
};

static int give_passphrase(char *buf, int size, int writing, void *arg)
{
    struct asked *a = arg;
    size_t n = strlen(a->passphrase);

    (void)writing;
    a->asked = true;
    if (n == 0 || n > (size_t)size)
        return -1;
    memcpy(buf, a->passphrase, n);
    return (int)n;
}

int mp_keyfmt_pem(const char *path, const char *text, size_t n, const char *passphrase,
                  struct mp_ssh_key *key, struct mp_error *err)
{
    struct asked a = {.passphrase = passphrase};
    BIO *bio = BIO_new_mem_buf(text, (int)n);

    if (bio == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    key->pkey = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &a);
    BIO_free(bio);
    if (key->pkey != NULL)
        return derive_public(path, key, err);
    if (!a.asked)
        return damaged(path, err);
    if (passphrase[0] != '\0')
        return wrong_passphrase(path, err);
    key->locked = true;
    return 0;
}

/* --- openssh-key-v1 --- */

static void der_header(struct mp_ssh_buf *b, uint8_t tag, size_t n)
{
    mp_ssh_put_u8(b, tag);
    if (n > 255) {
        mp_ssh_put_u8(b, 0x82);
        mp_ssh_put_u8(b, (uint8_t)(n >> 8));
    } else if (n > 127) {
        mp_ssh_put_u8(b, 0x81);
    }
    mp_ssh_put_u8(b, (uint8_t)n);
}

static void der_put(struct mp_ssh_buf *b, uint8_t tag, const void *data, size_t n)
{
    der_header(b, tag, n);
    mp_ssh_put_bytes(b, data, n);
}

/* d mod (prime - 1), as an mpint's bytes into out; -1 or their number. */
static int crt_exponent(const struct mp_ssh_bytes *d, const struct mp_ssh_bytes *prime,
                        unsigned char *out, size_t size)
{
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *bd = BN_bin2bn(d->p, (int)d->left, NULL);
    BIGNUM *bp = BN_bin2bn(prime->p, (int)prime->left, NULL);
    int n = -1;

    if (ctx != NULL && bd != NULL && bp != NULL && BN_sub_word(bp, 1) &&
        BN_mod(bd, bd, bp, ctx) && (size_t)BN_num_bytes(bd) < size) {
        out[0] = 0; /* DER's INTEGER is signed */
        n = 1 + BN_bn2bin(bd, out + 1);
    }
    BN_clear_free(bd);
    BN_clear_free(bp);
    BN_CTX_free(ctx);
    return n;
}

static EVP_PKEY *from_der(int type, struct mp_ssh_buf *body)
{
    struct mp_ssh_buf der = {0};
    const unsigned char *p;
    EVP_PKEY *pkey = NULL;

    der_put(&der, DER_SEQUENCE, body->data, body->n);
    p = der.data;
    if (!body->failed && !der.failed && body->n < 65536)
        pkey = d2i_PrivateKey(type, NULL, &p, (long)der.n);
    mp_ssh_buf_free(&der);
    mp_ssh_buf_free(body);
    return pkey;
}

static EVP_PKEY *private_rsa(struct mp_ssh_bytes *w)
{
    enum { N, E, D, IQMP, P, Q, N_PARTS };
    struct mp_ssh_bytes part[N_PARTS];
    unsigned char dp[2050], dq[2050];
    struct mp_ssh_buf body = {0};
    EVP_PKEY *pkey = NULL;
    int np, nq;

    for (size_t i = 0; i < N_PARTS; i++)
        if (mp_ssh_get_string(w, &part[i]) < 0 || part[i].left > 4096)
            return NULL;
    np = crt_exponent(&part[D], &part[P], dp, sizeof dp);
    nq = crt_exponent(&part[D], &part[Q], dq, sizeof dq);
    if (np > 0 && nq > 0) {
        der_put(&body, DER_INTEGER, "", 1);
        for (size_t i = N; i <= D; i++)
            der_put(&body, DER_INTEGER, part[i].p, part[i].left);
        der_put(&body, DER_INTEGER, part[P].p, part[P].left);
        der_put(&body, DER_INTEGER, part[Q].p, part[Q].left);
        der_put(&body, DER_INTEGER, dp, (size_t)np);
        der_put(&body, DER_INTEGER, dq, (size_t)nq);
        der_put(&body, DER_INTEGER, part[IQMP].p, part[IQMP].left);
        pkey = from_der(EVP_PKEY_RSA, &body);
    }
    explicit_bzero(dp, sizeof dp);
    explicit_bzero(dq, sizeof dq);
    return pkey;
}

static EVP_PKEY *private_ec(struct mp_ssh_bytes *w)
{
    struct mp_ssh_bytes name, point, scalar;
    struct mp_ssh_buf body = {0};

    if (mp_ssh_get_string(w, &name) < 0 || mp_ssh_get_string(w, &point) < 0 ||
        mp_ssh_get_string(w, &scalar) < 0 || scalar.left > 80)
        return NULL;
    if (scalar.left > 0 && scalar.p[0] == 0) {
        scalar.p++;
        scalar.left--;
    }
    for (size_t i = 0; i < N_CURVES; i++) {
        const struct curve *c = &curves[i];

        if (!mp_ssh_bytes_is(&name, c->name))
            continue;
        der_put(&body, DER_INTEGER, "\1", 1);
        der_put(&body, DER_OCTETS, scalar.p, scalar.left);
        der_put(&body, DER_TAG0, c->oid, c->oid_len);
        return from_der(EVP_PKEY_EC, &body);
    }
    return NULL;
}

static EVP_PKEY *private_ed25519(struct mp_ssh_bytes *w)
{
    struct mp_ssh_bytes pk, sk;

    if (mp_ssh_get_string(w, &pk) < 0 || mp_ssh_get_string(w, &sk) < 0 || sk.left != 64)
        return NULL;
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, sk.p, 32);
}

/* The decrypted part: two equal check words, type, the key's numbers. */
static int parse_private(const char *path, struct mp_ssh_bytes w, bool protected,
                         struct mp_ssh_key *key, struct mp_error *err)
{
    uint32_t check1, check2;
    struct mp_ssh_bytes type;

    if (mp_ssh_get_u32(&w, &check1) < 0 || mp_ssh_get_u32(&w, &check2) < 0)
        return damaged(path, err);
    if (check1 != check2)
        return protected ? wrong_passphrase(path, err) : damaged(path, err);
    if (mp_ssh_get_string(&w, &type) < 0)
        return damaged(path, err);
    if (mp_ssh_bytes_is(&type, "ssh-ed25519"))
        key->pkey = private_ed25519(&w);
    else if (mp_ssh_bytes_is(&type, "ssh-rsa"))
        key->pkey = private_rsa(&w);
    else if (type.left > 10 && memcmp(type.p, "ecdsa-sha2", 10) == 0)
        key->pkey = private_ec(&w);
    else
        return unsupported(path, key->type, err);
    return key->pkey != NULL ? 0 : damaged(path, err);
}

static const struct cipher {
    const char *name;
    const EVP_CIPHER *(*evp)(void);
    size_t key_len, iv_len, tag_len;
} ciphers[] = {
    {"aes256-ctr", EVP_aes_256_ctr, 32, 16, 0},
    {"aes192-ctr", EVP_aes_192_ctr, 24, 16, 0},
    {"aes128-ctr", EVP_aes_128_ctr, 16, 16, 0},
    {"aes256-cbc", EVP_aes_256_cbc, 32, 16, 0},
    {"aes192-cbc", EVP_aes_192_cbc, 24, 16, 0},
    {"aes128-cbc", EVP_aes_128_cbc, 16, 16, 0},
    {"3des-cbc", EVP_des_ede3_cbc, 24, 8, 0},
    {"aes256-gcm@openssh.com", EVP_aes_256_gcm, 32, 12, 16},
    {"aes128-gcm@openssh.com", EVP_aes_128_gcm, 16, 12, 16},
};

/* 0; -1 where the passphrase does not fit (GCM) or libcrypto refuses. */
static int decrypt(const struct cipher *c, const unsigned char *secret,
                   const struct mp_ssh_bytes *in, const unsigned char *tag,
                   unsigned char *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0, m = 0;
    int ok =
        ctx != NULL &&
        EVP_DecryptInit_ex(ctx, c->evp(), NULL, secret, secret + c->key_len) == 1 &&
        EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
        (c->tag_len == 0 || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
                                                (int)c->tag_len, (void *)tag) == 1) &&
        EVP_DecryptUpdate(ctx, out, &n, in->p, (int)in->left) == 1 &&
        EVP_DecryptFinal_ex(ctx, out + n, &m) == 1;

    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : -1;
}

static int parse_protected(const char *path, const struct cipher *c,
                           struct mp_ssh_bytes options, const struct mp_ssh_bytes *in,
                           struct mp_ssh_bytes rest, const char *passphrase,
                           struct mp_ssh_key *key, struct mp_error *err)
{
    unsigned char secret[48];
    unsigned char *clear = NULL;
    struct mp_ssh_bytes salt;
    uint32_t rounds;
    int rc;

    if (mp_ssh_get_string(&options, &salt) < 0 || mp_ssh_get_u32(&options, &rounds) < 0 ||
        rest.left != c->tag_len || in->left < 8)
        return damaged(path, err);
    clear = malloc(in->left);
    if (clear == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    if (mp_bcrypt_pbkdf(passphrase, strlen(passphrase), salt.p, salt.left, secret,
                        c->key_len + c->iv_len, rounds) < 0)
        rc = damaged(path, err);
    else if (decrypt(c, secret, in, rest.p, clear) < 0)
        rc = wrong_passphrase(path, err);
    else
        rc = parse_private(path, (struct mp_ssh_bytes){clear, in->left}, true, key, err);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(clear, in->left);
    free(clear);
    return rc;
}

static int copy_public(const struct mp_ssh_bytes *w, struct mp_ssh_key *key)
{
    struct mp_ssh_buf blob = {0};

    mp_ssh_put_bytes(&blob, w->p, w->left);
    return set_public(key, &blob);
}

static int parse_openssh(const char *path, struct mp_ssh_bytes w, const char *passphrase,
                         struct mp_ssh_key *key, struct mp_error *err)
{
    static const char magic[] = "openssh-key-v1"; /* with its NUL */
    struct mp_ssh_bytes cipher, kdf, options, public, private;
    uint32_t n_keys;

    if (w.left < sizeof magic || memcmp(w.p, magic, sizeof magic) != 0)
        return damaged(path, err);
    w.p += sizeof magic;
    w.left -= sizeof magic;
    if (mp_ssh_get_string(&w, &cipher) < 0 || mp_ssh_get_string(&w, &kdf) < 0 ||
        mp_ssh_get_string(&w, &options) < 0 || mp_ssh_get_u32(&w, &n_keys) < 0 ||
        n_keys != 1 || mp_ssh_get_string(&w, &public) < 0 ||
        mp_ssh_get_string(&w, &private) < 0 || copy_public(&public, key) < 0)
        return damaged(path, err);
    if (mp_ssh_bytes_is(&cipher, "none"))
        return parse_private(path, private, false, key, err);
    if (passphrase[0] == '\0') {
        key->locked = true;
        return 0;
    }
    if (mp_ssh_bytes_is(&kdf, "bcrypt"))
        for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
            if (mp_ssh_bytes_is(&cipher, ciphers[i].name))
                return parse_protected(path, &ciphers[i], options, &private, w,
                                       passphrase, key, err);
    return mp_fail(
        err, MP_FAULT_USAGE,
        "the private key %s is encrypted with a cipher that cannot be used here; "
        "write it anew: ssh-keygen -p -Z aes256-ctr -f %s",
        path, path);
}

int mp_keyfmt_openssh(const char *path, const char *text, const char *passphrase,
                      struct mp_ssh_key *key, struct mp_error *err)
{
    static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
    const char *start = strstr(text, begin) + sizeof begin - 1;
    const char *end = strstr(start, "-----END OPENSSH PRIVATE KEY-----");
    char *packed = NULL;
    unsigned char *bytes = NULL;
    size_t size, n = 0;
    long len;
    int rc = -1;

    if (end == NULL)
        return damaged(path, err);
    size = (size_t)(end - start);
    packed = malloc(size + 1);
    bytes = malloc(size + 3);
    if (packed == NULL || bytes == NULL) {
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
        goto out;
    }
    for (const char *c = start; c < end; c++)
        if (strchr(" \t\r\n", *c) == NULL)
            packed[n++] = *c;
    len = mp_base64_decode(packed, n, bytes);
    if (len < 0)
        damaged(path, err);
    else
        rc = parse_openssh(path, (struct mp_ssh_bytes){bytes, (size_t)len}, passphrase,
                           key, err);
out:
    if (packed != NULL)
        explicit_bzero(packed, n);
    if (bytes != NULL)
        explicit_bzero(bytes, size);
    free(packed);
    free(bytes);
    return rc;
}
