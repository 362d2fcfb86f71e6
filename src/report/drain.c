/* SPDX-License-Identifier: MIT
 * drain.c - the writing thread behind raw_power.csv and fetch's standard output. */
#include "config.h"

#include "report/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const int64_t WRITE_BACK_STEP = 8 * 1024 * 1024;

struct mp_drain {
    int fd;
    bool regular;
    char *name;
    const struct mp_run *run;
    char *buffers; /* MP_DRAIN_BUFFERS of them, used in turn */
    size_t lengths[MP_DRAIN_BUFFERS];
    int64_t written, flushed; /* bytes; the writer's */
    int64_t offset;           /* where a regular file stood at the start */

    pthread_t thread;
    bool have_thread;
    int wake_fd; /* readable: stop waiting for the reader */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock: buffers put and written so far, in turns */
    uint64_t put, done;
    bool stop;
    int error; /* errno of the write that failed, 0 so far */
};

int mp_drain_new(struct mp_drain **out, int fd, const char *name,
                 const struct mp_run *run, struct mp_error *err)
{
    struct mp_drain *d = calloc(1, sizeof *d);
    pthread_condattr_t attr;
    struct stat st;

    *out = NULL;
    if (d == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    d->fd = fd;
    d->run = run;
    d->wake_fd = eventfd(0, EFD_CLOEXEC);
    if (d->wake_fd < 0) {
        mp_fail(err, MP_FAULT_FAILED, "cannot start to write %s: %s", name,
                strerror(errno));
        free(d);
        return -1;
    }
    d->name = strdup(name);
    d->buffers = malloc((size_t)MP_DRAIN_BUFFERS * MP_DRAIN_SIZE);
    d->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    d->offset = d->regular ? lseek(fd, 0, SEEK_CUR) : 0;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&d->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&d->lock, NULL);
    if (d->name == NULL || d->buffers == NULL) {
        mp_drain_free(d);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for writing %s", name);
    }
    *out = d;
    return 0;
}

bool mp_drain_is_live(const struct mp_drain *d)
{
    return !d->regular;
}

static int fail_writing(const struct mp_drain *d, int error, struct mp_error *err)
{
    if (error == ENOSPC || error == EDQUOT)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "cannot write %s: %s; free some room there or choose another place", d->name,
            strerror(error));
    if (error == EPIPE)
        return mp_fail(err, MP_FAULT_FAILED, "cannot write %s: its reader went away",
                       d->name);
    return mp_fail(err, MP_FAULT_FAILED, "cannot write %s: %s", d->name, strerror(error));
}

/* 1: room for PIPE_BUF bytes; 0: told to stop; -1: errno.  A regular file never waits. */
static int wait_for_reader(const struct mp_drain *d)
{
    struct pollfd p[2] = {{.fd = d->fd, .events = POLLOUT},
                          {.fd = d->wake_fd, .events = POLLIN}};

    if (d->regular)
        return 1;
    while (poll(p, 2, -1) < 0)
        if (errno != EINTR)
            return -1;
    return p[1].revents == 0;
}

/* 0 or errno. */
static int write_all(struct mp_drain *d, const char *p, size_t n)
{
    while (n > 0) {
        size_t part = d->regular || n < PIPE_BUF ? n : PIPE_BUF;
        int ready = wait_for_reader(d);
        ssize_t w = ready > 0 ? write(d->fd, p, part) : -1;

        if (ready == 0)
            return ECANCELED;
        if (w < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (w < 0)
            return errno;
        p += w;
        n -= (size_t)w;
        d->written += w;
    }
    if (d->regular && d->written - d->flushed >= WRITE_BACK_STEP) {
        /* only a hint: what it cannot do the owner's fsync does */
        sync_file_range(d->fd, d->offset + d->flushed, d->written - d->flushed,
                        SYNC_FILE_RANGE_WRITE);
        d->flushed = d->written;
    }
    return 0;
}

static void *writer(void *arg)
{
    struct mp_drain *d = arg;

    pthread_mutex_lock(&d->lock);
    for (;;) {
        while (!d->stop && d->done == d->put)
            pthread_cond_wait(&d->changed, &d->lock);
        if (d->stop || d->error != 0)
            break;
        size_t turn = d->done % MP_DRAIN_BUFFERS;
        pthread_mutex_unlock(&d->lock);
        int error = write_all(d, d->buffers + turn * MP_DRAIN_SIZE, d->lengths[turn]);
        pthread_mutex_lock(&d->lock);
        d->error = error;
        d->done++;
        pthread_cond_broadcast(&d->changed);
        if (error != 0)
            break;
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* Wait until at most `left` buffers are unwritten. */
static int wait_written(struct mp_drain *d, uint64_t left, struct mp_error *err)
{
    int rc = 0;

    pthread_mutex_lock(&d->lock);
    while (rc == 0 && d->error == 0 && d->put - d->done > left) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        ts.tv_nsec += 100 * 1000 * 1000;
        ts.tv_sec += ts.tv_nsec / 1000000000;
        ts.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&d->changed, &d->lock, &ts) == ETIMEDOUT &&
            d->run != NULL)
            rc = mp_run_check(d->run, err);
    }
    if (rc == 0 && d->error != 0)
        rc = fail_writing(d, d->error, err);
    pthread_mutex_unlock(&d->lock);
    return rc;
}

int mp_drain_take(struct mp_drain *d, char **buffer, struct mp_error *err)
{
    if (wait_written(d, MP_DRAIN_BUFFERS - 1, err) < 0)
        return -1;
    *buffer = d->buffers + d->put % MP_DRAIN_BUFFERS * MP_DRAIN_SIZE;
    return 0;
}

/* Without a thread: write what was put. */
static int write_here(struct mp_drain *d, struct mp_error *err)
{
    for (; d->done < d->put; d->done++) {
        size_t turn = d->done % MP_DRAIN_BUFFERS;
        int error = write_all(d, d->buffers + turn * MP_DRAIN_SIZE, d->lengths[turn]);

        if (error != 0)
            return fail_writing(d, error, err);
    }
    return 0;
}

int mp_drain_put(struct mp_drain *d, size_t n, struct mp_error *err)
{
    int error;

    if (n == 0)
        return 0;
    pthread_mutex_lock(&d->lock);
    d->lengths[d->put % MP_DRAIN_BUFFERS] = n;
    d->put++;
    error = d->error;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    if (d->have_thread)
        return error != 0 ? fail_writing(d, error, err) : 0;
    if (d->put == 1 && d->regular)
        return 0; /* it may be all there is */
    d->have_thread = pthread_create(&d->thread, NULL, writer, d) == 0;
    return d->have_thread ? 0 : write_here(d, err);
}

int mp_drain_finish(struct mp_drain *d, struct mp_error *err)
{
    return d->have_thread ? wait_written(d, 0, err) : write_here(d, err);
}

void mp_drain_free(struct mp_drain *d)
{
    if (d == NULL)
        return;
    if (d->have_thread) {
        pthread_mutex_lock(&d->lock);
        d->stop = true;
        pthread_cond_broadcast(&d->changed);
        pthread_mutex_unlock(&d->lock);
        /* an eventfd write of 1 cannot fail here */
        if (write(d->wake_fd, &(uint64_t){1}, sizeof(uint64_t)) > 0)
            pthread_join(d->thread, NULL);
    }
    if (d->wake_fd >= 0)
        close(d->wake_fd);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d->buffers);
    free(d->name);
    free(d);
}
