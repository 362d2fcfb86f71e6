/* SPDX-License-Identifier: MIT
 * keyset.c - an open-addressing hash table of byte strings. */
#include "config.h"

#include "base/keyset.h"

#include <stdlib.h>
#include <string.h>

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* FNV-1a over eight bytes at a time, its high bits folded down. */
static uint32_t hash_of(const struct mp_keyset *set, const char *p, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ len;

    for (; len >= 8 && !set->any_case; p += 8, len -= 8) {
        uint64_t word;

        memcpy(&word, p, 8);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    for (; len > 0; p++, len--)
        h = (h ^ (set->any_case ? fold(*p) : (unsigned char)*p)) *
            UINT64_C(0x100000001b3);
    h ^= h >> 29;
    return (uint32_t)(h ^ h >> 32);
}

static bool is_key(const struct mp_keyset *set, const struct mp_keyset_key *k,
                   const char *bytes, size_t len)
{
    if (k->len != len)
        return false;
    if (!set->any_case)
        return mp_equal_bytes(k->bytes, bytes, len);
    for (size_t i = 0; i < len; i++)
        if (fold(k->bytes[i]) != fold(bytes[i]))
            return false;
    return true;
}

static size_t slot_mask(const struct mp_keyset *set)
{
    return 2 * set->capacity - 1;
}

long mp_keyset_find(const struct mp_keyset *set, const void *bytes, size_t len)
{
    uint32_t hash;

    if (set->n == 0)
        return -1;
    hash = hash_of(set, bytes, len);
    for (size_t i = hash & slot_mask(set); set->slots[i] != 0;
         i = (i + 1) & slot_mask(set)) {
        const struct mp_keyset_key *k = &set->keys[set->slots[i] - 1];

        if (k->hash == hash && is_key(set, k, bytes, len))
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
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu names", set->n + 1);
    }
    memcpy(copy, bytes, len);
    set->keys[set->n] =
        (struct mp_keyset_key){copy, (uint32_t)len, hash_of(set, bytes, len)};
    put_in_slot(set, set->n);
    set->n++;
    return 0;
}

long mp_keyset_put(struct mp_keyset *set, const void *bytes, size_t len,
                   struct mp_error *err)
{
    long number;

    if (set->next < set->n && is_key(set, &set->keys[set->next], bytes, len))
        return (long)set->next++;
    number = mp_keyset_find(set, bytes, len);
    if (number < 0) {
        if (mp_keyset_add(set, bytes, len, err) < 0)
            return -1;
        number = (long)set->n - 1;
    }
    set->next = (size_t)number + 1;
    return number;
}

void mp_keyset_free(struct mp_keyset *set)
{
    for (size_t i = 0; i < set->n; i++)
        free(set->keys[i].bytes);
    free(set->keys);
    free(set->slots);
    *set = (struct mp_keyset){0};
}
