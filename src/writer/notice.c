/* SPDX-License-Identifier: MIT
 * notice.c - the worker's side of a note in place of a report: one after the other, the
 * ways to the owner are tried, and none is waited for. */
#include "config.h"

#include "writer/writer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "writer/impl.h"

enum {
    NOTICE_S = 15,      /* for all ways together */
    ANSWER_US = 100000, /* for an answer that has begun */
    TOLD_MAX = 200,
    WAYS_MAX = 2,
};

struct mp_notice {
    struct mp_spawner *spawner; /* borrowed */
    struct mp_owner owner;
    char *label, *directory, *jobdir, *text;
    enum mp_writer_way ways[WAYS_MAX]; /* that are left, the next one first */
    size_t n_ways, tried;
    struct mp_line line;
    struct mp_run run; /* its deadline is the notice's */
    bool done, stalled;
};

/* The pipe is empty and the hello small: it is taken at once. */
static int greet(struct mp_notice *n, struct mp_error *err)
{
    struct mp_hello hello = {
        .job = {.label = n->label, .directory = n->directory},
        .parts = {.site = mp_site_none()},
        .deadline_ms = (int64_t)NOTICE_S * 1000,
        .note = n->text,
        .places = {n->jobdir},
        .n_places = 1,
    };
    struct mp_wire_out out;
    int rc;

    mp_wire_out_init(&out, n->line.data_fd, &n->run);
    rc = mp_hello_send(&out, &hello, err);
    mp_wire_out_free(&out);
    return rc;
}

/* The next way that can be begun; -1 where none is left. */
static int next_way(struct mp_notice *n, struct mp_error *err)
{
    while (n->tried < n->n_ways) {
        mp_line_close(&n->line);
        if (mp_line_open(&n->line, n->spawner, n->ways[n->tried++], &n->owner, err) < 0)
            return -1;
        if (greet(n, err) == 0)
            return 1;
    }
    return -1;
}

static int choose_ways(struct mp_notice *n, struct mp_error *err)
{
    if (geteuid() == 0 || geteuid() == n->owner.uid) {
        n->ways[n->n_ways++] = geteuid() == 0 ? MP_WAY_BECOME : MP_WAY_SELF;
        return 0;
    }
    if (mp_spawner_was_refused(n->spawner, n->owner.uid))
        return mp_fail(err, MP_FAULT_FAILED,
                       "sudo and runuser refused less than ten minutes ago");
    n->ways[n->n_ways++] = MP_WAY_SUDO;
    n->ways[n->n_ways++] = MP_WAY_RUNUSER;
    return 0;
}

static int begin(struct mp_notice *n, const struct mp_notice_request *request,
                 struct mp_error *err)
{
    n->label = strdup(request->label);
    if (request->directory != NULL)
        n->directory = strdup(request->directory);
    n->jobdir = strdup(request->jobdir);
    n->text = strdup(request->text);
    if (n->label == NULL || (request->directory != NULL && n->directory == NULL) ||
        n->jobdir == NULL || n->text == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a note");
    if (mp_owner_find(request->uid, request->gid, request->user, &n->owner, err) < 0)
        return -1;
    if (mp_line_take(n->spawner, &n->owner, &n->line) && greet(n, err) == 0) {
        choose_ways(n, NULL); /* should it have died meanwhile */
        return 0;
    }
    return choose_ways(n, err) < 0 ? -1 : next_way(n, err);
}

int mp_notice_start(struct mp_notice **out, struct mp_spawner *s,
                    const struct mp_notice_request *request, struct mp_error *err)
{
    struct mp_notice *n = calloc(1, sizeof *n);

    if (n == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a note");
    n->spawner = s;
    n->line = mp_line_none();
    n->run.stop_fd = -1;
    n->run.deadline_us = mp_clock_us() + (int64_t)NOTICE_S * 1000000;
    if (begin(n, request, err) < 0) {
        mp_notice_free(n);
        return -1;
    }
    *out = n;
    return 0;
}

int mp_notice_fd(const struct mp_notice *n)
{
    return n->line.reply_fd;
}

int64_t mp_notice_until(const struct mp_notice *n)
{
    return n->run.deadline_us;
}

void mp_notice_end(struct mp_notice *n)
{
    n->run.deadline_us = 0;
}

/* It ended without a word, as a writer does that sudo did not start. */
static int go_another_way(struct mp_notice *n, struct mp_error *err)
{
    char told[TOLD_MAX + 1];
    ssize_t got = read(n->line.error_fd, told, TOLD_MAX);

    told[got > 0 ? got : 0] = '\0';
    told[strcspn(told, "\n")] = '\0';
    if (n->tried < n->n_ways)
        return next_way(n, err);
    if (n->n_ways == WAYS_MAX)
        mp_spawner_note_refusal(n->spawner, n->owner.uid);
    return mp_fail(err, MP_FAULT_FAILED, "%s",
                   told[0] != '\0' ? told : "the writer ended without an answer");
}

int mp_notice_go_on(struct mp_notice *n, struct mp_error *err)
{
    struct mp_run now = {.stop_fd = -1, .deadline_us = mp_clock_us() + ANSWER_US};
    struct mp_wire_frame f;
    struct mp_wire_in in;
    bool directory;
    int rc;

    if (mp_clock_us() >= n->run.deadline_us) {
        n->stalled = true;
        return mp_fail(err, MP_FAULT_TRANSIENT, "no answer from the owner's writer");
    }
    /* Its answer is one write of a few bytes: hardly anything to wait for. */
    mp_wire_in_init(&in, n->line.reply_fd, &now);
    rc = mp_wire_next(&in, &f, err);
    if (rc > 0 && f.type == MP_WIRE_DONE)
        n->done = true;
    else if (rc > 0 && f.type == MP_WIRE_FAILED)
        rc = mp_failure_receive(&f, &directory, err);
    else if (rc > 0)
        rc = mp_wire_damaged(err, "its answer");
    mp_wire_in_free(&in);
    if (rc == 0)
        return go_another_way(n, err);
    return rc < 0 ? -1 : 0;
}

bool mp_notice_stalled(const struct mp_notice *n)
{
    return n->stalled;
}

void mp_notice_free(struct mp_notice *n)
{
    if (n == NULL)
        return;
    if (n->done)
        mp_line_keep(n->spawner, &n->line, &n->owner);
    else if (n->line.reply_fd >= 0)
        mp_line_give_up(n->spawner, &n->line);
    free(n->label);
    free(n->directory);
    free(n->jobdir);
    free(n->text);
    free(n);
}
