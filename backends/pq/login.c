/* SPDX-License-Identifier: MIT
 * login.c - looking at what a server asks for before libpq answers it. */
#include "config.h"

#include "backends/pq/login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD = 5, CODE = HEAD + 4, CLEARTEXT = 3, MD5 = 5 };

bool mp_pqlogin_sslmode_is(const PGconn *pg, const char *start)
{
    PQconninfoOption *options = PQconninfo((PGconn *)(uintptr_t)pg);
    bool is = false;

    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (strcmp(o->keyword, "sslmode") == 0 && o->val != NULL)
            is = strncmp(o->val, start, strlen(start)) == 0;
    PQconninfoFree(options);
    return is;
}

bool mp_pqlogin_is_local(const PGconn *pg)
{
    const char *host = PQhost(pg);

    return host == NULL || host[0] == '\0' || host[0] == '/' || host[0] == '@' ||
           strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

bool mp_pqlogin_is_guarded(const struct mp_pqconn *c)
{
    return strcmp(c->config->clear_passwords, "no") == 0 && !mp_pqlogin_is_local(c->pg) &&
           !mp_pqlogin_sslmode_is(c->pg, "verify-");
}

struct mp_pqlogin mp_pqlogin_none(void)
{
    return (struct mp_pqlogin){.server = -1, .ours = -1};
}

static int broken(const struct mp_pqconn *c, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_TRANSIENT, "database %s, connecting: %s", c->database,
                   strerror(errno));
}

int mp_pqlogin_begin(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err)
{
    int pair[2];

    l->n = l->skip = 0;
    l->server = fcntl(PQsocket(c->pg), F_DUPFD_CLOEXEC, 0);
    if (l->server < 0)
        return broken(c, err);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return broken(c, err);
    l->ours = pair[0];
    if (dup3(pair[1], PQsocket(c->pg), O_CLOEXEC) < 0) {
        close(pair[1]);
        return broken(c, err);
    }
    close(pair[1]);
    return 0;
}

static uint32_t be32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int refuse(struct mp_pqconn *c, uint32_t code, struct mp_error *err)
{
    c->retry = MP_PQRETRY_NEVER;
    return mp_fail(err, MP_FAULT_FAILED,
                   "database %s, connecting: %s asks for the password %s, and nothing "
                   "shows that it is the server; set sslmode = verify-full in section "
                   "[database], or scram-sha-256 in the server's pg_hba.conf (or, if the "
                   "network is to be trusted, clear_passwords = yes)",
                   c->database, PQhost(c->pg), code == MD5 ? "as MD5" : "in clear");
}

static int send_all(int fd, const unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR)
            return -1;
        p += sent > 0 ? sent : 0;
        n -= sent > 0 ? (size_t)sent : 0;
    }
    return 0;
}

/* How many bytes from `at` on may go to libpq; 0: too few to tell; -1: refused. */
static ssize_t look(struct mp_pqlogin *l, struct mp_pqconn *c, size_t at,
                    struct mp_error *err)
{
    const unsigned char *m = l->bytes + at;
    size_t left = l->n - at;

    if (l->skip == 0) {
        if (left < HEAD || (m[0] == 'R' && left < CODE))
            return 0;
        if (m[0] == 'R' && (be32(m + HEAD) == CLEARTEXT || be32(m + HEAD) == MD5))
            return refuse(c, be32(m + HEAD), err);
        l->skip = 1 + (size_t)be32(m + 1);
    }
    return (ssize_t)(left < l->skip ? left : l->skip);
}

int mp_pqlogin_take(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err)
{
    ssize_t got = recv(l->server, l->bytes + l->n, sizeof l->bytes - l->n, MSG_DONTWAIT);
    size_t at = 0;
    ssize_t n;

    if (got < 0 && errno != EAGAIN && errno != EINTR)
        return broken(c, err);
    l->n += got > 0 ? (size_t)got : 0;
    while (at < l->n && (n = look(l, c, at, err)) != 0) {
        if (n < 0)
            return -1;
        if (send_all(l->ours, l->bytes + at, (size_t)n) < 0)
            return broken(c, err);
        at += (size_t)n;
        l->skip -= (size_t)n;
    }
    memmove(l->bytes, l->bytes + at, l->n - at);
    l->n -= at;
    if (got == 0)
        shutdown(l->ours, SHUT_WR);
    return 0;
}

int mp_pqlogin_give(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err)
{
    unsigned char answer[4096];
    ssize_t n;

    while ((n = recv(l->ours, answer, sizeof answer, MSG_DONTWAIT)) > 0)
        if (send_all(l->server, answer, (size_t)n) < 0)
            return broken(c, err);
    explicit_bzero(answer, sizeof answer);
    return 0;
}

int mp_pqlogin_end(struct mp_pqlogin *l, struct mp_pqconn *c, struct mp_error *err)
{
    int unread = 0;

    if (ioctl(PQsocket(c->pg), FIONREAD, &unread) < 0 || unread > 0 || l->n > 0)
        return mp_fail(err, MP_FAULT_FAILED,
                       "database %s, connecting: the server went on talking after it "
                       "had let us in",
                       c->database);
    if (dup3(l->server, PQsocket(c->pg), O_CLOEXEC) < 0)
        return broken(c, err);
    mp_pqlogin_drop(l);
    return 0;
}

void mp_pqlogin_drop(struct mp_pqlogin *l)
{
    if (l->server >= 0)
        close(l->server);
    if (l->ours >= 0)
        close(l->ours);
    *l = mp_pqlogin_none();
}
