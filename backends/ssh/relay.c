/* SPDX-License-Identifier: MIT
 * relay.c - the poll loop: who may connect, when there is something to do, when to give
 * up.
 *
 * Two rules of libssh2 shape it.  Any call may read packets of every channel off the
 * socket: so rounds go on until one neither moves a byte nor receives one, and only then
 * is there something to wait for.  And with no channel open nothing reads the socket:
 * then it is not polled for input, or the loop would spin.
 */
#include "config.h"

#include "backends/ssh/peer.h"
#include "backends/ssh/relay_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wait.h"

enum { WIND_UP_MS = 1000 }; /* how long the last bytes may take to leave at the end */

void mp_relay_break(struct mp_relay *r, const struct mp_error *why)
{
    if (r->broken)
        return;
    r->broken = true;
    r->setup->broken(r->setup->arg, why);
}

/* Everything that can be done without waiting. */
static void serve_all(struct mp_relay *r)
{
    bool moved;

    do {
        uint64_t before = r->ssh->bytes_in;

        if (r->owner != NULL && !mp_stream_serve(r, r->owner) && r->owner != NULL)
            return;
        moved = false;
        for (size_t i = 0; i < MP_RELAY_STREAMS && !r->broken && r->owner == NULL; i++)
            if (r->streams[i].used)
                moved = mp_stream_serve(r, &r->streams[i]) || moved;
        moved = moved || r->ssh->bytes_in != before;
    } while (moved && !r->broken && r->owner == NULL);
}

/* --- the listener --- */

static struct mp_stream *free_slot(struct mp_relay *r)
{
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        if (!r->streams[i].used)
            return &r->streams[i];
    return NULL;
}

static void accept_one(struct mp_relay *r)
{
    struct mp_stream *s = r->broken ? NULL : free_slot(r);
    int fd = accept4(r->setup->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (s == NULL || !mp_peer_is_us(fd)) {
        mp_peer_reset(fd);
        return;
    }
    mp_stream_start(s, fd);
}

/* --- time --- */

/* Whether anything would read what the server sends. */
static bool listening(const struct mp_relay *r)
{
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        if (mp_stream_wants_input(&r->streams[i]))
            return true;
    return false;
}

static void give_up(struct mp_relay *r, int64_t quiet_us)
{
    struct mp_error why;

    mp_fail(
        &why, MP_FAULT_TRANSIENT,
        "the SSH connection to %s broke: nothing heard from it for %.1f s, not even an "
        "answer to keepalives; the network or the server is stuck (keepalive in section "
        "[ssh])",
        r->ssh->name, (double)quiet_us / 1e6);
    mp_relay_break(r, &why);
}

static void check_silence(struct mp_relay *r)
{
    int64_t now = mp_clock_us();

    if (r->ssh->heard_us > r->quiet_since_us)
        r->quiet_since_us = r->ssh->heard_us;
    if (r->broken)
        return;
    if (!listening(r))
        r->quiet_since_us = now;
    else if (now - r->quiet_since_us >= (int64_t)r->setup->silence_ms * 1000)
        give_up(r, now - r->quiet_since_us);
}

static void send_keepalive(struct mp_relay *r)
{
    int every = r->opening != NULL ? MP_RELAY_SOONEST_S : r->setup->keepalive_s;
    int64_t now = mp_clock_us();
    int next = 0, rc;

    if (r->keepalive_us > now || r->broken)
        return;
    r->keepalive_us = now + 1000000;
    /* libssh2 forgets what it could not send of a keepalive: only when there is room */
    if (r->owner != NULL || !(mp_ready(r->ssh->fd, POLLOUT) & POLLOUT))
        return;
    libssh2_keepalive_config(r->ssh->session, 1, (unsigned)every);
    rc = libssh2_keepalive_send(r->ssh->session, &next);
    if (next > 0)
        r->keepalive_us = now + (int64_t)next * 1000000;
    if (next >= every)
        r->asked_us = now;
    if (rc != 0 && rc != LIBSSH2_ERROR_EAGAIN) {
        struct mp_error why;

        mp_ssh_broken(r->ssh, &why);
        mp_relay_break(r, &why);
    }
}

static int64_t opening_until(const struct mp_relay *r)
{
    return r->opening_since_us + (int64_t)r->setup->target.timeout_ms * 1000;
}

/* An opening channel that takes too long: the server is silent, or the database drops the
 * server's packets. */
static void check_opening(struct mp_relay *r)
{
    struct mp_error why;
    int64_t now = mp_clock_us();

    if (r->opening == NULL || r->broken || now < opening_until(r))
        return;
    if (r->asked_us >= r->opening_since_us && r->ssh->heard_us < r->opening_since_us) {
        give_up(r, now - r->opening_since_us);
        return;
    }
    mp_fail(
        &why, MP_FAULT_TRANSIENT,
        "%s does not reach the database at %s:%d in time: something drops its packets "
        "(connect_timeout in section [ssh])",
        r->ssh->name, r->setup->target.host, r->setup->target.port);
    mp_relay_break(r, &why); /* libssh2 cannot take back a request to open */
}

/* --- poll --- */

static int64_t wake_us(const struct mp_relay *r)
{
    int64_t until = mp_clock_us() + 60000000;

    if (!r->broken && r->keepalive_us < until)
        until = r->keepalive_us;
    if (!r->broken && listening(r) &&
        r->quiet_since_us + (int64_t)r->setup->silence_ms * 1000 < until)
        until = r->quiet_since_us + (int64_t)r->setup->silence_ms * 1000;
    if (r->opening != NULL && opening_until(r) < until)
        until = opening_until(r);
    return until;
}

enum {
    LISTENER_AT,
    SSH_AT,
    STREAMS_AT,
    N_POLLED = STREAMS_AT + MP_RELAY_STREAMS,
};

static void fill_poll(const struct mp_relay *r, struct pollfd *p)
{
    p[LISTENER_AT] = (struct pollfd){.fd = r->setup->listener, .events = POLLIN};
    p[SSH_AT] = (struct pollfd){.fd = r->broken ? -1 : r->ssh->fd};
    p[SSH_AT].events |= listening(r) ? POLLIN : POLLRDHUP;
    if (r->owner != NULL)
        p[SSH_AT].events |= POLLOUT;
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++) {
        short events = r->broken ? 0 : mp_stream_events(&r->streams[i]);

        p[STREAMS_AT + i] =
            (struct pollfd){.fd = events != 0 ? r->streams[i].fd : -1, .events = events};
    }
}

/* The connection was closed or reset while nobody was reading it. */
static void check_hang_up(struct mp_relay *r, const struct pollfd *p)
{
    struct mp_error why;

    if (r->broken || !(p->revents & (POLLERR | POLLHUP | POLLRDHUP | POLLNVAL)) ||
        listening(r))
        return;
    r->ssh->closed = true;
    mp_ssh_broken(r->ssh, &why);
    mp_relay_break(r, &why);
}

/* After the session broke: the local ends learn of it. */
static void drop_streams(struct mp_relay *r)
{
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        if (r->streams[i].used)
            mp_stream_free(&r->streams[i]);
    r->owner = r->opening = NULL;
    r->spare = NULL;
}

static void loop(struct mp_relay *r)
{
    const struct mp_run run = {.stop_fd = r->setup->stop_fd, .deadline_us = INT64_MAX};
    struct pollfd p[N_POLLED + 1];

    for (;;) {
        if (!r->broken)
            serve_all(r);
        send_keepalive(r);
        check_silence(r);
        check_opening(r);
        if (r->broken)
            drop_streams(r);
        fill_poll(r, p);
        if (mp_wait(&run, p, N_POLLED, wake_us(r), NULL) < 0)
            return;
        check_hang_up(r, &p[SSH_AT]);
        if (p[LISTENER_AT].revents & POLLIN)
            accept_one(r);
    }
}

/* At the end: let what the local ends have said (a goodbye
 * to the database) get through. */
static void wind_up(struct mp_relay *r)
{
    int64_t until = mp_clock_us() + WIND_UP_MS * 1000;

    while (!r->broken) {
        int64_t now = mp_clock_us();
        short events = r->owner != NULL ? POLLIN | POLLOUT : POLLIN;
        bool any = false;

        serve_all(r);
        for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
            any = any || (r->streams[i].used && r->streams[i].channel != NULL);
        if (!any || now >= until)
            return;
        mp_wait_fd(NULL, r->ssh->fd, events, now + 50000, NULL);
    }
}

void mp_relay_run(const struct mp_relay_setup *setup)
{
    struct mp_relay *r = calloc(1, sizeof *r);
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
    for (size_t i = 0; i < MP_RELAY_STREAMS; i++)
        r->streams[i].fd = -1;
    loop(r);
    wind_up(r);
    drop_streams(r);
    free(r);
}
