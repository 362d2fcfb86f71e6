/* SPDX-License-Identifier: MIT
 * keyset.c - an open-addressing hash table of byte strings. */
#include "config.h"

#include "base/keyset.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over eight bytes at a time, its high bits folded down. */
static uint32_t hash_of(const char *p, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ len;

    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;

        memcpy(&word, p, 8);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    for (; len > 0; p++, len--)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    h ^= h >> 29;
    return (uint32_t)(h ^ h >> 32);
}

static size_t slot_mask(const struct mp_keyset *set)
{
    return 2 * set->capacity - 1;
}

long mp_keyset_find(const struct mp_keyset *set, const void *bytes, size_t len)
{
    uint32_t hash = hash_of(bytes, len);

    if (set->n == 0)
        return -1;
    for (size_t i = hash & slot_mask(set); set->slots[i] != 0;
         i = (i + 1) & slot_mask(set)) {
        const struct mp_keyset_key *k = &set->keys[set->slots[i] - 1];

        if (k->hash == hash && k->len == len && memcmp(k->bytes, bytes, len) == 0)
            return (long)set->slots[i] - 1;
    }
    return -1;
}

static void put_in_slot(struct mp_keyset *set, size_t number)
{
    size_t i = set->keys[number].hash & slot_mask(set);

    while (set->slots[i] != 0)
        i = (i + 1) & slot_mask(set);
    set->slots[i] = (uint32_t)number + 1;
}

static int grow(struct mp_keyset *set)
{
    size_t capacity = set->capacity > 0 ? 2 * set->capacity : 64;
    struct mp_keyset_key *keys = realloc(set->keys, capacity * sizeof *keys);
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);

    if (keys != NULL)
        set->keys = keys;
    if (keys == NULL || slots == NULL) {
        free(slots);
        return -1;
    }
    free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
    for (size_t i = 0; i < set->n; i++)
        put_in_slot(set, i);
    return 0;
}

int mp_keyset_add(struct mp_keyset *set, const void *bytes, size_t len,
                  struct mp_error *err)
{
    char *copy = calloc(1, len + MP_KEY_SPARE);

    if (copy == NULL || (set->n == set->capacity && grow(set) < 0)) {
        free(copy);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", set->n + 1);
    }
    memcpy(copy, bytes, len);
    set->keys[set->n] = (struct mp_keyset_key){copy, (uint32_t)len, hash_of(bytes, len)};
    put_in_slot(set, set->n);
    set->n++;
    return 0;
}

void mp_keyset_free(struct mp_keyset *set)
{
    for (size_t i = 0; i < set->n; i++)
        free(set->keys[i].bytes);
    free(set->keys);
    free(set->slots);
    *set = (struct mp_keyset){0};
}
