/* SPDX-License-Identifier: MIT
 * stream.c - one connection and its channel: every call of libssh2 on it, in the
 * order that libssh2 needs.
 *
 * A call that could not send all of its packet must be repeated, with the same buffer,
 * before any other call on the session sends: `owner` is the stream that call
 * belongs to, `unsent` says which call.
 */
#include "config.h"

#include "backends/ssh/stream.h"
#include "backends/ssh/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS_MAX = 64 }; /* before stop and time are looked at again */

/* After a libssh2 call: true where it has to be called again later.  Remembers whose turn
 * it is if a packet is half sent. */
static bool again(struct mp_streams *all, struct mp_stream *s, enum mp_stream_call call,
                  long rc)
{
    bool unsent = rc == LIBSSH2_ERROR_EAGAIN &&
                  libssh2_session_block_directions(all->ssh->session) &
                      LIBSSH2_SESSION_BLOCK_OUTBOUND;

    all->owner = unsent ? s : NULL;
    all->unsent = unsent ? call : MP_NO_CALL;
    return rc == LIBSSH2_ERROR_EAGAIN;
}

void mp_streams_break(struct mp_streams *all, const struct mp_error *why)
{
    if (all->broken)
        return;
    all->broken = true;
    all->gone(all->arg, why);
}

static bool channel_is_over(long rc)
{
    return rc == LIBSSH2_ERROR_CHANNEL_CLOSED || rc == LIBSSH2_ERROR_CHANNEL_EOF_SENT;
}

/* A call on a channel failed: is it the channel or the session? */
static void call_failed(struct mp_streams *all, struct mp_stream *s, long rc)
{
    struct mp_error why;

    if (channel_is_over(rc)) {
        s->closing = true;
        return;
    }
    mp_ssh_broken(all->ssh, &why);
    mp_streams_break(all, &why);
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

static void stream_free(struct mp_stream *s)
{
    close_local(s, false);
    free(s->up);
    free(s->down);
    *s = (struct mp_stream){.fd = -1};
}

void mp_stream_start(struct mp_stream *s, int fd)
{
    mp_peer_no_delay(fd);
    *s = (struct mp_stream){.fd = fd,
                            .used = true,
                            .up = malloc(MP_STREAM_UP),
                            .down = malloc(MP_STREAM_DOWN)};
    if (s->up == NULL || s->down == NULL)
        stream_free(s);
}

/* --- the calls; each returns true where it moved something on --- */

/* Each call takes so much off the socket at most, whatever a server sends that nobody
 * waits for. */
static void bound(struct mp_streams *all)
{
    all->ssh->bytes_max = all->ssh->bytes_in + MP_STREAM_DOWN;
}

static bool do_open(struct mp_streams *all, struct mp_stream *s)
{
    struct mp_error why = {0};
    bool more;

    if (all->opening != NULL && all->opening != s)
        return false;
    if (all->opening == NULL && all->spare != NULL) {
        s->channel = all->spare;
        all->spare = NULL;
        if (!libssh2_channel_eof(s->channel))
            return true;
        s->closing = true; /* the server closed it while nobody wanted it */
        return true;
    }
    if (all->opening == NULL) {
        all->opening = s;
        all->opening_since_us = mp_clock_us();
    }
    bound(all);
    s->channel = mp_channel_open(all->ssh, all->target, &more, &why);
    if (again(all, s, MP_OPEN_CALL, more ? LIBSSH2_ERROR_EAGAIN : 0))
        return false;
    all->opening = NULL;
    if (s->channel != NULL)
        return true;
    all->refused(all->arg, &why);
    if (libssh2_session_last_errno(all->ssh->session) != LIBSSH2_ERROR_CHANNEL_FAILURE)
        mp_streams_break(all, &why);
    s->closing = true;
    return true;
}

/* libssh2 takes all that has come off the socket before it hands out a byte and opens the
 * window again.  From a server that is fast enough that is the whole window: then the
 * server waits for us, over a long way for a round trip, and the reader has waited
 * before. */
static bool do_read(struct mp_streams *all, struct mp_stream *s)
{
    ssize_t n;

    bound(all);
    n = libssh2_channel_read(s->channel, (char *)s->down, MP_STREAM_DOWN);
    if (again(all, s, MP_READ_CALL, n))
        return false;
    if (n < 0) {
        call_failed(all, s, n);
        return true;
    }
    s->down_at = 0;
    s->down_end = (size_t)n;
    if (n == 0 && libssh2_channel_eof(s->channel))
        s->channel_eof = true;
    return n > 0 || s->channel_eof;
}

static bool do_write(struct mp_streams *all, struct mp_stream *s)
{
    ssize_t n;

    bound(all);
    n = libssh2_channel_write(s->channel, (char *)s->up + s->up_at, s->up_end - s->up_at);

    s->write_waits = again(all, s, MP_WRITE_CALL, n) || n == 0;
    if (s->write_waits)
        return false;
    if (n < 0) {
        call_failed(all, s, n);
        return true;
    }
    s->up_at += (size_t)n;
    return true;
}

static bool do_eof(struct mp_streams *all, struct mp_stream *s)
{
    int rc;

    bound(all);
    rc = libssh2_channel_send_eof(s->channel);

    if (again(all, s, MP_EOF_CALL, rc))
        return false;
    s->eof_sent = true;
    if (rc < 0)
        call_failed(all, s, rc);
    return true;
}

static bool do_free(struct mp_streams *all, struct mp_stream *s)
{
    int rc;

    bound(all);
    rc = s->channel != NULL ? libssh2_channel_free(s->channel) : 0;

    close_local(s, true);
    if (again(all, s, MP_FREE_CALL, rc))
        return false;
    s->channel = NULL;
    stream_free(s);
    return true;
}

/* --- the local end --- */

static bool receive_local(struct mp_stream *s)
{
    ssize_t n = recv(s->fd, s->up, MP_STREAM_UP, MSG_DONTWAIT);

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

static bool finish_call(struct mp_streams *all, struct mp_stream *s)
{
    switch (all->unsent) {
    case MP_OPEN_CALL:
        return do_open(all, s);
    case MP_READ_CALL:
        return do_read(all, s);
    case MP_WRITE_CALL:
        return do_write(all, s);
    case MP_EOF_CALL:
        return do_eof(all, s);
    case MP_FREE_CALL:
        return do_free(all, s);
    case MP_NO_CALL:
        break;
    }
    return false;
}

static bool go_down(struct mp_streams *all, struct mp_stream *s)
{
    bool moved = false;

    for (;;) {
        if (s->down_at < s->down_end) {
            if (!send_local(s))
                return moved;
        } else if (s->channel_eof || !do_read(all, s)) {
            return moved;
        }
        moved = true;
        if (s->closing || all->broken || all->owner != NULL)
            return true;
    }
}

static bool go_up(struct mp_streams *all, struct mp_stream *s)
{
    bool moved = false;

    for (;;) {
        if (s->up_at < s->up_end) {
            if (!do_write(all, s))
                return moved;
        } else if (s->local_eof || !receive_local(s)) {
            return moved;
        }
        moved = true;
        if (s->closing || all->broken || all->owner != NULL)
            return true;
    }
}

/* Half-close: pass an end on once everything before it is through. */
static bool pass_ends(struct mp_streams *all, struct mp_stream *s)
{
    bool up_done = s->local_eof && s->up_at == s->up_end;
    bool down_done = s->channel_eof && s->down_at == s->down_end;

    if (up_done && !s->eof_sent)
        return do_eof(all, s);
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

/* All that can be done for it without waiting; true where that moved something on. */
static bool serve(struct mp_streams *all, struct mp_stream *s)
{
    bool moved = false;

    if (all->owner == s && !finish_call(all, s))
        return false;
    if (!s->used || all->broken || all->owner != NULL)
        return true;
    if (s->closing)
        return do_free(all, s);
    if (s->channel == NULL)
        return do_open(all, s);
    moved = go_down(all, s);
    if (!s->closing && !all->broken && all->owner == NULL)
        moved = go_up(all, s) || moved;
    if (!s->closing && !all->broken && all->owner == NULL)
        moved = pass_ends(all, s) || moved;
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

/* --- all of them --- */

/* One round; true where it moved a byte or received one. */
static bool serve_each(struct mp_streams *all)
{
    uint64_t before = all->ssh->bytes_in;
    bool moved = false;

    if (all->owner != NULL && !serve(all, all->owner) && all->owner != NULL)
        return false;
    for (size_t i = 0; i < MP_STREAMS_MAX && !all->broken && all->owner == NULL; i++)
        if (all->each[i].used)
            moved = serve(all, &all->each[i]) || moved;
    return (moved || all->ssh->bytes_in != before) && !all->broken && all->owner == NULL;
}

bool mp_streams_serve(struct mp_streams *all)
{
    bool more = true;

    for (int rounds = 0; more && rounds < ROUNDS_MAX; rounds++)
        more = serve_each(all);
    all->ssh->bytes_max = 0;
    return more;
}

void mp_streams_drop(struct mp_streams *all)
{
    for (size_t i = 0; i < MP_STREAMS_MAX; i++)
        if (all->each[i].used)
            stream_free(&all->each[i]);
    all->owner = all->opening = NULL;
    all->spare = NULL;
}
