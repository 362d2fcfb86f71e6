/* SPDX-License-Identifier: MIT
 * worker.c - `monster-power worker`. */
#include "config.h"

#include "cli/command.h"

#include <stdlib.h>

#include "config/options.h"
#include "worker/worker.h"

static const char usage_text[] =
    "Works off the queue of finished jobs: waits until a job's samples are in the\n"
    "database, then writes its report as the job's owner. What may pass (a database "
    "that\n"
    "is away) is tried again; the rest goes to failed/ with its reason. Runs until it "
    "is\n"
    "told to stop. With --drain it ends when nothing is due soon; the exit status is 1 "
    "if\n"
    "something failed or still waits for another try.\n";

int mp_cmd_worker(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    struct mp_worker_options worker = {.lock_fd = -1};
    const char *lock_fd = NULL;
    const struct mp_option own[] = {
        {"drain", NULL, "end when nothing is due soon", NULL, &worker.drain},
        {"service", NULL, "the queue is this service's: epilogs start no worker", NULL,
         &worker.service},
        {"detached", NULL, "as an epilog starts it: end when the queue is empty", NULL,
         &worker.detached},
        {"lock-fd", "N", "the lock that comes with --detached", &lock_fd, NULL},
    };
    const struct mp_usage usage = {
        .line = "usage: monster-power worker [--drain] [OPTION...]",
        .text = usage_text,
        .options = own,
        .n_options = sizeof own / sizeof *own,
    };
    struct mp_options options;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (worker.drain + worker.service + worker.detached > 1)
        return mp_fail(err, MP_FAULT_USAGE,
                       "worker: --drain, --service and --detached exclude each other");
    if (lock_fd != NULL)
        worker.lock_fd = atoi(lock_fd);
    worker.common = &options;
    return mp_worker_run(&worker, err);
}
