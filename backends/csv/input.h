/* SPDX-License-Identifier: MIT
 * input.h - the bytes of a file or a stream, unpacked where they are packed.
 *
 * gzip (RFC 1952) and Zstandard (RFC 8878) are known by their first bytes, whatever the
 * name; members and frames may follow one another, as `cat a.gz b.gz` makes them.  Memory
 * does not grow with the input: a frame whose window is above 128 MiB is refused.
 */
#ifndef MP_CSV_INPUT_H
#define MP_CSV_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/run.h"

struct mp_csv_unpacker;

struct mp_csv_input {
    int fd;                   /* borrowed */
    const char *name;         /* for error texts; borrowed */
    const struct mp_run *run; /* borrowed; NULL in tests */
    bool regular;
    int64_t start;                    /* of a regular file: where the input begins */
    bool looked;                      /* at the first bytes */
    struct mp_csv_unpacker *unpacker; /* owned; NULL while the bytes are as they are */
};

void mp_csv_input_open(struct mp_csv_input *in, int fd, const char *name,
                       const struct mp_run *run);
/* Up to `room` bytes (at least 64) into `to`; *n is 0 at the end of the input.  A stream
 * is waited for, until it has something or the run is told to stop. */
int mp_csv_input_read(struct mp_csv_input *in, char *to, size_t room, size_t *n,
                      struct mp_error *err);
void mp_csv_input_close(struct mp_csv_input *in);

#endif
