/* SPDX-License-Identifier: MIT
 * trust.c - may this file be believed, and does it keep its secrets?
 *
 * The configuration belongs to root, to whoever runs the program, or to Slurm's user
 * (configure --with-slurm-user).  The group may read it where the group is meant to:
 * root's, Slurm's, or the private group of whoever runs the program. */
#include "config.h"

#include "config/impl.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

bool mp_settings_trusts(uid_t owner)
{
    const struct passwd *slurm;

    if (owner == 0 || owner == geteuid())
        return true;
    slurm = getpwnam(MP_SLURM_USER);
    return slurm != NULL && slurm->pw_uid == owner;
}

/* A group named as its user is the user's own; one that all users share is not. */
static bool own_private_group(gid_t gid)
{
    const struct passwd *user = getpwuid(geteuid());
    const struct group *group;

    if (user == NULL || user->pw_gid != gid)
        return false;
    group = getgrgid(gid);
    return group != NULL && strcmp(group->gr_name, user->pw_name) == 0;
}

static bool trusted_group(gid_t gid)
{
    const struct passwd *slurm;

    if (gid == 0 || own_private_group(gid))
        return true;
    slurm = getpwnam(MP_SLURM_USER);
    return slurm != NULL && slurm->pw_gid == gid;
}

/* Bits of the mode that nobody should have. */
static mode_t wrong_bits(const struct stat *st, bool secret)
{
    mode_t wrong = S_IWOTH | (secret ? S_IROTH | S_IXOTH : 0);
    mode_t group = S_IWGRP | (secret ? S_IRGRP : 0);

    if ((st->st_mode & group) != 0 && !trusted_group(st->st_gid))
        wrong |= group;
    return st->st_mode & wrong & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
}

/* Names the bits and the chmod that corrects them. */
static int refuse_mode(const struct stat *st, const char *path, bool secret, mode_t wrong,
                       struct mp_error *err)
{
    mode_t right = st->st_mode & (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) & ~wrong;
    bool group = (wrong & (S_IRGRP | S_IWGRP)) != 0;
    const struct group *g = getgrgid(st->st_gid);

    if (group)
        right &= S_IRWXU;
    return mp_fail(
        err, MP_FAULT_USAGE, "%s%s can be %s by %s%s%s (mode %04o); chmod %04o %s", path,
        secret ? " holds a secret and" : "",
        wrong & (S_IWGRP | S_IWOTH) ? "written" : "read", group ? "group " : "others",
        !group      ? ""
        : g != NULL ? g->gr_name
                    : "?",
        group && (wrong & (S_IROTH | S_IWOTH)) ? " and others" : "",
        (unsigned)(st->st_mode & 07777), (unsigned)right, path);
}

int mp_settings_check_file(int fd, const struct stat *st, const char *path, bool secret,
                           struct mp_error *err)
{
    mode_t wrong;

    if (!S_ISREG(st->st_mode))
        return 0;
    if ((secret || geteuid() == 0) && !mp_settings_trusts(st->st_uid))
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s belongs to user %ld, who could change it; chown root %s", path,
                       (long)st->st_uid, path);
    wrong = wrong_bits(st, secret);
    if (wrong != 0)
        return refuse_mode(st, path, secret, wrong, err);
    if (secret && fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "%s holds a secret and has an access control list, which may let others "
            "read it; setfacl -b %s",
            path, path);
    return 0;
}
