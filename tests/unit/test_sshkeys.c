/* SPDX-License-Identifier: MIT
 * test_sshkeys.c - SSH's data types, base64, and key files and server
 * greetings that are damaged in every place. */
#include "config.h"

#include "backends/ssh/kexinit.h"
#include "backends/ssh/keyformat.h"
#include "backends/ssh/bytes.h"
#include "unit.h"

#include <string.h>

START_TEST(base64_is_strict)
{
    static const struct {
        const char *text, *bytes;
    } good[] = {
        {"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYmE=", "fooba"}};
    static const char *const bad[] = {"Z",     "Zg",   "Zg=",      "Zm8",
                                      "Zm9vY", "Zh==", "Zm9=",     "Zm 9v",
                                      "Zm9v=", "====", "Zg==Zg==", "Zm*v"};
    unsigned char out[32];
    char text[32];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        long n = mp_base64_decode(good[i].text, strlen(good[i].text), out);

        ck_assert_int_eq(n, (long)strlen(good[i].bytes));
        ck_assert_int_eq(memcmp(out, good[i].bytes, (size_t)n), 0);
        mp_base64_encode(out, (size_t)n, text);
        ck_assert_int_eq(strncmp(text, good[i].text, strlen(text)), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(mp_base64_decode(bad[i], strlen(bad[i]), out) < 0, "%s", bad[i]);
}
END_TEST

/* The examples of RFC 4251, section 5. */
START_TEST(mpints_are_as_in_the_rfc)
{
    static const struct {
        const char *number, *wire;
        size_t n, wire_n;
    } cases[] = {
        {"\0", "\0\0\0\0", 1, 4},
        {"\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", "\0\0\0\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7",
         8, 12},
        {"\x80", "\0\0\0\2\0\x80", 1, 6},
        {"\0\0\x80", "\0\0\0\2\0\x80", 3, 6},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mp_ssh_buf b = {0};

        mp_ssh_put_mpint(&b, (const unsigned char *)cases[i].number, cases[i].n);
        ck_assert_uint_eq(b.n, cases[i].wire_n);
        ck_assert_int_eq(memcmp(b.data, cases[i].wire, b.n), 0);
        mp_ssh_buf_free(&b);
    }
}
END_TEST

START_TEST(a_string_longer_than_the_rest_is_refused)
{
    struct mp_ssh_bytes w = {(const unsigned char *)"\0\0\0\5abcd", 8}, out;

    ck_assert_int_eq(mp_ssh_get_string(&w, &out), -1);
    ck_assert_uint_eq(w.left, 8);
    w = (struct mp_ssh_bytes){(const unsigned char *)"\xff\xff\xff\xff", 4};
    ck_assert_int_eq(mp_ssh_get_string(&w, &out), -1);
}
END_TEST

/* An unprotected ed25519 key in OpenSSH's format, its private half all ones. */
static void make_key(struct mp_ssh_buf *b)
{
    unsigned char pk[32] = {2}, sk[64];
    struct mp_ssh_buf public = {0}, private = {0};

    memset(sk, 1, sizeof sk);
    mp_ssh_put_string(&public, "ssh-ed25519", 11);
    mp_ssh_put_string(&public, pk, sizeof pk);
    mp_ssh_put_u32(&private, 7);
    mp_ssh_put_u32(&private, 7);
    mp_ssh_put_string(&private, "ssh-ed25519", 11);
    mp_ssh_put_string(&private, pk, sizeof pk);
    mp_ssh_put_string(&private, sk, sizeof sk);
    mp_ssh_put_string(&private, "comment", 7);
    mp_ssh_put_bytes(b, "openssh-key-v1", 15);
    mp_ssh_put_string(b, "none", 4);
    mp_ssh_put_string(b, "none", 4);
    mp_ssh_put_string(b, "", 0);
    mp_ssh_put_u32(b, 1);
    mp_ssh_put_string(b, public.data, public.n);
    mp_ssh_put_string(b, private.data, private.n);
    mp_ssh_buf_free(&public);
    mp_ssh_buf_free(&private);
}

static int parse(const unsigned char *bytes, size_t n, const char *passphrase)
{
    static char text[2048], base64[1024];
    struct mp_ssh_key key = {0};
    struct mp_error err;
    int rc;

    mp_base64_encode(bytes, n, base64);
    while (strlen(base64) % 4 != 0)
        strncat(base64, "=", 2);
    snprintf(
        text, sizeof text,
        "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END OPENSSH PRIVATE KEY-----\n",
        base64);
    key.text = strdup(text);
    key.text_len = strlen(text);
    rc = mp_keyformat_openssh("key", passphrase, &key, &err);
    if (rc == 0)
        ck_assert(key.blob != NULL && key.type[0] != '\0');
    else
        ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    mp_ssh_key_free(&key);
    return rc;
}

START_TEST(a_damaged_key_is_refused_not_obeyed)
{
    struct mp_ssh_buf key = {0};

    make_key(&key);
    ck_assert_int_eq(parse(key.data, key.n, ""), 0);
    for (size_t n = 0; n < key.n; n++)
        ck_assert_int_eq(parse(key.data, n, ""), -1);
    for (size_t i = 0; i < key.n; i++) {
        static const unsigned char flips[] = {0x01, 0x80, 0xff};

        for (size_t j = 0; j < sizeof flips; j++) {
            key.data[i] ^= flips[j];
            parse(key.data, key.n, "");
            parse(key.data, key.n, "secret");
            key.data[i] ^= flips[j];
        }
    }
    mp_ssh_buf_free(&key);
}
END_TEST

START_TEST(to_be_turned_away_passes)
{
    static const struct {
        const char *said;
        enum mp_fault fault;
    } cases[] = {
        {"Not allowed at this time\r\n", MP_FAULT_TRANSIENT},
        {"Exceeded MaxStartups\r\n", MP_FAULT_TRANSIENT},
        {"Not allowed at this time of the day\r\n", MP_FAULT_FAILED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mp_error err;

        mp_kexinit_not_ssh("x", (const unsigned char *)cases[i].said,
                           strlen(cases[i].said), &err);
        ck_assert_int_eq(err.fault, cases[i].fault);
    }
}
END_TEST

START_TEST(a_greeting_is_read_in_bounds)
{
    static const char hello[] = "welcome\r\nSSH-2.0-X\r\n\0\0\0\x40\4\x14"
                                "0123456789abcdef\0\0\0\4none\0\0\0\4none\0\0\0\xff";
    LIBSSH2_SESSION *session = libssh2_session_init();
    struct mp_error err;
    int found = 0;

    for (size_t n = 0; n < sizeof hello; n++) {
        unsigned char *copy = malloc(n + 1);

        memcpy(copy, hello, n);
        if (mp_kexinit_explain(session, "x", copy, n, &err) < 0)
            found++;
        free(copy);
    }
    ck_assert_int_gt(found, 0); /* no key exchange is called "none" */
    ck_assert_ptr_nonnull(strstr(err.text, "no key exchange algorithm in common"));
    mp_kexinit_not_ssh("x", (const unsigned char *)"\x1b[31mHTTP/1.1 400\r\nmore", 22,
                       &err);
    ck_assert_ptr_nonnull(strstr(err.text, "it says '?[31mHTTP/1.1 400'"));
    libssh2_session_free(session);
}
END_TEST

MP_UNIT_MAIN("sshkeys", base64_is_strict, mpints_are_as_in_the_rfc,
             a_string_longer_than_the_rest_is_refused,
             a_damaged_key_is_refused_not_obeyed, to_be_turned_away_passes,
             a_greeting_is_read_in_bounds)
