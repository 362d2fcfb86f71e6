/* SPDX-License-Identifier: MIT
 * test_turns.c - owners take turns; who stalls twice waits. */
#include "config.h"

#include "unit.h"
#include "worker/turns.h"

START_TEST(who_stalls_twice_waits_longer_and_longer)
{
    struct mp_turns t = {0};

    mp_turns_serve(&t, 1001);
    mp_turns_stall(&t, 1001, 0);
    ck_assert_int_eq(mp_turns_until(&t, 1001), 0);
    mp_turns_stall(&t, 1001, 0);
    ck_assert_int_eq(mp_turns_until(&t, 1001), 60000000);
    ck_assert_int_eq(mp_turns_until(&t, 1002), 0);
    for (int i = 0; i < 20; i++)
        mp_turns_stall(&t, 1001, 0);
    ck_assert_int_eq(mp_turns_until(&t, 1001), 600000000);
    mp_turns_clear(&t, 1001);
    ck_assert_int_eq(mp_turns_until(&t, 1001), 0);
    mp_turns_stall(&t, 1001, 0);
    ck_assert_int_eq(mp_turns_until(&t, 1001), 0);
}
END_TEST

START_TEST(who_was_served_longest_ago_is_told)
{
    struct mp_turns t = {0};

    ck_assert_uint_eq(mp_turns_served(&t, 1), 0);
    for (int64_t owner = 1; owner <= MP_TURNS_OWNERS + 1; owner++)
        mp_turns_serve(&t, owner);
    ck_assert_uint_eq(mp_turns_served(&t, 1), 0); /* forgotten */
    ck_assert_uint_lt(mp_turns_served(&t, 2), mp_turns_served(&t, 3));
    mp_turns_serve(&t, 2);
    ck_assert_uint_gt(mp_turns_served(&t, 2), mp_turns_served(&t, 3));
}
END_TEST

MP_UNIT_MAIN("turns", who_stalls_twice_waits_longer_and_longer,
             who_was_served_longest_ago_is_told)
