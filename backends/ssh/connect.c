/* SPDX-License-Identifier: MIT
 * connect.c - every address of the server in turn, each with its share of the time. */
#include "config.h"

#include "backends/ssh/connect.h"
#include "base/lookup.h"
#include "base/wait.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int mp_limit_wait(const struct mp_limit *limit, int fd, short events,
                  struct mp_error *err)
{
    int rc;

    /* who never stops talking is always ready */
    if (mp_clock_us() >= limit->until_us)
        return mp_run_check(limit->run, err) < 0 ? -1 : MP_WAIT_TIMEOUT;
    rc = mp_wait_fd(limit->run, fd, events, limit->until_us, err);

    return rc < 0 ? -1 : rc == 0 ? MP_WAIT_TIMEOUT : MP_WAIT_READY;
}

/* --- connect --- */

static int begin_connect(const struct addrinfo *a)
{
    int on = 1;
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    a->ai_protocol);

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS) {
        int why = errno;

        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* 0 with *fd; 1 with *why (an errno); -1 with *err. */
static int connect_one(const struct addrinfo *a, const struct mp_limit *limit, int *fd,
                       int *why, struct mp_error *err)
{
    socklen_t len = sizeof *why;
    int rc;

    *fd = begin_connect(a);
    *why = errno;
    if (*fd < 0)
        return 1;
    rc = mp_limit_wait(limit, *fd, POLLOUT, err);
    *why = ETIMEDOUT;
    if (rc == MP_WAIT_READY && getsockopt(*fd, SOL_SOCKET, SO_ERROR, why, &len) == 0 &&
        *why == 0)
        return 0;
    close(*fd);
    *fd = -1;
    return rc < 0 ? -1 : 1;
}

static int say_why(const char *name, int why, struct mp_error *err)
{
    switch (why) {
    case ECONNREFUSED:
        return mp_fail(
            err, MP_FAULT_TRANSIENT,
            "%s refuses the connection: no SSH server is listening there; check "
            "hostname and port in section [ssh]",
            name);
    case ETIMEDOUT:
        return mp_fail(
            err, MP_FAULT_TRANSIENT,
            "%s does not answer in time: it is down, or a firewall drops the packets "
            "(connect_timeout in section [ssh])",
            name);
    default:
        return mp_fail(
            err, MP_FAULT_TRANSIENT,
            "cannot connect to %s: %s; check hostname in section [ssh] and the "
            "network between here and there",
            name, strerror(why));
    }
}

static int connect_any(const struct addrinfo *list, const char *name,
                       const struct mp_limit *limit, int *fd, struct mp_error *err)
{
    int left = 0, why = ETIMEDOUT;

    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
        left++;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next, left--) {
        /* an address that does not answer must leave time for the next */
        int64_t now = mp_clock_us();
        struct mp_limit share = {limit->run, now + (limit->until_us - now) / left};
        int rc = connect_one(a, &share, fd, &why, err);

        if (rc <= 0)
            return rc;
    }
    return say_why(name, why, err);
}

int mp_ssh_connect(const char *host, int port, const char *name,
                   const struct mp_limit *limit, int *fd, struct mp_error *err)
{
    struct mp_lookup *l = mp_lookup_start(host, port);
    const struct addrinfo *found = NULL;
    int rc, code = 0;

    *fd = -1;
    if (l == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot look up %s: %s", host,
                       strerror(errno));
    rc = mp_limit_wait(limit, mp_lookup_fd(l), POLLIN, err);
    if (rc == MP_WAIT_READY)
        code = mp_lookup_result(l, &found);
    if (rc == MP_WAIT_TIMEOUT)
        rc = mp_fail(err, MP_FAULT_TRANSIENT,
                     "the name server does not say in time who %s is (connect_timeout in "
                     "section [ssh])",
                     host);
    else if (rc == MP_WAIT_READY && code != 0)
        rc = mp_fail(err, MP_FAULT_TRANSIENT,
                     "cannot find %s: %s; check hostname in section [ssh]", host,
                     code == EAI_SYSTEM ? "system error" : gai_strerror(code));
    else if (rc == MP_WAIT_READY)
        rc = connect_any(found, name, limit, fd, err);
    mp_lookup_release(l);
    return rc;
}
