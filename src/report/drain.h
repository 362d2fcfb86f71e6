/* SPDX-License-Identifier: MIT
 * drain.h - writes full buffers to a descriptor from a thread of its own, so that a disk
 * or a reader works while the next buffer is being filled.
 *
 * One producer: take a buffer, fill it, put it, take the next.  Memory: MP_DRAIN_BUFFERS
 * buffers whatever the amount.  The thread starts with the second buffer; small outputs
 * never have one, and where none can be had everything is written by the caller.  A
 * regular file's write-back is started early, so that the fsync which its owner does
 * later finds little left.
 */
#ifndef MP_DRAIN_H
#define MP_DRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/run.h"

enum { MP_DRAIN_BUFFERS = 4, MP_DRAIN_SIZE = 256 * 1024 };

struct mp_drain; /* opaque */

/* `fd` and `run` are borrowed; `run` may be NULL, else waiting for a slow reader ends
 * when it says stop.  `name` (copied) is for error texts. */
int mp_drain_new(struct mp_drain **out, int fd, const char *name,
                 const struct mp_run *run, struct mp_error *err);
/* Is the reader a pipe, a terminal or the like, which should get its data at once? */
bool mp_drain_is_live(const struct mp_drain *d);
/* An empty buffer of MP_DRAIN_SIZE bytes, valid until it is put.  Waits for one. */
int mp_drain_take(struct mp_drain *d, char **buffer, struct mp_error *err);
/* Hand over the first `n` bytes of the buffer taken last. */
int mp_drain_put(struct mp_drain *d, size_t n, struct mp_error *err);
/* Returns when everything that was put has been written. */
int mp_drain_finish(struct mp_drain *d, struct mp_error *err);
/* Throws away what is not written yet. */
void mp_drain_free(struct mp_drain *d);

#endif
