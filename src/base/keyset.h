/* SPDX-License-Identifier: MIT
 * keyset.h - byte strings numbered in the order they were added, found by hash. */
#ifndef MP_KEYSET_H
#define MP_KEYSET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { MP_KEY_SPARE = 16 }; /* readable bytes behind each key */

struct mp_keyset_key {
    char *bytes; /* owned */
    uint32_t len;
    uint32_t hash;
};

struct mp_keyset {
    struct mp_keyset_key *keys;
    size_t n, capacity;
    uint32_t *slots; /* number + 1, or 0; a power of two of them, twice `capacity` */
};

/* The number of a key, or -1. */
long mp_keyset_find(const struct mp_keyset *set, const void *bytes, size_t len);
/* Adds a copy of what is not there yet; its number is n - 1 afterwards. */
int mp_keyset_add(struct mp_keyset *set, const void *bytes, size_t len,
                  struct mp_error *err);
void mp_keyset_free(struct mp_keyset *set);

#endif
