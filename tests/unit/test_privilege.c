/* SPDX-License-Identifier: MIT
 * test_privilege.c - who the owner is, and becoming them for good. */
#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "writer/privilege.h"
#include "unit.h"

enum { NOBODY_KNOWN = 4242424 }; /* a uid and gid that no system gives out */

static void refused(uid_t uid, gid_t gid, const char *user, const char *part)
{
    struct mp_owner owner;
    struct mp_error err = {0};

    ck_assert_int_eq(mp_owner_find(uid, gid, user, &owner, &err), -1);
    ck_assert_msg(strstr(err.text, part) != NULL, "%s", err.text);
}

START_TEST(the_owner_is_who_all_agree_on)
{
    const struct passwd *nobody = getpwnam("nobody");
    struct mp_owner owner;
    struct mp_error err = {0};
    uid_t uid;
    gid_t gid;

    ck_assert_ptr_nonnull(nobody);
    uid = nobody->pw_uid;
    gid = nobody->pw_gid;
    ck_assert_int_eq(mp_owner_find(uid, 77, "nobody", &owner, &err), 0);
    ck_assert_str_eq(owner.name, "nobody");
    ck_assert_uint_eq(owner.gid, gid); /* nobody is in group 77 */
    ck_assert_int_eq(mp_owner_find(uid, gid, "nobody", &owner, &err), 0);
    ck_assert_uint_eq(owner.gid, gid);
    ck_assert_int_eq(mp_owner_find(uid, 0, NULL, &owner, &err), 0);
    ck_assert_uint_eq(owner.gid, gid);
    ck_assert_int_eq(mp_owner_find(NOBODY_KNOWN, NOBODY_KNOWN, "", &owner, &err), 0);
    ck_assert_str_eq(owner.name, "");
    refused(0, 0, "root", "root");
    refused(0, 100, NULL, "root");
    refused((uid_t)-1, 100, NULL, "nobody known");
    refused(uid, gid, "root", "is not uid");
    refused(uid, gid, "no-such-user-here", "is not uid");
    refused(NOBODY_KNOWN, 100, "nobody", "is not uid");
    refused(NOBODY_KNOWN, 0, NULL, "no group");
    refused(NOBODY_KNOWN, (gid_t)-1, NULL, "no group");
}
END_TEST

START_TEST(zones_name_no_files)
{
    static const char *const good[] = {
        "UTC",           "America/Chicago", "CET-1CEST,M3.5.0,M10.5.0/3",
        ":Asia/Kolkata", "<+0530>-5:30",    ""};
    static const char *const bad[] = {"/etc/shadow", ":/etc/shadow", "../x", "a/../../x",
                                      "a b",         "a\nb",         "$(x)"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(mp_zone_is_plausible(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!mp_zone_is_plausible(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(the_environment_is_wiped_where_it_lies)
{
    extern char **environ;
    static char secret[] = "REPACSS_DB_PASSWORD=sesame", zone[] = "TZ=Asia/Kolkata";
    char *mine[] = {secret, zone, NULL};
    struct mp_error err = {0};

    environ = mine;
    ck_assert_int_eq(mp_clean_environment(&err), 0);
    ck_assert_ptr_null(getenv("REPACSS_DB_PASSWORD"));
    for (size_t i = 0; i < sizeof secret; i++)
        ck_assert_int_eq(secret[i], 0);
    ck_assert_str_eq(getenv("TZ"), "Asia/Kolkata");
    ck_assert_ptr_nonnull(getenv("PATH"));
}
END_TEST

START_TEST(there_is_no_way_back)
{
    struct mp_owner owner = {.uid = NOBODY_KNOWN, .gid = NOBODY_KNOWN};
    gid_t groups[] = {0, 4, 27};
    struct rlimit core;
    struct mp_error err = {0};

    if (geteuid() != 0) { /* then only what we are already */
        ck_assert_int_eq(mp_become(&owner, &err), -1);
        ck_assert_uint_ne(geteuid(), NOBODY_KNOWN);
        owner = (struct mp_owner){.uid = geteuid(), .gid = getegid()};
    } else {
        ck_assert_int_eq(setgroups(3, groups), 0);
    }
    ck_assert_msg(mp_become(&owner, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(geteuid(), owner.uid);
    ck_assert_uint_eq(getuid(), owner.uid);
    ck_assert_int_eq(setuid(0), -1);
    ck_assert_int_eq(seteuid(0), -1);
    if (owner.uid == NOBODY_KNOWN) {
        ck_assert_int_eq(setgid(0), -1);
        ck_assert_int_eq(getgroups(3, groups), 1);
        ck_assert_uint_eq(groups[0], NOBODY_KNOWN);
    }
    ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &core), 0);
    ck_assert_uint_eq(core.rlim_cur, 0);
    ck_assert_uint_eq(core.rlim_max, 0);
}
END_TEST

START_TEST(nobody_becomes_root)
{
    struct mp_owner owner = {.uid = 0, .gid = 0};
    struct mp_error err = {0};

    ck_assert_int_eq(mp_become(&owner, &err), -1);
}
END_TEST

MP_UNIT_MAIN("privilege", the_owner_is_who_all_agree_on, zones_name_no_files,
             the_environment_is_wiped_where_it_lies, there_is_no_way_back,
             nobody_becomes_root)
