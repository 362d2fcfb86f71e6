/* SPDX-License-Identifier: MIT
 * channel.c - a direct-tcpip channel (RFC 4254, 7.2), or why there is none. */
#include "config.h"

#include "backends/ssh/channel.h"
#include "backends/ssh/bytes.h"

#include <string.h>

LIBSSH2_CHANNEL *mp_channel_open(struct mp_ssh *ssh,
                                 const struct mp_channel_target *target, bool *again,
                                 struct mp_error *err)
{
    static const char type[] = "direct-tcpip";
    struct mp_ssh_buf payload = {0};
    LIBSSH2_CHANNEL *channel = NULL;
    const char *why;
    int code;

    *again = false;
    mp_ssh_put_string(&payload, target->host, strlen(target->host));
    mp_ssh_put_u32(&payload, (uint32_t)target->port);
    mp_ssh_put_string(&payload, "127.0.0.1", 9);
    mp_ssh_put_u32(&payload, 0);
    if (payload.failed) {
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
        return NULL;
    }
    channel = libssh2_channel_open_ex(ssh->session, type, sizeof type - 1, target->window,
                                      MP_CHANNEL_PACKET, (char *)payload.data,
                                      (unsigned int)payload.n);
    mp_ssh_buf_free(&payload);
    if (channel != NULL)
        return channel;
    code = libssh2_session_last_errno(ssh->session);
    *again = code == LIBSSH2_ERROR_EAGAIN;
    if (*again)
        return NULL;
    why = mp_ssh_error(ssh);
    if (code != LIBSSH2_ERROR_CHANNEL_FAILURE)
        mp_ssh_broken(ssh, err);
    else if (strstr(why, "prohibited") != NULL)
        mp_fail(err, MP_FAULT_FAILED,
                "%s lets %s log in but forbids forwarding to %s:%d; have its "
                "administrator allow "
                "it (AllowTcpForwarding, PermitOpen in sshd_config; no-port-forwarding, "
                "permitopen "
                "in authorized_keys)",
                ssh->name, ssh->user, target->host, target->port);
    else
        mp_fail(
            err, MP_FAULT_TRANSIENT,
            "%s cannot reach the database at %s:%d (%s); check host and port in section "
            "[database]: they are as that machine sees them",
            ssh->name, target->host, target->port, why);
    return NULL;
}
