/* SPDX-License-Identifier: MIT
 * handover.c - who does the work once the epilog has written its entry.
 *
 * The epilog takes the worker's lock itself and lets the worker it starts inherit it: so
 * of a hundred epilogs at once one starts a worker and the others need not even try.
 * Should the start fail, the kernel lets go of the lock and
 * the next epilog tries again. */
#include "config.h"

#include "hook/hook.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOCK_FD = 3, MAX_VARIABLES = 64 };

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Our own variables and the zone, where Slurm let them through (before 22.05); secrets
 * must stand in the configuration file, not in a process's environment. */
static bool is_handed_on(const char *variable)
{
    if (strstr(variable, "PASSWORD") != NULL || strstr(variable, "PASSPHRASE") != NULL)
        return false;
    return starts_with(variable, "MONSTER_POWER_") || starts_with(variable, "REPACSS_") ||
           starts_with(variable, "TZ=");
}

static void make_environment(const char *environment[MAX_VARIABLES])
{
    size_t n = 0;

    environment[n++] =
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (char **v = environ; *v != NULL && n < MAX_VARIABLES - 1; v++)
        if (is_handed_on(*v))
            environment[n++] = *v;
    environment[n] = NULL;
}

/* slurmctld reads the other end of our stdout and stderr
 * until the last copy is closed. */
static void leave_standard_files(void)
{
    int null = open("/dev/null", O_RDWR);

    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
}

static void keep_only(int kept)
{
    DIR *listing = opendir("/proc/self/fd");
    const struct dirent *d;

    if (listing == NULL)
        return;
    while ((d = readdir(listing)) != NULL) {
        int fd = atoi(d->d_name);

        if (fd > 2 && fd != kept)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    closedir(listing);
}

/* In the grandchild: become the worker. */
static void become_worker(int lock, struct mp_log *log, const char *job)
{
    const char *program = getenv("MONSTER_POWER_PROGRAM");
    char *const argv[] = {(char *)"monster-power", (char *)"worker", (char *)"--detached",
                          (char *)"--lock-fd",     (char *)"3",      NULL};
    const char *environment[MAX_VARIABLES];

    if (program == NULL || program[0] != '/')
        program = MP_BINDIR "/monster-power";
    make_environment(environment);
    keep_only(LOCK_FD);
    if (lock != LOCK_FD)
        dup2(lock, LOCK_FD);
    else
        fcntl(LOCK_FD, F_SETFD, 0);
    umask(077);
    if (chdir("/") == 0)
        execve(program, argv, (char *const *)environment);
    mp_log_event(log, MP_LOG_ERROR, job, "worker_not_started", "program", program,
                 "reason", strerror(errno), NULL);
}

/* Two forks and a session of its own: slurmctld kills the epilog's process group when the
 * epilog ends, and must not find the worker there. */
static void start_worker(int lock, struct mp_log *log, const char *job)
{
    pid_t child = fork();

    if (child == 0) {
        leave_standard_files();
        setsid();
        child = fork();
        if (child == 0) {
            become_worker(lock, log, job);
            _exit(1);
        }
        _exit(child < 0);
    }
    if (child < 0) {
        mp_log_event(log, MP_LOG_ERROR, job, "worker_not_started", "reason",
                     strerror(errno), NULL);
        return;
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

void mp_handover(struct mp_queue *q, struct mp_log *log, const char *job)
{
    struct mp_error err = {0};
    int lock, high;

    if (mp_queue_has_service(q)) {
        if (!mp_queue_is_locked(q))
            mp_log_event(log, MP_LOG_WARNING, job, "no_worker", "reason",
                         "monster-power-worker.service does not run; the entry waits",
                         NULL);
        return;
    }
    if (mp_queue_lock(q, &lock, &err) < 0) {
        mp_log_event(log, MP_LOG_ERROR, job, "worker_not_started", "reason", err.text,
                     NULL);
        return;
    }
    if (lock < 0)
        return;
    high = fcntl(lock, F_DUPFD_CLOEXEC, LOCK_FD); /* not among the standard ones */
    if (high >= 0) {
        start_worker(high, log, job);
        close(high);
    }
    close(lock);
}
