/* SPDX-License-Identifier: MIT
 * near.h - of each series, the last sample before the window and the first behind it,
 * which stand in where it has none inside (model/plan.h says when).
 *
 * Several rows of one stamp are one sample of as many sensors and are all kept.  Memory
 * is that of two samples a series.
 */
#ifndef MP_NEAR_H
#define MP_NEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/frame/order.h"
#include "base/error.h"
#include "model/plan.h"
#include "model/sample.h"

struct mp_near_rows; /* private to near.c */

/* All zero is an empty one. */
struct mp_near {
    struct mp_near_rows *sides; /* two per series number: before, behind */
    size_t n;                   /* series numbers there is room for */
    bool any;
};

/* A sample outside the window, in any order; copied.  What is no number of at least 0, or
 * longer than numbers are, can stand in for nothing and is not kept. */
int mp_near_add(struct mp_near *near, const struct mp_plan *plan,
                const struct mp_sample *s, struct mp_error *err);

/* The series has a sample inside. */
void mp_near_forget(struct mp_near *near, uint32_t series);

/* Add what is kept of a series to `rows`; *n grows by how many. */
int mp_near_take(const struct mp_near *near, uint32_t series, struct mp_rows *rows,
                 size_t *n, struct mp_error *err);

void mp_near_free(struct mp_near *near);

#endif
