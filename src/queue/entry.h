/* SPDX-License-Identifier: MIT
 * entry.h - one finished run of a job, as it stands in the queue; and its text form.
 *
 * The text form is lines of `key=value`; the first line is "monster-power-entry 1", the
 * last is "end", so that a cut file is known as one.  In a value every byte but printable
 * ASCII, and '%' itself, is written %XX: a newline in a job's name cannot forge a line.
 * Unknown keys are passed over (a newer version may have written them); a known key
 * twice, a missing key that is required, a number that is none or a value that is too
 * long is an error.
 *
 * cluster, user, group, name, nodelist, stdout_path and work_dir are untrusted bytes (any
 * but NUL) exactly as Slurm gave them.
 */
#ifndef MP_ENTRY_H
#define MP_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    MP_ENTRY_TEXT_MAX = 512 * 1024, /* bytes of a whole encoded entry */
    MP_ENTRY_LABEL_MAX = 48,
};
/* A larger number is refused: Slurm's are 32 bits wide, times end with the year 9999. */
#define MP_ENTRY_COUNT_LAST INT64_C(4294967295)
#define MP_ENTRY_TIME_LAST INT64_C(253402300799)

/* Strings are owned; NULL where unknown.  Numbers are -1 where unknown. */
struct mp_entry {
    /* what Slurm said of the run */
    char *cluster;
    int64_t job_id;
    int64_t restart_count; /* 0 for the first run */
    int64_t array_job, array_task;
    int64_t het_job, het_offset;
    int64_t uid, gid;
    char *user;
    char *group;
    char *name;
    char *nodelist;
    char *stdout_path; /* patterns not expanded; NULL: none, or relative */
    char *work_dir;
    int64_t start;    /* s since the epoch; -1: ask the database */
    char *start_from; /* "slurm", "prolog", "database"; NULL while unknown */
    int64_t
        suspended;  /* s since the epoch, as slurm.jobs has it; -1: unknown, or never */
    int64_t end;    /* s since the epoch */
    char *end_from; /* "slurm"; "epilog": the clock when the epilog ran */
    /* what became of it */
    int64_t queued;      /* s; retry_hours count from here */
    int64_t tries;       /* attempts that failed for a reason that may pass */
    int64_t interrupted; /* attempts that ended because a worker process died */
    int64_t overran;     /* attempts that took the whole of deadline_seconds */
    char *reason;        /* of the last attempt; NULL before the first */
};

void mp_entry_init(struct mp_entry *e);
void mp_entry_free(struct mp_entry *e);

/* "1234", "1200_7" for an array task, "1234+1" for a het component. */
void mp_entry_label(const struct mp_entry *e, char label[MP_ENTRY_LABEL_MAX]);

/* Replace a string member by a copy of `value` (NULL: none). */
int mp_entry_set(char **member, const char *value, struct mp_error *err);

/* The text form, malloc'ed; *len without the final NUL. */
int mp_entry_encode(const struct mp_entry *e, char **text, size_t *len,
                    struct mp_error *err);
/* `text` need not end in a NUL.  *e is initialised; on failure it is empty. */
int mp_entry_decode(struct mp_entry *e, const char *text, size_t len,
                    struct mp_error *err);

#endif
