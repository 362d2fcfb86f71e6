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

#include "backends/ssh/relay.h"
#include "backends/ssh/peer.h"
#include "backends/ssh/stream.h"
#include "base/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WIND_UP_MS = 1000 }; /* how long the last bytes may take to leave at the end */

struct relay {
    const struct mp_relay_setup *setup;
    struct mp_streams streams;
    int64_t quiet_since_us; /* nothing received since, though we listened */
    int64_t keepalive_us;   /* when to send the next one */
    int64_t asked_us;       /* when the last one was sent */
    int64_t probed_us;      /* for the channel that has been opening since then */
};

/* --- the listener --- */

static struct mp_stream *free_slot(struct relay *r)
{
    for (size_t i = 0; i < MP_STREAMS_MAX; i++)
        if (!r->streams.each[i].used)
            return &r->streams.each[i];
    return NULL;
}

static void accept_one(struct relay *r)
{
    struct mp_stream *s = r->streams.broken ? NULL : free_slot(r);
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
static bool listening(const struct relay *r)
{
    for (size_t i = 0; i < MP_STREAMS_MAX; i++)
        if (mp_stream_wants_input(&r->streams.each[i]))
            return true;
    return false;
}

static void give_up(struct relay *r, int64_t quiet_us)
{
    struct mp_error why;

    mp_fail(
        &why, MP_FAULT_TRANSIENT,
        "the SSH connection to %s broke: nothing heard from it for %.1f s, not even an "
        "answer to keepalives; the network or the server is stuck (keepalive in section "
        "[ssh])",
        r->streams.ssh->name, (double)quiet_us / 1e6);
    mp_streams_break(&r->streams, &why);
}

static void check_silence(struct relay *r)
{
    int64_t now = mp_clock_us();

    if (r->streams.ssh->heard_us > r->quiet_since_us)
        r->quiet_since_us = r->streams.ssh->heard_us;
    if (r->streams.broken)
        return;
    if (!listening(r))
        r->quiet_since_us = now;
    else if (now - r->quiet_since_us >= (int64_t)r->setup->silence_ms * 1000)
        give_up(r, now - r->quiet_since_us);
}

static void send_keepalive(struct relay *r)
{
    int every = r->streams.opening != NULL ? MP_RELAY_SOONEST_S : r->setup->keepalive_s;
    int64_t now = mp_clock_us();
    int next = 0, rc;

    if (r->streams.opening != NULL && r->probed_us != r->streams.opening_since_us) {
        r->probed_us = r->streams.opening_since_us;
        r->keepalive_us = 0; /* is the server still there? */
    }
    if (r->keepalive_us > now || r->streams.broken)
        return;
    r->keepalive_us = now + 1000000;
    /* libssh2 forgets what it could not send of a keepalive: only when there is room */
    if (r->streams.owner != NULL || !(mp_ready(r->streams.ssh->fd, POLLOUT) & POLLOUT))
        return;
    libssh2_keepalive_config(r->streams.ssh->session, 1, (unsigned)every);
    rc = libssh2_keepalive_send(r->streams.ssh->session, &next);
    if (next > 0)
        r->keepalive_us = now + (int64_t)next * 1000000;
    if (next >= every)
        r->asked_us = now;
    if (rc != 0 && rc != LIBSSH2_ERROR_EAGAIN) {
        struct mp_error why;

        mp_ssh_broken(r->streams.ssh, &why);
        mp_streams_break(&r->streams, &why);
    }
}

static int64_t opening_until(const struct relay *r)
{
    return r->streams.opening_since_us + (int64_t)r->setup->target.timeout_ms * 1000;
}

/* An opening channel that takes too long: the server is silent, or the database drops the
 * server's packets. */
static void check_opening(struct relay *r)
{
    struct mp_error why;
    int64_t now = mp_clock_us();

    if (r->streams.opening == NULL || r->streams.broken || now < opening_until(r))
        return;
    if (r->asked_us >= r->streams.opening_since_us &&
        r->streams.ssh->heard_us < r->streams.opening_since_us) {
        give_up(r, now - r->streams.opening_since_us);
        return;
    }
    mp_fail(
        &why, MP_FAULT_TRANSIENT,
        "%s does not reach the database at %s:%d in time: something drops its packets "
        "(connect_timeout in section [ssh])",
        r->streams.ssh->name, r->setup->target.host, r->setup->target.port);
    mp_streams_break(&r->streams, &why); /* libssh2 cannot take back a request to open */
}

/* --- poll --- */

static int64_t wake_us(const struct relay *r)
{
    int64_t until = mp_clock_us() + 60000000;

    if (!r->streams.broken && r->keepalive_us < until)
        until = r->keepalive_us;
    if (!r->streams.broken && listening(r) &&
        r->quiet_since_us + (int64_t)r->setup->silence_ms * 1000 < until)
        until = r->quiet_since_us + (int64_t)r->setup->silence_ms * 1000;
    if (r->streams.opening != NULL && opening_until(r) < until)
        until = opening_until(r);
    return until;
}

enum { LISTENER_AT, SSH_AT, STREAMS_AT, N_POLLED = STREAMS_AT + MP_STREAMS_MAX };

static void fill_poll(const struct relay *r, struct pollfd *p)
{
    p[LISTENER_AT] = (struct pollfd){.fd = r->setup->listener, .events = POLLIN};
    p[SSH_AT] = (struct pollfd){.fd = r->streams.broken ? -1 : r->streams.ssh->fd};
    p[SSH_AT].events |= listening(r) ? POLLIN : POLLRDHUP;
    if (r->streams.owner != NULL)
        p[SSH_AT].events |= POLLOUT;
    for (size_t i = 0; i < MP_STREAMS_MAX; i++) {
        short events = r->streams.broken ? 0 : mp_stream_events(&r->streams.each[i]);

        p[STREAMS_AT + i] = (struct pollfd){
            .fd = events != 0 ? r->streams.each[i].fd : -1, .events = events};
    }
}

/* The connection was closed or reset while nobody was reading it. */
static void check_hang_up(struct relay *r, const struct pollfd *p)
{
    struct mp_error why;

    if (r->streams.broken || !(p->revents & (POLLERR | POLLHUP | POLLRDHUP | POLLNVAL)) ||
        listening(r))
        return;
    r->streams.ssh->closed = true;
    mp_ssh_broken(r->streams.ssh, &why);
    mp_streams_break(&r->streams, &why);
}

static void loop(struct relay *r)
{
    const struct mp_run run = {.stop_fd = r->setup->stop_fd, .deadline_us = INT64_MAX};
    struct pollfd p[N_POLLED + 1];

    for (;;) {
        bool more = !r->streams.broken && mp_streams_serve(&r->streams);

        send_keepalive(r);
        check_silence(r);
        check_opening(r);
        if (r->streams.broken)
            mp_streams_drop(&r->streams);
        fill_poll(r, p);
        if (mp_wait(&run, p, N_POLLED, more ? 0 : wake_us(r), NULL) < 0)
            return;
        check_hang_up(r, &p[SSH_AT]);
        if (p[LISTENER_AT].revents & POLLIN)
            accept_one(r);
    }
}

/* At the end: let what the local ends have said (a goodbye
 * to the database) get through. */
static void wind_up(struct relay *r)
{
    int64_t until = mp_clock_us() + WIND_UP_MS * 1000;

    while (!r->streams.broken) {
        int64_t now = mp_clock_us();
        short events = r->streams.owner != NULL ? POLLIN | POLLOUT : POLLIN;
        bool any = false;

        mp_streams_serve(&r->streams);
        for (size_t i = 0; i < MP_STREAMS_MAX; i++)
            any = any || (r->streams.each[i].used && r->streams.each[i].channel != NULL);
        if (!any || now >= until)
            return;
        mp_wait_fd(NULL, r->streams.ssh->fd, events, now + 50000, NULL);
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
    r->streams = (struct mp_streams){.ssh = setup->ssh,
                                     .target = &setup->target,
                                     .spare = setup->spare,
                                     .refused = setup->refused,
                                     .gone = setup->broken,
                                     .arg = setup->arg};
    r->quiet_since_us = mp_clock_us();
    for (size_t i = 0; i < MP_STREAMS_MAX; i++)
        r->streams.each[i].fd = -1;
    loop(r);
    wind_up(r);
    mp_streams_drop(&r->streams);
    free(r);
}
