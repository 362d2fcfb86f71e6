/* SPDX-License-Identifier: MIT
 * writer.c - the worker's side: find a writer, feed it, hear its answer. */
#include "config.h"

#include "writer/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/place.h"
#include "writer/impl.h"

enum {
    TOLD_MAX = 200, /* bytes kept of what sudo said */
    READY_S = 30, /* for a writer to find its directory: a thousand times what it takes */
};

struct mp_writer {
    struct mp_sink sink;
    const struct mp_run *run;
    char *places[2]; /* the job's directory, outdir; NULL where there is none */
    char *name;      /* of the report, below the place */
    size_t place;    /* the one it writes to */
    struct mp_owner owner;
    bool owner_known;
    char user[MP_USER_SIZE];
    char why[512];
    struct mp_spawner *spawner; /* borrowed */
    struct mp_line line;
    struct mp_wire_out out;
    struct mp_wire_in in;
    struct mp_wire_sink wire;
    struct mp_run patience; /* `run` while nothing but the writer is waited for */
    bool directory_failed;
    bool silent; /* it ended without a word: it was not started, perhaps */
    bool done;   /* its report is in place: it can write another one */
    bool as_us;  /* not as the owner */
};

static void add_why(struct mp_writer *w, const char *who, const char *what)
{
    size_t n = strlen(w->why);

    snprintf(w->why + n, sizeof w->why - n, "%sas %s: %s", n > 0 ? "; " : "", who, what);
}

static void hang_up(struct mp_writer *w)
{
    if (!w->done && (w->out.stalled || mp_clock_us() >= w->run->deadline_us))
        mp_line_give_up(w->spawner, &w->line);
    mp_wire_out_free(&w->out);
    mp_wire_in_free(&w->in);
    mp_line_close(&w->line);
}

static int greet(struct mp_writer *w, const struct mp_writer_request *request,
                 size_t first_place, bool give, struct mp_error *err)
{
    struct mp_hello hello = {
        .job = *request->job, /* the strings stay the caller's */
        .give = give,
        .parts = request->parts,
        .uid = w->owner.uid,
        .gid = w->owner.gid,
        .zone = getenv("TZ"),
        .deadline_ms = mp_run_left_ms(w->run),
    };

    for (size_t i = first_place; i < 2; i++)
        if (w->places[i] != NULL)
            hello.places[hello.n_places++] = w->places[i];
    return mp_hello_send(&w->out, &hello, err);
}

int mp_failure_receive(struct mp_wire_frame *f, bool *directory, struct mp_error *err)
{
    uint32_t fault, of_directory;
    char *text = NULL;

    if (mp_frame_get_u32(f, &fault) < 0 || mp_frame_get_u32(f, &of_directory) < 0 ||
        mp_frame_get_text(f, sizeof err->text, &text) < 0 || text == NULL ||
        fault == MP_FAULT_NONE || fault > MP_FAULT_STOPPED) {
        free(text);
        return mp_wire_damaged(err, "its answer");
    }
    *directory = of_directory != 0;
    mp_fail(err, (enum mp_fault)fault, "%s", text);
    free(text);
    return -1;
}

static int hear_failure(struct mp_writer *w, struct mp_wire_frame *f,
                        struct mp_error *err)
{
    mp_failure_receive(f, &w->directory_failed, err);
    /* Whoever signals it is not our master: its stop is a failure, and counted as one. */
    if (err->fault == MP_FAULT_STOPPED && mp_run_check(w->run, NULL) == 0)
        err->fault = MP_FAULT_TRANSIENT;
    return -1;
}

/* The writer ended without a word; sudo may have said why. */
static int hear_silence(struct mp_writer *w, struct mp_error *err)
{
    char told[TOLD_MAX + 1];
    ssize_t n = read(w->line.error_fd, told, TOLD_MAX);

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
    if (mp_frame_get_u32(&f, &place) < 0 ||
        mp_frame_get_text(&f, sizeof w->why, &why) < 0 || why == NULL) {
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

/* An owner can hold a writer up (SIGSTOP, a file server that does not answer).  That must
 * not keep the worker from the others' jobs, so it is not given the whole deadline. */
static void be_patient(struct mp_writer *w)
{
    int64_t until = mp_clock_us() + (int64_t)READY_S * 1000000;

    w->patience = *w->run;
    if (w->patience.deadline_us > until)
        w->patience.deadline_us = until;
    w->in.run = w->out.run = &w->patience;
}

static void end_patience(struct mp_writer *w, struct mp_error *err)
{
    if (err->fault == MP_FAULT_TRANSIENT && mp_clock_us() >= w->patience.deadline_us &&
        mp_run_check(w->run, NULL) == 0) {
        w->out.stalled = true;
        mp_fail(
            err, MP_FAULT_TRANSIENT,
            "as %s: no answer from the writer in %d s; is it stopped, or the file server "
            "of the job's directory away?",
            w->user, READY_S);
    }
    w->in.run = w->out.run = w->run;
    w->out.patience_us = (int64_t)READY_S * 1000000;
}

/* With a writer on the line.  1: it is ready; 0: it will not do; -1: give up. */
static int converse(struct mp_writer *w, const struct mp_writer_request *request,
                    bool fallback, struct mp_error *err)
{
    size_t first_place = fallback ? 1 : 0;
    bool give = fallback && geteuid() == 0 && w->owner_known;
    int rc;

    mp_wire_out_init(&w->out, w->line.data_fd, w->run);
    mp_wire_in_init(&w->in, w->line.reply_fd, w->run);
    w->silent = false;
    w->as_us = fallback;
    be_patient(w);
    rc = greet(w, request, first_place, give, err);
    if (rc < 0)
        ask_why(w, err);
    else
        rc = hear_ready(w, first_place, err);
    end_patience(w, err);
    if (rc == 0)
        return 1;
    if (err->fault == MP_FAULT_STOPPED || err->fault == MP_FAULT_TRANSIENT)
        return -1;
    hang_up(w);
    return 0;
}

/* A new writer.  As converse(); where it returns 0, *why has grown. */
static int try_way(struct mp_writer *w, const struct mp_writer_request *request,
                   enum mp_writer_way way, bool fallback, struct mp_error *err)
{
    static const char *const through[] = {
        [MP_WAY_SUDO] = " through sudo", [MP_WAY_RUNUSER] = " through runuser"};
    char who[2 * MP_USER_SIZE];
    int rc;

    if (fallback)
        snprintf(w->user, sizeof w->user, geteuid() == 0 ? "root" : "uid %lu",
                 (unsigned long)geteuid());
    snprintf(who, sizeof who, "%s%s", w->user, way >= MP_WAY_SUDO ? through[way] : "");
    if (mp_line_open(&w->line, w->spawner, way, &w->owner, err) < 0)
        return -1;
    rc = converse(w, request, fallback, err);
    if (rc == 0)
        add_why(w, who, err->text);
    return rc;
}

/* The owner's writer that waits for another report, if there is one and it still lives.
 * As try_way(); *told where it has said why it will not
 * do: another would say the same. */
static int try_waiting(struct mp_writer *w, const struct mp_writer_request *request,
                       bool *told, struct mp_error *err)
{
    int rc;

    if (!mp_line_take(w->spawner, &w->owner, &w->line))
        return 0;
    rc = converse(w, request, false, err);
    *told = rc == 0 && !w->silent;
    if (*told)
        add_why(w, w->user, err->text);
    return rc;
}

static int try_as_owner(struct mp_writer *w, const struct mp_writer_request *request,
                        struct mp_error *err)
{
    bool told = false;
    int rc;

    mp_owner_text(&w->owner, w->user);
    rc = try_waiting(w, request, &told, err);
    if (rc != 0 || told)
        return rc;
    if (geteuid() == 0)
        return try_way(w, request, MP_WAY_BECOME, false, err);
    if (geteuid() == w->owner.uid)
        return try_way(w, request, MP_WAY_SELF, false, err);
    if (mp_spawner_was_refused(w->spawner, w->owner.uid)) {
        add_why(w, w->user, "sudo and runuser refused less than ten minutes ago");
        return 0;
    }
    rc = try_way(w, request, MP_WAY_SUDO, false, err);
    if (rc != 0 || !w->silent)
        return rc;
    rc = try_way(w, request, MP_WAY_RUNUSER, false, err);
    if (rc == 0 && w->silent)
        mp_spawner_note_refusal(w->spawner, w->owner.uid);
    return rc;
}

static int try_ways(struct mp_writer *w, const struct mp_writer_request *request,
                    struct mp_error *err)
{
    bool any = w->places[0] != NULL || w->places[1] != NULL;
    int rc = 0;

    if (mp_owner_find(request->uid, request->gid, request->job->user, &w->owner, err) <
        0) {
        add_why(w, "its owner", err->text);
    } else {
        w->owner_known = true;
        if (any)
            rc = try_as_owner(w, request, err);
    }
    if (rc == 0 && w->places[1] != NULL && !(w->owner_known && geteuid() == w->owner.uid))
        rc = try_way(w, request, MP_WAY_SELF, true, err);
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

    if (w->line.data_fd >= 0)
        close(w->line.data_fd);
    w->line.data_fd = -1;
}

static const struct mp_sink_ops writer_sink_ops = {
    .name = "writer",
    .begin = sink_begin,
    .batch = sink_batch,
    .abort = sink_abort,
};

int mp_writer_start(struct mp_spawner *s, const struct mp_writer_request *request,
                    const struct mp_run *run, struct mp_writer **out,
                    struct mp_error *err)
{
    struct mp_writer *w = calloc(1, sizeof *w);
    char usual[MP_PLACE_SIZE];

    if (w == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a writer");
    w->sink.ops = &writer_sink_ops;
    w->run = run;
    w->spawner = s;
    w->line = mp_line_none();
    mp_place_usual(usual, request->job->label);
    w->name = strdup(request->job->directory != NULL ? request->job->directory : usual);
    if (request->jobdir != NULL)
        w->places[0] = strdup(request->jobdir);
    if (request->outdir != NULL && request->outdir[0] != '\0')
        w->places[1] = strdup(request->outdir);
    if (try_ways(w, request, err) < 0) {
        if (request->stalled != NULL)
            *request->stalled = w->out.stalled;
        mp_writer_free(w);
        return -1;
    }
    if (mp_wire_sink_init(&w->wire, &w->out, err) < 0) {
        mp_writer_free(w);
        return -1;
    }
    w->wire.occupancy = request->occupancy;
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
    return w->line.reply_fd;
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
    snprintf(result->path, sizeof result->path, "%s%s%s", dir,
             dir[strlen(dir) - 1] == '/' ? "" : "/", w->name != NULL ? w->name : "");
    snprintf(result->user, sizeof result->user, "%s", w->user);
    snprintf(result->why, sizeof result->why, "%s", w->why);
    w->done = true;
    return 0;
}

bool mp_writer_directory_failed(const struct mp_writer *w)
{
    return w->directory_failed;
}

bool mp_writer_stalled(const struct mp_writer *w)
{
    return w->out.stalled;
}

bool mp_writer_died(const struct mp_writer *w)
{
    return w->silent;
}

void mp_writer_free(struct mp_writer *w)
{
    if (w == NULL)
        return;
    if (w->done && !w->as_us)
        mp_line_keep(w->spawner, &w->line, &w->owner);
    hang_up(w);
    mp_wire_sink_free(&w->wire);
    free(w->places[0]);
    free(w->places[1]);
    free(w->name);
    free(w);
}
