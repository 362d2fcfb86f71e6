/* SPDX-License-Identifier: MIT
 * test_oom_front.c - each allocation of nodelist, plan, configuration and .env import
 * fails once, in turn: an error with a text, nothing leaked, nothing half-freed (leaks
 * show under --enable-sanitizers or valgrind).
 *
 * The linker's --wrap puts these in front of the program's own calls. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "slurm/nodelist.h"
#include "config/settings.h"
#include "unit.h"

#define OOM_STRINGS
#include "oom.h"
#include "backends/backend.h"

static char path[] = "/tmp/mp-oom.XXXXXX";

static void write_file(const char *text)
{
    int fd;

    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int plan(struct mp_error *err)
{
    struct mp_settings s;
    struct mp_nodelist list = {0};
    struct mp_plan p = {0};
    int rc = mp_backends_settings(&s, path, NULL, 0, err);

    if (rc < 0)
        return -1;
    rc = mp_nodelist_expand("rpc-[1-3],cn[1-20],x", &list, err);
    if (rc == 0)
        rc = mp_plan_make(&p, list.names, list.n, s.routes, s.n_routes, 0, 1, err);
    mp_plan_free(&p);
    mp_nodelist_free(&list);
    mp_settings_free(&s);
    return rc;
}

static FILE *sink;

static int print(struct mp_error *err)
{
    struct mp_settings s;
    int rc = mp_backends_settings(&s, path, NULL, 0, err);

    if (rc == 0) {
        rc = mp_settings_print(&s, sink, err);
        mp_settings_free(&s);
    }
    return rc;
}

static int salvage(struct mp_error *err)
{
    struct mp_settings s;
    int rc = mp_settings_salvage(&s, path, err);

    mp_settings_free(&s);
    return rc;
}

static int describe(struct mp_error *err)
{
    struct mp_backend_keys keys;

    mp_backends_keys(&keys);
    return mp_settings_sample(&keys, sink, err) < 0
               ? -1
               : mp_settings_manual(&keys, sink, err);
}

static int import(struct mp_error *err)
{
    struct mp_backend_keys keys;
    return mp_settings_import_env(mp_backends_keys(&keys), path, sink, err);
}

/* The work fails at its first allocation, at its second, ..., until none is left. */
static void starve(int (*work)(struct mp_error *err), long at_least)
{
    long n = 0;
    int rc = -1;

    sink = fopen("/dev/null", "w");
    ck_assert_ptr_nonnull(sink);
    while (rc < 0) {
        struct mp_error err = {0};
        long left;

        ck_assert_int_lt(++n, 20000);
        countdown = n;
        rc = work(&err);
        left = countdown;
        countdown = 0; /* libcheck allocates, too */
        ck_assert_msg(rc < 0 || left > 0, "allocation %ld failed unnoticed", n);
        if (rc < 0)
            ck_assert_msg(strstr(err.text, "memory") != NULL, "%s", err.text);
    }
    fclose(sink);
    unlink(path);
    ck_assert_int_gt(n, at_least);
}

static const char ini[] = "[database]\npassword = \"x;y\"\n[route cn]\ndatabase = d\n"
                          "metrics = A:cpu, B:input\n[power]\noutdir = /o\n";

START_TEST(planning)
{
    write_file(ini);
    starve(plan, 100);
}
END_TEST

START_TEST(printing)
{
    write_file(ini);
    starve(print, 100);
}
END_TEST

START_TEST(salvaging)
{
    write_file(ini);
    starve(salvage, 20);
}
END_TEST

START_TEST(describing)
{
    write_file("");
    starve(describe, 100);
}
END_TEST

START_TEST(importing)
{
    write_file("REPACSS_DB_HOST=a\nREPACSS_DB_PASSWORD='b\nREPACSS_DB_HOST=c\nX=1\n");
    starve(import, 20);
}
END_TEST

MP_UNIT_MAIN("oom_front", planning, printing, salvaging, describing, importing)
