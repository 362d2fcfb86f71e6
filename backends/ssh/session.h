/* SPDX-License-Identifier: MIT
 * session.h - a libssh2 session on a socket, and what was heard on it; open.h makes one
 * that is logged in.
 */
#ifndef MP_SSH_SESSION_H
#define MP_SSH_SESSION_H

#include <libssh2.h>
#include <stdint.h>

#include "base/error.h"
#include "backends/ssh/section.h"
#include "backends/ssh/connect.h"

enum { MP_SSH_HEARD_MAX = 4096, MP_SSH_NAME_MAX = 300 };

/* Belongs to one thread at a time, as libssh2 wants it. */
struct mp_ssh {
    LIBSSH2_SESSION *session;
    int fd;
    char name[MP_SSH_NAME_MAX]; /* "bastion.example" or "bastion.example:2222" */
    char *user;
    bool library; /* libssh2_init succeeded */

    const struct mp_limit *limit; /* set: nothing is received after it, nor too much */
    bool greeted;                 /* a line that begins with SSH- has come */
    bool too_much;                /* more than anybody says before a login */
    unsigned lines, line_at;      /* before the greeting; how much of SSH- has matched */
    uint64_t bytes_in;            /* received so far */
    uint64_t bytes_max; /* libssh2 finds the socket empty once so many are; 0: no limit */
    int64_t heard_us;   /* when anything was last received */
    int receive_errno;  /* why receiving failed; 0: it did not, or the server closed */
    bool closed;        /* the server closed the connection */
    char goodbye[160];  /* what it said as it disconnected, "" for nothing */
    unsigned char heard[MP_SSH_HEARD_MAX]; /* its first bytes, in clear: for messages */
    size_t n_heard;
};

/* For the configured server, not connected; non-blocking.  To be closed also on -1,
 * where *out may be NULL. */
int mp_ssh_new(const struct mp_ssh_config *settings, struct mp_ssh **out,
               struct mp_error *err);
/* Greeting and key exchange on ssh->fd, which is connected. */
int mp_ssh_handshake(struct mp_ssh *ssh, const struct mp_limit *limit,
                     struct mp_error *err);
/* Says goodbye where that does not block, closes and frees. */
void mp_ssh_close(struct mp_ssh *ssh);

/* Wait until an operation that returned EAGAIN can go on; as mp_limit_wait. */
int mp_ssh_wait(struct mp_ssh *ssh, const struct mp_limit *limit, struct mp_error *err);

/* What libssh2 says of its last error. */
const char *mp_ssh_error(struct mp_ssh *ssh);

/* "the SSH connection to X broke: ..." with the cause as far as it is known. */
int mp_ssh_broken(struct mp_ssh *ssh, struct mp_error *err);

#endif
