/* SPDX-License-Identifier: MIT
 * privilege.h - who the owner of a job is, and becoming that user for good. */
#ifndef MP_PRIVILEGE_H
#define MP_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

enum { MP_USER_SIZE = 64 };

struct mp_owner {
    uid_t uid;
    gid_t gid;
    char name[MP_USER_SIZE]; /* "" where the system knows no such user */
};

/* Decide who a job's owner is from what Slurm said.  Refused (-1): root, whose paths are
 * not followed as root; a name that belongs to another uid; the group root; a name no
 * command line should see.  A uid without a name is taken as a number, with no groups but
 * its own.  `user` may be NULL; a gid that is 0,
 * (gid_t)-1 or not in the user's list of groups stands for the user's own group. */
int mp_owner_find(uid_t uid, gid_t gid, const char *user, struct mp_owner *owner,
                  struct mp_error *err);
/* "alice" or "uid 1001", for messages. */
void mp_owner_text(const struct mp_owner *owner, char text[MP_USER_SIZE]);

/* Become `owner` (which may be what we are) irreversibly: groups, gid, uid, no
 * capability, no new privileges through exec; then verify all of it.  -1: do nothing more
 * but exit. */
int mp_become(const struct mp_owner *owner, struct mp_error *err);

/* A worker that is root keeps what it needs to hand reports and the queue to their owners
 * and to end writers: SETUID, SETGID, CHOWN, DAC_OVERRIDE, FOWNER, KILL; for itself and
 * what it starts.  Without effect where we are not root. */
int mp_shed_capabilities(struct mp_error *err);

/* No core file, nothing to be read out of our memory by processes of the same user, no
 * privileges gained by exec. */
int mp_seal_process(struct mp_error *err);

/* Overwrite every environment variable where it lies and remove it; then set PATH, LC_ALL
 * and TZ (kept where it is plausible). */
int mp_clean_environment(struct mp_error *err);
/* A TZ value that names a zone and no file outside the zones' directory. */
bool mp_zone_is_plausible(const char *tz);

/* Close everything from `first` on. */
void mp_close_from(int first);

#endif
