/* SPDX-License-Identifier: MIT
 * fqdd.h - which labels tell the sensors of a node apart. */
#ifndef MP_PROM_FQDD_H
#define MP_PROM_FQDD_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/prometheus/answer.h"
#include "base/error.h"
#include "base/keyset.h"

/* [A-Za-z_][A-Za-z0-9_]* */
bool mp_prom_is_label(const char *name);

/* The values of labels[0 .. n) that are there, joined by /; false: none is. */
bool mp_prom_fqdd(const struct mp_prom_labels *labels, char *const *names, size_t n,
                  char *out, size_t size);

/* Of one metric.  Show it all label sets; then, as long as it wants more: try, place all;
 * at last take. */
struct mp_prom_choice {
    const char *node_label;
    char *names[MP_PROM_LABELS_MAX]; /* that may be of use, the best first; owned */
    size_t n;
    size_t n_tried; /* the first so many are tried */
    bool given;     /* by the configuration: no choice */
    bool clash;     /* two label sets of a node came to one */
    size_t n_best,
        best; /* the fewest labels that told most sensors apart, and how many */
    struct mp_keyset placed;
};

/* `wanted`: the route's sensor_label; "": choose. */
void mp_prom_choice_open(struct mp_prom_choice *c, const char *wanted,
                         const char *node_label);
int mp_prom_choice_see(struct mp_prom_choice *c, const struct mp_prom_labels *labels,
                       struct mp_error *err);
void mp_prom_choice_try(struct mp_prom_choice *c);
int mp_prom_choice_place(struct mp_prom_choice *c, const struct mp_prom_labels *labels,
                         struct mp_error *err);
bool mp_prom_choice_more(struct mp_prom_choice *c);
/* The labels chosen, now the caller's; how many. */
size_t mp_prom_choice_take(struct mp_prom_choice *c, char **names);
void mp_prom_choice_close(struct mp_prom_choice *c);

#endif
