/* SPDX-License-Identifier: MIT
 * relay_impl.h - what the relay's loop (relay.c) and its
 * streams (relay_stream.c) share. */
#ifndef MP_RELAY_IMPL_H
#define MP_RELAY_IMPL_H

#include "backends/ssh/relay.h"

enum { MP_RELAY_DOWN = 256 * 1024, MP_RELAY_UP = 32 * 1024 }; /* a stream's buffers */

/* The libssh2 call of a stream that has yet to finish sending. */
enum mp_relay_call {
    MP_NO_CALL,
    MP_OPEN_CALL,
    MP_READ_CALL,
    MP_WRITE_CALL,
    MP_EOF_CALL,
    MP_FREE_CALL
};

/* One connection and its channel. */
struct mp_stream {
    int fd;                   /* -1: the slot is free, or the local end is gone */
    LIBSSH2_CHANNEL *channel; /* NULL until it is open */
    bool used;
    bool closing;               /* only the channel's end is left to do */
    bool local_eof, eof_sent;   /* the local end has said all; so have we */
    bool channel_eof, told_eof; /* and the other way round */
    unsigned char *up, *down;
    size_t up_at, up_end, down_at, down_end;
    bool write_waits; /* for the channel's window */
};

struct mp_relay {
    const struct mp_relay_setup *setup;
    struct mp_ssh *ssh;
    LIBSSH2_CHANNEL *spare;
    struct mp_stream streams[MP_RELAY_STREAMS];
    struct mp_stream *owner; /* whose call has to be finished first; NULL: nobody's */
    enum mp_relay_call unsent;
    struct mp_stream *opening; /* one channel is opened at a time */
    int64_t opening_since_us;
    bool broken;
    int64_t quiet_since_us; /* nothing received since, though we listened */
    int64_t keepalive_us;   /* when to send the next one */
    int64_t asked_us;       /* when the last one was sent */
};

/* Takes the connection over; where memory is short it is closed. */
void mp_stream_start(struct mp_stream *s, int fd);
void mp_stream_free(struct mp_stream *s);

/* Does for it all that can be done without waiting; true
 * where that moved something on. */
bool mp_stream_serve(struct mp_relay *r, struct mp_stream *s);

/* What it waits for: input from the server; poll events of its connection. */
bool mp_stream_wants_input(const struct mp_stream *s);
short mp_stream_events(const struct mp_stream *s);

/* The session is gone, for the first reason that is given. */
void mp_relay_break(struct mp_relay *r, const struct mp_error *why);

#endif
