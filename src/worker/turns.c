/* SPDX-License-Identifier: MIT
 * turns.c - a small table of owners. */
#include "config.h"

#include "worker/turns.h"

#include <stddef.h>

static const struct mp_turn *find(const struct mp_turns *t, int64_t owner)
{
    for (size_t i = 0; i < MP_TURNS_OWNERS; i++)
        if (t->turn[i].served > 0 && t->turn[i].owner == owner)
            return &t->turn[i];
    return NULL;
}

int64_t mp_turns_until(const struct mp_turns *t, int64_t owner)
{
    const struct mp_turn *turn = find(t, owner);

    return turn != NULL ? turn->until_us : 0;
}

uint64_t mp_turns_served(const struct mp_turns *t, int64_t owner)
{
    const struct mp_turn *turn = find(t, owner);

    return turn != NULL ? turn->served : 0;
}

static struct mp_turn *place_of(struct mp_turns *t, int64_t owner)
{
    struct mp_turn *place = (struct mp_turn *)(uintptr_t)find(t, owner);

    if (place != NULL)
        return place;
    place = &t->turn[0];
    for (size_t i = 1; i < MP_TURNS_OWNERS; i++)
        if (t->turn[i].served < place->served)
            place = &t->turn[i];
    *place = (struct mp_turn){.owner = owner};
    return place;
}

void mp_turns_serve(struct mp_turns *t, int64_t owner)
{
    place_of(t, owner)->served = ++t->served;
}

void mp_turns_clear(struct mp_turns *t, int64_t owner)
{
    struct mp_turn *place = place_of(t, owner);

    place->stalls = 0;
    place->until_us = 0;
    if (place->served == 0)
        place->served = ++t->served;
}

void mp_turns_stall(struct mp_turns *t, int64_t owner, int64_t now_us)
{
    struct mp_turn *place = place_of(t, owner);
    int64_t seconds = MP_TURNS_FIRST_S;

    if (place->served == 0)
        place->served = ++t->served;
    if (++place->stalls < MP_TURNS_STALLS)
        return;
    for (unsigned i = MP_TURNS_STALLS; i < place->stalls; i++)
        seconds = 2 * seconds < MP_TURNS_LONGEST_S ? 2 * seconds : MP_TURNS_LONGEST_S;
    place->until_us = now_us + seconds * 1000000;
}
