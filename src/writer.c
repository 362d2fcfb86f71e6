/* SPDX-License-Identifier: MIT
 * writer.c - the worker's side: find a writer, feed it, hear its answer. */
#include "config.h"

#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "writer_impl.h"

enum {
    PIPE_SIZE = 1024 * 1024,
    TOLD_MAX = 200, /* bytes kept of what sudo said */
};

struct mp_writer {
    struct mp_sink sink;
    const struct mp_run *run;
    char *places[2]; /* the job's directory, outdir; NULL where there is none */
    char *label;
    size_t place; /* the one it writes to */
    struct mp_owner owner;
    bool owner_known;
    char user[MP_USER_SIZE];
    char why[512];
    int data_fd, reply_fd, error_fd; /* -1 when closed */
    struct mp_wire_out out;
    struct mp_wire_in in;
    struct mp_wire_sink wire;
    bool directory_failed;
    bool silent; /* it ended without a word: it was not started, perhaps */
};

static void add_why(struct mp_writer *w, const char *who, const char *what)
{
    size_t n = strlen(w->why);

    snprintf(w->why + n, sizeof w->why - n, "%sas %s: %s", n > 0 ? "; " : "", who, what);
}

static void hang_up(struct mp_writer *w)
{
    mp_wire_out_free(&w->out);
    mp_wire_in_free(&w->in);
    if (w->data_fd >= 0)
        close(w->data_fd);
    if (w->reply_fd >= 0)
        close(w->reply_fd);
    if (w->error_fd >= 0)
        close(w->error_fd);
    w->data_fd = w->reply_fd = w->error_fd = -1;
}

static int send_request(int fd, const struct mp_spawn_request *request,
                        const int fds[MP_SPAWN_FDS], struct mp_error *err)
{
    union {
        char buf[CMSG_SPACE(sizeof(int) * MP_SPAWN_FDS)];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov = {.iov_base = (void *)request, .iov_len = sizeof *request};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.buf,
                         .msg_controllen = sizeof control.buf};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * MP_SPAWN_FDS);
    memcpy(CMSG_DATA(c), fds, sizeof(int) * MP_SPAWN_FDS);
    if (sendmsg(fd, &msg, MSG_NOSIGNAL) == sizeof *request)
        return 0;
    return mp_fail(err, MP_FAULT_FAILED,
                   "the process that starts writers is gone (%s); restart the worker",
                   strerror(errno));
}

static int spawn(struct mp_writer *w, struct mp_spawner *s, enum mp_writer_way way,
                 struct mp_error *err)
{
    struct mp_spawn_request request = {.way = way, .owner = w->owner};
    int data[2] = {-1, -1}, reply[2] = {-1, -1}, error[2] = {-1, -1}, rc = -1;

    if (pipe2(data, O_CLOEXEC) < 0 || pipe2(reply, O_CLOEXEC) < 0 ||
        pipe2(error, O_CLOEXEC) < 0) {
        mp_fail(err, MP_FAULT_FAILED, "cannot make a pipe: %s", strerror(errno));
    } else {
        fcntl(data[1], F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches; may be refused */
        fcntl(data[1], F_SETFL, O_NONBLOCK);
        fcntl(reply[0], F_SETFL, O_NONBLOCK);
        fcntl(error[0], F_SETFL, O_NONBLOCK);
        rc = send_request(mp_spawner_fd(s), &request, (int[]){data[0], reply[1], error[1]},
                          err);
    }
    close(data[0]);
    close(reply[1]);
    close(error[1]);
    w->data_fd = data[1];
    w->reply_fd = reply[0];
    w->error_fd = error[0];
    mp_wire_out_init(&w->out, w->data_fd, w->run);
    mp_wire_in_init(&w->in, w->reply_fd, w->run);
    return rc;
}

static int greet(struct mp_writer *w, const struct mp_writer_request *request,
                 size_t first_place, bool give, struct mp_error *err)
{
    struct mp_hello hello = {
        .job = *request->job, /* the strings stay the caller's */
        .give = give,
        .uid = w->owner.uid,
        .gid = w->owner.gid,
        .zone = getenv("TZ"),
        .deadline_ms = mp_run_poll_ms(w->run, -1),
    };

    for (size_t i = first_place; i < 2; i++)
        if (w->places[i] != NULL)
            hello.places[hello.n_places++] = w->places[i];
    return mp_hello_send(&w->out, &hello, err);
}

/* A failure as the writer told it: its word, so bounded and escaped by mp_fail. */
static int hear_failure(struct mp_writer *w, struct mp_wire_frame *f, struct mp_error *err)
{
    uint32_t fault, directory;
    char *text = NULL;

    if (mp_frame_get_u32(f, &fault) < 0 || mp_frame_get_u32(f, &directory) < 0 ||
        mp_frame_get_text(f, sizeof err->text, &text) < 0 || text == NULL ||
        fault == MP_FAULT_NONE || fault > MP_FAULT_STOPPED) {
        free(text);
        return mp_wire_damaged(err, "its answer");
    }
    w->directory_failed = directory != 0;
    mp_fail(err, (enum mp_fault)fault, "%s", text);
    free(text);
    return -1;
}

/* The writer ended without a word; sudo may have said why. */
static int hear_silence(struct mp_writer *w, struct mp_error *err)
{
    char told[TOLD_MAX + 1];
    ssize_t n = read(w->error_fd, told, TOLD_MAX);

    w->silent = true;
    if (n <= 0)
        return mp_fail(err, MP_FAULT_FAILED, "the writer ended without an answer");
    told[n] = '\0';
    told[strcspn(told, "\n")] = '\0';
    return mp_fail(err, MP_FAULT_FAILED, "%s", told);
}

/* The next frame of the writer, which must be of `type`. */
static int hear(struct mp_writer *w, enum mp_wire_type type, struct mp_wire_frame *f,
                struct mp_error *err)
{
    int rc = mp_wire_next(&w->in, f, err);

    if (rc == 0)
        return hear_silence(w, err);
    if (rc < 0)
        return -1;
    if (f->type == MP_WIRE_FAILED)
        return hear_failure(w, f, err);
    return f->type == type ? 0 : mp_wire_damaged(err, "its answer");
}

/* Where the pipe broke, what the writer said before it ended is the better reason. */
static void ask_why(struct mp_writer *w, struct mp_error *err)
{
    struct mp_wire_frame f;
    struct mp_error said = {0};

    if (!w->out.broken)
        return;
    hear(w, MP_WIRE_FAILED, &f, &said);
    if (said.text[0] != '\0')
        *err = said;
}

static int hear_ready(struct mp_writer *w, size_t first_place, struct mp_error *err)
{
    struct mp_wire_frame f;
    uint32_t place;
    char *why = NULL;

    if (hear(w, MP_WIRE_READY, &f, err) < 0)
        return -1;
    if (mp_frame_get_u32(&f, &place) < 0 || mp_frame_get_text(&f, sizeof w->why, &why) < 0 ||
        why == NULL) {
        free(why);
        return mp_wire_damaged(err, "its answer");
    }
    for (w->place = first_place; w->place < 2; w->place++)
        if (w->places[w->place] != NULL && place-- == 0)
            break;
    if (why[0] != '\0')
        add_why(w, w->user, why);
    free(why);
    return w->place < 2 ? 0 : mp_wire_damaged(err, "its answer");
}

/* One way to a writer.  1: it is ready; 0: it will not do, *why has grown; -1: give up. */
static int try_way(struct mp_writer *w, struct mp_spawner *s,
                   const struct mp_writer_request *request, enum mp_writer_way way,
                   bool fallback, struct mp_error *err)
{
    static const char *const through[] = {
        [MP_WAY_SUDO] = " through sudo", [MP_WAY_RUNUSER] = " through runuser"};
    size_t first_place = fallback ? 1 : 0;
    char who[2 * MP_USER_SIZE];

    if (fallback)
        snprintf(w->user, sizeof w->user, geteuid() == 0 ? "root" : "uid %lu",
                 (unsigned long)geteuid());
    else
        mp_owner_text(&w->owner, w->user);
    snprintf(who, sizeof who, "%s%s", w->user, way >= MP_WAY_SUDO ? through[way] : "");
    if (spawn(w, s, way, err) < 0)
        return -1;
    if (greet(w, request, first_place, fallback && geteuid() == 0 && w->owner_known, err) < 0)
        ask_why(w, err);
    else if (hear_ready(w, first_place, err) == 0)
        return 1;
    if (err->fault == MP_FAULT_STOPPED || err->fault == MP_FAULT_TRANSIENT)
        return -1;
    add_why(w, who, err->text);
    hang_up(w);
    return 0;
}

static int try_as_owner(struct mp_writer *w, struct mp_spawner *s,
                        const struct mp_writer_request *request, struct mp_error *err)
{
    int rc;

    if (geteuid() == 0)
        return try_way(w, s, request, MP_WAY_BECOME, false, err);
    if (geteuid() == w->owner.uid)
        return try_way(w, s, request, MP_WAY_SELF, false, err);
    if (mp_spawner_was_refused(s, w->owner.uid)) {
        mp_owner_text(&w->owner, w->user);
        add_why(w, w->user, "sudo and runuser refused less than ten minutes ago");
        return 0;
    }
    rc = try_way(w, s, request, MP_WAY_SUDO, false, err);
    if (rc != 0 || !w->silent)
        return rc;
    w->silent = false;
    rc = try_way(w, s, request, MP_WAY_RUNUSER, false, err);
    if (rc == 0 && w->silent)
        mp_spawner_note_refusal(s, w->owner.uid);
    return rc;
}

static int try_ways(struct mp_writer *w, struct mp_spawner *s,
                    const struct mp_writer_request *request, struct mp_error *err)
{
    bool any = w->places[0] != NULL || w->places[1] != NULL;
    int rc = 0;

    if (mp_owner_find(request->uid, request->gid, request->job->user, &w->owner, err) < 0) {
        add_why(w, "its owner", err->text);
    } else {
        w->owner_known = true;
        if (any)
            rc = try_as_owner(w, s, request, err);
    }
    if (rc == 0 && w->places[1] != NULL &&
        !(w->owner_known && geteuid() == w->owner.uid))
        rc = try_way(w, s, request, MP_WAY_SELF, true, err);
    if (rc == 0)
        return mp_fail(err, MP_FAULT_FAILED, "no place for the report: %s%s",
                       w->why[0] != '\0' ? w->why : "no directory is known",
                       w->places[1] == NULL ? "; outdir in section [power] would be one"
                                            : "");
    return rc > 0 ? 0 : -1;
}

static int sink_failed(struct mp_writer *w, struct mp_error *err)
{
    ask_why(w, err);
    return -1;
}

static int sink_begin(struct mp_sink *sink, const struct mp_plan *plan,
                      const struct mp_series_table *series, struct mp_error *err)
{
    struct mp_writer *w = (struct mp_writer *)sink;

    return mp_sink_begin(&w->wire.sink, plan, series, err) < 0 ? sink_failed(w, err) : 0;
}

static int sink_batch(struct mp_sink *sink, const struct mp_sample *samples, size_t n,
                      struct mp_error *err)
{
    struct mp_writer *w = (struct mp_writer *)sink;

    return mp_sink_batch(&w->wire.sink, samples, n, err) < 0 ? sink_failed(w, err) : 0;
}

/* The stream ends without its END: the writer removes what it has. */
static void sink_abort(struct mp_sink *sink)
{
    struct mp_writer *w = (struct mp_writer *)sink;

    if (w->data_fd >= 0)
        close(w->data_fd);
    w->data_fd = -1;
}

static const struct mp_sink_ops writer_sink_ops = {
    .name = "writer",
    .begin = sink_begin,
    .batch = sink_batch,
    .abort = sink_abort,
};

int mp_writer_start(struct mp_spawner *s, const struct mp_writer_request *request,
                    const struct mp_run *run, struct mp_writer **out, struct mp_error *err)
{
    struct mp_writer *w = calloc(1, sizeof *w);

    if (w == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a writer");
    w->sink.ops = &writer_sink_ops;
    w->run = run;
    w->data_fd = w->reply_fd = w->error_fd = -1;
    w->label = strdup(request->job->label);
    if (request->jobdir != NULL)
        w->places[0] = strdup(request->jobdir);
    if (request->outdir != NULL && request->outdir[0] != '\0')
        w->places[1] = strdup(request->outdir);
    if (try_ways(w, s, request, err) < 0 || mp_wire_sink_init(&w->wire, &w->out, err) < 0) {
        mp_writer_free(w);
        return -1;
    }
    *out = w;
    return 0;
}

struct mp_sink *mp_writer_sink(struct mp_writer *w)
{
    return &w->sink;
}

int mp_writer_end(struct mp_writer *w, const struct mp_findings *findings,
                  const char *backend, const char *backend_label, struct mp_error *err)
{
    if (mp_wire_send_end(&w->wire, findings, backend, backend_label, err) < 0)
        return sink_failed(w, err);
    return 0;
}

int mp_writer_fd(const struct mp_writer *w)
{
    return w->reply_fd;
}

int mp_writer_wait(struct mp_writer *w, struct mp_writer_result *result,
                   struct mp_error *err)
{
    const char *dir = w->places[w->place];
    struct mp_wire_frame f;
    uint32_t verdict;

    if (hear(w, MP_WIRE_DONE, &f, err) < 0)
        return -1;
    if (mp_frame_get_u32(&f, &verdict) < 0 || verdict > MP_SUSPECT)
        return mp_wire_damaged(err, "its answer");
    *result = (struct mp_writer_result){
        .verdict = (enum mp_verdict)verdict,
        .fallback = w->place == 1,
    };
    snprintf(result->path, sizeof result->path, "%s%spower_%s", dir,
             dir[strlen(dir) - 1] == '/' ? "" : "/", w->label);
    snprintf(result->user, sizeof result->user, "%s", w->user);
    snprintf(result->why, sizeof result->why, "%s", w->why);
    return 0;
}

bool mp_writer_directory_failed(const struct mp_writer *w)
{
    return w->directory_failed;
}

void mp_writer_free(struct mp_writer *w)
{
    if (w == NULL)
        return;
    hang_up(w);
    mp_wire_sink_free(&w->wire);
    free(w->places[0]);
    free(w->places[1]);
    free(w->label);
    free(w);
}
