/* SPDX-License-Identifier: MIT
 * status.c - the queue, for its users. */
#include "config.h"

#include "queue/status.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { JOBS_MAX = 100000, READ = 4, ENTER = 1 };

struct job {
    int64_t uid, tries, due;
    enum mp_queue_state state;
    char label[MP_ENTRY_LABEL_MAX];
};

struct pass {
    const struct mp_queue *q;
    enum mp_queue_state state;
    struct job *jobs;
    size_t n, capacity;
};

/* --- who may ------------------------------------------------------------------------ */

struct acl {
    uint32_t version;
    struct {
        uint16_t tag, may;
        uint32_t id;
    } entry[5];
};

/* `may` for `uid`, besides what the owner may; nothing for anybody else.  The layout is
 * the kernel's, linux/posix_acl_xattr.h, in little endian. */
static int allow(int fd, uint32_t uid, unsigned own, unsigned may)
{
    enum { OWNER = 1, USER = 2, GROUP = 4, MASK = 0x10, OTHER = 0x20 };
    const uint16_t tags[] = {OWNER, USER, GROUP, MASK, OTHER};
    const unsigned mays[] = {own, may, 0, may, 0};
    struct acl acl = {.version = htole32(2)};

    for (int i = 0; i < 5; i++) {
        acl.entry[i].tag = htole16(tags[i]);
        acl.entry[i].may = htole16((uint16_t)mays[i]);
        acl.entry[i].id = htole32(tags[i] == USER ? uid : UINT32_MAX);
    }
    return fsetxattr(fd, "system.posix_acl_access", &acl, sizeof acl, 0);
}

static int open_dir(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int give(const struct mp_queue *q, int fd)
{
    return geteuid() == 0 && q->uid != 0 ? fchown(fd, q->uid, q->gid) : 0;
}

/* Ours or the queue's owner's, and nobody else can write to it. */
static bool is_sound(const struct mp_queue *q, int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == q->uid) &&
           (st.st_mode & 022) == 0;
}

static int open_folder(const struct mp_queue *q, int at, const char *name, int64_t uid)
{
    int fd = open_dir(at, name);

    if (fd < 0 && errno == ENOENT && mkdirat(at, name, 0700) == 0) {
        fd = open_dir(at, name);
        if (fd >= 0 && (allow(fd, (uint32_t)uid, 7, ENTER) < 0 || give(q, fd) < 0)) {
            close(fd);
            unlinkat(at, name, AT_REMOVEDIR);
            return -1;
        }
    }
    if (fd >= 0 && !is_sound(q, fd)) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

/* --- one user's file ---------------------------------------------------------------- */

static int write_jobs(int fd, const struct job *jobs, size_t n)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *out = own >= 0 ? fdopen(own, "w") : NULL;

    if (out == NULL) {
        if (own >= 0)
            close(own);
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s %s %" PRId64 " %" PRId64 "\n", jobs[i].label,
                mp_queue_state_name(jobs[i].state), jobs[i].tries, jobs[i].due);
    return fclose(out) == 0 ? 0 : -1;
}

/* In UID/now, under a name of its own until it is whole. */
static int replace(const struct mp_queue *q, int now, const struct job *jobs, size_t n)
{
    int fd, rc;

    unlinkat(now, "new", 0);
    fd = openat(now, "new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    rc = write_jobs(fd, jobs, n);
    if (rc == 0 && (allow(fd, (uint32_t)jobs->uid, 6, READ) < 0 || give(q, fd) < 0 ||
                    renameat(now, "new", now, "queue") < 0))
        rc = -1;
    close(fd);
    return rc;
}

static int write_user(const struct mp_queue *q, int dir, const struct job *jobs, size_t n)
{
    char name[24];
    int own, now, rc = -1;

    snprintf(name, sizeof name, "%" PRId64, jobs->uid);
    own = open_folder(q, dir, name, jobs->uid);
    now = own >= 0 ? open_folder(q, own, "now", jobs->uid) : -1;
    if (now >= 0) {
        rc = replace(q, now, jobs, n);
        close(now);
    }
    if (own >= 0)
        close(own);
    return rc;
}

/* --- the pass ----------------------------------------------------------------------- */

static bool take(void *arg, const char *key)
{
    struct pass *p = arg;
    struct mp_error ignored;
    struct mp_entry e;
    struct job *job;
    struct stat st;

    if (p->n == JOBS_MAX)
        return false;
    if (fstatat(p->q->states[p->state], key, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        mp_queue_read(p->q, p->state, key, &e, &ignored) < 0)
        return true;
    if (p->n == p->capacity) {
        size_t capacity = p->capacity * 2 + 64;
        struct job *grown = realloc(p->jobs, capacity * sizeof *grown);

        if (grown == NULL) {
            mp_entry_free(&e);
            return false;
        }
        p->jobs = grown;
        p->capacity = capacity;
    }
    job = &p->jobs[p->n];
    *job = (struct job){
        .uid = e.uid, .tries = e.tries, .due = st.st_mtim.tv_sec, .state = p->state};
    mp_entry_label(&e, job->label);
    p->n += e.uid >= 0;
    mp_entry_free(&e);
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct job *x = a, *y = b;

    if (x->uid != y->uid)
        return x->uid < y->uid ? -1 : 1;
    return x->state != y->state ? (x->state < y->state ? -1 : 1)
                                : strcmp(x->label, y->label);
}

static bool has_user(const struct pass *p, int64_t uid)
{
    size_t low = 0, high = p->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (p->jobs[middle].uid == uid)
            return true;
        if (p->jobs[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Who has no job here any more: their file goes, their folders stay as they are. */
static void clear_others(const struct pass *p, int dir)
{
    int fd = open_dir(dir, ".");
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *d;

    if (listing == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((d = readdir(listing)) != NULL) {
        int own, now;

        if (strspn(d->d_name, "0123456789") != strlen(d->d_name) ||
            has_user(p, strtoll(d->d_name, NULL, 10)))
            continue;
        own = open_dir(dir, d->d_name);
        now = own >= 0 ? open_dir(own, "now") : -1;
        if (now >= 0 && is_sound(p->q, now))
            unlinkat(now, "queue", 0);
        if (now >= 0)
            close(now);
        if (own >= 0)
            close(own);
    }
    closedir(listing);
}

static int write_all(struct pass *p, int dir)
{
    int rc = 0;

    qsort(p->jobs, p->n, sizeof *p->jobs, compare);
    for (size_t from = 0, to; from < p->n; from = to) {
        for (to = from + 1; to < p->n && p->jobs[to].uid == p->jobs[from].uid; to++)
            ;
        if (write_user(p->q, dir, &p->jobs[from], to - from) < 0)
            rc = -1; /* the others have theirs all the same */
    }
    clear_others(p, dir);
    return rc;
}

int mp_status_write(const struct mp_queue *q, const char *directory, struct mp_error *err)
{
    const enum mp_queue_state states[] = {MP_RUNNING, MP_WAITING, MP_FAILED};
    struct pass p = {.q = q};
    int dir = open_dir(AT_FDCWD, directory), rc = 0;

    if (dir < 0 && errno == ENOENT)
        return 0;
    if (dir >= 0 && !is_sound(q, dir)) {
        close(dir);
        errno = EPERM;
        dir = -1;
    }
    if (dir < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot use %s: %s", directory,
                       strerror(errno));
    for (int i = 0; i < 3 && rc == 0; i++) {
        p.state = states[i];
        rc = mp_queue_each(q, p.state, take, &p, err);
    }
    if (rc == 0 && p.n > 0)
        rc = write_all(&p, dir);
    else if (rc == 0)
        clear_others(&p, dir);
    if (rc < 0 && err->text[0] == '\0')
        mp_fail(err, MP_FAULT_FAILED, "cannot write into %s: %s", directory,
                strerror(errno));
    free(p.jobs);
    close(dir);
    return rc;
}

int mp_status_open(const char *directory, FILE **out, struct mp_error *err)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%lu/now/queue", directory, (unsigned long)getuid());
    *out = fopen(path, "re");
    if (*out == NULL && errno != ENOENT && errno != ENOTDIR)
        return mp_fail(err, MP_FAULT_FAILED, "cannot read %s: %s", path, strerror(errno));
    return 0;
}
