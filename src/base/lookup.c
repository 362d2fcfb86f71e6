/* SPDX-License-Identifier: MIT
 * lookup.c - name lookup in a thread of its own, since getaddrinfo has no timeout. */
#include "config.h"

#include "base/lookup.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Shared by the caller and the thread; the last of the two frees it.  A lookup that is
 * given up goes on until the resolver's own timeout, holding nothing but this. */
struct mp_lookup {
    pthread_mutex_t lock; /* guards users, code, found */
    int users;
    int done_fd; /* eventfd: the answer is there */
    int code;    /* getaddrinfo's */
    struct addrinfo *found;
    char port[8];
    char host[];
};

void mp_lookup_release(struct mp_lookup *l)
{
    int users;

    pthread_mutex_lock(&l->lock);
    users = --l->users;
    pthread_mutex_unlock(&l->lock);
    if (users > 0)
        return;
    if (l->found != NULL)
        freeaddrinfo(l->found);
    close(l->done_fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int mp_lookup_fd(const struct mp_lookup *l)
{
    return l->done_fd;
}

static void *lookup_thread(void *arg)
{
    struct mp_lookup *l = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(l->host, l->port, &hints, &found);

    if (code == EAI_NONAME || code == EAI_ADDRFAMILY) {
        hints.ai_flags = 0; /* a machine with nothing but loopback still has that */
        code = getaddrinfo(l->host, l->port, &hints, &found);
    }
    pthread_mutex_lock(&l->lock);
    l->code = code;
    l->found = code == 0 ? found : NULL;
    pthread_mutex_unlock(&l->lock);
    eventfd_write(l->done_fd, 1);
    mp_lookup_release(l);
    return NULL;
}

int mp_lookup_result(struct mp_lookup *l, const struct addrinfo **found)
{
    int code;

    pthread_mutex_lock(&l->lock);
    code = l->code;
    *found = l->found;
    pthread_mutex_unlock(&l->lock);
    return code;
}

struct mp_lookup *mp_lookup_start(const char *host, int port)
{
    struct mp_lookup *l = calloc(1, sizeof *l + strlen(host) + 1);
    pthread_t thread;

    if (l == NULL)
        return NULL;
    l->users = 2;
    l->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    memcpy(l->host, host, strlen(host) + 1);
    snprintf(l->port, sizeof l->port, "%d", port);
    pthread_mutex_init(&l->lock, NULL);
    if (l->done_fd < 0 || pthread_create(&thread, NULL, lookup_thread, l) != 0) {
        close(l->done_fd);
        pthread_mutex_destroy(&l->lock);
        free(l);
        return NULL;
    }
    pthread_detach(thread);
    return l;
}
