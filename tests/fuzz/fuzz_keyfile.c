/* SPDX-License-Identifier: MIT
 * fuzz_keyfile.c - a private key's file.  The first byte: is there a passphrase; is the
 * rest the file, or the bytes inside OpenSSH's armour? */
#include "config.h"

#include <openssl/err.h>
#include <string.h>

#include "backends/ssh/keyformat.h"
#include "fuzz.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END "\n-----END OPENSSH PRIVATE KEY-----\n"

static char *in_armour(const uint8_t *data, size_t size)
{
    char *text = malloc(sizeof BEGIN + sizeof END + size * 2 + 8);

    if (text == NULL)
        abort();
    strcpy(text, BEGIN);
    mp_base64_encode(data, size, text + strlen(BEGIN));
    while ((strlen(text) - strlen(BEGIN)) % 4 != 0)
        strcat(text, "=");
    return strcat(text, END);
}

static char *as_it_is(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_ssh_key key = {0};
    struct mp_error err = {0};
    const char *passphrase = size > 0 && data[0] & 1 ? "geheim" : "";
    int rc;

    if (size < 2)
        return 0;
    key.text = data[0] & 2 ? in_armour(data + 1, size - 1) : as_it_is(data + 1, size - 1);
    key.text_len = strlen(key.text);
    if (strstr(key.text, "-----BEGIN OPENSSH PRIVATE KEY-----") != NULL)
        rc = mp_keyformat_openssh("key", passphrase, &key, &err);
    else
        rc = mp_keyformat_pem("key", passphrase, &key, &err);
    FUZZ_CHECK(rc == 0 || err.fault == MP_FAULT_USAGE);
    FUZZ_CHECK(rc < 0 || key.locked != NULL || key.type[0] != '\0');
    if (rc == 0 && key.pkey != NULL) {
        struct mp_ssh_buf out = {0};

        mp_ssh_key_sign(&key, data, size, &out, &err);
        mp_ssh_buf_free(&out);
    }
    mp_ssh_key_free(&key);
    ERR_clear_error();
    return 0;
}
