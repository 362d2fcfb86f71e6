/* SPDX-License-Identifier: MIT
 * impl.h - what writer.c (the worker's side), spawner.c and child.c (the
 * writer's side) share. */
#ifndef MP_WRITER_IMPL_H
#define MP_WRITER_IMPL_H

#include "report/report.h"
#include "writer/privilege.h"
#include "writer/wire.h"

/* How a writer comes to be. */
enum mp_writer_way {
    MP_WAY_BECOME,  /* we are root: fork, become the owner */
    MP_WAY_SELF,    /* fork, stay who we are */
    MP_WAY_SUDO,    /* sudo -n -u OWNER monster-power write-report */
    MP_WAY_RUNUSER, /* runuser -u OWNER -- monster-power write-report */
    MP_WAY_GIVE_UP, /* no new one: `id` was given up, and is to be killed */
};

/* What the worker asks of the spawner, in one message, with three descriptors: the
 * writer's standard input, output and error (none with MP_WAY_GIVE_UP). */
struct mp_spawn_request {
    uint32_t id; /* the worker's number for the writer */
    enum mp_writer_way way;
    struct mp_owner owner;
};
enum { MP_SPAWN_FDS = 3 };

/* The first frame. */
struct mp_hello {
    struct mp_job job;
    int64_t deadline_ms; /* from now; <= 0: none */
    bool give;           /* root's report becomes this owner's */
    uid_t uid;
    gid_t gid;
    struct mp_report_parts parts;
    char *zone; /* TZ; NULL: the machine's */
    char *note; /* no report, but NO_REPORT.txt with this text in the first place */
    char *places[MP_WIRE_PLACES_MAX];
    size_t n_places;
};

int mp_hello_send(struct mp_wire_out *out, const struct mp_hello *hello,
                  struct mp_error *err);
/* 1 where the stream ends before it. */
int mp_hello_receive(struct mp_wire_in *in, struct mp_hello *hello, struct mp_error *err);
void mp_hello_free(struct mp_hello *hello); /* only of a received one */

/* What a writer says when it fails, as *err; -1 always.  Its word: bounded, checked,
 * escaped. */
int mp_failure_receive(struct mp_wire_frame *f, bool *directory, struct mp_error *err);

/* The pipes to a writer: what the worker has of it.  Descriptors are -1 when closed. */
struct mp_line {
    int data_fd, reply_fd, error_fd;
    uint32_t id;
    unsigned reports; /* it has begun */
};

enum {
    MP_LINES_KEPT = 8,
    MP_LINE_REPORTS = 100, /* then it is not kept: what a library leaks has an end */
    MP_LINE_KEPT_S = 20,
    MP_REFUSALS = 64,
    MP_REFUSED_S = 600,
};

/* The worker's side of the spawner. */
struct mp_spawner {
    pid_t pid;
    int fd;
    uint32_t last_id;
    struct {
        struct mp_line line;
        struct mp_owner owner;
        int64_t since_us;
    } kept[MP_LINES_KEPT];
    struct {
        uid_t uid;
        int64_t until_us;
    } refused[MP_REFUSALS]; /* a ring */
    size_t n_refused;
};

struct mp_line mp_line_none(void);
/* A new writer.  That it could not be started is told by the line's end. */
int mp_line_open(struct mp_line *line, struct mp_spawner *s, enum mp_writer_way way,
                 const struct mp_owner *owner, struct mp_error *err);
void mp_line_close(struct mp_line *line);
/* Close the line of a writer that does not go on; it is killed where that does not end
 * it. */
void mp_line_give_up(struct mp_spawner *s, struct mp_line *line);

/* A writer whose report is in place can write another one of the same owner's, without
 * the fork, the sudo and the fonts: keep takes the line over, take gives one back. */
void mp_line_keep(struct mp_spawner *s, struct mp_line *line,
                  const struct mp_owner *owner);
bool mp_line_take(struct mp_spawner *s, const struct mp_owner *owner,
                  struct mp_line *line);

/* That sudo and runuser refused to start a writer as this user.  sudo mails root about
 * each refusal, so they are not asked again for MP_REFUSED_S. */
void mp_spawner_note_refusal(struct mp_spawner *s, uid_t uid);
bool mp_spawner_was_refused(const struct mp_spawner *s, uid_t uid);

#endif
