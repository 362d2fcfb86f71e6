/* SPDX-License-Identifier: MIT
 * conf.c - the master's settings, read by a process that then is no more. */
#include "config.h"

#include "worker/impl.h"
#include "backends/backend.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Shared with the reading process. */
struct reading {
    bool ok;
    struct mp_error err;
    int workers;
    int delay_seconds;
    int deadline_seconds;
    char queue_directory[PATH_MAX];
    char logfile[PATH_MAX];
    char status[PATH_MAX];
};

static void read_settings(struct reading *r, const struct mp_options *options)
{
    struct mp_settings s;

    if (mp_backends_settings(&s, options->config, options->overrides,
                             options->n_overrides, &r->err) < 0)
        return;
    r->workers = s.queue->workers;
    r->delay_seconds = s.power->delay_seconds;
    r->deadline_seconds = s.power->deadline_seconds;
    snprintf(r->queue_directory, sizeof r->queue_directory, "%s", s.queue->directory);
    snprintf(r->logfile, sizeof r->logfile, "%s", s.power->logfile);
    snprintf(r->status, sizeof r->status, "%s", s.queue->status);
    r->ok = true;
    mp_settings_free(&s);
}

static int copy(struct mp_worker_conf *conf, const struct reading *r,
                struct mp_error *err)
{
    if (!r->ok) {
        *err = r->err;
        return -1;
    }
    conf->workers = r->workers;
    conf->delay_seconds = r->delay_seconds;
    conf->deadline_seconds = r->deadline_seconds;
    conf->queue_directory = strdup(r->queue_directory);
    conf->logfile = strdup(r->logfile);
    conf->status = strdup(r->status);
    if (conf->queue_directory == NULL || conf->logfile == NULL || conf->status == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    return 0;
}

int mp_worker_conf_load(struct mp_worker_conf *conf, const struct mp_options *options,
                        struct mp_error *err)
{
    struct reading *r =
        mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t reader;
    int rc;

    *conf = (struct mp_worker_conf){0};
    if (r == MAP_FAILED)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    mp_fail(&r->err, MP_FAULT_FAILED, "the process that reads the configuration died");
    reader = fork();
    if (reader == 0) {
        read_settings(r, options);
        _exit(0);
    }
    if (reader < 0) {
        mp_fail(&r->err, MP_FAULT_FAILED, "cannot start a process: %s", strerror(errno));
    } else {
        while (waitpid(reader, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    rc = copy(conf, r, err);
    munmap(r, sizeof *r);
    return rc;
}

void mp_worker_conf_free(struct mp_worker_conf *conf)
{
    free(conf->queue_directory);
    free(conf->logfile);
    free(conf->status);
    *conf = (struct mp_worker_conf){0};
}
