/* SPDX-License-Identifier: MIT
 * pqmap.c - hashing. */
#include "config.h"

#include "pqmap.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

struct mp_pqentry {
    struct mp_pqkey key;
    uint32_t number;
    uint32_t used;
};

static uint64_t hash_key(const struct mp_pqkey *k)
{
    uint64_t h = (uint64_t)k->a * 0x9E3779B97F4A7C15u;

    h = (h ^ (uint64_t)k->b) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 29) ^ (uint64_t)k->c) * 0x94D049BB133111EBu;
    h = (h ^ (h >> 32) ^ (uint64_t)k->d) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 31);
}

static struct mp_pqentry *find(const struct mp_pqmap *map, const struct mp_pqkey *key)
{
    size_t mask = map->n_slots - 1;
    size_t at = (size_t)hash_key(key) & mask;

    for (;; at = (at + 1) & mask) {
        struct mp_pqentry *e = &map->slots[at];

        if (!e->used || (e->key.a == key->a && e->key.b == key->b && e->key.c == key->c &&
                         e->key.d == key->d))
            return e;
    }
}

static int grow(struct mp_pqmap *map)
{
    struct mp_pqmap bigger = {.n = map->n,
                              .n_slots = map->n_slots > 0 ? 2 * map->n_slots : FIRST_SLOTS};

    bigger.slots = calloc(bigger.n_slots, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return -1;
    for (size_t i = 0; i < map->n_slots; i++)
        if (map->slots[i].used)
            *find(&bigger, &map->slots[i].key) = map->slots[i];
    free(map->slots);
    *map = bigger;
    return 0;
}

uint32_t *mp_pqmap_at(struct mp_pqmap *map, const struct mp_pqkey *key)
{
    struct mp_pqentry *e;

    if (2 * (map->n + 1) > map->n_slots && grow(map) < 0)
        return NULL;
    e = find(map, key);
    if (!e->used) {
        *e = (struct mp_pqentry){.key = *key, .number = UINT32_MAX, .used = 1};
        map->n++;
    }
    return &e->number;
}

void mp_pqmap_free(struct mp_pqmap *map)
{
    free(map->slots);
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

int mp_pqstrings_put(struct mp_pqstrings *s, const char *text, size_t len, uint32_t *number,
                     struct mp_error *err)
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
