/* SPDX-License-Identifier: MIT
 * near.c - two stamps a series, replaced by nearer ones. */
#include "config.h"

#include "backends/frame/near.h"

#include <stdlib.h>
#include <string.h>

#include "base/numtext.h"

enum { SENSORS_MOST = 64 }; /* rows of one stamp that nothing tells apart */

struct kept {
    double value;
    char text[MP_NUMBER_TEXT_MAX];
    uint8_t text_len, kind;
};

struct mp_near_rows {
    int64_t time;
    struct kept *kept; /* owned; n of them */
    size_t n;
};

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for samples near the window");
}

static int reach(struct mp_near *near, uint32_t series, struct mp_error *err)
{
    size_t n = near->n > 0 ? near->n : 64;
    struct mp_near_rows *grown;

    if (series < near->n)
        return 0;
    while (n <= series)
        n *= 2;
    grown = realloc(near->sides, 2 * n * sizeof *grown);
    if (grown == NULL)
        return no_memory(err);
    memset(grown + 2 * near->n, 0, 2 * (n - near->n) * sizeof *grown);
    near->sides = grown;
    near->n = n;
    return 0;
}

static int keep(struct mp_near_rows *side, const struct mp_sample *s,
                struct mp_error *err)
{
    struct kept *grown = realloc(side->kept, (side->n + 1) * sizeof *grown);
    struct kept *k;

    if (grown == NULL)
        return no_memory(err);
    side->kept = grown;
    side->time = s->time;
    k = &grown[side->n++];
    *k = (struct kept){.value = s->value, .kind = s->kind};
    if (s->kind == MP_VALUE_TEXT) {
        memcpy(k->text, s->text, s->text_len);
        k->text_len = (uint8_t)s->text_len;
    }
    return 0;
}

int mp_near_add(struct mp_near *near, const struct mp_plan *plan,
                const struct mp_sample *s, struct mp_error *err)
{
    bool before = s->time < plan->start;
    struct mp_near_rows *side;

    if (s->kind == MP_VALUE_NULL || !(s->value >= 0) ||
        (s->kind == MP_VALUE_TEXT && s->text_len >= MP_NUMBER_TEXT_MAX))
        return 0;
    if (reach(near, s->series, err) < 0)
        return -1;
    near->any = true;
    side = &near->sides[2 * (size_t)s->series + !before];
    if (side->n > 0 && s->time != side->time) {
        if ((s->time > side->time) != before)
            return 0;
        side->n = 0;
    }
    return side->n < SENSORS_MOST ? keep(side, s, err) : 0;
}

void mp_near_forget(struct mp_near *near, uint32_t series)
{
    if (series < near->n)
        near->sides[2 * (size_t)series].n = near->sides[2 * (size_t)series + 1].n = 0;
}

int mp_near_take(const struct mp_near *near, uint32_t series, struct mp_rows *rows,
                 size_t *n, struct mp_error *err)
{
    for (size_t i = 0; series < near->n && i < 2; i++) {
        const struct mp_near_rows *side = &near->sides[2 * (size_t)series + i];

        for (size_t k = 0; k < side->n; k++) {
            const struct mp_sample s = {.time = side->time,
                                        .value = side->kept[k].value,
                                        .text = side->kept[k].text,
                                        .series = series,
                                        .text_len = side->kept[k].text_len,
                                        .kind = side->kept[k].kind};

            if (mp_rows_add(rows, &s, err) < 0)
                return -1;
            ++*n;
        }
    }
    return 0;
}

void mp_near_free(struct mp_near *near)
{
    for (size_t i = 0; i < 2 * near->n; i++)
        free(near->sides[i].kept);
    free(near->sides);
    *near = (struct mp_near){0};
}
