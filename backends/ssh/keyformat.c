/* SPDX-License-Identifier: MIT
 * keyformat.c - PEM and PKCS#8 through libcrypto; of openssh-key-v1 (PROTOCOL.key in
 * OpenSSH's sources) what stands in clear, and an RSA key's numbers, as DER. */
#include "config.h"

#include "backends/ssh/keyformat.h"

#include <libssh2.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* DER, as much as RSAPrivateKey needs. */
enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30 };

int mp_keyformat_wrong_passphrase(const char *path, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_USAGE,
                   "the passphrase for the private key %s is wrong; check passphrase in "
                   "section [ssh] (ssh-keygen -y -f %s asks for it)",
                   path, path);
}

int mp_keyformat_damaged(const char *path, struct mp_error *err)
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

/* The private half in clear: two equal check words, type, the key's numbers. */
static int parse_clear(const char *path, struct mp_ssh_bytes w, struct mp_ssh_key *key,
                       struct mp_error *err)
{
    uint32_t check1, check2;
    struct mp_ssh_bytes type;

    if (mp_ssh_get_u32(&w, &check1) < 0 || mp_ssh_get_u32(&w, &check2) < 0 ||
        check1 != check2 || mp_ssh_get_string(&w, &type) < 0 ||
        !mp_ssh_bytes_is(&type, key->type))
        return mp_keyformat_damaged(path, err);
    if (!mp_ssh_key_is_old_rsa(key))
        return 0;
    key->pkey = private_rsa(&w);
    return key->pkey != NULL ? 0 : mp_keyformat_damaged(path, err);
}

static int lock(struct mp_ssh_key *key, struct mp_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int lock(struct mp_ssh_key *key, struct mp_error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&key->locked, fmt, ap) < 0)
        key->locked = NULL;
    va_end(ap);
    return key->locked != NULL ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory");
}

static int lock_for_passphrase(const char *path, struct mp_ssh_key *key,
                               struct mp_error *err)
{
    return lock(key, err,
                "the private key %s is protected by a passphrase: set passphrase in "
                "section [ssh]",
                path);
}

/* Those of ssh-keygen that libssh2 decrypts key files with. */
static bool has_cipher(const struct mp_ssh_bytes *name)
{
    static const struct {
        const char *name;
        int since; /* the version that has it */
    } known[] = {
        {"aes256-ctr", 0},
        {"aes192-ctr", 0},
        {"aes128-ctr", 0},
        {"aes256-cbc", 0},
        {"aes192-cbc", 0},
        {"aes128-cbc", 0},
        {"3des-cbc", 0},
        {"aes256-gcm@openssh.com", 0x010b00},
        {"aes128-gcm@openssh.com", 0x010b00},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (mp_ssh_bytes_is(name, known[i].name))
            return libssh2_version(known[i].since) != NULL;
    return false;
}

static int check_protected(const char *path, const struct mp_ssh_bytes *cipher,
                           const char *passphrase, struct mp_ssh_key *key,
                           struct mp_error *err)
{
    key->protected = true;
    if (passphrase[0] == '\0')
        return lock_for_passphrase(path, key, err);
    if (mp_ssh_key_is_old_rsa(key))
        return lock(key, err,
                    "libssh2 %s cannot use the private key %s, an RSA key in OpenSSH's "
                    "format with a passphrase: write it anew (ssh-keygen -p -m PKCS8 -f "
                    "%s)",
                    libssh2_version(0), path, path);
    if (!has_cipher(cipher))
        return lock(key, err,
                    "libssh2 %s cannot decrypt the private key %s, which is encrypted "
                    "with %.*s: write it anew (ssh-keygen -p -Z aes256-ctr -f %s)",
                    libssh2_version(0), path,
                    (int)(cipher->left < 64 ? cipher->left : 64), (const char *)cipher->p,
                    path);
    return 0;
}

static bool is_usable(const char *type)
{
    return strcmp(type, "ssh-ed25519") == 0 || strcmp(type, "ssh-rsa") == 0 ||
           strncmp(type, "ecdsa-sha2-nistp", 16) == 0;
}

static int parse_openssh(const char *path, struct mp_ssh_bytes w, const char *passphrase,
                         struct mp_ssh_key *key, struct mp_error *err)
{
    static const char magic[] = "openssh-key-v1"; /* with its NUL */
    struct mp_ssh_bytes cipher, kdf, options, public, private;
    struct mp_ssh_buf blob = {0};
    uint32_t n_keys;

    if (w.left < sizeof magic || memcmp(w.p, magic, sizeof magic) != 0)
        return mp_keyformat_damaged(path, err);
    w.p += sizeof magic;
    w.left -= sizeof magic;
    if (mp_ssh_get_string(&w, &cipher) < 0 || mp_ssh_get_string(&w, &kdf) < 0 ||
        mp_ssh_get_string(&w, &options) < 0 || mp_ssh_get_u32(&w, &n_keys) < 0 ||
        n_keys != 1 || mp_ssh_get_string(&w, &public) < 0 ||
        mp_ssh_get_string(&w, &private) < 0)
        return mp_keyformat_damaged(path, err);
    mp_ssh_put_bytes(&blob, public.p, public.left);
    if (mp_ssh_key_set_public(key, &blob) < 0)
        return mp_keyformat_damaged(path, err);
    if (!is_usable(key->type))
        return unsupported(path, key->type, err);
    return mp_ssh_bytes_is(&cipher, "none")
               ? parse_clear(path, private, key, err)
               : check_protected(path, &cipher, passphrase, key, err);
}

int mp_keyformat_openssh(const char *path, const char *passphrase, struct mp_ssh_key *key,
                         struct mp_error *err)
{
    static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
    const char *start = strstr(key->text, begin) + sizeof begin - 1;
    const char *end = strstr(start, "-----END OPENSSH PRIVATE KEY-----");
    char *packed = NULL;
    unsigned char *bytes = NULL;
    size_t size, n = 0;
    long len;
    int rc = -1;

    if (end == NULL)
        return mp_keyformat_damaged(path, err);
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
        mp_keyformat_damaged(path, err);
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

static const char *type_of(const EVP_PKEY *pkey)
{
    switch (EVP_PKEY_base_id(pkey)) {
    case EVP_PKEY_RSA:
        return "ssh-rsa";
    case EVP_PKEY_EC:
        return "ecdsa";
    case EVP_PKEY_ED25519:
        return "ssh-ed25519";
    default:
        return NULL;
    }
}

/* It is whole; what libssh2 does not read by itself is kept for signing. */
static int take_pem(const char *path, EVP_PKEY *pkey, struct mp_ssh_key *key,
                    struct mp_error *err)
{
    const char *type = type_of(pkey);
    struct mp_ssh_buf blob = {0};
    int rc = 0;

    if (type == NULL) {
        rc = unsupported(path, OBJ_nid2ln(EVP_PKEY_base_id(pkey)), err);
    } else {
        memcpy(key->type, type, strlen(type) + 1);
        if (mp_ssh_key_is_old_rsa(key)) {
            public_rsa(pkey, &blob);
            rc = mp_ssh_key_set_public(key, &blob);
            if (rc < 0)
                unsupported(path, "its public half cannot be worked out", err);
            key->pkey = pkey;
            return rc;
        }
    }
    EVP_PKEY_free(pkey);
    return rc;
}

int mp_keyformat_pem(const char *path, const char *passphrase, struct mp_ssh_key *key,
                     struct mp_error *err)
{
    struct asked a = {.passphrase = passphrase};
    BIO *bio = BIO_new_mem_buf(key->text, (int)key->text_len);
    EVP_PKEY *pkey;

    if (bio == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    pkey = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &a);
    BIO_free(bio);
    key->protected = a.asked;
    if (pkey != NULL)
        return take_pem(path, pkey, key, err);
    if (!a.asked)
        return mp_keyformat_damaged(path, err);
    if (passphrase[0] != '\0')
        return mp_keyformat_wrong_passphrase(path, err);
    return lock_for_passphrase(path, key, err);
}
