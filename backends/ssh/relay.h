/* SPDX-License-Identifier: MIT
 * relay.h - carries bytes between local TCP connections and channels of an SSH session.
 *
 * One thread, one poll loop, everything non-blocking.  A connection accepted from the
 * listener becomes a direct-tcpip channel to the target, provided that its other end is a
 * socket of this very process; anybody else's is reset at once.
 *
 * Neither side ever waits for the other: each direction has one buffer, which is filled
 * only when it is empty.  What a slow reader does not take
 * stays in the channel's window. */
#ifndef MP_RELAY_H
#define MP_RELAY_H

#include "base/error.h"
#include "backends/ssh/channel.h"

enum { MP_RELAY_SOONEST_S = 2 }; /* libssh2 sends no keepalives more often */

/* What a relay's owner gives it.  All borrowed; the session is the relay's alone while it
 * runs. */
struct mp_relay_setup {
    struct mp_ssh *ssh;
    int listener;
    int stop_fd; /* readable: wind up and return */
    struct mp_channel_target target;
    int keepalive_s; /* how often to ask a server that says nothing for an answer */
    int silence_ms;  /* give the session up after this long without a byte */
    LIBSSH2_CHANNEL *spare; /* an open channel for the first connection; taken over */
    /* Called from the relay's thread. */
    void (*refused)(void *arg, const struct mp_error *why); /* a channel was not opened */
    void (*broken)(void *arg, const struct mp_error *why);  /* the session is gone; the
                                 connections are closed after this returns */
    void *arg;
};

/* Runs until stop_fd is readable or memory runs out; after the session broke it only
 * keeps the listener occupied, so that nobody else can take its address, and resets
 * whoever connects. */
void mp_relay_run(const struct mp_relay_setup *setup);

#endif
