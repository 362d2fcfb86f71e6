/* SPDX-License-Identifier: MIT
 * keyset.h - the program's one hash table: byte strings, each numbered once, in the order
 * they came.  What belongs to a key lies in the caller's arrays, by its number. */
#ifndef MP_KEYSET_H
#define MP_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

enum { MP_KEY_SPARE = 16 }; /* zeros that can be read behind each key */

struct mp_keyset_key {
    char *bytes; /* owned */
    uint32_t len;
    uint32_t hash;
};

struct mp_keyset {
    struct mp_keyset_key *keys;
    size_t n, capacity;
    uint32_t *slots; /* number + 1, or 0; a power of two of them, twice `capacity` */
    size_t next;     /* the number after the one that was put last */
    bool any_case; /* ASCII letters are equal in either case; set before the first key */
};

/* The number of a key, or -1. */
long mp_keyset_find(const struct mp_keyset *set, const void *bytes, size_t len);
/* Adds a copy of what is not there yet; its number is n - 1 afterwards. */
int mp_keyset_add(struct mp_keyset *set, const void *bytes, size_t len,
                  struct mp_error *err);
/* The number of a key, which is added if it is not there (it is then n - 1); -1: out of
 * memory.  Keys that come round in one order cost a comparison each: the one after the
 * last is tried before any is hashed. */
long mp_keyset_put(struct mp_keyset *set, const void *bytes, size_t len,
                   struct mp_error *err);
void mp_keyset_free(struct mp_keyset *set);

/* What memcmp would say; inline, which makes it twice as fast for the few bytes of most
 * keys. */
static inline bool mp_equal_bytes(const char *a, const char *b, size_t n)
{
    uint64_t x, y;

    for (; n >= 8; a += 8, b += 8, n -= 8) {
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        if (x != y)
            return false;
    }
    for (; n > 0; a++, b++, n--)
        if (*a != *b)
            return false;
    return true;
}

#endif
