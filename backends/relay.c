/* SPDX-License-Identifier: MIT
 * relay.c - the poll loop between the local connections and the channels.
 *
 * Three rules of libssh2 shape it.  A call that could not send all of its packet must be
 * repeated, with the same buffer, before any other call on the session sends: `owner` is the
 * stream that call belongs to, `unsent` says which call.  Any call may read packets
 * of every channel off the socket: so rounds go on until one neither moves a byte nor
 * receives one, and only then is there something to wait for.  And with no channel open
 * nothing reads the socket: then it is not polled for input, or the loop would spin.
 */
#include "config.h"

#include "relay.h"
#include "peer.h"
#include "ssh_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DOWN_SIZE = 256 * 1024,
    UP_SIZE = 32 * 1024,
    WIND_UP_MS = 1000, /* how long the last bytes may take to leave at the end */
};

/* The libssh2 call of a stream that has yet to finish sending. */
enum call { NO_CALL, OPEN_CALL, READ_CALL, WRITE_CALL, EOF_CALL, FREE_CALL };

struct stream {
    int fd;                   /* -1: the slot is free, or the local end is gone */
    LIBSSH2_CHANNEL *channel; /* NULL until it is open */
    bool used;
    bool closing;             /* only the channel's end is left to do */
    bool local_eof, eof_sent; /* the local end has said all; so have we */
    bool channel_eof, told_eof; /* and the other way round */
    int64_t give_up_us;       /* when opening has taken too long */
    unsigned char *up, *down; /* UP_SIZE, DOWN_SIZE */
    size_t up_at, up_end, down_at, down_end;
    bool write_waits;         /* for the channel's window */
};

struct relay {
    const struct mp_relay_setup *setup;
    struct mp_ssh *ssh;
    LIBSSH2_CHANNEL *spare;
    struct stream streams[MP_RELAY_STREAMS];
    struct stream *owner; /* whose call has to be finished first; NULL: nobody's */
    enum call unsent;
    struct stream *opening; /* one channel is opened at a time */
    bool broken;
    int64_t quiet_since_us; /* nothing received since, though we listened */
    int64_t keepalive_us;   /* when to send the next one; INT64_MAX: never */
};

/* --- channels --- */

LIBSSH2_CHANNEL *mp_relay_open_channel(struct mp_ssh *ssh,
                                       const struct mp_relay_target *target, bool *again,
                                       struct mp_error *err)
{
    static const char type[] = "direct-tcpip"; /* RFC 4254, 7.2 */
    struct mp_wirebuf payload = {0};
    LIBSSH2_CHANNEL *channel = NULL;
    const char *why;
    int code;

    *again = false;
    mp_wire_put_string(&payload, target->host, strlen(target->host));
    mp_wire_put_u32(&payload, (uint32_t)target->port);
    mp_wire_put_string(&payload, "127.0.0.1", 9);
    mp_wire_put_u32(&payload, 0);
    if (payload.failed) {
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
        return NULL;
    }
    channel = libssh2_channel_open_ex(ssh->session, type, sizeof type - 1, target->window,
                                      MP_RELAY_PACKET, (char *)payload.data,
                                      (unsigned int)payload.n);
    mp_wirebuf_free(&payload);
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
                "%s lets %s log in but forbids forwarding to %s:%d; have its administrator allow "
                "it (AllowTcpForwarding, PermitOpen in sshd_config; no-port-forwarding, permitopen "
                "in authorized_keys)",
                ssh->name, ssh->user, target->host, target->port);
    else
        mp_fail(err, MP_FAULT_TRANSIENT,
                "%s cannot reach the database at %s:%d (%s); check host and port in section "
                "[database]: they are as that machine sees them",
                ssh->name, target->host, target->port, why);
    return NULL;
}

static void break_down(struct relay *r, const struct mp_error *why)
{
    if (r->broken)
        return;
    r->broken = true;
    r->setup->broken(r->setup->arg, why);
}

/* After a libssh2 call: true where it has to be called again later.  Remembers whose turn it
 * is if a packet is half sent. */
static bool again(struct relay *r, struct stream *s, enum call call, long rc)
{
    bool unsent = rc == LIBSSH2_ERROR_EAGAIN &&
                  libssh2_session_block_directions(r->ssh->session) &
                      LIBSSH2_SESSION_BLOCK_OUTBOUND;

    r->owner = unsent ? s : NULL;
    r->unsent = unsent ? call : NO_CALL;
    return rc == LIBSSH2_ERROR_EAGAIN;
}

static bool channel_is_over(long rc)
{
    return rc == LIBSSH2_ERROR_CHANNEL_CLOSED || rc == LIBSSH2_ERROR_CHANNEL_EOF_SENT;
}

/* A call on a channel failed: is it the channel or the session? */
static void call_failed(struct relay *r, struct stream *s, long rc)
{
    struct mp_error why;

    if (channel_is_over(rc)) {
        s->closing = true;
        return;
    }
    mp_ssh_broken(r->ssh, &why);
    break_down(r, &why);
}

static void close_local(struct stream *s, bool reset)
{
    struct linger now = {1, 0};

    if (s->fd < 0)
        return;
    if (reset)
        setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(s->fd);
    s->fd = -1;
}

static void free_stream(struct stream *s)
{
    close_local(s, false);
    free(s->up);
    free(s->down);
    *s = (struct stream){.fd = -1};
}

/* --- the calls; each returns true where it moved something on --- */

static bool do_open(struct relay *r, struct stream *s)
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
    r->opening = s;
    s->channel = mp_relay_open_channel(r->ssh, &r->setup->target, &more, &why);
    if (again(r, s, OPEN_CALL, more ? LIBSSH2_ERROR_EAGAIN : 0))
        return false;
    r->opening = NULL;
    if (s->channel != NULL)
        return true;
    r->setup->refused(r->setup->arg, &why);
    if (libssh2_session_last_errno(r->ssh->session) != LIBSSH2_ERROR_CHANNEL_FAILURE)
        break_down(r, &why);
    s->closing = true;
    return true;
}

static bool do_read(struct relay *r, struct stream *s)
{
    ssize_t n = libssh2_channel_read(s->channel, (char *)s->down, DOWN_SIZE);

    if (again(r, s, READ_CALL, n))
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

static bool do_write(struct relay *r, struct stream *s)
{
    ssize_t n = libssh2_channel_write(s->channel, (char *)s->up + s->up_at,
                                      s->up_end - s->up_at);

    s->write_waits = again(r, s, WRITE_CALL, n) || n == 0;
    if (s->write_waits)
        return false;
    if (n < 0) {
        call_failed(r, s, n);
        return true;
    }
    s->up_at += (size_t)n;
    return true;
}

static bool do_eof(struct relay *r, struct stream *s)
{
    int rc = libssh2_channel_send_eof(s->channel);

    if (again(r, s, EOF_CALL, rc))
        return false;
    s->eof_sent = true;
    if (rc < 0)
        call_failed(r, s, rc);
    return true;
}

static bool do_free(struct relay *r, struct stream *s)
{
    int rc = s->channel != NULL ? libssh2_channel_free(s->channel) : 0;

    close_local(s, true);
    if (again(r, s, FREE_CALL, rc))
        return false;
    s->channel = NULL;
    free_stream(s);
    return true;
}

/* --- the local end --- */

static bool receive_local(struct stream *s)
{
    ssize_t n = recv(s->fd, s->up, UP_SIZE, MSG_DONTWAIT);

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

static bool send_local(struct stream *s)
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

static bool finish_call(struct relay *r, struct stream *s)
{
    switch (r->unsent) {
    case OPEN_CALL:
        return do_open(r, s);
    case READ_CALL:
        return do_read(r, s);
    case WRITE_CALL:
        return do_write(r, s);
    case EOF_CALL:
        return do_eof(r, s);
    case FREE_CALL:
        return do_free(r, s);
    case NO_CALL:
        break;
    }
    return false;
}

static bool go_down(struct relay *r, struct stream *s)
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

static bool go_up(struct relay *r, struct stream *s)
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
static bool pass_ends(struct relay *r, struct stream *s)
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

static bool serve(struct relay *r, struct stream *s)
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

/* Everything that can be done without waiting. */
static void serve_all(struct relay *r)
{
    bool moved;

    do {
        uint64_t before = r->ssh->bytes_in;

        if (r->owner != NULL && !serve(r, r->owner) && r->owner != NULL)
            return;
        moved = false;
        for (size_t i = 0; i < MP_RELAY_STREAMS && !r->broken && r->owner == NULL; i++)
            if (r->streams[i].used)
                moved = serve(r, &r->streams[i]) || moved;
        moved = moved || r->ssh->bytes_in != before;
    } while (moved && !r->broken && r->owner == NULL);
}

/* --- the listener --- */

static struct stream *free_slot(struct relay *r)
{
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        if (!r->streams[i].used)
            return &r->streams[i];
    return NULL;
}

static void reset(int fd)
{
    struct stream s = {.fd = fd};

    close_local(&s, true);
}

static void accept_one(struct relay *r)
{
    struct stream *s = r->broken ? NULL : free_slot(r);
    int fd = accept4(r->setup->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (s == NULL || !mp_peer_is_us(fd)) {
        reset(fd);
        return;
    }
    mp_peer_no_delay(fd);
    *s = (struct stream){.fd = fd,
                         .used = true,
                         .up = malloc(UP_SIZE),
                         .down = malloc(DOWN_SIZE),
                         .give_up_us =
                             mp_clock_us() + (int64_t)r->setup->target.timeout_ms * 1000};
    if (s->up == NULL || s->down == NULL)
        free_stream(s);
}

/* --- time --- */

static bool listening(const struct relay *r);

static void check_silence(struct relay *r)
{
    struct mp_error why;
    int64_t now = mp_clock_us();

    if (r->ssh->heard_us > r->quiet_since_us)
        r->quiet_since_us = r->ssh->heard_us;
    if (r->setup->silence_ms == 0 || r->broken)
        return;
    if (!listening(r)) {
        r->quiet_since_us = now;
        return;
    }
    if (now - r->quiet_since_us < (int64_t)r->setup->silence_ms * 1000)
        return;
    mp_fail(&why, MP_FAULT_TRANSIENT,
            "the SSH connection to %s broke: nothing heard from it for %.1f s, not even an "
            "answer to keepalives; the network or the server is stuck (keepalive in section "
            "[ssh])",
            r->ssh->name, (double)(now - r->quiet_since_us) / 1e6);
    break_down(r, &why);
}

static void send_keepalive(struct relay *r)
{
    struct pollfd p = {.fd = r->ssh->fd, .events = POLLOUT};
    int next = 0, rc;

    if (r->keepalive_us > mp_clock_us() || r->broken || r->owner != NULL)
        return;
    /* libssh2 forgets what it could not send of a keepalive: only when there is room */
    if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
        return;
    rc = libssh2_keepalive_send(r->ssh->session, &next);
    r->keepalive_us = mp_clock_us() + (int64_t)(next > 0 ? next : 1) * 1000000;
    if (rc != 0 && rc != LIBSSH2_ERROR_EAGAIN) {
        struct mp_error why;

        mp_ssh_broken(r->ssh, &why);
        break_down(r, &why);
    }
}

/* An opening channel that takes too long: the database drops our packets. */
static void check_opening(struct relay *r)
{
    struct mp_error why;
    struct stream *s = r->opening;

    if (s == NULL || mp_clock_us() < s->give_up_us)
        return;
    mp_fail(&why, MP_FAULT_TRANSIENT,
            "%s does not reach the database at %s:%d in time: something drops its packets "
            "(connect_timeout in section [ssh])",
            r->ssh->name, r->setup->target.host, r->setup->target.port);
    break_down(r, &why); /* libssh2 cannot take back a request to open */
}

/* --- poll --- */

static bool wants_input(const struct stream *s)
{
    if (!s->used)
        return false;
    if (s->closing || s->channel == NULL || s->write_waits)
        return true;
    return s->down_at == s->down_end && !s->channel_eof;
}

/* Whether anything would read what the server sends. */
static bool listening(const struct relay *r)
{
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        if (wants_input(&r->streams[i]))
            return true;
    return false;
}

static short local_events(const struct stream *s)
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

static int wait_ms(const struct relay *r)
{
    int64_t now = mp_clock_us(), until = now + 60000000;

    if (!r->broken && r->keepalive_us < until)
        until = r->keepalive_us;
    if (!r->broken && r->setup->silence_ms > 0 && listening(r) &&
        r->quiet_since_us + (int64_t)r->setup->silence_ms * 1000 < until)
        until = r->quiet_since_us + (int64_t)r->setup->silence_ms * 1000;
    if (r->opening != NULL && r->opening->give_up_us < until)
        until = r->opening->give_up_us;
    return until > now ? (int)((until - now + 999) / 1000) : 0;
}

enum { STOP_AT, LISTENER_AT, SSH_AT, STREAMS_AT, N_POLLED = STREAMS_AT + MP_RELAY_STREAMS };

static void fill_poll(const struct relay *r, struct pollfd p[N_POLLED])
{
    p[STOP_AT] = (struct pollfd){.fd = r->setup->stop_fd, .events = POLLIN};
    p[LISTENER_AT] = (struct pollfd){.fd = r->setup->listener, .events = POLLIN};
    p[SSH_AT] = (struct pollfd){.fd = r->broken ? -1 : r->ssh->fd};
    if (listening(r))
        p[SSH_AT].events |= POLLIN;
    if (r->owner != NULL)
        p[SSH_AT].events |= POLLOUT;
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++) {
        short events = r->broken ? 0 : local_events(&r->streams[i]);

        p[STREAMS_AT + i] =
            (struct pollfd){.fd = events != 0 ? r->streams[i].fd : -1, .events = events};
    }
}

/* The connection was reset while nobody was reading it. */
static void check_hang_up(struct relay *r, const struct pollfd *p)
{
    struct mp_error why;

    if (r->broken || !(p->revents & (POLLERR | POLLHUP | POLLNVAL)) || listening(r))
        return;
    r->ssh->closed = true;
    mp_ssh_broken(r->ssh, &why);
    break_down(r, &why);
}

/* After the session broke: the local ends learn of it. */
static void drop_streams(struct relay *r)
{
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        if (r->streams[i].used)
            free_stream(&r->streams[i]);
    r->owner = r->opening = NULL;
    r->spare = NULL;
}

static void loop(struct relay *r)
{
    struct pollfd p[N_POLLED];

    for (;;) {
        if (!r->broken)
            serve_all(r);
        send_keepalive(r);
        check_silence(r);
        check_opening(r);
        if (r->broken)
            drop_streams(r);
        fill_poll(r, p);
        if (poll(p, N_POLLED, wait_ms(r)) < 0 && errno != EINTR)
            return;
        if (p[STOP_AT].revents != 0)
            return;
        check_hang_up(r, &p[SSH_AT]);
        if (p[LISTENER_AT].revents & POLLIN)
            accept_one(r);
    }
}

/* At the end: let what the local ends have said (a goodbye to the database) get through. */
static void wind_up(struct relay *r)
{
    int64_t until = mp_clock_us() + WIND_UP_MS * 1000;

    while (!r->broken) {
        struct pollfd p = {.fd = r->ssh->fd, .events = POLLIN};
        int64_t left = (until - mp_clock_us()) / 1000;
        bool any = false;

        serve_all(r);
        for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
            any = any || (r->streams[i].used && r->streams[i].channel != NULL);
        if (!any || left <= 0)
            return;
        if (r->owner != NULL)
            p.events |= POLLOUT;
        poll(&p, 1, left < 50 ? (int)left : 50);
    }
}

void mp_relay_run(const struct mp_relay_setup *setup)
{
    struct relay *r = calloc(1, sizeof *r);
    struct mp_error why;

    if (r == NULL) {
        mp_fail(&why, MP_FAULT_FAILED, "out of memory for the tunnel");
        setup->broken(setup->arg, &why);
        return;
    }
    r->setup = setup;
    r->ssh = setup->ssh;
    r->spare = setup->spare;
    r->quiet_since_us = mp_clock_us();
    r->keepalive_us = setup->silence_ms > 0 ? 0 : INT64_MAX;
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        r->streams[i].fd = -1;
    loop(r);
    wind_up(r);
    drop_streams(r);
    free(r);
}
