/* SPDX-License-Identifier: MIT
 * wire.c - frames: put together, sent, received, taken apart. */
#include "config.h"

#include "writer/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wait.h"

struct header {
    uint32_t length;
    uint32_t type;
};

static const uint32_t NO_TEXT = UINT32_MAX;

void mp_wire_out_init(struct mp_wire_out *out, int fd, const struct mp_run *run)
{
    *out = (struct mp_wire_out){.fd = fd, .run = run};
}

void mp_wire_out_free(struct mp_wire_out *out)
{
    free(out->buf);
    *out = (struct mp_wire_out){.fd = -1};
}

void mp_wire_start(struct mp_wire_out *out, enum mp_wire_type type)
{
    struct header h = {.type = type};

    out->n = 0;
    mp_frame_put(out, &h, sizeof h);
}

void mp_frame_put(struct mp_wire_out *out, const void *data, size_t n)
{
    if (out->failed || n > MP_WIRE_FRAME_MAX - out->n) {
        out->failed = true;
        return;
    }
    if (out->n + n > out->capacity) {
        size_t capacity = out->n + n < 4096 ? 4096 : 2 * (out->n + n);
        unsigned char *grown = realloc(out->buf, capacity);

        if (grown == NULL) {
            out->failed = true;
            return;
        }
        out->buf = grown;
        out->capacity = capacity;
    }
    if (n > 0)
        memcpy(out->buf + out->n, data, n);
    out->n += n;
}

void mp_frame_put_u32(struct mp_wire_out *out, uint32_t v)
{
    mp_frame_put(out, &v, sizeof v);
}

void mp_frame_put_i64(struct mp_wire_out *out, int64_t v)
{
    mp_frame_put(out, &v, sizeof v);
}

void mp_frame_put_text(struct mp_wire_out *out, const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;

    mp_frame_put_u32(out, text != NULL ? (uint32_t)n : NO_TEXT);
    mp_frame_put(out, text, n);
}

static int wait_for_reader(struct mp_wire_out *out, struct mp_error *err)
{
    int64_t until = out->patience_us > 0 ? mp_clock_us() + out->patience_us : INT64_MAX;
    int rc = mp_wait_fd(out->run, out->fd, POLLOUT, until, err);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    out->stalled = true;
    return mp_fail(err, MP_FAULT_TRANSIENT,
                   "the writer takes nothing any more; is it stopped, or the file server "
                   "of the job's directory away?");
}

int mp_wire_send(struct mp_wire_out *out, struct mp_error *err)
{
    struct header h;

    if (out->failed)
        return mp_fail(err, MP_FAULT_FAILED,
                       "a message to the report's writer is too large for memory");
    memcpy(&h, out->buf, sizeof h);
    h.length = (uint32_t)(out->n - sizeof h);
    memcpy(out->buf, &h, sizeof h);
    for (size_t sent = 0; sent < out->n;) {
        ssize_t n = write(out->fd, out->buf + sent, out->n - sent);

        if (n >= 0)
            sent += (size_t)n;
        else if (errno == EAGAIN && wait_for_reader(out, err) < 0)
            return -1;
        else if (errno != EAGAIN && errno != EINTR) {
            out->broken = true;
            return mp_fail(err, MP_FAULT_FAILED, "the pipe between worker and writer: %s",
                           strerror(errno));
        }
    }
    return 0;
}

void mp_wire_in_init(struct mp_wire_in *in, int fd, const struct mp_run *run)
{
    *in = (struct mp_wire_in){.fd = fd, .run = run};
}

void mp_wire_in_free(struct mp_wire_in *in)
{
    free(in->buf);
    *in = (struct mp_wire_in){.fd = -1};
}

int mp_wire_damaged(struct mp_error *err, const char *what)
{
    return mp_fail(err, MP_FAULT_FAILED,
                   "the stream between worker and writer is damaged: %s", what);
}

/* At least `want` bytes from in->start on.  1, 0 at the end of the stream, -1. */
static int fill(struct mp_wire_in *in, size_t want, struct mp_error *err)
{
    while (in->end - in->start < want) {
        ssize_t n;

        if (in->start > 0) {
            memmove(in->buf, in->buf + in->start, in->end - in->start);
            in->end -= in->start;
            in->start = 0;
        }
        if (in->capacity < want || in->capacity < MP_WIRE_FLUSH) {
            size_t capacity = want < MP_WIRE_FLUSH ? MP_WIRE_FLUSH : want;
            unsigned char *grown = realloc(in->buf, capacity);

            if (grown == NULL)
                return mp_fail(err, MP_FAULT_FAILED, "out of memory for a message");
            in->buf = grown;
            in->capacity = capacity;
        }
        if (mp_wait_fd(in->run, in->fd, POLLIN, INT64_MAX, err) < 0)
            return -1;
        n = read(in->fd, in->buf + in->end, in->capacity - in->end);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return mp_fail(err, MP_FAULT_FAILED, "the pipe between worker and writer: %s",
                           strerror(errno));
        if (n > 0)
            in->end += (size_t)n;
    }
    return 1;
}

int mp_wire_next(struct mp_wire_in *in, struct mp_wire_frame *frame, struct mp_error *err)
{
    struct header h;
    int rc = fill(in, sizeof h, err);

    if (rc == 0 && in->end > in->start)
        return mp_wire_damaged(err, "it was cut");
    if (rc <= 0)
        return rc;
    memcpy(&h, in->buf + in->start, sizeof h);
    if (h.length > MP_WIRE_FRAME_MAX - sizeof h)
        return mp_wire_damaged(err, "a frame is too long");
    rc = fill(in, sizeof h + h.length, err);
    if (rc <= 0)
        return rc < 0 ? -1 : mp_wire_damaged(err, "it was cut");
    *frame = (struct mp_wire_frame){
        .type = (enum mp_wire_type)h.type,
        .p = in->buf + in->start + sizeof h,
        .n = h.length,
    };
    in->start += sizeof h + h.length;
    return 1;
}

int mp_frame_get(struct mp_wire_frame *f, void *data, size_t n)
{
    if (n > f->n)
        return -1;
    memcpy(data, f->p, n);
    f->p += n;
    f->n -= n;
    return 0;
}

int mp_frame_get_u32(struct mp_wire_frame *f, uint32_t *v)
{
    return mp_frame_get(f, v, sizeof *v);
}

int mp_frame_get_i64(struct mp_wire_frame *f, int64_t *v)
{
    return mp_frame_get(f, v, sizeof *v);
}

int mp_frame_get_text(struct mp_wire_frame *f, size_t max, char **text)
{
    uint32_t n;

    *text = NULL;
    if (mp_frame_get_u32(f, &n) < 0)
        return -1;
    if (n == NO_TEXT)
        return 0;
    if (n > max || n > f->n || memchr(f->p, '\0', n) != NULL)
        return -1;
    *text = malloc((size_t)n + 1);
    if (*text == NULL)
        return -1;
    memcpy(*text, f->p, n);
    (*text)[n] = '\0';
    f->p += n;
    f->n -= n;
    return 0;
}
