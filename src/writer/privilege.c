/* SPDX-License-Identifier: MIT
 * privilege.c - the order matters: groups, gid, uid, capabilities, then ask the kernel
 * whether there is a way back. */
#include "config.h"

#include "writer/privilege.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* 1: found, 0: no such user, -1: the answer could not be had. */
static int look_up(const char *name, uid_t uid, struct passwd *pw, char *buf, size_t size)
{
    struct passwd *found = NULL;
    int error = name != NULL ? getpwnam_r(name, pw, buf, size, &found)
                             : getpwuid_r(uid, pw, buf, size, &found);

    if (found != NULL)
        return 1;
    return error == 0 || error == ENOENT || error == ESRCH ? 0 : -1;
}

static bool name_is_plain(const char *name)
{
    return name[0] != '-' && name[0] != '#' && strlen(name) < MP_USER_SIZE &&
           strcspn(name, " \t\n/:%,'\"\\") == strlen(name);
}

/* 1: the user is in that group, 0: not, -1: out of memory. */
static int is_member(const struct passwd *pw, gid_t gid)
{
    int n = 64, found = -1;
    gid_t *groups = NULL, *more;

    while ((more = realloc(groups, (size_t)n * sizeof *groups)) != NULL) {
        int room = n;

        groups = more;
        if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) >= 0) {
            found = 0;
            for (int i = 0; i < n; i++)
                found |= groups[i] == gid;
            break;
        }
        if (n <= room) /* it may not say how many there are */
            n = 2 * room;
    }
    free(groups);
    return found;
}

/* The group Slurm named, if the user is in it on this machine; else the user's own. */
static int choose_group(struct mp_owner *owner, const struct passwd *pw,
                        struct mp_error *err)
{
    int member = 0;

    if (owner->gid != 0 && owner->gid != (gid_t)-1 &&
        (member = is_member(pw, owner->gid)) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the groups of %s",
                       owner->name);
    if (!member)
        owner->gid = pw->pw_gid;
    return 0;
}

int mp_owner_find(uid_t uid, gid_t gid, const char *user, struct mp_owner *owner,
                  struct mp_error *err)
{
    char buf[16384], buf_by_name[16384];
    struct passwd pw, by_name;
    int known, named = 0;

    *owner = (struct mp_owner){.uid = uid, .gid = gid};
    if (uid == 0 || uid == (uid_t)-1)
        return mp_fail(err, MP_FAULT_FAILED, "the job belongs to %s",
                       uid == 0 ? "root, whose directories are not entered as root"
                                : "nobody known");
    known = look_up(NULL, uid, &pw, buf, sizeof buf);
    if (user != NULL && user[0] != '\0')
        named = look_up(user, 0, &by_name, buf_by_name, sizeof buf_by_name);
    if (known < 0 || named < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot look up uid %lu: %s",
                       (unsigned long)uid, strerror(errno));
    if ((named > 0 && by_name.pw_uid != uid) ||
        (known > 0 && named == 0 && user != NULL && user[0] != '\0'))
        return mp_fail(err, MP_FAULT_FAILED,
                       "the job's user %.64s is not uid %lu of this machine", user,
                       (unsigned long)uid);
    if (known > 0) {
        if (!name_is_plain(pw.pw_name))
            return mp_fail(err, MP_FAULT_FAILED, "uid %lu has an odd name",
                           (unsigned long)uid);
        snprintf(owner->name, sizeof owner->name, "%s", pw.pw_name);
        if (choose_group(owner, &pw, err) < 0)
            return -1;
    }
    if (owner->gid == 0 || owner->gid == (gid_t)-1)
        return mp_fail(err, MP_FAULT_FAILED, "uid %lu has no group but root's",
                       (unsigned long)uid);
    return 0;
}

void mp_owner_text(const struct mp_owner *owner, char text[MP_USER_SIZE])
{
    if (owner->name[0] != '\0')
        snprintf(text, MP_USER_SIZE, "%s", owner->name);
    else
        snprintf(text, MP_USER_SIZE, "uid %lu", (unsigned long)owner->uid);
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}}, have[2] = {{0}};

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* fails before Linux 4.3 */
    if (syscall(SYS_capset, &header, none) < 0 || syscall(SYS_capget, &header, have) < 0)
        return -1;
    return memcmp(have, none, sizeof have) == 0 ? 0 : -1;
}

int mp_shed_capabilities(struct mp_error *err)
{
    const uint64_t kept = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID |
                          UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_DAC_OVERRIDE |
                          UINT64_C(1) << CAP_FOWNER | UINT64_C(1) << CAP_KILL;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct have[2] = {{0}};

    if (geteuid() != 0)
        return 0;
    for (int cap = 0; cap < 64; cap++)
        if (!(kept >> cap & 1) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
            prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* a container may not let us */
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capget, &header, have) == 0) {
        for (int i = 0; i < 2; i++) {
            have[i].permitted &= (uint32_t)(kept >> 32 * i);
            have[i].effective = have[i].permitted;
            have[i].inheritable = 0;
        }
        if (syscall(SYS_capset, &header, have) == 0)
            return 0;
    }
    return mp_fail(err, MP_FAULT_FAILED, "cannot give up capabilities: %s",
                   strerror(errno));
}

static int set_ids(const struct mp_owner *owner)
{
    if (geteuid() == owner->uid && getuid() == owner->uid)
        return 0; /* nothing to give up but capabilities */
    if (owner->name[0] != '\0' ? initgroups(owner->name, owner->gid) < 0
                               : setgroups(1, &owner->gid) < 0)
        return -1;
    if (setresgid(owner->gid, owner->gid, owner->gid) < 0)
        return -1;
    return setresuid(owner->uid, owner->uid, owner->uid);
}

static bool is_for_good(const struct mp_owner *owner, uid_t old_uid, gid_t old_gid)
{
    uid_t r, e, s;
    gid_t rg, eg, sg;

    if (getresuid(&r, &e, &s) < 0 || r != owner->uid || e != owner->uid ||
        s != owner->uid || getresgid(&rg, &eg, &sg) < 0)
        return false;
    if (old_uid == owner->uid)
        return setresuid((uid_t)-1, 0, (uid_t)-1) < 0;
    return rg == owner->gid && eg == owner->gid && sg == owner->gid &&
           setresuid((uid_t)-1, old_uid, (uid_t)-1) < 0 &&
           setresuid((uid_t)-1, 0, (uid_t)-1) < 0 &&
           (old_gid == owner->gid || setresgid((gid_t)-1, old_gid, (gid_t)-1) < 0);
}

int mp_become(const struct mp_owner *owner, struct mp_error *err)
{
    uid_t old_uid = geteuid();
    gid_t old_gid = getegid();
    char who[MP_USER_SIZE];

    mp_owner_text(owner, who);
    if (owner->uid == 0)
        return mp_fail(err, MP_FAULT_FAILED, "will not become root");
    if (set_ids(owner) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot become %s: %s", who,
                       strerror(errno));
    if (drop_capabilities() < 0 || !is_for_good(owner, old_uid, old_gid))
        return mp_fail(err, MP_FAULT_FAILED, "could not become %s for good", who);
    return mp_seal_process(err);
}

int mp_seal_process(struct mp_error *err)
{
    struct rlimit none = {0, 0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot seal the process: %s",
                       strerror(errno));
    return 0;
}

bool mp_zone_is_plausible(const char *tz)
{
    size_t n = strlen(tz);

    return n < 128 && tz[0] != '/' && strstr(tz, "..") == NULL &&
           strspn(tz, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                      "0123456789+-_/,.<>:") == n &&
           strncmp(tz, ":/", 2) != 0;
}

int mp_clean_environment(struct mp_error *err)
{
    const char *tz = getenv("TZ");
    char *zone = tz != NULL && mp_zone_is_plausible(tz) ? strdup(tz) : NULL;
    int rc;

    for (char **e = environ; e != NULL && *e != NULL; e++)
        explicit_bzero(*e, strlen(*e));
    rc = clearenv();
    if (rc == 0)
        rc = setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    if (rc == 0)
        rc = setenv("LC_ALL", "C.UTF-8", 1);
    if (rc == 0 && zone != NULL)
        rc = setenv("TZ", zone, 1);
    free(zone);
    tzset();
    return rc == 0 ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory");
}

void mp_close_from(int first)
{
    DIR *dir;
    const struct dirent *entry;

#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
        return;
#endif
    dir = opendir("/proc/self/fd");
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);

        if (fd >= first && fd != dirfd(dir))
            close(fd);
    }
    if (dir != NULL)
        closedir(dir);
}
