/* SPDX-License-Identifier: MIT
 * reasons.h - the sentences behind a verdict, and the lists of names in them. */
#ifndef MP_REASONS_H
#define MP_REASONS_H

#include <stdio.h>

#include "base/error.h"
#include "energy/result.h"
#include "model/plan.h"
#include "model/sample.h"

/* "a, b, c, d and 12 more" in bounded space. */
struct mp_names {
    char *text;
    size_t size, n;
    size_t most; /* how many are named; mp_names_open's choice can be changed */
    FILE *stream;
    const struct mp_series *before; /* the sensor named last */
};

void mp_names_open(struct mp_names *l);
void mp_names_add(struct mp_names *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "NODE METRIC FQDD" and what the format says of it: of several sensors of one node and
 * metric the later ones by their FQDD alone. */
void mp_names_sensor(struct mp_names *l, const struct mp_plan *plan,
                     const struct mp_series *s, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Makes l->text, to be freed by the caller; NULL after -1. */
int mp_names_close(struct mp_names *l, struct mp_error *err);

/* A sentence, and the verdict lowered to `verdict` at least. */
int mp_reason_give(struct mp_energy_result *r, enum mp_verdict verdict,
                   struct mp_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with a list of names in it, which is closed and freed; no name, no reason. */
int mp_reason_names(struct mp_energy_result *r, enum mp_verdict verdict,
                    struct mp_names *l, const char *before, const char *after,
                    struct mp_error *err);

#endif
