/* SPDX-License-Identifier: MIT
 * test_error.c - error texts are one line, escaped, never longer than the struct. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "unit.h"

START_TEST(fills_text_and_fault)
{
    struct mp_error err = {0};

    ck_assert_int_eq(mp_fail(&err, MP_FAULT_USAGE, "--start %s: not a time", "x"), -1);
    ck_assert_str_eq(err.text, "--start x: not a time");
    ck_assert_int_eq(mp_fault_exit_status(err.fault), 2);
}
END_TEST

START_TEST(escapes_control_bytes)
{
    struct mp_error err = {0};

    mp_fail(&err, MP_FAULT_FAILED, "node %s", "a\nb\033[31m");
    ck_assert_str_eq(err.text, "node a\\x0ab\\x1b[31m");
}
END_TEST

/* C1 as UTF-8 has it, and a byte that is C1 where the terminal does not read UTF-8. */
START_TEST(escapes_c1_but_not_letters)
{
    struct mp_error err = {0};

    mp_fail(&err, MP_FAULT_FAILED,
            "caf\xc3\xa9 \xe4\xb8\xad \xc2\x9b"
            "31m \x9d");
    ck_assert_str_eq(err.text, "caf\xc3\xa9 \xe4\xb8\xad \\xc2\\x9b31m \\x9d");
}
END_TEST

START_TEST(cuts_what_is_too_long)
{
    struct mp_error err = {0};
    char big[4096];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    mp_fail(&err, MP_FAULT_FAILED, "%s", big);
    ck_assert(strlen(err.text) < sizeof err.text);
    mp_fail_in(&err, "while %s", big);
    ck_assert(strlen(err.text) < sizeof err.text);
}
END_TEST

START_TEST(prefixes_an_error_passed_on)
{
    struct mp_error err = {0};

    mp_fail(&err, MP_FAULT_TRANSIENT, "connection refused");
    ck_assert_int_eq(mp_fail_in(&err, "database %s", "zen4"), -1);
    ck_assert_str_eq(err.text, "database zen4: connection refused");
    ck_assert_int_eq(err.fault, MP_FAULT_TRANSIENT);
}
END_TEST

MP_UNIT_MAIN("error", fills_text_and_fault, escapes_control_bytes,
             escapes_c1_but_not_letters, cuts_what_is_too_long,
             prefixes_an_error_passed_on)
