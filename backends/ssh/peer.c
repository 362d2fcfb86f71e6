/* SPDX-License-Identifier: MIT
 * peer.c - looking for the other end of a connection among our own descriptors. */
#include "config.h"

#include "backends/ssh/peer.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int address_of(int fd, struct sockaddr *sa, socklen_t *len);

static bool address(int fd, address_of *ask, struct sockaddr_in *sa)
{
    socklen_t len = sizeof *sa;

    return ask(fd, (struct sockaddr *)sa, &len) == 0 && len == sizeof *sa &&
           sa->sin_family == AF_INET;
}

static bool same(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

bool mp_peer_is_us(int fd)
{
    struct sockaddr_in here, there, near, far;
    const struct dirent *e;
    bool ours = false;
    DIR *d;

    if (!address(fd, getsockname, &here) || !address(fd, getpeername, &there))
        return false;
    d = opendir("/proc/self/fd");
    while (d != NULL && !ours && (e = readdir(d)) != NULL) {
        char *end;
        long other = strtol(e->d_name, &end, 10);

        if (*end != '\0' || end == e->d_name || other == fd)
            continue;
        ours = address((int)other, getsockname, &near) && same(&near, &there) &&
               address((int)other, getpeername, &far) && same(&far, &here);
    }
    if (d != NULL)
        closedir(d);
    return ours;
}

void mp_peer_no_delay(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void mp_peer_reset(int fd)
{
    struct linger now = {1, 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}
