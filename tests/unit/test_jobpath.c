/* SPDX-License-Identifier: MIT
 * test_jobpath.c - the directory of a job's output, compared with the file names that
 * Slurm 22.05 made of the same patterns. */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "slurm/jobpath.h"
#include "unit.h"

/* Slurm's file for pattern `base` is found by asking for base + "/x": its directory. */
static void expands(const struct mp_jobpath_input *job, const char *base,
                    const char *want)
{
    struct mp_jobpath_input in = *job;
    struct mp_error err = {0};
    char pattern[512], path[512], *dir = NULL;

    snprintf(pattern, sizeof pattern, "/w/%s/x", base);
    snprintf(path, sizeof path, "/w/%s", want);
    in.std_out = pattern;
    ck_assert_msg(mp_jobpath(&in, &dir, &err) == 0, "%s", err.text);
    ck_assert_str_eq(dir, path);
    free(dir);
}

START_TEST(as_slurm_does)
{
    struct mp_jobpath_input job = {
        .user = "alice", .name = "na me", .first_node = "vm.example.org", .job_id = 1};

    expands(
        &job,
        "j%j-J%J-A%A-a%a-x%x-u%u-N%N-n%n-t%t-s%s-p%%-5j%5j-12j%12j-5x%5x-z%z-3z%3z-12z"
        "%12z-5p%5%j",
        "j1-J1-A1-a4294967294-xna me-ualice-Nvm-n0-t0-sbatch-p%-5j00001-12j0000000001-"
        "5xna me-z%z-3z3z-12z2z-5p51");
    job.job_id = 7;
    expands(&job, "pct%%%j-%%%%-%%j", "pct%7-%%-%j");
    job.job_id = 11;
    expands(&job, "zw%0j-%00004j-%4A-%3t-%3n-%3s-%3N", "zw11-0011-0011-000-000-batch-vm");
}
END_TEST

START_TEST(an_array_task)
{
    struct mp_jobpath_input job = {.job_id = 2, .array_job_id = 2, .array_task_id = 3};

    expands(&job, "arr-j%j-J%J-A%A-a%a-4a%4a", "arr-j2-J2-A2-a3-4a0003");
    job.job_id = 20;
    job.array_task_id = 137;
    expands(&job, "%A/%b/%a-%j", "2/7/137-20");
}
END_TEST

START_TEST(a_backslash_turns_it_off)
{
    struct mp_jobpath_input job = {.job_id = 3};

    expands(&job, "esc-\\%j-%j-\\\\x", "esc-%j-%j-\\x");
    expands(&job, "a\\/b-%j", "a/b-%j");
}
END_TEST

START_TEST(odd_ends)
{
    struct mp_jobpath_input job = {.job_id = 3};
    struct mp_error err = {0};
    char *dir = NULL;

    job.std_out = "/w/out%";
    ck_assert_int_eq(mp_jobpath(&job, &dir, &err), 0);
    ck_assert_str_eq(dir, "/w");
    free(dir);
    job.std_out = "/w%j/out%99999999999999999999";
    ck_assert_int_eq(mp_jobpath(&job, &dir, &err), 0);
    ck_assert_str_eq(dir, "/w3");
    free(dir);
    job.std_out = "/out\\";
    ck_assert_int_eq(mp_jobpath(&job, &dir, &err), 0);
    ck_assert_str_eq(dir, "/");
    free(dir);
}
END_TEST

START_TEST(what_the_user_chose_is_not_judged_here)
{
    struct mp_jobpath_input job = {.name = "../../etc/cron.d", .user = "../\nroot"};

    expands(&job, "%x/%u", "../../etc/cron.d/../\nroot");
    job.user = job.name = job.first_node = NULL;
    expands(&job, "%x-%u-%N", "--");
}
END_TEST

START_TEST(the_work_directory_where_there_is_no_other)
{
    struct mp_jobpath_input job = {.work_dir = "/home/alice/w"};
    static const char *const outputs[] = {NULL, "", "slurm-%j.out", "/dev/null"};
    struct mp_error err = {0};
    char *dir = NULL;

    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        job.std_out = outputs[i];
        ck_assert_int_eq(mp_jobpath(&job, &dir, &err), 0);
        ck_assert_str_eq(dir, "/home/alice/w");
        free(dir);
    }
    job.work_dir = "w";
    ck_assert_int_eq(mp_jobpath(&job, &dir, &err), -1);
    job.work_dir = NULL;
    ck_assert_int_eq(mp_jobpath(&job, &dir, &err), -1);
}
END_TEST

START_TEST(lengths_are_bounded)
{
    static char name[PATH_MAX * 2];
    struct mp_jobpath_input job = {.name = name, .std_out = "/w/%x%x%x%x%x%x/x"};
    struct mp_error err = {0};
    char *dir = NULL;

    memset(name, 'n', PATH_MAX / 4);
    ck_assert_int_eq(mp_jobpath(&job, &dir, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "too long"));
    memset(name, 'n', sizeof name - 1);
    job.std_out = NULL;
    name[0] = '/';
    job.work_dir = name;
    ck_assert_int_eq(mp_jobpath(&job, &dir, &err), -1);
}
END_TEST

MP_UNIT_MAIN("jobpath", as_slurm_does, an_array_task, a_backslash_turns_it_off, odd_ends,
             what_the_user_chose_is_not_judged_here,
             the_work_directory_where_there_is_no_other, lengths_are_bounded)
