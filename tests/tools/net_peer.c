/* SPDX-License-Identifier: MIT
 * net_peer.c - what stands at the other end in the tests: a TCP server on 127.0.0.1 that
 * prints its port and serves every connection until it is killed.
 *
 *     net_peer source          sends the bytes 0, 1, ... 250, 0, 1, ... until it is hung
 * up net_peer sink SLOW_MS    reads, resting after each MiB; at the end says how much it
 * was net_peer silent          says nothing net_peer say TEXT        says TEXT and waits
 *     net_peer hostile KIND    an SSH server that talks for ever: lines, drip, ignore
 *     net_peer full            answers no connection at all, as if its packets were
 * dropped net_peer delay MS PORT   passes everything on to 127.0.0.1:PORT and back, MS
 * late net_peer read MIB PORT   no server: reads MIB from
 * 127.0.0.1:PORT and prints MB/s */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 251 * 1024, CHUNK = 64 * 1024, AHEAD = 64 * 1024 * 1024 };

struct mode {
    const char *name;
    const char *text;
    int number, port;
};

static int send_all(int fd, const unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent < 0)
            return -1;
        p += sent;
        n -= (size_t)sent;
    }
    return 0;
}

static void source(int fd)
{
    unsigned char *buf = malloc(SIZE);

    for (size_t i = 0; i < SIZE; i++)
        buf[i] = (unsigned char)(i % 251);
    while (send_all(fd, buf, SIZE) == 0)
        ;
    free(buf);
}

static void sink(int fd, int slow_ms)
{
    unsigned char *buf = malloc(SIZE);
    long long got = 0, wrong = 0, rest = 1 << 20;
    char text[64];
    ssize_t n;

    while ((n = recv(fd, buf, SIZE, 0)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            wrong += buf[i] != (got + i) % 251;
        got += n;
        if (slow_ms > 0 && got >= rest) {
            usleep((unsigned)slow_ms * 1000);
            rest += 1 << 20;
        }
    }
    snprintf(text, sizeof text, "%lld bytes, %lld wrong\n", got, wrong);
    send_all(fd, (unsigned char *)text, strlen(text));
    free(buf);
}

/* --- delay: one thread for each direction, chunks in a list with the time they are due
 * --- */

struct chunk {
    struct chunk *next;
    int64_t due_us;
    size_t n;
    unsigned char data[];
};

struct pipe {
    int from, to, delay_ms;
    struct chunk *first, **last;
    size_t held;
};

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* 0 at the end of input. */
static int take_in(struct pipe *p)
{
    struct chunk *c = malloc(sizeof *c + CHUNK);
    ssize_t n = recv(p->from, c->data, CHUNK, MSG_DONTWAIT);

    if (n <= 0) {
        free(c);
        return n < 0 && errno == EAGAIN;
    }
    *c = (struct chunk){.due_us = now_us() + p->delay_ms * 1000, .n = (size_t)n};
    *p->last = c;
    p->last = &c->next;
    p->held += c->n;
    return 1;
}

static int give_out(struct pipe *p)
{
    while (p->first != NULL && p->first->due_us <= now_us()) {
        struct chunk *c = p->first;
        int rc = send_all(p->to, c->data, c->n);

        p->first = c->next;
        if (p->first == NULL)
            p->last = &p->first;
        p->held -= c->n;
        free(c);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static void *pass(void *arg)
{
    struct pipe *p = arg;
    int open = 1;

    p->last = &p->first;
    while (open || p->first != NULL) {
        struct pollfd fd = {.fd = open && p->held < AHEAD ? p->from : -1,
                            .events = POLLIN};
        struct timespec wait = {60, 0};
        int64_t left = p->first != NULL ? p->first->due_us - now_us() : 60000000;

        left = left > 0 ? left : 0;
        wait = (struct timespec){left / 1000000, left % 1000000 * 1000};
        if (ppoll(&fd, 1, &wait, NULL) > 0)
            open = take_in(p);
        if (give_out(p) < 0)
            break;
    }
    shutdown(p->to, SHUT_WR);
    while (p->first != NULL) {
        struct chunk *c = p->first;

        p->first = c->next;
        free(c);
    }
    return NULL;
}

static int connect_to(int port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 ? fd : -1;
}

static void delay(int fd, int delay_ms, int port)
{
    int other = connect_to(port), on = 1;
    struct pipe there = {.from = fd, .to = other, .delay_ms = delay_ms};
    struct pipe back = {.from = other, .to = fd, .delay_ms = delay_ms};
    pthread_t thread;

    setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    setsockopt(other, IPPROTO_TCP, 1, &on, sizeof on);
    if (other >= 0 && pthread_create(&thread, NULL, pass, &there) == 0) {
        pass(&back);
        pthread_join(thread, NULL);
    }
    close(other);
}

static int read_from(int mib, int port)
{
    unsigned char *buf = malloc(SIZE);
    long long want = (long long)mib << 20, got = 0;
    int64_t start = now_us();
    int fd = connect_to(port);
    ssize_t n;

    while (fd >= 0 && got < want && (n = recv(fd, buf, SIZE, 0)) > 0)
        got += n;
    printf("%.1f\n", (double)got / (double)(now_us() - start));
    free(buf);
    return got >= want ? 0 : 1;
}

/* SSH servers that never come to the point: lines before the greeting, a byte now and
 * then after it, or packets that mean nothing (SSH_MSG_IGNORE, RFC 4253, 11.2). */
static void hostile(int fd, const char *name)
{
    enum { LENGTH = 32764, IGNORE = 2, PADDING = 4 };
    static unsigned char packet[4 + LENGTH] = {
        0,      0, LENGTH >> 8, LENGTH & 255,       PADDING,
        IGNORE, 0, 0,           (LENGTH - 10) >> 8, (LENGTH - 10) & 255};
    static const unsigned char greeting[] = "SSH-2.0-X\r\n", line[] = "hello\r\n";

    if (strcmp(name, "lines") == 0)
        while (send_all(fd, line, sizeof line - 1) == 0)
            ;
    if (send_all(fd, greeting, sizeof greeting - 1) < 0)
        return;
    if (strcmp(name, "drip") == 0)
        while (send_all(fd, (const unsigned char *)"", 1) == 0)
            usleep(200000);
    while (send_all(fd, packet, sizeof packet) == 0)
        ;
}

static void serve(int fd, const struct mode *m)
{
    char c;

    if (strcmp(m->name, "source") == 0)
        source(fd);
    else if (strcmp(m->name, "sink") == 0)
        sink(fd, m->number);
    else if (strcmp(m->name, "delay") == 0)
        delay(fd, m->number, m->port);
    else if (strcmp(m->name, "hostile") == 0)
        hostile(fd, m->text);
    else if (m->text == NULL ||
             send_all(fd, (const unsigned char *)m->text, strlen(m->text)) == 0)
        while (recv(fd, &c, 1, 0) > 0)
            ;
    close(fd);
}

/* Fill the listener's queue, so that further packets of this kind are dropped. */
static void fill_up(const struct sockaddr_in *sa)
{
    for (int i = 0; i < 4; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        if (connect(fd, (const struct sockaddr *)sa, sizeof *sa) < 0)
            usleep(20000);
    }
}

int main(int argc, char **argv)
{
    struct mode m = {.name = argc > 1 ? argv[1] : "", .text = NULL};
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (argc > 2 && (strcmp(m.name, "say") == 0 || strcmp(m.name, "hostile") == 0))
        m.text = argv[2];
    else if (argc > 2)
        m.number = atoi(argv[2]);
    m.port = argc > 3 ? atoi(argv[3]) : 0;
    if (strcmp(m.name, "read") == 0)
        return read_from(m.number, m.port);
    signal(SIGCHLD, SIG_IGN);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 ||
        listen(fd, strcmp(m.name, "full") == 0 ? 0 : 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
        return 1;
    if (strcmp(m.name, "full") == 0)
        fill_up(&sa);
    printf("%d\n", ntohs(sa.sin_port));
    fclose(stdout);
    while (strcmp(m.name, "full") == 0)
        pause();
    for (;;) {
        int peer = accept(fd, NULL, NULL);

        if (peer >= 0 && fork() == 0) {
            close(fd);
            serve(peer, &m);
            _exit(0);
        }
        close(peer);
    }
}
