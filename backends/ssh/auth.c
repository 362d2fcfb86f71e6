/* SPDX-License-Identifier: MIT
 * auth.c - which keys to try, trying them, and saying why none was good enough. */
#include "config.h"

#include "backends/ssh/auth.h"
#include "backends/ssh/agent.h"
#include "backends/ssh/keyfile.h"
#include "base/home.h"

#include <errno.h>
#include <libssh2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGENT_KEYS_TRIED = 5 }; /* sshd hangs up after MaxAuthTries = 6 */

enum outcome { LOGGED_IN, REFUSED, PARTIAL, BROKEN /* *err is filled */ };

struct login {
    struct mp_ssh *ssh;
    const struct mp_ssh_config *settings;
    const struct mp_limit *limit;
    struct mp_error *err;
    struct mp_agent agent;
    char tried[512]; /* the keys it refused, for the message */
};

/* What the signing callback is given. */
struct signer {
    const struct mp_ssh_key *key;
    struct mp_agent *agent; /* signs where key->pkey is NULL */
    struct mp_error *err;
    bool failed;
};

/* --- one key --- */

/* The algorithm stands in the request that is to be signed (RFC 4252, section 7): session
 * id, byte, user, service, "publickey", TRUE, algorithm, key. */
static int find_algorithm(const unsigned char *data, size_t n,
                          struct mp_ssh_bytes *algorithm)
{
    struct mp_ssh_bytes w = {data, n}, skipped;
    uint8_t byte;

    if (mp_ssh_get_string(&w, &skipped) < 0 || mp_ssh_get_u8(&w, &byte) < 0)
        return -1;
    for (int i = 0; i < 3; i++)
        if (mp_ssh_get_string(&w, &skipped) < 0)
            return -1;
    return mp_ssh_get_u8(&w, &byte) < 0 ? -1 : mp_ssh_get_string(&w, algorithm);
}

static uint32_t agent_flags(const struct mp_ssh_bytes *algorithm)
{
    if (mp_ssh_bytes_is(algorithm, "rsa-sha2-512"))
        return MP_AGENT_RSA_SHA2_512;
    return mp_ssh_bytes_is(algorithm, "rsa-sha2-256") ? MP_AGENT_RSA_SHA2_256 : 0;
}

static int sign(LIBSSH2_SESSION *session, unsigned char **sig, size_t *sig_len,
                const unsigned char *data, size_t n, void **abstract)
{
    struct signer *s = *abstract;
    struct mp_ssh_buf out = {0};
    struct mp_ssh_bytes algorithm;
    int rc;

    (void)session;
    if (s->key->pkey != NULL)
        rc = mp_ssh_key_sign(s->key, data, n, &out, s->err);
    else if (find_algorithm(data, n, &algorithm) < 0)
        rc = mp_fail(s->err, MP_FAULT_FAILED, "libssh2 wants something strange signed");
    else
        rc = mp_agent_sign(s->agent, s->key->blob, s->key->blob_len, data, n,
                           agent_flags(&algorithm), &out, s->err);
    if (rc < 0) {
        mp_ssh_buf_free(&out);
        s->failed = true;
        return -1;
    }
    *sig = out.data; /* libssh2 frees it; the session uses malloc and free */
    *sig_len = out.n;
    return 0;
}

/* The public key as libssh2 is to present it. */
static void presented(const struct mp_ssh_key *key, struct mp_ssh_buf *blob)
{
    struct mp_ssh_bytes w = {key->blob, key->blob_len}, type;

    if (mp_ssh_key_is_old_rsa(key) && mp_ssh_get_string(&w, &type) == 0) {
        mp_ssh_put_string(blob, "rsa-sha2-512", 12);
        mp_ssh_put_bytes(blob, w.p, w.left);
    } else {
        mp_ssh_put_bytes(blob, key->blob, key->blob_len);
    }
}

static enum outcome timed_out(struct login *l)
{
    mp_fail(l->err, MP_FAULT_TRANSIENT,
            "%s stopped answering during the login (connect_timeout in section [ssh])",
            l->ssh->name);
    return BROKEN;
}

/* Which methods the server would still take; NULL where it hung up. */
static enum outcome ask_methods(struct login *l, char **methods)
{
    struct mp_ssh *ssh = l->ssh;

    *methods = NULL;
    for (;;) {
        int rc;

        *methods = libssh2_userauth_list(ssh->session, ssh->user,
                                         (unsigned int)strlen(ssh->user));
        if (*methods != NULL)
            return REFUSED;
        if (libssh2_userauth_authenticated(ssh->session))
            return LOGGED_IN;
        if (libssh2_session_last_errno(ssh->session) != LIBSSH2_ERROR_EAGAIN) {
            mp_ssh_broken(ssh, l->err);
            return BROKEN;
        }
        rc = mp_ssh_wait(ssh, l->limit, l->err);
        if (rc != MP_WAIT_READY)
            return rc < 0 ? BROKEN : timed_out(l);
    }
}

static enum outcome still_wanted(struct login *l, const char *label)
{
    char *methods = NULL;
    enum outcome outcome = ask_methods(l, &methods);

    if (outcome != REFUSED)
        return outcome;
    mp_fail(
        l->err, MP_FAULT_FAILED,
        "%s accepts the key %s for %s, but wants more than one proof: still %s; this "
        "program logs in with one key only: have the server's administrator exempt the "
        "account (Match User %s, AuthenticationMethods publickey)",
        l->ssh->name, label, l->ssh->user, methods, l->ssh->user);
    return PARTIAL;
}

/* Ask with the key once more: with its file through libssh2, or signing ourselves. */
static int ask(struct login *l, const struct mp_ssh_key *key,
               const struct mp_ssh_buf *blob, struct signer *signer)
{
    void *abstract = signer;
    LIBSSH2_SESSION *session = l->ssh->session;
    const char *user = l->ssh->user;

    if (key->text != NULL && key->pkey == NULL)
        return libssh2_userauth_publickey_frommemory(session, user, strlen(user), NULL, 0,
                                                     key->text, key->text_len,
                                                     l->settings->passphrase);
    return libssh2_userauth_publickey(session, user, blob->data, blob->n, sign,
                                      &abstract);
}

static bool connection_failed(const struct mp_ssh *ssh, int rc)
{
    return ssh->closed || ssh->receive_errno != 0 || rc == LIBSSH2_ERROR_SOCKET_SEND ||
           rc == LIBSSH2_ERROR_SOCKET_DISCONNECT || rc == LIBSSH2_ERROR_ALLOC;
}

static enum outcome outcome_of(struct login *l, const struct mp_ssh_key *key,
                               const char *label, int rc, bool sent)
{
    struct mp_ssh *ssh = l->ssh;
    size_t n = strlen(l->tried);

    if (rc != 0 && !sent && key->text != NULL && key->pkey == NULL &&
        !connection_failed(ssh, rc)) {
        mp_ssh_keyfile_unreadable(label, key, l->err);
        return BROKEN;
    }
    snprintf(l->tried + n, sizeof l->tried - n, "%s%s (%s)", n > 0 ? ", " : "", label,
             key->type);
    if (rc == 0)
        return LOGGED_IN;
    if (rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED && !ssh->closed)
        return still_wanted(l, label);
    if (rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED)
        return REFUSED;
    mp_ssh_broken(ssh, l->err);
    return BROKEN;
}

/* `label`: its path, or "agent key 2". */
static enum outcome try_key(struct login *l, const struct mp_ssh_key *key,
                            const char *label)
{
    struct signer signer = {.key = key, .agent = &l->agent, .err = l->err};
    struct mp_ssh_buf blob = {0};
    enum outcome outcome = BROKEN;
    bool sent = false; /* libssh2 has read the key and asked the server */
    int rc;

    presented(key, &blob);
    while ((rc = ask(l, key, &blob, &signer)) == LIBSSH2_ERROR_EAGAIN) {
        sent = true;
        rc = mp_ssh_wait(l->ssh, l->limit, l->err);
        if (rc != MP_WAIT_READY) {
            outcome = rc < 0 ? BROKEN : timed_out(l);
            goto out;
        }
    }
    if (!signer.failed) /* the signer has said why */
        outcome = outcome_of(l, key, label, rc, sent);
out:
    mp_ssh_buf_free(&blob);
    return outcome;
}

/* --- the agent --- */

/* The socket to ask: configured, or SSH_AUTH_SOCK; NULL for none. */
static const char *agent_path(const struct mp_ssh_config *settings, bool *configured)
{
    const char *path = settings->agent;

    *configured = path[0] != '\0';
    if (strcmp(path, "none") == 0)
        return NULL;
    if (!*configured)
        path = getenv("SSH_AUTH_SOCK");
    return path != NULL && path[0] != '\0' ? path : NULL;
}

/* 1: there; 0: none to ask; -1 with *err: the configured one does not answer. */
static int open_agent(struct login *l, struct mp_agent_keys *keys)
{
    bool configured;
    const char *path = agent_path(l->settings, &configured);
    int64_t left = (l->limit->until_us - mp_clock_us()) / 1000;
    char *expanded;
    int rc;

    if (path == NULL)
        return 0;
    expanded = mp_home_expand_as_ssh(path);
    if (expanded == NULL)
        return mp_fail(l->err, MP_FAULT_FAILED, "out of memory");
    rc = mp_agent_open(&l->agent, expanded, left > 1 ? (int)left : 1, l->err);
    if (rc == 0)
        rc = mp_agent_list(&l->agent, keys, l->err);
    free(expanded);
    if (rc == 0)
        return 1;
    return configured ? -1 : 0;
}

static enum outcome try_agent(struct login *l)
{
    struct mp_agent_keys keys = {0};
    enum outcome outcome = REFUSED;
    char label[32];

    if (open_agent(l, &keys) < 0)
        return BROKEN;
    for (size_t i = 0; i < keys.n && i < AGENT_KEYS_TRIED && outcome == REFUSED; i++) {
        snprintf(label, sizeof label, "agent key %zu", i + 1);
        outcome = try_key(l, &keys.keys[i], label);
    }
    if (outcome == REFUSED && keys.n > AGENT_KEYS_TRIED) {
        size_t n = strlen(l->tried);

        snprintf(
            l->tried + n, sizeof l->tried - n,
            ", and %zu more keys of the agent not tried (servers hang up after a few: "
            "name one in key_path)",
            keys.n - AGENT_KEYS_TRIED);
    }
    mp_agent_keys_free(&keys);
    return outcome;
}

/* A file that cannot be used: perhaps the agent holds its key. */
static enum outcome try_locked(struct login *l, const struct mp_ssh_key *key,
                               const char *path)
{
    struct mp_agent_keys keys = {0};
    enum outcome outcome = BROKEN;
    int rc = open_agent(l, &keys);

    for (size_t i = 0; i < keys.n; i++) {
        if (keys.keys[i].blob_len == key->blob_len &&
            memcmp(keys.keys[i].blob, key->blob, key->blob_len) == 0) {
            outcome = try_key(l, &keys.keys[i], path);
            goto out;
        }
    }
    if (rc >= 0)
        mp_fail(l->err, MP_FAULT_USAGE, "%s, or load it into an agent (%s)", key->locked,
                rc == 0 ? "none is running" : "the one that runs does not hold it");
out:
    mp_agent_keys_free(&keys);
    return outcome;
}

/* --- files --- */

static enum outcome try_file(struct login *l, const char *path)
{
    struct mp_ssh_key key;
    enum outcome outcome;

    if (mp_ssh_keyfile_load(path, l->settings->passphrase, &key, l->err) < 0)
        return BROKEN;
    outcome = key.locked != NULL ? try_locked(l, &key, path) : try_key(l, &key, path);
    mp_ssh_key_free(&key);
    return outcome;
}

static enum outcome try_usual_files(struct login *l)
{
    static const char *const usual[] = {"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa",
                                        "~/.ssh/id_rsa"};
    enum outcome outcome = REFUSED;

    for (size_t i = 0; i < sizeof usual / sizeof *usual && outcome == REFUSED; i++) {
        char *path = mp_home_expand_as_ssh(usual[i]);

        if (path == NULL) {
            mp_fail(l->err, MP_FAULT_FAILED, "out of memory");
            return BROKEN;
        }
        if (access(path, F_OK) == 0)
            outcome = try_file(l, path);
        free(path);
    }
    return outcome;
}

static int say_refused(struct login *l)
{
    if (l->tried[0] == '\0')
        return mp_fail(
            l->err, MP_FAULT_USAGE,
            "no key to log in to %s with: set key_path in section [ssh] (no agent "
            "holds one, and there is none of ~/.ssh/id_ed25519, id_ecdsa, id_rsa)",
            l->ssh->name);
    return mp_fail(
        l->err, MP_FAULT_FAILED,
        "%s refuses to log %s in with %s: check username in section [ssh], and that "
        "the key's public half is in that account's authorized_keys there",
        l->ssh->name, l->ssh->user, l->tried);
}

static enum outcome try_all(struct login *l)
{
    const char *key_path = l->settings->key_path;
    enum outcome outcome;
    char *path;

    if (key_path[0] == '\0') {
        outcome = try_agent(l);
        return outcome == REFUSED ? try_usual_files(l) : outcome;
    }
    path = mp_home_expand_as_ssh(key_path);
    if (path == NULL) {
        mp_fail(l->err, MP_FAULT_FAILED, "out of memory");
        return BROKEN;
    }
    outcome = try_file(l, path);
    free(path);
    return outcome;
}

int mp_ssh_log_in(struct mp_ssh *ssh, const struct mp_ssh_config *settings,
                  const struct mp_limit *limit, struct mp_error *err)
{
    struct login l = {.ssh = ssh,
                      .settings = settings,
                      .limit = limit,
                      .err = err,
                      .agent = {.fd = -1}};
    char *methods = NULL;
    enum outcome outcome = ask_methods(&l, &methods);

    if (outcome == REFUSED && strstr(methods, "publickey") == NULL) {
        mp_fail(
            err, MP_FAULT_FAILED,
            "%s does not take keys, only %s; this program logs in with a key: have the "
            "server's administrator allow them (PubkeyAuthentication yes)",
            ssh->name, methods);
        outcome = BROKEN;
    }
    if (outcome == REFUSED)
        outcome = try_all(&l);
    mp_agent_close(&l.agent);
    if (outcome == REFUSED)
        return say_refused(&l);
    return outcome == LOGGED_IN ? 0 : -1;
}
