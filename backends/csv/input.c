/* SPDX-License-Identifier: MIT
 * input.c - reading, and zlib's and libzstd's streams behind it. */
#include "config.h"

#include "backends/csv/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/wait.h"

enum {
    PACKED_SIZE = 128 * 1024,
    MAGIC_SIZE = 4,
    GZIP_ONLY = 16 + MAX_WBITS, /* zlib's way to say: no raw or zlib stream */
    WINDOW_LOG_MAX = 27,
};

struct mp_csv_unpacker {
    bool zstd;
    z_stream gzip;
    ZSTD_DCtx *frames;
    unsigned char *packed; /* PACKED_SIZE; what waits is [pos, end) */
    size_t pos, end;
    bool eof;
    bool inside; /* a member or frame that has not ended */
    bool full;   /* the last output was: there may be more without more input */
};

void mp_csv_input_open(struct mp_csv_input *in, int fd, const char *name,
                       const struct mp_run *run)
{
    struct stat st;

    *in = (struct mp_csv_input){.fd = fd, .name = name, .run = run};
    in->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    in->start = in->regular ? lseek(fd, 0, SEEK_CUR) : 0;
}

static void unpacker_free(struct mp_csv_unpacker *u)
{
    if (u == NULL)
        return;
    if (!u->zstd)
        inflateEnd(&u->gzip);
    ZSTD_freeDCtx(u->frames);
    free(u->packed);
    free(u);
}

void mp_csv_input_close(struct mp_csv_input *in)
{
    unpacker_free(in->unpacker);
    in->unpacker = NULL;
}

static int read_bytes(struct mp_csv_input *in, void *to, size_t room, size_t *n,
                      struct mp_error *err)
{
    ssize_t got;

    do {
        if (!in->regular && in->run != NULL &&
            mp_wait_fd(in->run, in->fd, POLLIN, INT64_MAX, err) < 0)
            return -1;
        got = read(in->fd, to, room);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot read %s: %s", in->name,
                       strerror(errno));
    *n = (size_t)got;
    return 0;
}

/* With what was read of the stream so far. */
static int unpacker_new(struct mp_csv_input *in, bool zstd, const char *seen, size_t n,
                        struct mp_error *err)
{
    struct mp_csv_unpacker *u = calloc(1, sizeof *u);

    if (u == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for unpacking %s", in->name);
    u->zstd = zstd;
    u->packed = malloc(PACKED_SIZE);
    if (zstd)
        u->frames = ZSTD_createDCtx();
    if (u->packed == NULL || (zstd && u->frames == NULL) ||
        (!zstd && inflateInit2(&u->gzip, GZIP_ONLY) != Z_OK)) {
        unpacker_free(u);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for unpacking %s", in->name);
    }
    if (zstd)
        ZSTD_DCtx_setParameter(u->frames, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    memcpy(u->packed, seen, n);
    u->end = n;
    u->inside = u->full = true;
    in->unpacker = u;
    return 0;
}

/* One call of zlib's: what it made, and whether the member ended. */
static int unpack_gzip(struct mp_csv_input *in, char *to, size_t room, size_t *made,
                       struct mp_error *err)
{
    struct mp_csv_unpacker *u = in->unpacker;
    z_stream *z = &u->gzip;
    int rc;

    if (!u->inside && inflateReset(z) != Z_OK)
        return mp_fail(err, MP_FAULT_FAILED, "cannot unpack %s", in->name);
    z->next_in = u->packed + u->pos;
    z->avail_in = (uInt)(u->end - u->pos);
    z->next_out = (Bytef *)to;
    z->avail_out = (uInt)room;
    rc = inflate(z, Z_NO_FLUSH);
    u->pos = u->end - z->avail_in;
    *made = room - z->avail_out;
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return mp_fail(err, MP_FAULT_FAILED, "%s is no whole gzip file: %s", in->name,
                       z->msg != NULL ? z->msg : zError(rc));
    u->inside = rc != Z_STREAM_END;
    return 0;
}

static int unpack_zstd(struct mp_csv_input *in, char *to, size_t room, size_t *made,
                       struct mp_error *err)
{
    struct mp_csv_unpacker *u = in->unpacker;
    ZSTD_inBuffer from = {u->packed, u->end, u->pos};
    ZSTD_outBuffer out = {to, room, 0};
    size_t rc = ZSTD_decompressStream(u->frames, &out, &from);

    u->pos = from.pos;
    *made = out.pos;
    if (ZSTD_isError(rc))
        return mp_fail(err, MP_FAULT_FAILED, "%s is no whole .zst file: %s", in->name,
                       ZSTD_getErrorName(rc));
    u->inside = rc != 0;
    return 0;
}

static int read_packed(struct mp_csv_input *in, char *to, size_t room, size_t *n,
                       struct mp_error *err)
{
    struct mp_csv_unpacker *u = in->unpacker;

    for (*n = 0; *n == 0;) {
        if (u->pos == u->end && !u->eof && !u->full) {
            u->pos = 0;
            if ((in->run != NULL && mp_run_check(in->run, err) < 0) ||
                read_bytes(in, u->packed, PACKED_SIZE, &u->end, err) < 0)
                return -1;
            u->eof = u->end == 0;
        }
        if (u->pos == u->end && u->eof && !u->full) {
            if (u->inside)
                return mp_fail(err, MP_FAULT_FAILED,
                               "%s ends in the middle of its packed data; is the file "
                               "cut off?",
                               in->name);
            return 0;
        }
        if (u->pos == u->end && !u->inside) {
            u->full = false;
            continue;
        }
        if ((u->zstd ? unpack_zstd : unpack_gzip)(in, to, room, n, err) < 0)
            return -1;
        u->full = *n == room;
    }
    return 0;
}

/* The first bytes say what the input is.  A stream may bring them one by one. */
static int look(struct mp_csv_input *in, char *to, size_t room, size_t *n,
                struct mp_error *err)
{
    static const char gzip[] = "\x1f\x8b", zstd[] = "\x28\xb5\x2f\xfd";
    const size_t most = room < PACKED_SIZE ? room : PACKED_SIZE;
    size_t more = 1;

    in->looked = true;
    for (*n = 0; *n < MAGIC_SIZE && more > 0; *n += more)
        if (read_bytes(in, to + *n, most - *n, &more, err) < 0)
            return -1;
    if (*n >= 2 && memcmp(to, gzip, 2) == 0)
        return unpacker_new(in, false, to, *n, err);
    if (*n >= MAGIC_SIZE && memcmp(to, zstd, MAGIC_SIZE) == 0)
        return unpacker_new(in, true, to, *n, err);
    return 0;
}

int mp_csv_input_read(struct mp_csv_input *in, char *to, size_t room, size_t *n,
                      struct mp_error *err)
{
    if (!in->looked) {
        if (look(in, to, room, n, err) < 0)
            return -1;
        if (in->unpacker == NULL)
            return 0;
    }
    return in->unpacker != NULL ? read_packed(in, to, room, n, err)
                                : read_bytes(in, to, room, n, err);
}
