/* SPDX-License-Identifier: MIT
 * keyfile.c - what a key file is, before anything is done with it. */
#include "config.h"

#include "backends/ssh/keyfile.h"
#include "backends/ssh/keyformat.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh2.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 256 * 1024 };

/* ssh's rule: our own key must be closed to everybody else.  And a key that the whole
 * machine can read is no secret, whoever owns it. */
static int check_mode(const char *path, const struct stat *st, struct mp_error *err)
{
    mode_t bad = st->st_uid == geteuid() ? 077 : 007;

    if (!S_ISREG(st->st_mode))
        return mp_fail(err, MP_FAULT_USAGE, "the private key %s is not a file", path);
    if ((st->st_mode & bad) != 0)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "the private key %s is open to others (mode %04o): chmod 600 %s, and "
            "make a new key if somebody may have read it",
            path, (unsigned)(st->st_mode & 07777), path);
    if (st->st_size > FILE_MAX)
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s is too big for a private key (%lld bytes)", path,
                       (long long)st->st_size);
    return 0;
}

/* The whole file, NUL-terminated; *n without the NUL.  The caller wipes it. */
static char *read_private(const char *path, size_t *n, struct mp_error *err)
{
    struct stat st;
    char *text = NULL;
    size_t size;
    ssize_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    *n = 0;
    if (fd < 0 || fstat(fd, &st) < 0) {
        mp_fail(err, MP_FAULT_USAGE,
                errno == ENOENT
                    ? "the private key %s does not exist%s; check key_path in "
                      "section [ssh]"
                    : "cannot read the private key %s: %s",
                path, errno == ENOENT ? "" : strerror(errno));
        goto out;
    }
    if (check_mode(path, &st, err) < 0)
        goto out;
    size = (size_t)st.st_size;
    text = malloc(size + 1);
    if (text == NULL) {
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
        goto out;
    }
    got = mp_read_all(fd, text, size);
    *n = got > 0 ? (size_t)got : 0;
    text[*n] = '\0';
    if (got < 0) {
        mp_fail(err, MP_FAULT_USAGE, "cannot read the private key %s: %s", path,
                strerror(errno));
        explicit_bzero(text, size);
        free(text);
        text = NULL;
    }
out:
    if (fd >= 0)
        close(fd);
    return text;
}

static bool starts(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static bool is_openssh(const char *text)
{
    return strstr(text, "-----BEGIN OPENSSH PRIVATE KEY-----") != NULL;
}

/* What it is, where it is no private key that we could read; NULL where it may be one. */
static const char *not_a_key(const char *text, size_t n)
{
    if (n == 0)
        return "is empty";
    if (starts(text, "PuTTY-User-Key-File"))
        return "is in PuTTY's format; convert it: puttygen KEY -O private-openssh -o NEW";
    if (starts(text, "ssh-") || starts(text, "ecdsa-") || starts(text, "sk-") ||
        starts(text, "---- BEGIN SSH2 PUBLIC") || starts(text, "-----BEGIN PUBLIC") ||
        starts(text, "-----BEGIN RSA PUBLIC"))
        return "is the public half; name the private key (the file without .pub)";
    if (starts(text, "-----BEGIN CERTIFICATE"))
        return "is a certificate, not a private key";
    if (starts(text, "-----BEGIN DSA PRIVATE"))
        return "is a DSA key, which servers no longer accept; make one with ssh-keygen "
               "-t "
               "ed25519";
    if (strstr(text, "-----BEGIN ") == NULL)
        return "is not a private key; make one with ssh-keygen -t ed25519";
    return NULL;
}

/* The public half of a locked PEM key stands in KEY.pub, if anywhere. */
static void read_public(const char *path, struct mp_ssh_key *key)
{
    char *name = NULL, line[16384], type[MP_SSH_KEY_TYPE_MAX];
    int start = 0, end = 0;
    FILE *f = NULL;
    long n;

    if (asprintf(&name, "%s.pub", path) < 0)
        return;
    f = fopen(name, "re");
    if (f != NULL && fgets(line, sizeof line, f) != NULL &&
        sscanf(line, "%31s %n%*s%n", type, &start, &end) == 1 && end > start) {
        key->blob = malloc((size_t)(end - start) / 4 * 3 + 3);
        n = key->blob != NULL
                ? mp_base64_decode(line + start, (size_t)(end - start), key->blob)
                : -1;
        if (n > 0) {
            key->blob_len = (size_t)n;
            memcpy(key->type, type, sizeof type);
        } else {
            free(key->blob);
            key->blob = NULL;
        }
    }
    if (f != NULL)
        fclose(f);
    free(name);
}

int mp_ssh_keyfile_load(const char *path, const char *passphrase, struct mp_ssh_key *key,
                        struct mp_error *err)
{
    const char *what;
    int rc = -1;

    *key = (struct mp_ssh_key){0};
    key->text = read_private(path, &key->text_len, err);
    if (key->text == NULL)
        return -1;
    what = not_a_key(key->text, key->text_len);
    if (what != NULL)
        mp_fail(err, MP_FAULT_USAGE, "%s %s", path, what);
    else if (is_openssh(key->text))
        rc = mp_keyformat_openssh(path, passphrase, key, err);
    else
        rc = mp_keyformat_pem(path, passphrase, key, err);
    ERR_clear_error();
    if (rc == 0 && key->locked != NULL && key->blob == NULL)
        read_public(path, key);
    if (rc < 0)
        mp_ssh_key_free(key);
    return rc;
}

int mp_ssh_keyfile_unreadable(const char *path, const struct mp_ssh_key *key,
                              struct mp_error *err)
{
    if (!is_openssh(key->text)) /* libcrypto has read it, with the passphrase */
        return mp_fail(err, MP_FAULT_USAGE,
                       "libssh2 %s cannot use the private key %s; make one with "
                       "ssh-keygen -t ed25519",
                       libssh2_version(0), path);
    return key->protected ? mp_keyformat_wrong_passphrase(path, err)
                          : mp_keyformat_damaged(path, err);
}
