/* SPDX-License-Identifier: MIT
 * stream.h - a local connection and its channel of the SSH session. */
#ifndef MP_STREAM_H
#define MP_STREAM_H

#include "backends/ssh/channel.h"

enum { MP_STREAMS_MAX = 32 };
enum { MP_STREAM_DOWN = 256 * 1024, MP_STREAM_UP = 32 * 1024 }; /* a stream's buffers */

/* The libssh2 call of a stream that has yet to finish sending. */
enum mp_stream_call {
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

/* The streams of a session, and what they share. */
struct mp_streams {
    struct mp_ssh *ssh;
    const struct mp_channel_target *target;
    LIBSSH2_CHANNEL *spare; /* an open channel for the first stream; NULL once taken */
    struct mp_stream each[MP_STREAMS_MAX];
    struct mp_stream *owner; /* whose call has to be finished first; NULL: nobody's */
    enum mp_stream_call unsent;
    struct mp_stream *opening; /* one channel is opened at a time */
    int64_t opening_since_us;
    bool broken;
    void (*refused)(void *arg, const struct mp_error *why); /* a channel was not opened */
    void (*gone)(void *arg, const struct mp_error *why);    /* the session is */
    void *arg;
};

/* Takes the connection over; where memory is short it is closed. */
void mp_stream_start(struct mp_stream *s, int fd);

/* Does for all of them what can be done without waiting; true where there is more of it,
 * which a server that never stops sending could bring about. */
bool mp_streams_serve(struct mp_streams *all);
/* After the session broke, or at the end: the local ends learn of it. */
void mp_streams_drop(struct mp_streams *all);

/* What it waits for: input from the server; poll events of its connection. */
bool mp_stream_wants_input(const struct mp_stream *s);
short mp_stream_events(const struct mp_stream *s);

/* The session is gone, for the first reason that is given. */
void mp_streams_break(struct mp_streams *all, const struct mp_error *why);

#endif
