/* SPDX-License-Identifier: MIT
 * answer.h - what the API answers, read while it comes in.
 *
 * Of https://prometheus.io/docs/prometheus/latest/querying/api/ this knows matrix and
 * vector (data.result), lists of label sets or names (data), data.version, warnings, and
 * VictoriaMetrics' isPartial.  Memory is that of one label set and one text, both
 * bounded, however long the answer.
 */
#ifndef MP_PROM_ANSWER_H
#define MP_PROM_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { MP_PROM_LABELS_MAX = 64, MP_PROM_LABEL_BYTES = 16 * 1024 };

/* name and value by turns, each with its NUL; a name or value with a NUL inside is an
 * error. */
struct mp_prom_labels {
    size_t n; /* pairs */
    const char *name[MP_PROM_LABELS_MAX], *value[MP_PROM_LABELS_MAX];
    const char *bytes; /* all of them, as they came: what tells label sets apart */
    size_t len;
};

/* NULL where there is none. */
const char *mp_prom_label(const struct mp_prom_labels *labels, const char *name);

/* Each may be NULL; -1 ends the reading. */
struct mp_prom_reader {
    /* the label set whose samples follow, or one of a list; borrowed */
    int (*labels)(void *arg, const struct mp_prom_labels *labels, struct mp_error *err);
    /* µs since the epoch; the value as it was sent; borrowed */
    int (*sample)(void *arg, int64_t time, const char *text, size_t len,
                  struct mp_error *err);
    /* a member of a list of texts; borrowed */
    int (*text)(void *arg, const char *text, struct mp_error *err);
    void *arg;
};

struct mp_prom_answer; /* opaque */

int mp_prom_answer_open(const struct mp_prom_reader *reader, struct mp_prom_answer **out,
                        struct mp_error *err);
/* A piece of it; has the shape of mp_prom_body (http.h). */
int mp_prom_answer_feed(void *answer, const char *data, size_t n, struct mp_error *err);
/* It ended.  -1 where it was not whole. */
int mp_prom_answer_end(struct mp_prom_answer *a, struct mp_error *err);
void mp_prom_answer_close(struct mp_prom_answer *a); /* NULL is allowed */

/* Of an answer so far: */
bool mp_prom_answer_ok(const struct mp_prom_answer *a); /* status is success */
uint64_t mp_prom_answer_samples(const struct mp_prom_answer *a);
const char *mp_prom_answer_error(const struct mp_prom_answer *a);   /* "": none */
const char *mp_prom_answer_warning(const struct mp_prom_answer *a); /* the first; "" */
const char *mp_prom_answer_version(const struct mp_prom_answer *a); /* "" */

#endif
