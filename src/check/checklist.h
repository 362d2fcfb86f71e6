/* SPDX-License-Identifier: MIT
 * checklist.h - the parts of `monster-power check`: each says one line per rule. */
#ifndef MP_CHECKLIST_H
#define MP_CHECKLIST_H

#include <pwd.h>
#include <stdbool.h>

#include "backends/backend.h"
#include "base/error.h"
#include "config/settings.h"

struct mp_checklist {
    unsigned fails, warnings;
    bool said_who; /* that we cannot be another user */
};

/* "ok    TEXT", "warn  TEXT -- REMEDY", "FAIL  TEXT -- REMEDY"; remedy NULL where ok. */
void mp_check_say(struct mp_checklist *c, enum mp_check_level level, const char *remedy,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Run `part` as `user` (HOME too) in a forked child, which adds to *c; where we are that
 * user, as we are.  Where we cannot be that user nothing is run, and a FAIL says so once:
 * what we could say would be of ourselves. */
int mp_check_as(struct mp_checklist *c, const struct passwd *user,
                void (*part)(struct mp_checklist *c, void *arg), void *arg,
                struct mp_error *err);

/* A line where `path`, resolved, or a folder above it can be changed by others than root
 * and `user`.  Nothing is said where all is well. */
void mp_check_path(struct mp_checklist *c, const char *path, const struct passwd *user);

/* slurm.conf, the scripts it names, Slurm's version, how to restart and to go back; and
 * the user Slurm runs as into *user (*buf is its storage). */
struct mp_check_user {
    struct passwd pw;
    char buf[4096];
    int known;
};
void mp_check_slurm(struct mp_checklist *c, const char *slurm_conf,
                    struct mp_check_user *user);

/* Run a program (argv[0] an absolute path), at most 5 s; its output as one line into
 * `out`. Its exit status, or -1 where it could not be run. */
int mp_check_run(char *const argv[], char *out, size_t size);

#endif
