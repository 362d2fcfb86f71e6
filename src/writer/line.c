/* SPDX-License-Identifier: MIT
 * line.c - the pipes to writers, and those kept for the owner's next report. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "writer/impl.h"

enum { PIPE_SIZE = 1024 * 1024 };

struct mp_line mp_line_none(void)
{
    return (struct mp_line){.data_fd = -1, .reply_fd = -1, .error_fd = -1};
}

void mp_line_close(struct mp_line *line)
{
    if (line->data_fd >= 0)
        close(line->data_fd);
    if (line->reply_fd >= 0)
        close(line->reply_fd);
    if (line->error_fd >= 0)
        close(line->error_fd);
    *line = mp_line_none();
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

int mp_line_open(struct mp_line *line, struct mp_spawner *s, enum mp_writer_way way,
                 const struct mp_owner *owner, struct mp_error *err)
{
    struct mp_spawn_request request = {.id = ++s->last_id, .way = way, .owner = *owner};
    int data[2] = {-1, -1}, reply[2] = {-1, -1}, error[2] = {-1, -1}, rc = -1;

    if (pipe2(data, O_CLOEXEC) < 0 || pipe2(reply, O_CLOEXEC) < 0 ||
        pipe2(error, O_CLOEXEC) < 0) {
        mp_fail(err, MP_FAULT_FAILED, "cannot make a pipe: %s", strerror(errno));
    } else {
        fcntl(data[1], F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches; may be refused */
        fcntl(data[1], F_SETFL, O_NONBLOCK);
        fcntl(reply[0], F_SETFL, O_NONBLOCK);
        fcntl(error[0], F_SETFL, O_NONBLOCK);
        rc = send_request(s->fd, &request, (int[]){data[0], reply[1], error[1]}, err);
    }
    close(data[0]);
    close(reply[1]);
    close(error[1]);
    *line = (struct mp_line){.data_fd = data[1],
                             .reply_fd = reply[0],
                             .error_fd = error[0],
                             .id = request.id,
                             .reports = 1};
    return rc;
}

void mp_line_give_up(struct mp_spawner *s, struct mp_line *line)
{
    struct mp_spawn_request request = {.id = line->id, .way = MP_WAY_GIVE_UP};

    if (line->data_fd >= 0 || line->reply_fd >= 0)
        send(s->fd, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT);
    mp_line_close(line);
}

/* --- kept --------------------------------------------------------------------------- */

static bool is_same(const struct mp_owner *a, const struct mp_owner *b)
{
    return a->uid == b->uid && a->gid == b->gid && strcmp(a->name, b->name) == 0;
}

static void drop_old(struct mp_spawner *s)
{
    int64_t oldest = mp_clock_us() - (int64_t)MP_LINE_KEPT_S * 1000000;

    for (size_t i = 0; i < MP_LINES_KEPT; i++)
        if (s->kept[i].since_us < oldest)
            mp_line_close(&s->kept[i].line);
}

void mp_line_keep(struct mp_spawner *s, struct mp_line *line,
                  const struct mp_owner *owner)
{
    size_t at = 0;

    drop_old(s);
    if (line->reports >= MP_LINE_REPORTS) {
        mp_line_close(line);
        return;
    }
    for (size_t i = 1; i < MP_LINES_KEPT && s->kept[at].line.data_fd >= 0; i++)
        if (s->kept[i].line.data_fd < 0 || s->kept[i].since_us < s->kept[at].since_us)
            at = i;
    mp_line_close(&s->kept[at].line); /* none is free: the one that has waited longest */
    s->kept[at].line = *line;
    s->kept[at].owner = *owner;
    s->kept[at].since_us = mp_clock_us();
    *line = mp_line_none();
}

bool mp_line_take(struct mp_spawner *s, const struct mp_owner *owner,
                  struct mp_line *line)
{
    drop_old(s);
    for (size_t i = 0; i < MP_LINES_KEPT; i++)
        if (s->kept[i].line.data_fd >= 0 && is_same(&s->kept[i].owner, owner)) {
            *line = s->kept[i].line;
            line->reports++;
            s->kept[i].line = mp_line_none();
            return true;
        }
    return false;
}

/* --- refusals ----------------------------------------------------------------------- */

void mp_spawner_note_refusal(struct mp_spawner *s, uid_t uid)
{
    size_t i = s->n_refused++ % MP_REFUSALS;

    s->refused[i].uid = uid;
    s->refused[i].until_us = mp_clock_us() + (int64_t)MP_REFUSED_S * 1000000;
}

bool mp_spawner_was_refused(const struct mp_spawner *s, uid_t uid)
{
    for (size_t i = 0; i < MP_REFUSALS && i < s->n_refused; i++)
        if (s->refused[i].uid == uid && mp_clock_us() < s->refused[i].until_us)
            return true;
    return false;
}
