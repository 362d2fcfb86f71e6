/* SPDX-License-Identifier: MIT
 * relay_stream.c - one connection and its channel: every call of libssh2 on it, in the
 * order that libssh2 needs.
 *
 * A call that could not send all of its packet must be repeated, with the same buffer,
 * before any other call on the session sends: the relay's `owner` is the stream that call
 * belongs to, `unsent` says which call.
 */
#include "config.h"

#include "backends/ssh/peer.h"
#include "backends/ssh/relay_impl.h"
#include "backends/ssh/bytes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- channels --- */

LIBSSH2_CHANNEL *mp_relay_open_channel(struct mp_ssh *ssh,
                                       const struct mp_relay_target *target, bool *again,
                                       struct mp_error *err)
{
    static const char type[] = "direct-tcpip"; /* RFC 4254, 7.2 */
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
                                      MP_RELAY_PACKET, (char *)payload.data,
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

/* After a libssh2 call: true where it has to be called again later.  Remembers whose turn
 * it is if a packet is half sent. */
static bool again(struct mp_relay *r, struct mp_stream *s, enum mp_relay_call call,
                  long rc)
{
    bool unsent =
        rc == LIBSSH2_ERROR_EAGAIN && libssh2_session_block_directions(r->ssh->session) &
                                          LIBSSH2_SESSION_BLOCK_OUTBOUND;

    r->owner = unsent ? s : NULL;
    r->unsent = unsent ? call : MP_NO_CALL;
    return rc == LIBSSH2_ERROR_EAGAIN;
}

static bool channel_is_over(long rc)
{
    return rc == LIBSSH2_ERROR_CHANNEL_CLOSED || rc == LIBSSH2_ERROR_CHANNEL_EOF_SENT;
}

/* A call on a channel failed: is it the channel or the session? */
static void call_failed(struct mp_relay *r, struct mp_stream *s, long rc)
{
    struct mp_error why;

    if (channel_is_over(rc)) {
        s->closing = true;
        return;
    }
    mp_ssh_broken(r->ssh, &why);
    mp_relay_break(r, &why);
}

static void close_local(struct mp_stream *s, bool reset)
{
    if (s->fd < 0)
        return;
    if (reset)
        mp_peer_reset(s->fd);
    else
        close(s->fd);
    s->fd = -1;
}

void mp_stream_start(struct mp_stream *s, int fd)
{
    mp_peer_no_delay(fd);
    *s = (struct mp_stream){
        .fd = fd, .used = true, .up = malloc(MP_RELAY_UP), .down = malloc(MP_RELAY_DOWN)};
    if (s->up == NULL || s->down == NULL)
        mp_stream_free(s);
}

void mp_stream_free(struct mp_stream *s)
{
    close_local(s, false);
    free(s->up);
    free(s->down);
    *s = (struct mp_stream){.fd = -1};
}

/* --- the calls; each returns true where it moved something on --- */

static bool do_open(struct mp_relay *r, struct mp_stream *s)
{
    struct mp_error why = {0};
    bool more;

    if (r->opening != NULL && r->opening != s)
        return false;
    if (r->opening == NULL && r->spare != NULL) {
        s->channel = r->spare;
        r->spare = NULL;
        if (!libssh2_channel_eof(s->channel))
            return true;
        s->closing = true; /* the server closed it while nobody wanted it */
        return true;
    }
    if (r->opening == NULL) {
        r->opening = s;
        r->opening_since_us = mp_clock_us();
        r->keepalive_us = 0; /* is the server still there? */
    }
    s->channel = mp_relay_open_channel(r->ssh, &r->setup->target, &more, &why);
    if (again(r, s, MP_OPEN_CALL, more ? LIBSSH2_ERROR_EAGAIN : 0))
        return false;
    r->opening = NULL;
    if (s->channel != NULL)
        return true;
    r->setup->refused(r->setup->arg, &why);
    if (libssh2_session_last_errno(r->ssh->session) != LIBSSH2_ERROR_CHANNEL_FAILURE)
        mp_relay_break(r, &why);
    s->closing = true;
    return true;
}

/* libssh2 takes all that has come off the socket before it hands out a byte and opens the
 * window again.  From a server that is fast enough that is the whole window: then the
 * server waits for us, over a long way for a round trip, and the reader has waited
 * before. */
static bool do_read(struct mp_relay *r, struct mp_stream *s)
{
    ssize_t n;

    r->ssh->bytes_max = r->ssh->bytes_in + MP_RELAY_DOWN;
    n = libssh2_channel_read(s->channel, (char *)s->down, MP_RELAY_DOWN);
    r->ssh->bytes_max = 0;
    if (again(r, s, MP_READ_CALL, n))
        return false;
    if (n < 0) {
        call_failed(r, s, n);
        return true;
    }
    s->down_at = 0;
    s->down_end = (size_t)n;
    if (n == 0 && libssh2_channel_eof(s->channel))
        s->channel_eof = true;
    return n > 0 || s->channel_eof;
}

static bool do_write(struct mp_relay *r, struct mp_stream *s)
{
    ssize_t n =
        libssh2_channel_write(s->channel, (char *)s->up + s->up_at, s->up_end - s->up_at);

    s->write_waits = again(r, s, MP_WRITE_CALL, n) || n == 0;
    if (s->write_waits)
        return false;
    if (n < 0) {
        call_failed(r, s, n);
        return true;
    }
    s->up_at += (size_t)n;
    return true;
}

static bool do_eof(struct mp_relay *r, struct mp_stream *s)
{
    int rc = libssh2_channel_send_eof(s->channel);

    if (again(r, s, MP_EOF_CALL, rc))
        return false;
    s->eof_sent = true;
    if (rc < 0)
        call_failed(r, s, rc);
    return true;
}

static bool do_free(struct mp_relay *r, struct mp_stream *s)
{
    int rc = s->channel != NULL ? libssh2_channel_free(s->channel) : 0;

    close_local(s, true);
    if (again(r, s, MP_FREE_CALL, rc))
        return false;
    s->channel = NULL;
    mp_stream_free(s);
    return true;
}

/* --- the local end --- */

static bool receive_local(struct mp_stream *s)
{
    ssize_t n = recv(s->fd, s->up, MP_RELAY_UP, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n < 0) { /* reset: it wants nothing more either */
        s->closing = true;
        return true;
    }
    s->up_at = 0;
    s->up_end = (size_t)n;
    s->local_eof = n == 0;
    return true;
}

static bool send_local(struct mp_stream *s)
{
    ssize_t n = send(s->fd, s->down + s->down_at, s->down_end - s->down_at,
                     MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n < 0) {
        s->closing = true;
        return true;
    }
    s->down_at += (size_t)n;
    return true;
}

/* --- one stream --- */

static bool finish_call(struct mp_relay *r, struct mp_stream *s)
{
    switch (r->unsent) {
    case MP_OPEN_CALL:
        return do_open(r, s);
    case MP_READ_CALL:
        return do_read(r, s);
    case MP_WRITE_CALL:
        return do_write(r, s);
    case MP_EOF_CALL:
        return do_eof(r, s);
    case MP_FREE_CALL:
        return do_free(r, s);
    case MP_NO_CALL:
        break;
    }
    return false;
}

static bool go_down(struct mp_relay *r, struct mp_stream *s)
{
    bool moved = false;

    for (;;) {
        if (s->down_at < s->down_end) {
            if (!send_local(s))
                return moved;
        } else if (s->channel_eof || !do_read(r, s)) {
            return moved;
        }
        moved = true;
        if (s->closing || r->broken || r->owner != NULL)
            return true;
    }
}

static bool go_up(struct mp_relay *r, struct mp_stream *s)
{
    bool moved = false;

    for (;;) {
        if (s->up_at < s->up_end) {
            if (!do_write(r, s))
                return moved;
        } else if (s->local_eof || !receive_local(s)) {
            return moved;
        }
        moved = true;
        if (s->closing || r->broken || r->owner != NULL)
            return true;
    }
}

/* Half-close: pass an end on once everything before it is through. */
static bool pass_ends(struct mp_relay *r, struct mp_stream *s)
{
    bool up_done = s->local_eof && s->up_at == s->up_end;
    bool down_done = s->channel_eof && s->down_at == s->down_end;

    if (up_done && !s->eof_sent)
        return do_eof(r, s);
    if (up_done && down_done) {
        s->closing = true;
        close_local(s, false); /* an orderly end, not a reset */
        return true;
    }
    if (down_done && !s->told_eof) {
        shutdown(s->fd, SHUT_WR);
        s->told_eof = true;
        return true;
    }
    return false;
}

bool mp_stream_serve(struct mp_relay *r, struct mp_stream *s)
{
    bool moved = false;

    if (r->owner == s && !finish_call(r, s))
        return false;
    if (!s->used || r->broken || r->owner != NULL)
        return true;
    if (s->closing)
        return do_free(r, s);
    if (s->channel == NULL)
        return do_open(r, s);
    moved = go_down(r, s);
    if (!s->closing && !r->broken && r->owner == NULL)
        moved = go_up(r, s) || moved;
    if (!s->closing && !r->broken && r->owner == NULL)
        moved = pass_ends(r, s) || moved;
    return moved;
}

bool mp_stream_wants_input(const struct mp_stream *s)
{
    if (!s->used)
        return false;
    if (s->closing || s->channel == NULL || s->write_waits)
        return true;
    return s->down_at == s->down_end && !s->channel_eof;
}

short mp_stream_events(const struct mp_stream *s)
{
    short events = 0;

    if (!s->used || s->fd < 0 || s->closing || s->channel == NULL)
        return 0;
    if (s->up_at == s->up_end && !s->local_eof)
        events |= POLLIN;
    if (s->down_at < s->down_end)
        events |= POLLOUT;
    return events;
}
