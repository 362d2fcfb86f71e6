/* SPDX-License-Identifier: MIT
 * http_peer.c - an HTTP server for tests, on 127.0.0.1: prints its port, then answers the
 * n-th request with what is in the file DIR/n, byte for byte, or DIR/else where there is
 * none, and hangs up.  Appends the request's first line and body to DIR/log, the other
 * lines of its head, as one, to DIR/heads.
 *
 *     http_peer DIR */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

static int serve_at(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        return -1;
    *port = ntohs(at.sin_port);
    return fd;
}

static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\nContent-Length:");

    return at != NULL ? strtoul(at + 17, NULL, 10) : 0;
}

/* Head and body; NULL where the other side hung up. */
static char *read_request(int fd, char *text)
{
    size_t n = 0;

    for (;;) {
        ssize_t got = read(fd, text + n, REQUEST_MAX - n - 1);
        char *body;

        if (got <= 0)
            return NULL;
        n += (size_t)got;
        text[n] = '\0';
        body = strstr(text, "\r\n\r\n");
        if (body != NULL && (size_t)(text + n - body - 4) >= body_length(text))
            return body + 4;
    }
}

static void answer(int fd, const char *dir, int n)
{
    char path[4096], buf[65536];
    size_t got;
    FILE *file;

    snprintf(path, sizeof path, "%s/%d", dir, n);
    file = fopen(path, "r");
    if (file == NULL) {
        snprintf(path, sizeof path, "%s/else", dir);
        file = fopen(path, "r");
    }
    while (file != NULL && (got = fread(buf, 1, sizeof buf, file)) > 0)
        if (send(fd, buf, got, MSG_NOSIGNAL) < 0)
            break;
    if (file != NULL)
        fclose(file);
}

static FILE *open_log(const char *dir, const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return fopen(path, "a");
}

static void note(const char *dir, char *text, const char *body)
{
    FILE *log = open_log(dir, "log"), *heads = open_log(dir, "heads");

    if (log == NULL || heads == NULL)
        exit(1);
    fprintf(log, "%.*s %s\n", (int)strcspn(text, "\r"), text, body);
    for (const char *at = text; at < body; at++)
        if (*at != '\r')
            putc(*at == '\n' ? ' ' : *at, heads);
    putc('\n', heads);
    fclose(log);
    fclose(heads);
}

int main(int argc, char **argv)
{
    char *text = malloc(REQUEST_MAX);
    int port = 0, fd = serve_at(&port);

    if (argc != 2 || text == NULL || fd < 0)
        return 1;
    printf("%d\n", port);
    fflush(stdout);
    for (int n = 1;;) {
        int peer = accept(fd, NULL, NULL);
        char *body = peer >= 0 ? read_request(peer, text) : NULL;

        if (body != NULL) {
            note(argv[1], text, body);
            answer(peer, argv[1], n++);
        }
        close(peer);
    }
}
