/* SPDX-License-Identifier: MIT
 * outdir.h - a report's directory (power_<label>/): made hidden, filled, and given its
 * name in one step.
 *
 * The contents and the neighbourhood of the directory belong to somebody we do not trust,
 * so: the parent is opened once and everything below it is reached through descriptors
 * with O_NOFOLLOW; files are created exclusively in a fresh directory of mode 0700; what
 * stands under the final name is looked at before it is replaced.  An older report is
 * exchanged with the new one (renameat2); what its owner put beside our files moves
 * along.  Where the file system cannot exchange (NFS), the old directory steps aside
 * first: a reader sees the old report, none, or the new one, never a mix.
 *
 * Where the name has several parts (alice/1234), those above the last are walked down one
 * by one, never through a link, and made where they are not there: 0755 at most, and no
 * wider than the directory above.  Each belongs to who writes, or to root; another's is
 * refused, for whoever owns it could exchange the report.
 *
 * A killed run leaves `.<last part>.<12 hex digits>`; the next run for the same name
 * removes it unless a living process holds its lock, or puts it in place when it is whole
 * and nothing has the final name.
 */
#ifndef MP_OUTDIR_H
#define MP_OUTDIR_H

#include <sys/types.h>

#include "base/error.h"

struct mp_outdir; /* opaque */

/* For a writer that stays root because the owner cannot write into `parent`. */
struct mp_outdir_owner {
    uid_t uid;
    gid_t gid;
};

/* Make the hidden directory for `name` (model/place.h) below `parent`, as the effective
 * user.  `give_to` (may be NULL) is who the report belongs to in the end.  An unusable
 * parent, or a symbolic link, a file or somebody else's directory in place of a part of
 * the name, is an error naming it. */
int mp_outdir_new(struct mp_outdir **out, const char *parent, const char *name,
                  const struct mp_outdir_owner *give_to, struct mp_error *err);
/* A new file of the report, one of the names in outdir.c; *fd stays owned by `d`. */
int mp_outdir_create(struct mp_outdir *d, const char *name, int *fd,
                     struct mp_error *err);
/* Take a file out again; its descriptor is closed. */
void mp_outdir_discard(struct mp_outdir *d, const char *name);
/* Set modes, sync, and put the directory in place. */
int mp_outdir_commit(struct mp_outdir *d, struct mp_error *err);
/* The name of the file that says why there is no report; a report that is made later
 * takes its place. */
#define MP_NO_REPORT "NO_REPORT.txt"
/* As the effective user: parent/name/NO_REPORT.txt with `text`, put in place
 * whole, with all that protects a report; what the directory holds already, a report
 * too, stays. */
int mp_outdir_note(const char *parent, const char *name, const char *text,
                   struct mp_error *err);
/* parent/name */
const char *mp_outdir_path(const struct mp_outdir *d);
/* Removes what was not put in place. */
void mp_outdir_free(struct mp_outdir *d);

#endif
