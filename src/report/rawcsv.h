/* SPDX-License-Identifier: MIT
 * rawcsv.h - the sink that writes raw_power.csv (and `fetch`'s standard output).
 *
 * Header timestamp,hostname,source,fqdd,value,units,metric; one line per sample, byte for
 * byte what PostgreSQL's COPY ... CSV prints: timestamptz in the process's local zone
 * (DateStyle ISO), shortest round-trip reals, NULL as an empty field, "" for an empty
 * string, quotes where COPY sets them.  A naive series' times are local times without
 * offset.
 *
 * Everything is with the kernel, not yet on the disk, when the sink's end has returned.
 * A pipe or terminal gets its rows after each batch.
 *
 * A file may be packed (Zstandard, RFC 8878), and may have a limit: of a job with more
 * rows nothing is kept.
 */
#ifndef MP_RAWCSV_H
#define MP_RAWCSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/run.h"
#include "model/sink.h"

#define MP_RAWCSV_HEADER "timestamp,hostname,source,fqdd,value,units,metric"

struct mp_rawcsv; /* opaque */

/* Writes to `fd` (borrowed, never closed; -1: nowhere).  `name` is for error texts. */
int mp_rawcsv_new(struct mp_rawcsv **out, int fd, const char *name, struct mp_error *err);
/* Let waiting for a slow reader end when `run` (borrowed) says stop.  Before begin. */
void mp_rawcsv_set_run(struct mp_rawcsv *w, const struct mp_run *run);
struct mp_sink *mp_rawcsv_sink(struct mp_rawcsv *w);
/* Pack what is written.  Before begin. */
int mp_rawcsv_pack(struct mp_rawcsv *w, struct mp_error *err);
/* Above so many rows the file is emptied and nothing more written; 0: none at all, and
 * `fd` is not used.  Before begin. */
void mp_rawcsv_set_limit(struct mp_rawcsv *w, uint64_t rows);
/* Rows met so far. */
uint64_t mp_rawcsv_rows(const struct mp_rawcsv *w);
/* Its reader went away: that is why the sink failed. */
bool mp_rawcsv_is_unread(const struct mp_rawcsv *w);
/* Bytes written so far. */
uint64_t mp_rawcsv_bytes(const struct mp_rawcsv *w);
/* There were more than the limit. */
bool mp_rawcsv_is_over(const struct mp_rawcsv *w);
void mp_rawcsv_free(struct mp_rawcsv *w);

#endif
