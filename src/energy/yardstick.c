/* SPDX-License-Identifier: MIT
 * yardstick.c - each step against the median of its neighbours. */
#include "config.h"

#include "energy/yardstick.h"

static int64_t median(const int64_t *lengths, unsigned n)
{
    int64_t a = lengths[0], b = lengths[n > 1 ? 1 : 0], c = lengths[n > 2 ? 2 : 0];

    if (n == 0)
        return 0;
    if (n < 3) /* of one or two: the shorter, which is the stricter measure */
        return a < b ? a : b;
    return a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
}

/* The median length of the steps [from, to). */
static int64_t usual(const struct mp_yardstick *y, uint64_t from, uint64_t to)
{
    int64_t lengths[MP_BESIDE] = {0};
    unsigned n = 0;

    for (uint64_t i = from; i < to; i++) {
        const struct mp_long_step *s = &y->recent[i % MP_AROUND];

        lengths[n++] = s->end - s->start;
    }
    return median(lengths, n);
}

int mp_yardstick_judge(const struct mp_yardstick *y, uint64_t i, struct mp_steps *gaps)
{
    const struct mp_long_step *s = &y->recent[i % MP_AROUND];
    uint64_t after = i + 1 + MP_BESIDE;
    int64_t length = s->end - s->start, a, b;

    if (length <= MP_SHORTEST_GAP_US || y->n < 2)
        return 0;
    a = usual(y, i < MP_BESIDE ? 0 : i - MP_BESIDE, i);
    b = usual(y, i + 1, after < y->n ? after : y->n);
    return length > 3 * (a > b ? a : b) ? mp_steps_add(gaps, s->start, s->end) : 0;
}

int mp_yardstick_end(struct mp_yardstick *y, struct mp_steps *gaps)
{
    for (uint64_t i = y->n > MP_BESIDE ? y->n - MP_BESIDE : 0; i < y->n; i++)
        if (mp_yardstick_judge(y, i, gaps) < 0)
            return -1;
    return 0;
}

int64_t mp_yardstick_first(const struct mp_yardstick *y)
{
    return median(y->first, y->n < MP_BESIDE ? (unsigned)y->n : MP_BESIDE);
}

int64_t mp_yardstick_last(const struct mp_yardstick *y)
{
    return usual(y, y->n < MP_BESIDE ? 0 : y->n - MP_BESIDE, y->n);
}
