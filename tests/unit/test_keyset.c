/* SPDX-License-Identifier: MIT
 * test_keyset.c - each key once, whatever the order it comes in. */
#include "config.h"

#include <string.h>

#include "base/keyset.h"
#include "unit.h"

enum { N = 5000 };

START_TEST(finds_what_was_put_in_any_order)
{
    struct mp_keyset set = {0};

    for (int round = 0; round < 3; round++)
        for (int64_t i = 0; i < N; i++) {
            int64_t which = round == 1 ? N - 1 - i : i;
            int64_t key[4] = {which % 7, which, -which, INT64_MIN};

            ck_assert_int_eq(mp_keyset_find(&set, key, sizeof key),
                             round == 0 ? -1 : which);
            ck_assert_int_eq(mp_keyset_put(&set, key, sizeof key, NULL), which);
        }
    ck_assert_uint_eq(set.n, N);
    mp_keyset_free(&set);
    ck_assert_int_eq(mp_keyset_find(&set, "", 0), -1);
}
END_TEST

START_TEST(length_and_every_byte_count)
{
    static const char *const keys[] = {"",         "a",        "aa",
                                       "aaaaaaaa", "aaaaaaab", "aaaaaaaaa",
                                       "AAAAAAAA", "\xc3\xa4", "\xc3\x84"};
    struct mp_keyset set = {0};

    for (int i = 0; i < (int)(sizeof keys / sizeof *keys); i++) {
        ck_assert_int_eq(mp_keyset_put(&set, keys[i], strlen(keys[i]), NULL), i);
        ck_assert_str_eq(set.keys[i].bytes, keys[i]);
    }
    ck_assert_int_eq(mp_keyset_find(&set, "aaaaaaaab", 8), 3);
    ck_assert_int_eq(mp_keyset_find(&set, "a\0", 2), -1);
    mp_keyset_free(&set);
}
END_TEST

START_TEST(either_case_of_ascii_and_only_that)
{
    struct mp_keyset set = {.any_case = true};

    ck_assert_int_eq(mp_keyset_put(&set, "Rpc-91-14", 9, NULL), 0);
    ck_assert_int_eq(mp_keyset_put(&set, "rPC-91-14", 9, NULL), 0);
    ck_assert_int_eq(mp_keyset_put(&set, "rpc-91-15", 9, NULL), 1);
    ck_assert_int_eq(mp_keyset_find(&set, "RPC-91-15", 9), 1);
    ck_assert_str_eq(set.keys[0].bytes, "Rpc-91-14");
    ck_assert_int_eq(mp_keyset_put(&set, "[", 1, NULL), 2);
    ck_assert_int_eq(mp_keyset_put(&set, "{", 1, NULL), 3);
    ck_assert_int_eq(mp_keyset_put(&set, "\xc3\xa4", 2, NULL), 4);
    ck_assert_int_eq(mp_keyset_put(&set, "\xc3\x84", 2, NULL), 5);
    mp_keyset_free(&set);
}
END_TEST

MP_UNIT_MAIN("keyset", finds_what_was_put_in_any_order, length_and_every_byte_count,
             either_case_of_ascii_and_only_that)
