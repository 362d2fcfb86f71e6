/* SPDX-License-Identifier: MIT
 * test_entry.c - an entry reads back as written, whatever bytes the user chose. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/entry.h"
#include "hook/environment.h"
#include "unit.h"

static void fill(struct mp_entry *e)
{
    char every[256];

    for (int i = 1; i < 256; i++)
        every[i - 1] = (char)i;
    every[255] = '\0';
    mp_entry_init(e);
    e->job_id = 1234;
    e->end = 1760497800;
    e->queued = 1760497801;
    ck_assert_int_eq(mp_entry_set(&e->name, every, NULL), 0);
    ck_assert_int_eq(mp_entry_set(&e->work_dir, "/home/a\nuid=0\nend\n", NULL), 0);
    ck_assert_int_eq(mp_entry_set(&e->nodelist, "rpc-91-[1-2]", NULL), 0);
}

START_TEST(every_byte_survives)
{
    struct mp_entry e, back;
    char *text;
    size_t len;

    fill(&e);
    e.uid = 1001;
    ck_assert_int_eq(mp_entry_encode(&e, &text, &len, NULL), 0);
    ck_assert_int_eq(mp_entry_decode(&back, text, len, NULL), 0);
    ck_assert_str_eq(back.name, e.name);
    ck_assert_str_eq(back.work_dir, e.work_dir);
    ck_assert_int_eq(back.uid, 1001);
    ck_assert_int_eq(back.start, -1);
    ck_assert_ptr_null(back.user);
    free(text);
    mp_entry_free(&e);
    mp_entry_free(&back);
}
END_TEST

START_TEST(a_newline_forges_no_line)
{
    struct mp_entry e;
    char *text;
    size_t len;

    fill(&e);
    ck_assert_int_eq(mp_entry_encode(&e, &text, &len, NULL), 0);
    ck_assert_ptr_null(strstr(text, "\nuid="));
    ck_assert_ptr_nonnull(strstr(text, "work_dir=/home/a%0Auid=0%0Aend%0A\n"));
    free(text);
    mp_entry_free(&e);
}
END_TEST

START_TEST(every_cut_is_noticed)
{
    struct mp_entry e, back;
    char *text;
    size_t len;

    fill(&e);
    ck_assert_int_eq(mp_entry_encode(&e, &text, &len, NULL), 0);
    for (size_t n = 0; n < len; n++)
        ck_assert_int_eq(mp_entry_decode(&back, text, n, NULL), -1);
    free(text);
    mp_entry_free(&e);
}
END_TEST

static int decode(const char *lines, struct mp_error *err)
{
    char text[512];
    struct mp_entry e;
    int rc;

    snprintf(text, sizeof text,
             "monster-power-entry 1\njob_id=1\nrestart_count=0\nend=5\nqueued=6\n%send\n",
             lines);
    rc = mp_entry_decode(&e, text, strlen(text), err);
    mp_entry_free(&e);
    return rc;
}

START_TEST(bad_lines_are_refused)
{
    struct mp_error err;

    ck_assert_int_eq(decode("", &err), 0);
    ck_assert_int_eq(decode("from_a_newer_version=1\n", &err), 0);
    ck_assert_int_eq(decode("uid=0\nuid=1\n", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "uid twice"));
    ck_assert_int_eq(decode("uid=-1\n", &err), -1);
    ck_assert_int_eq(decode("uid=9999999999999999999\n", &err), -1);
    ck_assert_int_eq(decode("uid=4294967295\n", &err), 0);
    ck_assert_int_eq(decode("uid=4294967296\n", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "uid is too large"));
    ck_assert_int_eq(decode("start=253402300799\n", &err), 0);
    ck_assert_int_eq(decode("start=999999999999999998\n", &err), -1);
    ck_assert_int_eq(decode("uid=\n", &err), -1);
    ck_assert_int_eq(decode("name=%4\n", &err), -1);
    ck_assert_int_eq(decode("name=%00\n", &err), -1);
    ck_assert_int_eq(decode("name=%zz\n", &err), -1);
    ck_assert_int_eq(decode("nonsense\n", &err), -1);
}
END_TEST

START_TEST(labels)
{
    char label[MP_ENTRY_LABEL_MAX];
    struct mp_entry e;

    mp_entry_init(&e);
    e.job_id = 1234;
    mp_entry_label(&e, label);
    ck_assert_str_eq(label, "1234");
    e.array_job = 1200;
    e.array_task = 0;
    mp_entry_label(&e, label);
    ck_assert_str_eq(label, "1200_0");
    e.array_job = e.array_task = -1;
    e.het_job = 1233;
    e.het_offset = 1;
    mp_entry_label(&e, label);
    ck_assert_str_eq(label, "1233+1");
}
END_TEST

static bool wanted(const char *comment)
{
    setenv("SLURM_JOB_COMMENT", comment, 1);
    return mp_slurmenv_wanted("power_profiling");
}

START_TEST(the_keyword)
{
    unsetenv("SLURM_JOB_COMMENT");
    ck_assert(!mp_slurmenv_wanted("power_profiling"));
    ck_assert(wanted("power_profiling"));
    ck_assert(wanted("run 7,power_profiling please"));
    ck_assert(!wanted("Power_Profiling"));
    ck_assert(!wanted(""));
    ck_assert(wanted("power:oob"));
    ck_assert(wanted("a\npower:oob,b"));
    ck_assert(!wanted("power:oobs"));
    ck_assert(!wanted("nopower:oob"));
    setenv("SLURM_JOB_COMMENT", "anything", 1);
    ck_assert(!mp_slurmenv_wanted(""));
}
END_TEST

START_TEST(the_environment_of_22_05)
{
    struct mp_entry e;
    struct mp_error err;

    clearenv();
    mp_entry_init(&e);
    ck_assert_int_eq(mp_slurmenv_read(&e, 1000, &err), -1);
    setenv("SLURM_JOBID", "77", 1);
    setenv("SLURM_JOB_NAME", "a\nb", 1);
    setenv("SLURM_JOB_GROUP", "(null)", 1);
    setenv("SLURM_JOB_STDOUT", "slurm-%j.out", 1);
    setenv("SLURM_JOB_WORK_DIR", "/home/alice", 1);
    setenv("SLURM_JOB_RESTART_COUNT", "2", 1);
    ck_assert_int_eq(mp_slurmenv_read(&e, 1000, &err), 0);
    ck_assert_int_eq(e.job_id, 77);
    ck_assert_int_eq(e.restart_count, 2);
    ck_assert_int_eq(e.start, -1);
    ck_assert_int_eq(e.end, 1000);
    ck_assert_str_eq(e.end_from, "epilog");
    ck_assert_str_eq(e.name, "a\nb");
    ck_assert_ptr_null(e.group);
    ck_assert_ptr_null(e.stdout_path); /* relative: says nothing to us */
    mp_entry_free(&e);
}
END_TEST

START_TEST(the_environment_of_23_02)
{
    struct mp_entry e;

    clearenv();
    setenv("SLURM_JOB_ID", "77", 1);
    setenv("SLURM_JOB_START_TIME", "900", 1);
    setenv("SLURM_JOB_END_TIME", "950", 1);
    setenv("SLURM_JOB_STDOUT", "/home/alice/%x-%j.out", 1);
    mp_entry_init(&e);
    setenv("SLURM_JOB_ID", "4294967296", 1); /* out of range: as if not given */
    ck_assert_int_eq(mp_slurmenv_read(&e, 1000, &(struct mp_error){0}), -1);
    setenv("SLURM_JOB_ID", "77", 1);
    ck_assert_int_eq(mp_slurmenv_read(&e, 1000, NULL), 0);
    ck_assert_int_eq(e.start, 900);
    ck_assert_int_eq(e.end, 950);
    ck_assert_str_eq(e.start_from, "slurm");
    ck_assert_str_eq(e.stdout_path, "/home/alice/%x-%j.out");
    mp_entry_free(&e);
    setenv("SLURM_JOB_START_TIME", "12x", 1);
    ck_assert_int_eq(mp_slurmenv_read(&e, 1000, NULL), 0);
    ck_assert_int_eq(e.start, -1);
    mp_entry_free(&e);
}
END_TEST

MP_UNIT_MAIN("entry", every_byte_survives, a_newline_forges_no_line, every_cut_is_noticed,
             bad_lines_are_refused, labels, the_keyword, the_environment_of_22_05,
             the_environment_of_23_02)
