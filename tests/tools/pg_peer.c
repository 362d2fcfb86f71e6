/* SPDX-License-Identifier: MIT
 * pg_peer.c - somebody between us and PostgreSQL, for the tests: a TCP server on
 * 127.0.0.1 that prints its port, refuses TLS, lets the login pass and edits what the
 * server at PORT answers, until it is killed.
 *
 *     pg_peer MODE PORT [NUMBER]
 *
 *     pass          as it is
 *     units, nodes  the index in the answer about units or nodes is NUMBER
 *     nofields      that about units has no columns
 *     fewer         that about nodes has a column less
 *     nulls, texts  every value of every answer is NULL, or "x"
 *     norows        no answer has a row
 *     time          each pack is one sample, of NUMBER as two int4: time and value
 *     slice         each pack is of slice NUMBER
 *     nul           every text name of a sample is NULs
 *     rows          the first sample comes for ever
 *     names         the same, each with another FQDD (a text) and no samples
 *     trailers      the end of the samples comes for ever
 *     message       the first sample is of 200 MB
 *     answers       the first row about nodes comes for ever
 *     chatter       parameters come for ever while we log in
 *
 * Without a server behind it, as an impostor who takes passwords; it prints them:
 *
 *     clear, md5    asks for the password so
 *     sasl-clear    offers SCRAM, and at once asks for the password in clear */
#include "config.h"

#include <arpa/inet.h>
#include <endian.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Above any version of the protocol: cancel, TLS, GSS. */
enum { MESSAGE_MAX = 1 << 22, CANCEL = 80877102 };

struct message {
    char type;
    uint32_t n; /* bytes of the body */
    unsigned char body[MESSAGE_MAX];
};

struct between {
    const char *mode, *number;
    int us, server;
    char asked[MESSAGE_MAX]; /* the statement under way */
    unsigned samples;
    struct message m;
};

static void put32(unsigned char *p, uint32_t n)
{
    n = htobe32(n);
    memcpy(p, &n, 4);
}

static uint32_t get32(const unsigned char *p)
{
    uint32_t n;

    memcpy(&n, p, 4);
    return be32toh(n);
}

/* The end of a connection is the end of its process. */
static void take(int fd, void *p, size_t n)
{
    if (n > 0 && recv(fd, p, n, MSG_WAITALL) != (ssize_t)n)
        _exit(0);
}

static void give(int fd, const void *p, size_t n)
{
    for (const char *at = p; n > 0;) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

        if (sent < 0)
            _exit(0);
        at += sent;
        n -= (size_t)sent;
    }
}

static void take_message(int fd, struct message *m, bool typed)
{
    unsigned char length[4];

    m->type = 0;
    if (typed)
        take(fd, &m->type, 1);
    take(fd, length, 4);
    m->n = get32(length) - 4;
    if (m->n > MESSAGE_MAX)
        _exit(1);
    take(fd, m->body, m->n);
}

static void give_message(int fd, const struct message *m)
{
    unsigned char head[5] = {(unsigned char)m->type};

    put32(head + 1, m->n + 4);
    give(fd, m->type != 0 ? head : head + 1, m->type != 0 ? 5 : 4);
    give(fd, m->body, m->n);
}

/* Only what is used of it: a flood is made of copies. */
static void copy_message(struct message *to, const struct message *from)
{
    to->type = from->type;
    to->n = from->n;
    memcpy(to->body, from->body, from->n);
}

/* ---- what is changed ---- */

static bool is(const struct between *b, const char *mode)
{
    return strcmp(b->mode, mode) == 0;
}

static bool asked_for(const struct between *b, const char *text)
{
    return strstr(b->asked, text) != NULL;
}

static void add_field(struct message *to, const void *bytes, uint32_t n)
{
    put32(to->body + to->n, n);
    to->n += 4;
    if (n != UINT32_MAX)
        memcpy(to->body + to->n, bytes, n);
    to->n += n != UINT32_MAX ? n : 0;
}

/* A row again, field `column` (-1: each) replaced, `drop` fields left out at the end. */
static void edit_row(struct message *m, int column, const void *bytes, uint32_t n,
                     int drop)
{
    static struct message out;
    int fields = m->body[0] << 8 | m->body[1];
    const unsigned char *at = m->body + 2;

    out.type = m->type;
    out.n = 2;
    for (int i = 0; i < fields; i++) {
        uint32_t length = get32(at);

        if (i < fields - drop && (column == -1 || column == i))
            add_field(&out, bytes, n);
        else if (i < fields - drop)
            add_field(&out, at + 4, length);
        at += 4 + (length != UINT32_MAX ? length : 0);
    }
    out.body[0] = 0;
    out.body[1] = (unsigned char)(fields - drop);
    copy_message(m, &out);
}

static void for_ever(struct between *b)
{
    for (;;)
        give_message(b->us, &b->m);
}

static void edit_answer(struct between *b)
{
    bool units = asked_for(b, "metrics_definition"), nodes = asked_for(b, "public.nodes");
    uint32_t n = b->number != NULL ? (uint32_t)strlen(b->number) : 0;

    if (is(b, "units") && units)
        edit_row(&b->m, 0, b->number, n, 0);
    else if (is(b, "nodes") && nodes)
        edit_row(&b->m, 2, b->number, n, 0);
    else if (is(b, "nofields") && units)
        edit_row(&b->m, -2, NULL, 0, b->m.body[1]);
    else if (is(b, "fewer") && nodes)
        edit_row(&b->m, -2, NULL, 0, 1);
    else if (is(b, "nulls"))
        edit_row(&b->m, -1, NULL, UINT32_MAX, 0);
    else if (is(b, "texts"))
        edit_row(&b->m, -1, "x", 1, 0);
    else if (is(b, "answers") && nodes)
        for_ever(b);
}

/* The description of the columns: a name, and 18 bytes for each. */
static void edit_description(struct between *b)
{
    int drop = is(b, "nofields") && asked_for(b, "metrics_definition") ? b->m.body[1]
               : is(b, "fewer") && asked_for(b, "public.nodes")        ? 1
                                                                       : 0;
    int fields = b->m.body[1] - drop;
    unsigned char *at = b->m.body + 2;

    for (int i = 0; i < fields; i++)
        at += strlen((char *)at) + 1 + 18;
    b->m.body[1] = (unsigned char)fields;
    b->m.n = (uint32_t)(at - b->m.body);
}

/* The one before the two packs, where it is a text; -2: it is NULL there. */
static int text_column(const struct message *m)
{
    int last = m->body[1] - 2;
    const unsigned char *at = m->body + 2;

    for (int i = 0; i < last - 1; i++)
        at += 4 + (get32(at) != UINT32_MAX ? get32(at) : 0);
    return get32(at) != UINT32_MAX ? last - 1 : -2;
}

static void new_names(struct between *b)
{
    static struct message first;
    char name[32];

    edit_row(&b->m, b->m.body[1] - 2, NULL, UINT32_MAX, 0);
    copy_message(&first, &b->m);
    for (long i = 0;; i++) {
        copy_message(&b->m, &first);
        snprintf(name, sizeof name, "Sensor.%ld", i);
        edit_row(&b->m, text_column(&b->m), name, (uint32_t)strlen(name), 0);
        give_message(b->us, &b->m);
    }
}

/* The first message of a COPY is its head, without a row. */
static void edit_sample(struct between *b)
{
    unsigned char end[] = {'d', 0, 0, 0, 6, 0xFF, 0xFF}, nuls[8] = {0};
    unsigned char long_head[] = {'d', 0x0C, 0, 0, 0};

    if (b->samples++ == 0 || b->m.n < 20)
        return;
    if (is(b, "time")) {
        int64_t us = (int64_t)htobe64((uint64_t)strtoll(b->number, NULL, 10));

        edit_row(&b->m, b->m.body[1] - 2, &us, sizeof us, 0);
    } else if (is(b, "slice")) {
        uint32_t slice = htobe32((uint32_t)strtol(b->number, NULL, 10));

        edit_row(&b->m, 0, &slice, sizeof slice, 0);
    } else if (is(b, "nul"))
        edit_row(&b->m, text_column(&b->m), nuls, sizeof nuls, 0);
    else if (is(b, "rows"))
        for_ever(b);
    else if (is(b, "names") && text_column(&b->m) >= 0)
        new_names(b);
    while (is(b, "trailers"))
        give(b->us, end, sizeof end);
    if (is(b, "message"))
        give(b->us, long_head, sizeof long_head);
    while (is(b, "message"))
        give(b->us, b->m.body, b->m.n);
}

static void chatter(struct between *b)
{
    b->m.type = 'S';
    b->m.n = (uint32_t)(sizeof "name\0value");
    memcpy(b->m.body, "name\0value", b->m.n);
    for_ever(b);
}

static void from_server(struct between *b)
{
    take_message(b->server, &b->m, true);
    if (is(b, "chatter") && b->m.type == 'K')
        chatter(b);
    if (b->m.type == 'D')
        edit_answer(b);
    else if (b->m.type == 'T')
        edit_description(b);
    else if (b->m.type == 'd')
        edit_sample(b);
    if (b->m.type != 'D' || !is(b, "norows"))
        give_message(b->us, &b->m);
}

static void from_us(struct between *b)
{
    take_message(b->us, &b->m, true);
    if (b->m.type == 'Q' || b->m.type == 'P') {
        const char *text = (char *)b->m.body;

        /* a prepared statement's name stands first */
        snprintf(b->asked, sizeof b->asked, "%s",
                 b->m.type == 'P' ? text + strlen(text) + 1 : text);
        b->samples = 0;
    }
    give_message(b->server, &b->m);
}

/* ---- connections ---- */

/* No to TLS and GSS until the client says who it is; that stays in b->m. */
static void begin(struct between *b)
{
    for (;;) {
        take_message(b->us, &b->m, false);
        if (get32(b->m.body) < CANCEL)
            return;
        if (get32(b->m.body) == CANCEL)
            _exit(0);
        give(b->us, "N", 1);
    }
}

static void ask_password(struct between *b)
{
    static const unsigned char clear[] = {'R', 0, 0, 0, 8, 0, 0, 0, 3};
    static const unsigned char md5[] = {'R', 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4};
    static const unsigned char sasl[] = {'R', 0,   0,   0,   23,  0,   0,   0,
                                         10,  'S', 'C', 'R', 'A', 'M', '-', 'S',
                                         'H', 'A', '-', '2', '5', '6', 0,   0};
    unsigned char both[sizeof sasl + sizeof clear];

    memcpy(both, sasl, sizeof sasl);
    memcpy(both + sizeof sasl, clear, sizeof clear);
    if (is(b, "clear"))
        give(b->us, clear, sizeof clear);
    else if (is(b, "md5"))
        give(b->us, md5, sizeof md5);
    else
        give(b->us, both, sizeof both);
    for (;;) {
        take_message(b->us, &b->m, true);
        b->m.body[b->m.n] = '\0';
        printf("got: %s\n", (char *)b->m.body);
        fflush(stdout);
    }
}

static void serve(struct between *b, int port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    begin(b);
    if (port == 0)
        ask_password(b);
    b->server = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(b->server, (struct sockaddr *)&sa, sizeof sa) < 0)
        _exit(1);
    give_message(b->server, &b->m);
    for (;;) {
        struct pollfd fds[2] = {{.fd = b->us, .events = POLLIN},
                                {.fd = b->server, .events = POLLIN}};

        poll(fds, 2, -1);
        if (fds[0].revents != 0)
            from_us(b);
        if (fds[1].revents != 0)
            from_server(b);
    }
}

int main(int argc, char **argv)
{
    static struct between b;
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (argc < 2 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 ||
        listen(fd, 64) < 0 || getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
        return 1;
    b.mode = argv[1];
    b.number = argc > 3 ? argv[3] : NULL;
    signal(SIGCHLD, SIG_IGN);
    printf("%d\n", ntohs(sa.sin_port));
    fflush(stdout);
    for (;;) {
        b.us = accept(fd, NULL, NULL);
        if (b.us >= 0 && fork() == 0) {
            close(fd);
            serve(&b, argc > 2 ? atoi(argv[2]) : 0);
        }
        close(b.us);
    }
}
