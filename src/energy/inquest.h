/* SPDX-License-Identifier: MIT
 * inquest.h - what verdict.c, missing.c and reasons.c share; nobody else's business.
 *
 * Everything is worked out from the plan and the samples alone, so that a replay of
 * raw_power.csv comes to the same sentences as the database did. */
#ifndef MP_INQUEST_H
#define MP_INQUEST_H

#include <stdio.h>

#include "energy/impl.h"

struct mp_inquest {
    struct mp_energy *e; /* its result gets reasons, missing and verdict */
    struct mp_error *err;
};

/* "a, b, c, d and 12 more" in bounded space. */
struct mp_names {
    char *text;
    size_t size, n;
    size_t most; /* how many are named; mp_names_open's choice can be changed */
    FILE *stream;
};

void mp_names_open(struct mp_names *l);
void mp_names_add(struct mp_names *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes l->text, to be freed by the caller; NULL after -1. */
int mp_names_close(struct mp_names *l, struct mp_error *err);

/* A sentence, and the verdict lowered to `verdict` at least. */
int mp_reason_give(struct mp_inquest *q, enum mp_verdict verdict, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a list of names in it, which is closed and freed; no name, no reason. */
int mp_reason_names(struct mp_inquest *q, enum mp_verdict verdict, struct mp_names *l,
                    const char *before, const char *after);

/* Nodes, metrics and sensors without a usable sample. */
int mp_judge_missing(struct mp_inquest *q);

#endif
