/* SPDX-License-Identifier: MIT
 * environment.c - SLURM_* variables to a queue entry. */
#include "config.h"

#include "hook/environment.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LIMIT = 1024, PATH_LIMIT = 4095, LETTERS_LEAST = 5 };

static const char *text_of(const char *variable)
{
    const char *value = getenv(variable);

    return value == NULL || value[0] == '\0' || strcmp(value, "(null)") == 0 ? NULL
                                                                             : value;
}

/* -1: not given, no number, or larger than `last`. */
static int64_t number_up_to(const char *variable, int64_t last)
{
    const char *value = getenv(variable);
    int64_t n = 0;

    if (value == NULL || value[0] == '\0' || strlen(value) > 18)
        return -1;
    for (; *value != '\0'; value++) {
        if (*value < '0' || *value > '9')
            return -1;
        n = n * 10 + (*value - '0');
    }
    return n <= last ? n : -1;
}

static int64_t number_of(const char *variable)
{
    return number_up_to(variable, MP_ENTRY_COUNT_LAST);
}

/* The newer name, else the one of before the heterogeneous jobs were renamed (20.02). */
static int64_t number_of_either(const char *variable, const char *older)
{
    int64_t n = number_of(variable);

    return n >= 0 ? n : number_of(older);
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\n,;", c) != NULL;
}

static bool has_word(const char *text, const char *word)
{
    const char *p = text;

    while ((p = strstr(p, word)) != NULL) {
        if ((p == text || ends_word(p[-1])) && ends_word(p[strlen(word)]))
            return true;
        p++;
    }
    return false;
}

bool mp_slurmenv_wanted(const char *keyword)
{
    const char *comment = getenv("SLURM_JOB_COMMENT");

    if (comment == NULL)
        return false;
    return (keyword[0] != '\0' && strstr(comment, keyword) != NULL) ||
           has_word(comment, "power:oob");
}

static size_t same_start(const char *a, const char *b, size_t n)
{
    size_t i = 0;

    while (i < n && tolower((unsigned char)a[i]) == tolower((unsigned char)b[i]))
        i++;
    return i;
}

/* Equal but for case, or, where that says something, one letter more, less or other. */
static bool is_near(const char *word, size_t n, const char *wanted)
{
    size_t m = strlen(wanted), shorter = n < m ? n : m, at;

    if (m == 0 || n > m + 1 || m > n + 1)
        return false;
    at = same_start(word, wanted, shorter);
    if (at == n && at == m)
        return true;
    if (m < LETTERS_LEAST)
        return false;
    if (at == shorter)
        return true; /* one more at the end of either */
    word += at + (n >= m);
    wanted += at + (m >= n);
    n -= at + (n >= m);
    return same_start(word, wanted, n) == n;
}

bool mp_slurmenv_nearly(const char *keyword, char *word, size_t size)
{
    const char *p = getenv("SLURM_JOB_COMMENT");

    while (p != NULL && *p != '\0') {
        size_t n = strcspn(p, " \t\n,;");

        if (is_near(p, n, keyword) || is_near(p, n, "power:oob")) {
            snprintf(word, size, "%.*s", (int)n, p);
            return true;
        }
        p += n + (p[n] != '\0');
    }
    return false;
}

/* Longer than any name can be: cut, it is only shown. */
static int set_name(char **member, const char *variable, struct mp_error *err)
{
    const char *value = text_of(variable);
    char cut[NAME_LIMIT + 1];

    if (value != NULL && strlen(value) > NAME_LIMIT) {
        memcpy(cut, value, NAME_LIMIT);
        cut[NAME_LIMIT] = '\0';
        value = cut;
    }
    return mp_entry_set(member, value, err);
}

/* A path that is relative says nothing to us: we run elsewhere.  One that is longer than
 * the system opens cannot be used either. */
static int set_path(char **member, const char *variable, struct mp_error *err)
{
    const char *value = text_of(variable);

    if (value != NULL && (value[0] != '/' || strlen(value) > PATH_LIMIT))
        value = NULL;
    return mp_entry_set(member, value, err);
}

static int read_times(struct mp_entry *e, int64_t now, struct mp_error *err)
{
    e->start = number_up_to("SLURM_JOB_START_TIME", MP_ENTRY_TIME_LAST);
    e->end = number_up_to("SLURM_JOB_END_TIME", MP_ENTRY_TIME_LAST);
    if (e->start == 0)
        e->start = -1; /* never started, says Slurm */
    if (e->start > 0 && mp_entry_set(&e->start_from, "slurm", err) < 0)
        return -1;
    if (e->end > 0)
        return mp_entry_set(&e->end_from, "slurm", err);
    e->end = now;
    return mp_entry_set(&e->end_from, "epilog", err);
}

int mp_slurmenv_read(struct mp_entry *e, int64_t now, struct mp_error *err)
{
    e->job_id = number_of_either("SLURM_JOB_ID", "SLURM_JOBID");
    if (e->job_id < 0)
        return mp_fail(err, MP_FAULT_USAGE,
                       "SLURM_JOB_ID is not set to a number: this is an entry point for "
                       "EpilogSlurmctld and PrologSlurmctld, not for users");
    e->restart_count = number_of_either("SLURM_JOB_RESTART_COUNT", "SLURM_RESTART_COUNT");
    if (e->restart_count < 0)
        e->restart_count = 0;
    e->array_job = number_of("SLURM_ARRAY_JOB_ID");
    e->array_task = number_of("SLURM_ARRAY_TASK_ID");
    e->het_job = number_of_either("SLURM_HET_JOB_ID", "SLURM_PACK_JOB_ID");
    e->het_offset = number_of_either("SLURM_HET_JOB_OFFSET", "SLURM_PACK_JOB_OFFSET");
    e->uid = number_of("SLURM_JOB_UID");
    e->gid = number_of("SLURM_JOB_GID");
    e->queued = now;
    if (set_name(&e->cluster, "SLURM_CLUSTER_NAME", err) < 0 ||
        set_name(&e->user, "SLURM_JOB_USER", err) < 0 ||
        set_name(&e->group, "SLURM_JOB_GROUP", err) < 0 ||
        set_name(&e->name, "SLURM_JOB_NAME", err) < 0 ||
        mp_entry_set(&e->nodelist, text_of("SLURM_JOB_NODELIST"), err) < 0 ||
        set_path(&e->stdout_path, "SLURM_JOB_STDOUT", err) < 0 ||
        set_path(&e->work_dir, "SLURM_JOB_WORK_DIR", err) < 0)
        return -1;
    return read_times(e, now, err);
}
