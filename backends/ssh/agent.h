/* SPDX-License-Identifier: MIT
 * agent.h - asking an ssh-agent for its keys and for signatures
 * (draft-miller-ssh-agent: REQUEST_IDENTITIES, SIGN_REQUEST).
 *
 * Its own small client, because libssh2 before 1.11 never asks the agent for an RSA
 * signature with SHA-2.
 */
#ifndef MP_SSH_AGENT_H
#define MP_SSH_AGENT_H

#include "base/error.h"
#include "backends/ssh/key.h"

enum { MP_AGENT_RSA_SHA2_512 = 4, MP_AGENT_RSA_SHA2_256 = 2 };

struct mp_agent {
    int fd; /* -1: none */
    char path[108];
};

struct mp_agent_keys {
    struct mp_ssh_key *keys; /* owned; type and blob only */
    size_t n;
};

/* Connects to the agent's socket.  Every later wait ends after timeout_ms. */
int mp_agent_open(struct mp_agent *agent, const char *path, int timeout_ms,
                  struct mp_error *err);
void mp_agent_close(struct mp_agent *agent);

int mp_agent_list(struct mp_agent *agent, struct mp_agent_keys *keys,
                  struct mp_error *err);
void mp_agent_keys_free(struct mp_agent_keys *keys);

/* Has the agent sign `data` with the key that has this blob; the signature without its
 * leading type string is appended to *out. */
int mp_agent_sign(struct mp_agent *agent, const unsigned char *blob, size_t blob_len,
                  const unsigned char *data, size_t n, uint32_t flags,
                  struct mp_ssh_buf *out, struct mp_error *err);

#endif
