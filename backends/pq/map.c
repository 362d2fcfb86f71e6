/* SPDX-License-Identifier: MIT
 * map.c - hashing. */
#include "config.h"

#include "backends/pq/map.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

struct mp_pqentry {
    struct mp_pqkey key;
    uint32_t number;
};

static uint64_t hash_key(const struct mp_pqkey *k)
{
    uint64_t h = (uint64_t)k->a * 0x9E3779B97F4A7C15u;

    h = (h ^ (uint64_t)k->b) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 29) ^ (uint64_t)k->c) * 0x94D049BB133111EBu;
    h = (h ^ (h >> 32) ^ (uint64_t)k->d) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 31);
}

static bool equal(const struct mp_pqkey *a, const struct mp_pqkey *b)
{
    return a->a == b->a && a->b == b->b && a->c == b->c && a->d == b->d;
}

/* The slot that holds the key's place among the entries, or the free one for it. */
static uint32_t *find_slot(const struct mp_pqmap *map, const struct mp_pqkey *key)
{
    size_t mask = map->n_slots - 1;
    size_t at = (size_t)hash_key(key) & mask;

    while (map->slots[at] != 0 && !equal(&map->entries[map->slots[at] - 1].key, key))
        at = (at + 1) & mask;
    return &map->slots[at];
}

static int grow(struct mp_pqmap *map)
{
    size_t n_slots = map->n_slots > 0 ? 2 * map->n_slots : FIRST_SLOTS;
    struct mp_pqentry *entries = realloc(map->entries, n_slots / 2 * sizeof *entries);
    uint32_t *slots;

    if (entries == NULL)
        return -1;
    map->entries = entries;
    slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL)
        return -1;
    free(map->slots);
    map->slots = slots;
    map->n_slots = n_slots;
    for (size_t i = 0; i < map->n; i++)
        *find_slot(map, &entries[i].key) = (uint32_t)i + 1;
    return 0;
}

uint32_t *mp_pqmap_at(struct mp_pqmap *map, const struct mp_pqkey *key)
{
    uint32_t *slot;

    if (map->next < map->n && equal(&map->entries[map->next].key, key))
        return &map->entries[map->next++].number;
    if (2 * (map->n + 1) > map->n_slots && grow(map) < 0)
        return NULL;
    slot = find_slot(map, key);
    if (*slot == 0) {
        map->entries[map->n++] = (struct mp_pqentry){.key = *key, .number = UINT32_MAX};
        *slot = (uint32_t)map->n;
    }
    map->next = *slot;
    return &map->entries[*slot - 1].number;
}

void mp_pqmap_free(struct mp_pqmap *map)
{
    free(map->slots);
    free(map->entries);
    *map = (struct mp_pqmap){0};
}

static uint64_t hash_text(const char *text, size_t len)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001B3u;
    return h;
}

static int append(struct mp_pqstrings *s, const char *text, size_t len, uint32_t *number)
{
    char *copy = malloc(len + 1);

    if (copy == NULL)
        return -1;
    if (s->n == s->capacity) {
        size_t capacity = s->capacity > 0 ? 2 * s->capacity : 64;
        char **grown = realloc(s->items, capacity * sizeof *grown);

        if (grown == NULL) {
            free(copy);
            return -1;
        }
        s->items = grown;
        s->capacity = capacity;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    s->items[s->n] = copy;
    *number = (uint32_t)s->n++;
    return 0;
}

int mp_pqstrings_put(struct mp_pqstrings *s, const char *text, size_t len,
                     uint32_t *number, struct mp_error *err)
{
    struct mp_pqkey key = {.a = (int64_t)hash_text(text, len), .b = (int64_t)len};

    for (;; key.c++) { /* the next try where another string has the same hash */
        uint32_t *at = mp_pqmap_at(&s->map, &key);

        if (at == NULL || (*at == UINT32_MAX && append(s, text, len, at) < 0))
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for names");
        if (strlen(s->items[*at]) == len && memcmp(s->items[*at], text, len) == 0) {
            *number = *at;
            return 0;
        }
    }
}

void mp_pqstrings_free(struct mp_pqstrings *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->items[i]);
    free(s->items);
    mp_pqmap_free(&s->map);
    *s = (struct mp_pqstrings){0};
}
