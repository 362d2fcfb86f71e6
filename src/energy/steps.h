/* SPDX-License-Identifier: MIT
 * steps.h - the lengths of a series' sampling steps in bounded memory: their median, and
 * the longest of them by place.
 *
 * Steps fall into classes.  At first a class is one exact length; where there would be
 * more than MP_STEP_CLASSES of them (samples with jitter), lengths that agree in their
 * leading bits share one, in as many bits as still fit.  A class knows the sum of its
 * steps, so its mean is exact however coarse it is.
 */
#ifndef MP_STEPS_H
#define MP_STEPS_H

#include <stddef.h>
#include <stdint.h>

enum { MP_STEP_CLASSES = 32, MP_LONG_STEPS = 64 };

/* No step of 15 s or less is ever a gap. */
#define MP_SHORTEST_GAP_US INT64_C(15000000)

struct mp_step_class {
    int64_t key; /* the length with all but its leading bits cleared */
    int64_t sum; /* µs */
    uint64_t n;
};

struct mp_long_step {
    int64_t start, end; /* µs; the samples at both sides */
};

/* All zero is an empty one. */
struct mp_steps {
    struct mp_step_class *classes; /* unordered, the frequent ones early */
    struct mp_long_step *longest;  /* the MP_LONG_STEPS longest above MP_SHORTEST_GAP_US:
                                      a heap, its shortest on top */
    uint64_t n;
    int64_t max; /* µs */
    uint8_t n_classes, cap_classes;
    uint8_t n_longest, cap_longest;
    uint8_t merged_bits; /* 0: classes are exact; else 64 - leading bits kept */
};

int mp_steps_add_any(struct mp_steps *s, int64_t start, int64_t end);

/* A step between samples at start < end.  -1: out of memory. */
static inline int mp_steps_add(struct mp_steps *s, int64_t start, int64_t end)
{
    int64_t length = end - start;
    struct mp_step_class *c = s->classes;

    if (s->n == 0 || c->key != length || s->merged_bits > 0 ||
        length > MP_SHORTEST_GAP_US)
        return mp_steps_add_any(s, start, end);
    s->n++; /* as long as most steps, and as exact */
    c->n++;
    c->sum += length;
    return 0;
}

/* µs; NaN without a step. */
double mp_steps_median(const struct mp_steps *s);
/* µs in steps longer than `limit` (at least MP_SHORTEST_GAP_US): exact up to
 * MP_LONG_STEPS of them, beyond that as exact as the classes are. */
int64_t mp_steps_above(const struct mp_steps *s, int64_t limit);
/* Sort `longest` by time; nothing can be added afterwards. */
void mp_steps_sort_longest(struct mp_steps *s);
void mp_steps_free(struct mp_steps *s);

#endif
