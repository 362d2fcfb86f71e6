/* SPDX-License-Identifier: MIT
 * map.h - the two look-ups a row needs: four numbers to a small number, and a string to
 * a small number. */
#ifndef MP_PQMAP_H
#define MP_PQMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Fields have no meaning here. */
struct mp_pqkey {
    int64_t a, b, c, d;
};

/* Entries lie in the order in which they were first met.  Collectors write their nodes in
 * much the same order every time, so the entry after the last one is tried first. */
struct mp_pqmap {
    struct mp_pqentry *entries;
    size_t n, next;
    uint32_t *slots; /* open addressing, at most half full: place of the entry, from 1 */
    size_t n_slots;
};

/* Where the key's number stands; a new key's number is UINT32_MAX until the caller sets
 * it.  NULL: out of memory.  Valid until the next call. */
uint32_t *mp_pqmap_at(struct mp_pqmap *map, const struct mp_pqkey *key);
void mp_pqmap_free(struct mp_pqmap *map);

/* Each different string once. */
struct mp_pqstrings {
    char **items; /* owned; items[number] stays where it is */
    size_t n, capacity;
    struct mp_pqmap map; /* hash of the string and try -> number */
};

/* The string's number in *number; text need not end with a NUL. */
int mp_pqstrings_put(struct mp_pqstrings *s, const char *text, size_t len,
                     uint32_t *number, struct mp_error *err);
void mp_pqstrings_free(struct mp_pqstrings *s);

#endif
