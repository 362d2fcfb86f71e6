/* SPDX-License-Identifier: MIT
 * steps.c - classes of step lengths, and a heap of the longest steps. */
#include "config.h"

#include "energy/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 63 };

static int64_t class_key(int64_t length, unsigned merged_bits)
{
    int width = 64 - __builtin_clzll((uint64_t)length);
    int cleared = width - (64 - (int)merged_bits);

    return cleared > 0 ? length >> cleared << cleared : length;
}

static int64_t length_of(const struct mp_long_step *s)
{
    return s->end - s->start;
}

/* Make classes coarser, one leading bit less at a time, until one of them is free.  With
 * one bit left a class is a power of two, and there can be no more than MOST_CLASSES. */
static void merge_classes(struct mp_steps *s)
{
    while (s->n_classes == MP_STEP_CLASSES && s->merged_bits < 63) {
        unsigned n = 0;

        s->merged_bits++;
        for (unsigned i = 0; i < s->n_classes; i++) {
            struct mp_step_class c = s->classes[i];
            unsigned j = 0;

            c.key = class_key(c.key, s->merged_bits);
            while (j < n && s->classes[j].key != c.key)
                j++;
            if (j == n) {
                s->classes[n++] = c;
                continue;
            }
            s->classes[j].sum += c.sum;
            s->classes[j].n += c.n;
        }
        s->n_classes = (uint8_t)n;
    }
}

static struct mp_step_class *new_class(struct mp_steps *s, int64_t key)
{
    if (s->n_classes == s->cap_classes) {
        unsigned cap = s->cap_classes > 0 ? 2U * s->cap_classes : 4;
        struct mp_step_class *grown = realloc(s->classes, cap * sizeof *grown);

        if (grown == NULL)
            return NULL;
        s->classes = grown;
        s->cap_classes = (uint8_t)cap;
    }
    s->classes[s->n_classes] = (struct mp_step_class){.key = key};
    return &s->classes[s->n_classes++];
}

static struct mp_step_class *find_class(struct mp_steps *s, int64_t length)
{
    int64_t key = class_key(length, s->merged_bits);

    for (unsigned i = 0; i < s->n_classes; i++) {
        if (s->classes[i].key != key)
            continue;
        if (i > 0 && s->classes[i].n >= s->classes[i - 1].n) { /* frequent ones early */
            struct mp_step_class found = s->classes[i];

            s->classes[i] = s->classes[i - 1];
            s->classes[--i] = found;
        }
        return &s->classes[i];
    }
    return NULL;
}

static void sift_down(struct mp_long_step *heap, unsigned n, unsigned i)
{
    for (;;) {
        unsigned least = i, left = 2 * i + 1, right = left + 1;
        struct mp_long_step swap;

        if (left < n && length_of(&heap[left]) < length_of(&heap[least]))
            least = left;
        if (right < n && length_of(&heap[right]) < length_of(&heap[least]))
            least = right;
        if (least == i)
            return;
        swap = heap[i];
        heap[i] = heap[least];
        heap[least] = swap;
        i = least;
    }
}

static int keep_longest(struct mp_steps *s, struct mp_long_step step)
{
    unsigned i;

    if (s->n_longest == MP_LONG_STEPS) {
        if (length_of(&step) > length_of(&s->longest[0])) {
            s->longest[0] = step;
            sift_down(s->longest, s->n_longest, 0);
        }
        return 0;
    }
    if (s->n_longest == s->cap_longest) {
        unsigned cap = s->cap_longest > 0 ? 2U * s->cap_longest : 4;
        struct mp_long_step *grown = realloc(s->longest, cap * sizeof *grown);

        if (grown == NULL)
            return -1;
        s->longest = grown;
        s->cap_longest = (uint8_t)cap;
    }
    for (i = s->n_longest++; i > 0; i = (i - 1) / 2) {
        if (length_of(&s->longest[(i - 1) / 2]) <= length_of(&step))
            break;
        s->longest[i] = s->longest[(i - 1) / 2];
    }
    s->longest[i] = step;
    return 0;
}

int mp_steps_add_any(struct mp_steps *s, int64_t start, int64_t end)
{
    int64_t length = end - start;
    struct mp_step_class *c = find_class(s, length);

    if (c == NULL) {
        if (s->n_classes == MP_STEP_CLASSES) {
            merge_classes(s);
            c = find_class(s, length);
        }
        if (c == NULL)
            c = new_class(s, class_key(length, s->merged_bits));
        if (c == NULL)
            return -1;
    }
    c->n++;
    c->sum += length;
    s->n++;
    if (length > s->max)
        s->max = length;
    return length > MP_SHORTEST_GAP_US
               ? keep_longest(s, (struct mp_long_step){start, end})
               : 0;
}

static int by_key(const void *a, const void *b)
{
    const struct mp_step_class *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

/* The step of this rank (from 0) when all are sorted by length. */
static double ranked(const struct mp_step_class *sorted, unsigned n, uint64_t rank)
{
    unsigned i = 0;

    while (i + 1 < n && rank >= sorted[i].n)
        rank -= sorted[i++].n;
    return (double)sorted[i].sum / (double)sorted[i].n;
}

double mp_steps_median(const struct mp_steps *s)
{
    struct mp_step_class sorted[MOST_CLASSES];

    if (s->n == 0)
        return NAN;
    memcpy(sorted, s->classes, s->n_classes * sizeof *sorted);
    qsort(sorted, s->n_classes, sizeof *sorted, by_key);
    return (ranked(sorted, s->n_classes, (s->n - 1) / 2) +
            ranked(sorted, s->n_classes, s->n / 2)) /
           2;
}

int64_t mp_steps_above(const struct mp_steps *s, int64_t limit)
{
    int64_t listed = 0, total = 0;
    unsigned above = 0;

    for (unsigned i = 0; i < s->n_longest; i++) {
        if (length_of(&s->longest[i]) > limit) {
            listed += length_of(&s->longest[i]);
            above++;
        }
    }
    if (above < MP_LONG_STEPS)
        return listed;
    for (unsigned i = 0; i < s->n_classes; i++) {
        const struct mp_step_class *c = &s->classes[i];

        if ((double)c->sum / (double)c->n > (double)limit)
            total += c->sum;
    }
    return total > listed ? total : listed;
}

static int by_time(const void *a, const void *b)
{
    const struct mp_long_step *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

void mp_steps_sort_longest(struct mp_steps *s)
{
    if (s->n_longest > 1)
        qsort(s->longest, s->n_longest, sizeof *s->longest, by_time);
}

void mp_steps_free(struct mp_steps *s)
{
    free(s->classes);
    free(s->longest);
    *s = (struct mp_steps){0};
}
