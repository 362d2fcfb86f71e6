/* SPDX-License-Identifier: MIT
 * answer.c - the shape and the size of what a server answers. */
#include "config.h"

#include "backends/pq/answer.h"

#include <ctype.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static bool is_int64(const char *text)
{
    const char *digits = text + (text[0] == '-');
    size_t n = strspn(digits, "0123456789");

    errno = 0;
    strtoll(text, NULL, 10);
    return n > 0 && digits[n] == '\0' && errno == 0;
}

static bool is_index(const char *text, size_t limit)
{
    return is_int64(text) && text[0] != '-' && strcmp(text, "0") != 0 &&
           strtoull(text, NULL, 10) - 1 < limit;
}

static bool fits(const PGresult *res, int row, int column, char kind, size_t limit)
{
    const char *text = PQgetvalue(res, row, column);

    if (PQgetisnull(res, row, column))
        return isupper((unsigned char)kind);
    if (PQfformat(res, column) != 0 ||
        strlen(text) != (size_t)PQgetlength(res, row, column))
        return false;
    switch (tolower((unsigned char)kind)) {
    case 'b':
        return strcmp(text, "t") == 0 || strcmp(text, "f") == 0;
    case 'i':
        return is_int64(text);
    case '#':
        return is_index(text, limit);
    default:
        return true;
    }
}

static int odd(const struct mp_pqconn *c, const char *what, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED,
                   "database %s, %s: the answer is not one to what was asked; is this a "
                   "PostgreSQL server, and who is between it and us? see sslmode in "
                   "section [database]",
                   c->database, what);
}

int mp_pqanswer_check(const struct mp_pqconn *c, const char *what, const PGresult *res,
                      const struct mp_pqshape *shape, struct mp_error *err)
{
    const char *columns = shape != NULL ? shape->columns : "";
    bool one = columns[0] == '1';
    int n;

    columns += one;
    n = (int)strlen(columns);
    if (PQresultStatus(res) != (n > 0 ? PGRES_TUPLES_OK : PGRES_COMMAND_OK) ||
        PQnfields(res) != n || (one && PQntuples(res) != 1))
        return odd(c, what, err);
    for (int row = 0; row < PQntuples(res); row++)
        for (int k = 0; k < n; k++)
            if (!fits(res, row, k, columns[k], shape->limit))
                return odd(c, what, err);
    return 0;
}

long long mp_pqanswer_bytes(const struct mp_pqconn *c)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int unread = 0;

    if (getsockopt(PQsocket(c->pg), IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
        ioctl(PQsocket(c->pg), FIONREAD, &unread) < 0)
        return 0;
    return (long long)info.tcpi_bytes_received - unread;
}

int mp_pqanswer_bounded(const struct mp_pqconn *c, const char *what, long long since,
                        struct mp_error *err)
{
    if (mp_pqanswer_bytes(c) - since <= MP_PQANSWER_BYTES_MAX)
        return 0;
    return mp_fail(err, MP_FAULT_FAILED,
                   "database %s, %s: the answer has no end: more than %d MB came",
                   c->database, what, MP_PQANSWER_BYTES_MAX >> 20);
}
