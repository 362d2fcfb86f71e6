/* SPDX-License-Identifier: MIT
 * writer_impl.h - what writer.c (the worker's side), spawner.c and writer_child.c (the
 * writer's side) share. */
#ifndef MP_WRITER_IMPL_H
#define MP_WRITER_IMPL_H

#include "privilege.h"
#include "writer.h"
#include "wire.h"

/* How a writer comes to be. */
enum mp_writer_way {
    MP_WAY_BECOME,  /* we are root: fork, become the owner */
    MP_WAY_SELF,    /* fork, stay who we are */
    MP_WAY_SUDO,    /* sudo -n -u OWNER monster-power write-report */
    MP_WAY_RUNUSER, /* runuser -u OWNER -- monster-power write-report */
};

/* What the worker asks of the spawner, in one message, with three descriptors: the writer's
 * standard input, output and error. */
struct mp_spawn_request {
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
    char *zone; /* TZ; NULL: the machine's */
    char *places[MP_WIRE_PLACES_MAX];
    size_t n_places;
};

int mp_hello_send(struct mp_wire_out *out, const struct mp_hello *hello,
                  struct mp_error *err);
int mp_hello_receive(struct mp_wire_in *in, struct mp_hello *hello, struct mp_error *err);
void mp_hello_free(struct mp_hello *hello); /* only of a received one */

/* The writer, on standard input and output, from the hello to the answer; 0 where the
 * report is in place. */
int mp_writer_serve(struct mp_error *err);

/* The spawner's socket. */
int mp_spawner_fd(const struct mp_spawner *s);

/* That sudo and runuser refused to start a writer as this user.  sudo mails root about each
 * refusal, so they are not asked again for MP_REFUSED_S. */
enum { MP_REFUSED_S = 600 };
void mp_spawner_note_refusal(struct mp_spawner *s, uid_t uid);
bool mp_spawner_was_refused(const struct mp_spawner *s, uid_t uid);

#endif
