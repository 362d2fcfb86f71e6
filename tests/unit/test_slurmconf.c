/* SPDX-License-Identifier: MIT
 * test_slurmconf.c - slurm.conf is read as Slurm reads it. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "slurm/conf.h"
#include "unit.h"

static struct mp_slurmconf read_text(const char *text)
{
    char path[] = "/tmp/mp-slurmconf.XXXXXX";
    int fd = mkstemp(path);
    struct mp_slurmconf conf;
    struct mp_error err = {0};

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    ck_assert_msg(mp_slurmconf_read(&conf, path, &err) == 0, "%s", err.text);
    unlink(path);
    return conf;
}

static void epilog_is(const char *text, const char *want)
{
    struct mp_slurmconf conf = read_text(text);

    if (want == NULL)
        ck_assert_msg(conf.epilog == NULL, "%s: %s", text, conf.epilog);
    else
        ck_assert_msg(conf.epilog != NULL && strcmp(conf.epilog, want) == 0, "%s: %s",
                      text, conf.epilog);
    mp_slurmconf_free(&conf);
}

START_TEST(keys_and_values)
{
    epilog_is("", NULL);
    epilog_is("\n\n", NULL);
    epilog_is("EpilogSlurmctld=/a", "/a");
    epilog_is("  epilogSLURMCTLD = \t/a  \r\n", "/a");
    epilog_is("EpilogSlurmctld=\"/a b\" # c\n", "/a b");
    epilog_is("EpilogSlurmctld=/a # c\n", "/a");
    epilog_is("EpilogSlurmctld=/a\\#b\n", "/a#b");
    epilog_is("#EpilogSlurmctld=/a\n", NULL);
    epilog_is("EpilogSlurmctld\\\n=\\\n/a\n", "/a");
    epilog_is("EpilogSlurmctld=/a\nEpilogSlurmctld=/b\n", "/b");
    epilog_is("Epilog=/a\nPrologSlurmctld=/b\n", NULL);
    epilog_is("NodeName=x EpilogSlurmctld=/a\n", NULL);
    epilog_is("EpilogSlurmctld /a\n=\n==\n\"\n", NULL);
    epilog_is("EpilogSlurmctld=/a\\", "/a");
}
END_TEST

START_TEST(the_place_is_known)
{
    struct mp_slurmconf conf = read_text("# 1\n\nEpilogSlurmctld=/a\n");

    ck_assert_str_eq(strrchr(conf.epilog_place, ':'), ":3");
    ck_assert_str_eq(conf.slurm_user, "root");
    ck_assert_ptr_null(conf.prolog);
    mp_slurmconf_free(&conf);
}
END_TEST

START_TEST(includes_are_bounded)
{
    char path[] = "/tmp/mp-slurmconf.XXXXXX";
    int fd = mkstemp(path);
    struct mp_slurmconf conf;
    struct mp_error err = {0};

    dprintf(fd, "INCLUDE %s\n", path);
    close(fd);
    ck_assert_int_eq(mp_slurmconf_read(&conf, path, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "too deeply"));
    unlink(path);
}
END_TEST

MP_UNIT_MAIN("slurmconf", keys_and_values, the_place_is_known, includes_are_bounded)
