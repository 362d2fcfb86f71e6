/* SPDX-License-Identifier: MIT
 * rawcsv.c - samples to CSV lines.
 *
 * What a line repeats is made once: the fields before and after the value once per
 * series, the time's text once per distinct time.  A line is then four copies.
 */
#include "config.h"

#include "report/rawcsv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/numtext.h"
#include "base/utf8.h"
#include "base/wait.h"
#include "base/zone.h"

/* ",hostname,source,fqdd," and ",units,metric\n" */
struct line_ends {
    char *text; /* owned; both, one after the other, and COPY_STEP bytes to read over */
    uint32_t before, after;
};

/* Short copies are made in steps of this many bytes: source and target have that much to
 * spare. */
enum { COPY_STEP = 32, BUFFER_SIZE = 256 * 1024, PACK_LEVEL = 3 };

static const int64_t WRITE_BACK_STEP = 8 * 1024 * 1024;

struct time_text {
    int64_t us;
    bool naive;
    size_t len;
    char text[MP_TIME_TEXT_MAX + COPY_STEP];
};

struct mp_rawcsv {
    struct mp_sink sink;
    int fd;
    char *name;
    const struct mp_run *run;
    const struct mp_series_table *series;
    struct line_ends *ends; /* one per series met */
    size_t n_ends, capacity;
    size_t longest; /* longest line_ends */
    struct mp_zone zone;
    struct time_text time;
    char *buffer; /* BUFFER_SIZE */
    size_t used;
    bool unread;   /* EPIPE */
    bool terminal; /* names must not speak to it */
    bool regular;  /* a file; else a pipe or terminal, which may keep us waiting */
    int64_t written, flushed; /* bytes, of a file from `offset` on */
    int64_t offset;
    uint64_t rows, limit;
    ZSTD_CCtx *pack; /* NULL: as it is */
    char *packed;    /* BUFFER_SIZE */
};

static void put(char **p, const char *text, size_t len)
{
    char *out = *p;

    for (size_t i = 0; i < len; i += COPY_STEP)
        memcpy(out + i, text + i, COPY_STEP);
    *p = out + len;
}

/* Room that a field may need, quoted or escaped. */
static size_t field_room(const char *text)
{
    return text != NULL ? 4 * strlen(text) + 3 : 0;
}

/* One field as COPY ... CSV prints it. */
static char *put_field(char *p, const char *text)
{
    if (text == NULL)
        return p;
    if (*text != '\0' && strpbrk(text, ",\"\r\n") == NULL)
        return stpcpy(p, text);
    *p++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"')
            *p++ = '"';
        *p++ = *text;
    }
    *p++ = '"';
    return p;
}

static char *put_name(const struct mp_rawcsv *w, char *p, const char *text)
{
    char shown[BUFFER_SIZE / 4];

    if (!w->terminal || text == NULL)
        return put_field(p, text);
    mp_utf8_escape(shown, sizeof shown, text);
    return put_field(p, shown);
}

static int make_ends(const struct mp_rawcsv *w, struct line_ends *ends,
                     const struct mp_series *s, struct mp_error *err)
{
    size_t room = field_room(s->hostname) + field_room(s->source) + field_room(s->fqdd) +
                  field_room(s->units) + field_room(s->metric) + 8 + COPY_STEP;
    char *p = malloc(room);

    if (p == NULL || room > BUFFER_SIZE / 4) {
        free(p);
        return mp_fail(err, MP_FAULT_FAILED, "node %s: no room for a line of its series",
                       s->hostname);
    }
    ends->text = p;
    *p++ = ',';
    p = put_name(w, p, s->hostname);
    *p++ = ',';
    p = put_name(w, p, s->source);
    *p++ = ',';
    p = put_name(w, p, s->fqdd);
    *p++ = ',';
    ends->before = (uint32_t)(p - ends->text);
    *p++ = ',';
    p = put_name(w, p, s->units);
    *p++ = ',';
    p = put_field(p, s->metric);
    *p++ = '\n';
    ends->after = (uint32_t)(p - ends->text) - ends->before;
    return 0;
}

static int meet_new_series(struct mp_rawcsv *w, struct mp_error *err)
{
    if (w->series->n > w->capacity) {
        size_t capacity = w->series->capacity;
        struct line_ends *grown = realloc(w->ends, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series",
                           capacity);
        w->ends = grown;
        w->capacity = capacity;
    }
    for (; w->n_ends < w->series->n; w->n_ends++) {
        struct line_ends *ends = &w->ends[w->n_ends];

        if (make_ends(w, ends, &w->series->series[w->n_ends], err) < 0)
            return -1;
        if (ends->before + ends->after > w->longest)
            w->longest = ends->before + ends->after;
    }
    return 0;
}

static int begin(struct mp_sink *sink, const struct mp_plan *plan,
                 const struct mp_series_table *series, struct mp_error *err)
{
    struct mp_rawcsv *w = (struct mp_rawcsv *)sink;
    struct stat st;

    (void)plan;
    w->series = series;
    mp_zone_init(&w->zone);
    w->time.us = INT64_MIN;
    w->terminal = isatty(w->fd);
    w->regular = fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode);
    w->offset = w->regular ? lseek(w->fd, 0, SEEK_CUR) : 0;
    w->buffer = malloc(BUFFER_SIZE);
    if (w->buffer == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for writing %s", w->name);
    w->used = (size_t)(stpcpy(w->buffer, MP_RAWCSV_HEADER "\n") - w->buffer);
    return 0;
}

static int fail_writing(const struct mp_rawcsv *w, int error, struct mp_error *err)
{
    if (error == ENOSPC || error == EDQUOT)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "cannot write %s: %s; free some room there or choose another place", w->name,
            strerror(error));
    if (error == EPIPE)
        return mp_fail(err, MP_FAULT_FAILED, "cannot write %s: its reader went away",
                       w->name);
    return mp_fail(err, MP_FAULT_FAILED, "cannot write %s: %s", w->name, strerror(error));
}

/* Let a long file's way to the disk begin, so that the fsync which its owner does later
 * finds little left.  Only a hint: what it cannot do the fsync does. */
static void start_write_back(struct mp_rawcsv *w)
{
    if (!w->regular || w->written - w->flushed < WRITE_BACK_STEP)
        return;
    sync_file_range(w->fd, w->offset + w->flushed, w->written - w->flushed,
                    SYNC_FILE_RANGE_WRITE);
    w->flushed = w->written;
}

/* A reader that is ready takes PIPE_BUF bytes without blocking. */
static int write_out(struct mp_rawcsv *w, const char *p, size_t len, struct mp_error *err)
{
    if (w->fd < 0) {
        w->written += (int64_t)len;
        return 0;
    }
    while (len > 0) {
        size_t part = w->regular || len < PIPE_BUF ? len : PIPE_BUF;
        ssize_t n;

        if (!w->regular && mp_wait_fd(w->run, w->fd, POLLOUT, INT64_MAX, err) < 0)
            return -1;
        n = write(w->fd, p, part);
        w->unread = n < 0 && errno == EPIPE;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return fail_writing(w, errno, err);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
            w->written += n;
        }
    }
    start_write_back(w);
    return 0;
}

static int write_packed(struct mp_rawcsv *w, bool last, struct mp_error *err)
{
    ZSTD_inBuffer in = {w->buffer, w->used, 0};
    size_t left;

    do {
        ZSTD_outBuffer out = {w->packed, BUFFER_SIZE, 0};

        left =
            ZSTD_compressStream2(w->pack, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return mp_fail(err, MP_FAULT_FAILED, "cannot pack %s: %s", w->name,
                           ZSTD_getErrorName(left));
        if (write_out(w, w->packed, out.pos, err) < 0)
            return -1;
    } while (in.pos < in.size || (last && left > 0));
    return 0;
}

static int flush(struct mp_rawcsv *w, bool last, struct mp_error *err)
{
    int rc = w->pack != NULL ? write_packed(w, last, err)
                             : write_out(w, w->buffer, w->used, err);

    w->used = 0;
    return rc;
}

/* The limit is passed: give the room back at once. */
static int drop(struct mp_rawcsv *w, struct mp_error *err)
{
    w->used = 0;
    if (w->written > 0 && ftruncate(w->fd, w->offset) < 0)
        return fail_writing(w, errno, err);
    w->written = 0;
    return 0;
}

static size_t value_text(const struct mp_sample *s, char *out)
{
    switch ((enum mp_value_kind)s->kind) {
    case MP_VALUE_INT:
        return mp_int_text((int64_t)s->value, out);
    case MP_VALUE_FLOAT4:
        return mp_float4_text((float)s->value, out);
    case MP_VALUE_FLOAT8:
        return mp_float8_text(s->value, out);
    case MP_VALUE_TEXT:
        memcpy(out, s->text, s->text_len);
        return s->text_len;
    case MP_VALUE_NULL:
        break;
    }
    return 0;
}

static void set_time(struct mp_rawcsv *w, int64_t us, bool naive)
{
    struct time_text *t = &w->time;

    t->us = us;
    t->naive = naive;
    t->len = mp_time_text(&w->zone, us, naive, t->text);
}

static int batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                 struct mp_error *err)
{
    struct mp_rawcsv *w = (struct mp_rawcsv *)sink;
    size_t room = 0;

    w->rows += n;
    if (w->rows > w->limit)
        return w->rows - n > w->limit ? 0 : drop(w, err);
    if (w->n_ends < w->series->n && meet_new_series(w, err) < 0)
        return -1;
    room = w->longest + sizeof w->time.text + MP_NUMBER_TEXT_MAX + 3 * COPY_STEP;
    for (size_t i = 0; i < n; i++) {
        const struct mp_sample *s = &samples[i];
        const struct line_ends *ends = &w->ends[s->series];
        bool naive = w->series->series[s->series].naive;

        if (w->used + room + s->text_len > BUFFER_SIZE && flush(w, false, err) < 0)
            return -1;
        if (s->time != w->time.us || naive != w->time.naive)
            set_time(w, s->time, naive);
        char *p = w->buffer + w->used;
        put(&p, w->time.text, w->time.len);
        put(&p, ends->text, ends->before);
        p += value_text(s, p);
        put(&p, ends->text + ends->before, ends->after);
        w->used = (size_t)(p - w->buffer);
    }
    return n > 0 && !w->regular ? flush(w, false, err) : 0;
}

static void free_ends(struct mp_rawcsv *w)
{
    for (size_t i = 0; i < w->n_ends; i++)
        free(w->ends[i].text);
    free(w->ends);
    w->ends = NULL;
    w->n_ends = 0;
}

static int end(struct mp_sink *sink, struct mp_error *err)
{
    struct mp_rawcsv *w = (struct mp_rawcsv *)sink;

    free_ends(w);
    return w->rows > 0 && w->rows <= w->limit ? flush(w, true, err) : 0;
}

static const struct mp_sink_ops ops = {
    .name = "rawcsv",
    .begin = begin,
    .batch = batch,
    .end = end,
};

int mp_rawcsv_new(struct mp_rawcsv **out, int fd, const char *name, struct mp_error *err)
{
    struct mp_rawcsv *w = calloc(1, sizeof *w);

    *out = NULL;
    if (w == NULL || (w->name = strdup(name)) == NULL) {
        free(w);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for writing %s", name);
    }
    w->sink.ops = &ops;
    w->fd = fd;
    w->limit = UINT64_MAX;
    *out = w;
    return 0;
}

int mp_rawcsv_pack(struct mp_rawcsv *w, struct mp_error *err)
{
    w->pack = ZSTD_createCCtx();
    w->packed = malloc(BUFFER_SIZE);
    if (w->pack == NULL || w->packed == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for packing %s", w->name);
    ZSTD_CCtx_setParameter(w->pack, ZSTD_c_compressionLevel, PACK_LEVEL);
    ZSTD_CCtx_setParameter(w->pack, ZSTD_c_checksumFlag, 1);
    return 0;
}

void mp_rawcsv_set_limit(struct mp_rawcsv *w, uint64_t rows)
{
    w->limit = rows;
}

void mp_rawcsv_set_run(struct mp_rawcsv *w, const struct mp_run *run)
{
    w->run = run;
}

struct mp_sink *mp_rawcsv_sink(struct mp_rawcsv *w)
{
    return &w->sink;
}

uint64_t mp_rawcsv_rows(const struct mp_rawcsv *w)
{
    return w->rows;
}

bool mp_rawcsv_is_unread(const struct mp_rawcsv *w)
{
    return w->unread;
}

uint64_t mp_rawcsv_bytes(const struct mp_rawcsv *w)
{
    return (uint64_t)w->written;
}

bool mp_rawcsv_is_over(const struct mp_rawcsv *w)
{
    return w->rows > w->limit;
}

void mp_rawcsv_free(struct mp_rawcsv *w)
{
    if (w == NULL)
        return;
    ZSTD_freeCCtx(w->pack);
    free(w->packed);
    free(w->buffer);
    free_ends(w);
    free(w->name);
    free(w);
}
