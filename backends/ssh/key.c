/* SPDX-License-Identifier: MIT
 * key.c - the little that is done with a key here. */
#include "config.h"

#include "backends/ssh/key.h"

#include <libssh2.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURE_MAX = 4096 };

void mp_ssh_key_free(struct mp_ssh_key *key)
{
    if (key->text != NULL)
        explicit_bzero(key->text, key->text_len);
    free(key->text);
    free(key->blob);
    free(key->locked);
    EVP_PKEY_free(key->pkey);
    *key = (struct mp_ssh_key){0};
}

int mp_ssh_key_set_public(struct mp_ssh_key *key, struct mp_ssh_buf *blob)
{
    struct mp_ssh_bytes w = {blob->data, blob->n}, type;

    if (blob->failed || mp_ssh_get_string(&w, &type) < 0 ||
        type.left >= sizeof key->type || memchr(type.p, '\0', type.left) != NULL) {
        mp_ssh_buf_free(blob);
        return -1;
    }
    memcpy(key->type, type.p, type.left);
    key->type[type.left] = '\0';
    key->blob = blob->data;
    key->blob_len = blob->n;
    return 0;
}

bool mp_ssh_key_is_old_rsa(const struct mp_ssh_key *key)
{
    return strcmp(key->type, "ssh-rsa") == 0 && libssh2_version(0x010b00) == NULL;
}

int mp_ssh_key_sign(const struct mp_ssh_key *key, const unsigned char *data, size_t n,
                    struct mp_ssh_buf *out, struct mp_error *err)
{
    unsigned char sig[SIGNATURE_MAX];
    size_t sig_len = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = ctx != NULL &&
             EVP_DigestSignInit(ctx, NULL, EVP_sha512(), NULL, key->pkey) == 1 &&
             EVP_DigestSign(ctx, sig, &sig_len, data, n) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    if (ok)
        mp_ssh_put_bytes(out, sig, sig_len);
    return ok && !out->failed
               ? 0
               : mp_fail(err, MP_FAULT_FAILED, "libcrypto cannot sign with this %s key",
                         key->type);
}
