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
 */
#ifndef MP_RAWCSV_H
#define MP_RAWCSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/run.h"
#include "model/sink.h"

#define MP_RAWCSV_HEADER "timestamp,hostname,source,fqdd,value,units,metric"

struct mp_rawcsv; /* opaque */

/* Writes to `fd` (borrowed, never closed).  `name` is for error texts. */
int mp_rawcsv_new(struct mp_rawcsv **out, int fd, const char *name, struct mp_error *err);
/* Let waiting for a slow reader end when `run` (borrowed) says stop.  Before begin. */
void mp_rawcsv_set_run(struct mp_rawcsv *w, const struct mp_run *run);
struct mp_sink *mp_rawcsv_sink(struct mp_rawcsv *w);
/* Rows written so far (without the header). */
uint64_t mp_rawcsv_rows(const struct mp_rawcsv *w);
void mp_rawcsv_free(struct mp_rawcsv *w);

#endif
