/* SPDX-License-Identifier: MIT
 * tunnel.c - session, listener and relay thread, put together. */
#include "config.h"

#include "backends/ssh/tunnel.h"
#include "backends/ssh/open.h"
#include "backends/ssh/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

struct mp_tunnel {
    struct mp_ssh *ssh; /* the relay's alone while the thread runs */
    struct mp_relay_setup setup;
    int listener;
    int stop_fd, broken_fd; /* eventfds */
    char address[INET_ADDRSTRLEN];
    int port;
    char *name;
    bool running;
    pthread_t thread;

    pthread_mutex_t lock; /* guards the rest */
    bool broken, refused;
    struct mp_error why;
};

static void on_refused(void *arg, const struct mp_error *why)
{
    struct mp_tunnel *t = arg;

    pthread_mutex_lock(&t->lock);
    if (!t->broken) {
        t->why = *why;
        t->refused = true;
    }
    pthread_mutex_unlock(&t->lock);
}

static void on_broken(void *arg, const struct mp_error *why)
{
    struct mp_tunnel *t = arg;

    pthread_mutex_lock(&t->lock);
    t->why = *why;
    t->broken = true;
    pthread_mutex_unlock(&t->lock);
    eventfd_write(t->broken_fd, 1);
}

static void *thread_main(void *arg)
{
    struct mp_tunnel *t = arg;

    mp_relay_run(&t->setup);
    return NULL;
}

/* A socket bound to a random address of 127.0.0.0/8 and `port` (0: any). */
static int bind_random(int port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    uint32_t random;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    do {
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
            close(fd);
            return -1;
        }
        random &= 0xffffff;
    } while (random < 256 || (random & 0xff) == 0 || (random & 0xff) == 0xff);
    sa.sin_addr.s_addr = htonl(0x7f000000 | random);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
        int why = errno;

        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static int open_listener(struct mp_tunnel *t, int port, struct mp_error *err)
{
    struct sockaddr_in sa;
    socklen_t len = sizeof sa;

    /* taken on every address of the machine, or below 1024: any other port then */
    for (int i = 0; i < 8 && t->listener < 0; i++)
        t->listener = bind_random(port);
    if (t->listener < 0)
        t->listener = bind_random(0);
    if (t->listener < 0 || listen(t->listener, 64) < 0 ||
        getsockname(t->listener, (struct sockaddr *)&sa, &len) < 0)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "cannot listen on a loopback address for the SSH tunnel: %s (is the "
            "loopback interface up?)",
            strerror(errno));
    inet_ntop(AF_INET, &sa.sin_addr, t->address, sizeof t->address);
    t->port = ntohs(sa.sin_port);
    return 0;
}

/* The first channel, before anybody needs it. */
static int wait_for_spare(struct mp_tunnel *t, const struct mp_limit *limit,
                          struct mp_error *err)
{
    for (;;) {
        bool again;
        int rc;

        t->setup.spare = mp_channel_open(t->ssh, &t->setup.target, &again, err);
        if (t->setup.spare != NULL)
            return 0;
        if (!again)
            return -1;
        rc = mp_ssh_wait(t->ssh, limit, err);
        if (rc == MP_WAIT_TIMEOUT)
            return mp_fail(
                err, MP_FAULT_TRANSIENT,
                "%s does not reach the database at %s:%d within %d s: something drops "
                "its packets; check host and port in section [database]",
                t->ssh->name, t->setup.target.host, t->setup.target.port,
                t->setup.target.timeout_ms / 1000);
        if (rc < 0)
            return -1;
    }
}

static int open_spare(struct mp_tunnel *t, const struct mp_run *run, struct mp_error *err)
{
    struct mp_limit limit = {.run = run,
                             .until_us = mp_clock_us() +
                                         (int64_t)t->setup.target.timeout_ms * 1000};
    int rc;

    t->ssh->limit = &limit;
    rc = wait_for_spare(t, &limit, err);
    t->ssh->limit = NULL;
    return rc;
}

static struct mp_tunnel *new_tunnel(struct mp_error *err)
{
    struct mp_tunnel *t = calloc(1, sizeof *t);

    if (t == NULL) {
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&t->lock, NULL);
    t->listener = -1;
    t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    t->broken_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->stop_fd < 0 || t->broken_fd < 0) {
        mp_fail(err, MP_FAULT_FAILED, "eventfd: %s", strerror(errno));
        mp_tunnel_close(t);
        return NULL;
    }
    return t;
}

static int start(struct mp_tunnel *t, struct mp_error *err)
{
    int code;

    t->name = strdup(t->ssh->name);
    if (t->name == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    t->setup.ssh = t->ssh;
    t->setup.listener = t->listener;
    t->setup.stop_fd = t->stop_fd;
    t->setup.refused = on_refused;
    t->setup.broken = on_broken;
    t->setup.arg = t;
    code = pthread_create(&t->thread, NULL, thread_main, t);
    if (code != 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot start the tunnel's thread: %s",
                       strerror(code));
    t->running = true;
    return 0;
}

int mp_tunnel_open(const struct mp_ssh_config *settings,
                   const struct mp_tunnel_target *target, const struct mp_run *run,
                   struct mp_tunnel **out, struct mp_error *err)
{
    struct mp_tunnel *t = new_tunnel(err);

    *out = NULL;
    if (t == NULL)
        return -1;
    t->setup.target = (struct mp_channel_target){
        .host = target->host,
        .port = target->port,
        .window = target->window != 0 ? target->window : MP_CHANNEL_WINDOW,
        .timeout_ms = settings->connect_timeout * 1000};
    t->setup.keepalive_s = settings->keepalive > MP_RELAY_SOONEST_S ? settings->keepalive
                                                                    : MP_RELAY_SOONEST_S;
    /* two keepalives without an answer, and still less than three intervals */
    t->setup.silence_ms = t->setup.keepalive_s * 2500;
    if (mp_ssh_open(settings, run, &t->ssh, err) < 0 || open_spare(t, run, err) < 0 ||
        open_listener(t, target->port, err) < 0 || start(t, err) < 0) {
        mp_tunnel_close(t);
        return -1;
    }
    *out = t;
    return 0;
}

const char *mp_tunnel_address(const struct mp_tunnel *t)
{
    return t->address;
}

int mp_tunnel_port(const struct mp_tunnel *t)
{
    return t->port;
}

const char *mp_tunnel_name(const struct mp_tunnel *t)
{
    return t->name;
}

int mp_tunnel_fd(const struct mp_tunnel *t)
{
    return t->broken_fd;
}

int mp_tunnel_failed(struct mp_tunnel *t, struct mp_error *err)
{
    int rc = 0;

    pthread_mutex_lock(&t->lock);
    if (t->broken || t->refused) {
        *err = t->why;
        t->refused = false;
        rc = -1;
    }
    pthread_mutex_unlock(&t->lock);
    return rc;
}

void mp_tunnel_close(struct mp_tunnel *t)
{
    if (t == NULL)
        return;
    if (t->running) {
        eventfd_write(t->stop_fd, 1);
        pthread_join(t->thread, NULL);
    }
    if (t->listener >= 0)
        close(t->listener);
    mp_ssh_close(t->ssh);
    if (t->stop_fd >= 0)
        close(t->stop_fd);
    if (t->broken_fd >= 0)
        close(t->broken_fd);
    pthread_mutex_destroy(&t->lock);
    free(t->name);
    free(t);
}
