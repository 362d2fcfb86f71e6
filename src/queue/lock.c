/* SPDX-License-Identifier: MIT
 * lock.c - who works on the queue: at most one worker with its processes.
 *
 * An open file description lock belongs to the description, not to the process: the
 * epilog takes it and a worker it starts inherits it (so that of many epilogs one starts
 * a worker), the worker's children inherit it (so that a new worker waits for the last of
 * a killed one's), and the kernel lets go of it whatever way they die. */
#include "config.h"

#include "queue/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `fd` (-1: could not be opened) if it is a plain file of nobody else's and nothing but
 * that; else it is closed, untouched.  Root gives it to the queue's owner. */
static int own_file(const struct mp_queue *q, int fd, const char *name,
                    struct mp_error *err)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        mp_fail(err, MP_FAULT_FAILED, "cannot open %s/%s: %s", q->path, name,
                strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_nlink != 1 ||
             (st.st_uid != q->uid && st.st_uid != geteuid()))
        mp_fail(err, MP_FAULT_FAILED,
                "%s/%s is not a plain file of the queue's owner; remove it", q->path,
                name);
    else if (geteuid() == 0 && q->uid != 0 && fchown(fd, q->uid, q->gid) < 0)
        mp_fail(err, MP_FAULT_FAILED, "cannot give %s/%s to its owner: %s", q->path, name,
                strerror(errno));
    else
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_lock(const struct mp_queue *q, struct mp_error *err)
{
    int fd = openat(q->dir, "lock",
                    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    return own_file(q, fd, "lock", err);
}

static int set_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_SETLK, &lock);
}

int mp_queue_lock(const struct mp_queue *q, int *fd, struct mp_error *err)
{
    int lock = open_lock(q, err);
    int rc = 0;

    *fd = -1;
    if (lock < 0)
        return -1;
    if (set_lock(lock) == 0) {
        *fd = lock;
        return 0;
    }
    if (errno != EAGAIN && errno != EACCES)
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot lock %s/lock: %s", q->path,
                     strerror(errno));
    close(lock);
    return rc;
}

int mp_queue_lock_adopt(const struct mp_queue *q, int fd, struct mp_error *err)
{
    struct stat ours, there;

    if (fstat(fd, &ours) < 0 ||
        fstatat(q->dir, "lock", &there, AT_SYMLINK_NOFOLLOW) < 0 ||
        ours.st_dev != there.st_dev || ours.st_ino != there.st_ino || set_lock(fd) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return mp_fail(err, MP_FAULT_USAGE,
                       "descriptor %d does not hold the lock of queue directory %s", fd,
                       q->path);
    return 0;
}

bool mp_queue_is_locked(const struct mp_queue *q)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = openat(q->dir, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool locked;

    if (fd < 0)
        return false;
    locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return locked;
}

void mp_queue_lock_write_pid(int fd, pid_t pid)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%ld\n", (long)pid);

    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) != len)
        return; /* only people read it */
}

long mp_queue_lock_read_pid(const struct mp_queue *q)
{
    int fd = openat(q->dir, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char text[32] = "";
    ssize_t n;

    if (fd < 0)
        return -1;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? strtol(text, NULL, 10) : -1;
}

bool mp_queue_has_service(const struct mp_queue *q)
{
    struct stat st;

    return fstatat(q->dir, "service", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int mp_queue_set_service(struct mp_queue *q, struct mp_error *err)
{
    int fd = openat(q->dir, "service",
                    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    fd = own_file(q, fd, "service", err);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

void mp_queue_clear_service(struct mp_queue *q)
{
    unlinkat(q->dir, "service", 0); /* where it cannot be: epilogs say that none runs */
}
