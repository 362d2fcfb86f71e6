/* SPDX-License-Identifier: MIT
 * whole.c - read() and write() until there is nothing left. */
#include "config.h"

#include "base/whole.h"

#include <errno.h>
#include <unistd.h>

ssize_t mp_read_all(int fd, void *data, size_t size)
{
    char *p = data;
    size_t n = 0;

    while (n < size) {
        ssize_t got = read(fd, p + n, size - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

int mp_write_all(int fd, const void *data, size_t size)
{
    const char *p = data;

    while (size > 0) {
        ssize_t n = write(fd, p, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO;
        p += n;
        size -= (size_t)n;
    }
    return 0;
}
