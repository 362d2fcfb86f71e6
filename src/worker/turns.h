/* SPDX-License-Identifier: MIT
 * turns.h - whose entry is next: owners take turns, and those whose writers stall wait.
 *
 * Pure: times are the caller's.  Memory is fixed: of more owners than fit, the one who
 * was served longest ago is forgotten, which costs nothing but that its next entry
 * counts as its first.
 */
#ifndef MP_TURNS_H
#define MP_TURNS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MP_TURNS_OWNERS = 64,
    MP_TURNS_STALLS = 2,   /* so many in a row, and the owner waits ... */
    MP_TURNS_FIRST_S = 60, /* for so long, doubled with each further one ... */
    MP_TURNS_LONGEST_S = 600,
};

struct mp_turns {
    struct mp_turn {
        int64_t owner;
        int64_t until_us; /* waits until then */
        uint64_t served;  /* a number that grows; 0: a free place */
        unsigned stalls;  /* in a row */
    } turn[MP_TURNS_OWNERS];
    uint64_t served;
};

/* When the owner's next entry may be begun; 0: at once. */
int64_t mp_turns_until(const struct mp_turns *t, int64_t owner);
/* How long ago the owner was served: the smaller, the longer. */
uint64_t mp_turns_served(const struct mp_turns *t, int64_t owner);

/* An entry of the owner's is begun; has ended well; had a writer that did not go on. */
void mp_turns_serve(struct mp_turns *t, int64_t owner);
void mp_turns_clear(struct mp_turns *t, int64_t owner);
void mp_turns_stall(struct mp_turns *t, int64_t owner, int64_t now_us);

#endif
