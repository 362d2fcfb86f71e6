/* SPDX-License-Identifier: MIT
 * agent.c - the agent protocol: a length, a type byte, a body. */
#include "config.h"

#include "backends/ssh/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    REQUEST_IDENTITIES = 11,
    IDENTITIES_ANSWER = 12,
    SIGN_REQUEST = 13,
    SIGN_RESPONSE = 14,
    ANSWER_MAX = 256 * 1024,
    KEYS_MAX = 256,
};

int mp_agent_open(struct mp_agent *agent, const char *path, int timeout_ms,
                  struct mp_error *err)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

    *agent = (struct mp_agent){.fd = -1};
    if (strlen(path) >= sizeof sa.sun_path)
        return mp_fail(err, MP_FAULT_USAGE, "the agent's socket has too long a path: %s",
                       path);
    memcpy(sa.sun_path, path, strlen(path) + 1);
    memcpy(agent->path, path, strlen(path) + 1);
    agent->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (agent->fd < 0 ||
        setsockopt(agent->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
        setsockopt(agent->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
        connect(agent->fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
        mp_fail(
            err, MP_FAULT_USAGE,
            "cannot reach the ssh agent at %s: %s; start it, or set key_path or agent in "
            "section [ssh]",
            path, strerror(errno));
        mp_agent_close(agent);
        return -1;
    }
    return 0;
}

void mp_agent_close(struct mp_agent *agent)
{
    if (agent->fd >= 0)
        close(agent->fd);
    agent->fd = -1;
}

static int lost(const struct mp_agent *agent, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "the ssh agent at %s does not answer: %s",
                   agent->path,
                   errno == EAGAIN ? "timed out"
                   : errno != 0    ? strerror(errno)
                                   : "it hung up");
}

static int send_all(int fd, const unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent < 0)
            return -1;
        p += sent;
        n -= (size_t)sent;
    }
    return 0;
}

static int recv_all(int fd, unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, p, n, 0);

        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return -1;
        }
        p += got;
        n -= (size_t)got;
    }
    return 0;
}

/* Send `body`, read the answer; *answer is owned by the caller. */
static int ask(struct mp_agent *agent, const struct mp_ssh_buf *body,
               struct mp_ssh_buf *answer, struct mp_error *err)
{
    struct mp_ssh_buf packet = {0};
    unsigned char head[4];
    struct mp_ssh_bytes w = {head, sizeof head};
    uint32_t n = 0;
    int rc;

    mp_ssh_put_string(&packet, body->data, body->n);
    if (body->failed || packet.failed) {
        mp_ssh_buf_free(&packet);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    }
    errno = 0;
    rc = send_all(agent->fd, packet.data, packet.n);
    mp_ssh_buf_free(&packet);
    if (rc < 0 || recv_all(agent->fd, head, sizeof head) < 0)
        return lost(agent, err);
    mp_ssh_get_u32(&w, &n);
    if (n == 0 || n > ANSWER_MAX)
        return mp_fail(err, MP_FAULT_FAILED, "%s is not an ssh agent", agent->path);
    answer->data = malloc(n);
    if (answer->data == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    answer->capacity = answer->n = n;
    if (recv_all(agent->fd, answer->data, n) < 0)
        return lost(agent, err);
    return 0;
}

static int add_key(struct mp_agent_keys *keys, const struct mp_ssh_bytes *blob)
{
    struct mp_ssh_key key = {0}, *grown;
    struct mp_ssh_bytes w = *blob, type;

    if (mp_ssh_get_string(&w, &type) < 0 || type.left >= sizeof key.type)
        return 0; /* of no use to us */
    memcpy(key.type, type.p, type.left);
    key.blob = malloc(blob->left);
    grown = realloc(keys->keys, (keys->n + 1) * sizeof *grown);
    if (grown != NULL)
        keys->keys = grown;
    if (grown == NULL || key.blob == NULL) {
        free(key.blob);
        return -1;
    }
    memcpy(key.blob, blob->p, blob->left);
    key.blob_len = blob->left;
    keys->keys[keys->n++] = key;
    return 0;
}

int mp_agent_list(struct mp_agent *agent, struct mp_agent_keys *keys,
                  struct mp_error *err)
{
    struct mp_ssh_buf body = {0}, answer = {0};
    struct mp_ssh_bytes w, blob, comment;
    uint8_t type = 0;
    uint32_t n = 0;
    int rc = -1;

    *keys = (struct mp_agent_keys){0};
    mp_ssh_put_u8(&body, REQUEST_IDENTITIES);
    if (ask(agent, &body, &answer, err) < 0)
        goto out;
    w = (struct mp_ssh_bytes){answer.data, answer.n};
    if (mp_ssh_get_u8(&w, &type) < 0 || type != IDENTITIES_ANSWER ||
        mp_ssh_get_u32(&w, &n) < 0) {
        mp_fail(err, MP_FAULT_FAILED,
                "the ssh agent at %s does not list its keys; is it "
                "locked?",
                agent->path);
        goto out;
    }
    for (uint32_t i = 0; i < n && i < KEYS_MAX; i++) {
        if (mp_ssh_get_string(&w, &blob) < 0 || mp_ssh_get_string(&w, &comment) < 0)
            break;
        if (add_key(keys, &blob) < 0) {
            mp_fail(err, MP_FAULT_FAILED, "out of memory");
            goto out;
        }
    }
    rc = 0;
out:
    mp_ssh_buf_free(&body);
    mp_ssh_buf_free(&answer);
    if (rc < 0)
        mp_agent_keys_free(keys);
    return rc;
}

void mp_agent_keys_free(struct mp_agent_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        mp_ssh_key_free(&keys->keys[i]);
    free(keys->keys);
    *keys = (struct mp_agent_keys){0};
}

int mp_agent_sign(struct mp_agent *agent, const unsigned char *blob, size_t blob_len,
                  const unsigned char *data, size_t n, uint32_t flags,
                  struct mp_ssh_buf *out, struct mp_error *err)
{
    struct mp_ssh_buf body = {0}, answer = {0};
    struct mp_ssh_bytes w, signature, type, bytes;
    uint8_t kind = 0;
    int rc;

    mp_ssh_put_u8(&body, SIGN_REQUEST);
    mp_ssh_put_string(&body, blob, blob_len);
    mp_ssh_put_string(&body, data, n);
    mp_ssh_put_u32(&body, flags);
    rc = ask(agent, &body, &answer, err);
    w = (struct mp_ssh_bytes){answer.data, answer.n};
    if (rc == 0 && (mp_ssh_get_u8(&w, &kind) < 0 || kind != SIGN_RESPONSE ||
                    mp_ssh_get_string(&w, &signature) < 0 ||
                    mp_ssh_get_string(&signature, &type) < 0 ||
                    mp_ssh_get_string(&signature, &bytes) < 0))
        rc = mp_fail(err, MP_FAULT_FAILED,
                     "the ssh agent at %s refused to sign with its key", agent->path);
    if (rc == 0 && (flags & MP_AGENT_RSA_SHA2_512) != 0 &&
        !mp_ssh_bytes_is(&type, "rsa-sha2-512"))
        rc = mp_fail(
            err, MP_FAULT_FAILED,
            "the ssh agent at %s is too old to sign with SHA-2, which servers want of "
            "RSA keys; use an ed25519 key",
            agent->path);
    if (rc == 0) {
        mp_ssh_put_bytes(out, bytes.p, bytes.left);
        if (out->failed)
            rc = mp_fail(err, MP_FAULT_FAILED, "out of memory");
    }
    mp_ssh_buf_free(&body);
    mp_ssh_buf_free(&answer);
    return rc;
}
