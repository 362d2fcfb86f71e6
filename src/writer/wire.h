/* SPDX-License-Identifier: MIT
 * wire.h - what a report is made of, as a stream between two processes of this program.
 *
 * Frames: u32 length of the payload, u32 type, payload; host byte order and struct
 * layout, for both ends are the same build on the same machine (the hello says which).  A
 * stream is
 *
 *     worker to writer:  HELLO  PLAN NODES... [OCCUPANCY STAYS...] BEGIN
 *                        (SERIES | SAMPLES)...  FINDINGS...
 * END writer to worker:         READY                                               DONE
 *
 * and FAILED may come from the writer at any time.  END carries the number of series and
 * samples: a stream without it was cut, and nothing is made of it.
 *
 * Each end trusts the other no further than it must: lengths, counts, indexes, kinds,
 * times and order are checked when they are read, so that nothing behind the reader can
 * be confused by what a broken or hostile peer sends.
 */
#ifndef MP_WIRE_H
#define MP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/job.h"
#include "model/occupancy.h"
#include "model/plan.h"
#include "base/run.h"
#include "model/sample.h"
#include "model/sink.h"

enum mp_wire_type {
    MP_WIRE_HELLO = 1,
    MP_WIRE_PLAN,
    MP_WIRE_NODES,
    MP_WIRE_OCCUPANCY, /* where somebody knows who was on the nodes */
    MP_WIRE_STAYS,
    MP_WIRE_BEGIN,
    MP_WIRE_SERIES,
    MP_WIRE_SAMPLES,
    MP_WIRE_FINDINGS,
    MP_WIRE_END,
    MP_WIRE_READY,
    MP_WIRE_DONE,
    MP_WIRE_FAILED,
};

enum {
    MP_WIRE_FLUSH = 256 * 1024,          /* frames of lists are cut about here */
    MP_WIRE_FRAME_MAX = 4 * 1024 * 1024, /* longer is an error at both ends */
    MP_WIRE_PLACES_MAX = 4,
};

/* ---- Frames ---- */

struct mp_wire_out {
    int fd;                   /* borrowed; may be non-blocking */
    const struct mp_run *run; /* borrowed; NULL: no limit */
    unsigned char *buf;
    size_t n, capacity;
    bool failed;         /* out of memory or a frame too long; said by mp_wire_send */
    bool broken;         /* the reader went away */
    int64_t patience_us; /* for how long it may take nothing; 0: for ever */
    bool stalled;        /* that is over */
};

void mp_wire_out_init(struct mp_wire_out *out, int fd, const struct mp_run *run);
void mp_wire_out_free(struct mp_wire_out *out);
/* A frame: start, put..., send.  Its memory is reused. */
void mp_wire_start(struct mp_wire_out *out, enum mp_wire_type type);
void mp_frame_put(struct mp_wire_out *out, const void *data, size_t n);
void mp_frame_put_u32(struct mp_wire_out *out, uint32_t v);
void mp_frame_put_i64(struct mp_wire_out *out, int64_t v);
void mp_frame_put_text(struct mp_wire_out *out, const char *text); /* NULL is kept */
int mp_wire_send(struct mp_wire_out *out, struct mp_error *err);

struct mp_wire_in {
    int fd;
    const struct mp_run *run;
    unsigned char *buf;
    size_t start, end, capacity;
};

struct mp_wire_frame {
    enum mp_wire_type type;
    const unsigned char *p; /* what is left of it; borrowed until the next frame */
    size_t n;
};

void mp_wire_in_init(struct mp_wire_in *in, int fd, const struct mp_run *run);
void mp_wire_in_free(struct mp_wire_in *in);
/* 1: a frame; 0: the stream ended between two frames; -1. */
int mp_wire_next(struct mp_wire_in *in, struct mp_wire_frame *frame,
                 struct mp_error *err);
/* Take from a frame; -1 where it is too short.  Texts have no NUL inside and are copied;
 * *text is NULL where NULL was put. */
int mp_frame_get(struct mp_wire_frame *f, void *data, size_t n);
int mp_frame_get_u32(struct mp_wire_frame *f, uint32_t *v);
int mp_frame_get_i64(struct mp_wire_frame *f, int64_t *v);
int mp_frame_get_text(struct mp_wire_frame *f, size_t max, char **text);
/* "the stream is damaged: WHAT" */
int mp_wire_damaged(struct mp_error *err, const char *what);

/* ---- The samples of a report ---- */

struct mp_wire_sample;

/* The sending end: a sink that turns what it is given into frames. */
struct mp_wire_sink {
    struct mp_sink sink;
    struct mp_wire_out *out;              /* borrowed */
    const struct mp_occupancy *occupancy; /* borrowed; NULL: nobody knows */
    const struct mp_series_table *series;
    size_t series_sent;
    uint64_t samples_sent;
    struct mp_wire_sample *packed; /* a frame's worth */
};

int mp_wire_sink_init(struct mp_wire_sink *s, struct mp_wire_out *out,
                      struct mp_error *err);
void mp_wire_sink_free(struct mp_wire_sink *s);
/* After the sink's end. */
int mp_wire_send_end(struct mp_wire_sink *s, const struct mp_findings *findings,
                     const char *backend, const char *backend_label,
                     struct mp_error *err);

/* The receiving end; what it has built up lives until it is freed. */
struct mp_wire_content {
    struct mp_plan plan;
    struct mp_occupancy occupancy; /* in place before the sink's begin */
    struct mp_series_table series;
    struct mp_findings findings;
    char *backend;
    char *backend_label;
};

/* Drive `sink` with the stream up to its END; abort and -1 where it is cut or damaged. */
int mp_wire_receive(struct mp_wire_in *in, struct mp_wire_content *content,
                    struct mp_sink *sink, struct mp_error *err);
void mp_wire_content_free(struct mp_wire_content *content);

#endif
