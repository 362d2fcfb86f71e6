/* SPDX-License-Identifier: MIT
 * whole.h - reading and writing all of it, however many calls that takes. */
#ifndef MP_WHOLE_H
#define MP_WHOLE_H

#include <stddef.h>
#include <sys/types.h>

/* Up to `size` bytes, fewer only at the end of the file.  How many; -1 with errno, and
 * what was read by then is in `data` nevertheless (wipe it, if it is a secret). */
ssize_t mp_read_all(int fd, void *data, size_t size);

/* All of data[size].  0 or the errno of what went wrong. */
int mp_write_all(int fd, const void *data, size_t size);

#endif
