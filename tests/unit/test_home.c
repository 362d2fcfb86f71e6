/* SPDX-License-Identifier: MIT
 * test_home.c - what ~/ becomes, and where it stays. */
#include "config.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/home.h"
#include "unit.h"

static void is(char *got, const char *dir, const char *rest)
{
    char want[4096];

    snprintf(want, sizeof want, "%s%s", dir, rest);
    ck_assert_str_eq(got, want);
    free(got);
}

START_TEST(only_a_leading_tilde_and_slash_count)
{
    is(mp_home_expand("/a/~/b"), "", "/a/~/b");
    is(mp_home_expand("~root/b"), "", "~root/b");
    is(mp_home_expand("~"), "", "~");
    is(mp_home_expand(""), "", "");
}
END_TEST

START_TEST(home_comes_first_and_the_password_database_next)
{
    const struct passwd *me = getpwuid(geteuid());

    setenv("HOME", "/somewhere", 1);
    is(mp_home_expand("~/x"), "/somewhere", "/x");
    ck_assert_ptr_nonnull(me);
    is(mp_home_expand_as_ssh("~/x"), me->pw_dir, "/x");
    setenv("HOME", "not/absolute", 1);
    is(mp_home_expand("~/x"), me->pw_dir, "/x");
    unsetenv("HOME");
    is(mp_home_expand("~/x"), me->pw_dir, "/x");
}
END_TEST

START_TEST(who_has_no_home_keeps_the_tilde)
{
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(seteuid(4242424), 0);
    unsetenv("HOME");
    is(mp_home_expand("~/x"), "", "~/x");
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

MP_UNIT_MAIN("home", only_a_leading_tilde_and_slash_count,
             home_comes_first_and_the_password_database_next,
             who_has_no_home_keeps_the_tilde)
