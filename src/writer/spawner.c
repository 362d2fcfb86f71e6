/* SPDX-License-Identifier: MIT
 * spawner.c - the process that forks writers, and that never saw a secret. */
#include "config.h"

#include "writer/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chart/chart.h"
#include "writer/impl.h"

enum {
    BROOD_MAX = 64,
    GIVE_UP_S = 3,   /* for a writer whose pipes are closed to remove what it has */
    HANGING_MAX = 2, /* of one user: no more are started beside them */
};

/* The program that sudo starts: this one, as long as it
 * lies where it was started from. */
static void own_path(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

    if (n > 0) {
        path[n] = '\0';
        if (access(path, X_OK) == 0)
            return;
    }
    snprintf(path, PATH_MAX, "%s/monster-power", MP_BINDIR);
}

/* Returns only where the program cannot be started. */
static void exec_as(const struct mp_spawn_request *request)
{
    char path[PATH_MAX], user[MP_USER_SIZE];

    own_path(path);
    if (request->owner.name[0] != '\0')
        snprintf(user, sizeof user, "%s", request->owner.name);
    else
        snprintf(user, sizeof user, "#%lu", (unsigned long)request->owner.uid);
    if (request->way == MP_WAY_SUDO)
        execl("/usr/bin/sudo", "sudo", "-n", "-u", user, "--", path, "write-report",
              (char *)NULL);
    else
        execle("/usr/sbin/runuser", "runuser", "-u", user, "--", path, "write-report",
               (char *)NULL, environ);
    dprintf(STDERR_FILENO, "%s: %s\n", request->way == MP_WAY_SUDO ? "sudo" : "runuser",
            strerror(errno));
}

/* In the forked child: descriptors first, then who we are, then the work. */
static void run_child(const struct mp_spawn_request *request, const int fds[MP_SPAWN_FDS])
{
    struct mp_error err = {0};

    for (int i = 0; i < MP_SPAWN_FDS; i++)
        if (dup2(fds[i], i) < 0)
            _exit(1);
    mp_close_from(MP_SPAWN_FDS);
    signal(SIGCHLD, SIG_DFL);
    if (request->way == MP_WAY_SUDO || request->way == MP_WAY_RUNUSER) {
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        exec_as(request);
        _exit(127);
    }
    prctl(PR_SET_NAME, "mp-writer");
    if ((request->way == MP_WAY_BECOME ? mp_become(&request->owner, &err)
                                       : mp_seal_process(&err)) < 0) {
        dprintf(STDERR_FILENO, "%s\n", err.text);
        _exit(1);
    }
    _exit(mp_writer_serve(&err) == 0 ? 0 : 1);
}

/* One request with its descriptors.  1, 0 when the worker is gone, -1 to be ignored. */
static int receive(int fd, struct mp_spawn_request *request, int fds[MP_SPAWN_FDS])
{
    union {
        char buf[CMSG_SPACE(sizeof(int) * MP_SPAWN_FDS)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = request, .iov_len = sizeof *request};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.buf,
                         .msg_controllen = sizeof control.buf};
    struct cmsghdr *c;
    ssize_t n;

    do
        n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return 0;
    c = CMSG_FIRSTHDR(&msg);
    if (n == sizeof *request && request->way == MP_WAY_GIVE_UP && c == NULL)
        return 1;
    if (n != sizeof *request || c == NULL || c->cmsg_type != SCM_RIGHTS ||
        c->cmsg_len != CMSG_LEN(sizeof(int) * MP_SPAWN_FDS))
        return -1;
    memcpy(fds, CMSG_DATA(c), sizeof(int) * MP_SPAWN_FDS);
    request->owner.name[MP_USER_SIZE - 1] = '\0';
    return 1;
}

/* The writers that have not ended. */
struct brood {
    struct {
        pid_t pid; /* 0: a free place */
        uint32_t id;
        uid_t uid;
        int64_t kill_at; /* given up: killed then; 0: not */
    } w[BROOD_MAX];
};

static void reap(struct brood *b)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (size_t i = 0; i < BROOD_MAX; i++)
            if (b->w[i].pid == pid)
                b->w[i].pid = 0;
}

/* Unreaped, so the number is still theirs.  sudo's are not ours to kill: they are only
 * counted. */
static bool kill_overdue(struct brood *b, int64_t now)
{
    bool any = false;

    reap(b);
    for (size_t i = 0; i < BROOD_MAX; i++)
        if (b->w[i].pid != 0 && b->w[i].kill_at != 0) {
            any = true;
            if (now >= b->w[i].kill_at)
                kill(-b->w[i].pid, SIGKILL);
        }
    return any;
}

static void give_up(struct brood *b, uint32_t id)
{
    for (size_t i = 0; i < BROOD_MAX; i++)
        if (b->w[i].pid != 0 && b->w[i].id == id)
            b->w[i].kill_at = mp_clock_us() + (int64_t)GIVE_UP_S * 1000000;
}

/* How many of this user's were killed and are still there. */
static unsigned count_hanging(const struct brood *b, uid_t uid)
{
    int64_t killed = mp_clock_us() - 1000000;
    unsigned n = 0;

    for (size_t i = 0; i < BROOD_MAX; i++)
        n += b->w[i].pid != 0 && b->w[i].kill_at != 0 && b->w[i].kill_at < killed &&
             b->w[i].uid == uid;
    return n;
}

/* A failed fork is told by the pipes' end. */
static void spawn(struct brood *b, const struct mp_spawn_request *request,
                  const int fds[MP_SPAWN_FDS])
{
    uid_t uid = request->way == MP_WAY_SELF ? geteuid() : request->owner.uid;
    unsigned hanging = count_hanging(b, uid);
    size_t at = 0;
    pid_t pid;

    while (at < BROOD_MAX && b->w[at].pid != 0)
        at++;
    if (hanging >= HANGING_MAX || at == BROOD_MAX) {
        dprintf(fds[2], "%u writers of uid %lu hang; none is started before they end\n",
                hanging, (unsigned long)uid);
        return;
    }
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        run_child(request, fds);
    }
    if (pid > 0) {
        setpgid(pid, pid); /* whoever is first */
        b->w[at].pid = pid;
        b->w[at].id = request->id;
        b->w[at].uid = uid;
        b->w[at].kill_at = 0;
    }
}

static void serve(int fd)
{
    struct brood brood = {0};
    struct mp_spawn_request request;
    int fds[MP_SPAWN_FDS], rc;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        bool any = kill_overdue(&brood, mp_clock_us());

        if (poll(&p, 1, any ? 200 : -1) <= 0) /* a writer's end interrupts it */
            continue;
        rc = receive(fd, &request, fds);
        if (rc == 0)
            break;
        if (rc < 0)
            continue;
        reap(&brood);
        if (request.way == MP_WAY_GIVE_UP) {
            give_up(&brood, request.id);
            continue;
        }
        spawn(&brood, &request, fds);
        for (int i = 0; i < MP_SPAWN_FDS; i++)
            close(fds[i]);
    }
    kill_overdue(&brood, INT64_MAX);
}

static void wake_up(int signal_number)
{
    (void)signal_number;
}

/* Standard descriptors to /dev/null: whoever started the worker must not wait for us. */
static void spawner_main(int fd)
{
    struct mp_error err = {0};
    int null = open("/dev/null", O_RDWR);
    sigset_t stop;

    prctl(PR_SET_NAME, "mp-spawner");
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGHUP);
    sigprocmask(SIG_SETMASK, &stop, NULL); /* our end is the worker's end */
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = wake_up}, NULL);
    if (null < 0 || mp_clean_environment(&err) < 0 || chdir("/") < 0)
        _exit(1);
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    if (fd != 3 && dup2(fd, 3) < 0)
        _exit(1);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    mp_close_from(4);
    umask(027);
    mp_chart_preload();
    serve(3);
    _exit(0);
}

int mp_spawner_start(struct mp_spawner **out, struct mp_error *err)
{
    struct mp_spawner *s = calloc(1, sizeof *s);
    int pair[2];

    if (s == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    for (size_t i = 0; i < MP_LINES_KEPT; i++)
        s->kept[i].line = mp_line_none();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        free(s);
        return mp_fail(err, MP_FAULT_FAILED, "cannot make a socket: %s", strerror(errno));
    }
    s->pid = fork();
    if (s->pid == 0) {
        close(pair[0]);
        spawner_main(pair[1]);
    }
    close(pair[1]);
    s->fd = pair[0];
    if (s->pid < 0) {
        close(s->fd);
        free(s);
        return mp_fail(err, MP_FAULT_FAILED, "cannot fork: %s", strerror(errno));
    }
    *out = s;
    return 0;
}

void mp_spawner_stop(struct mp_spawner *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < MP_LINES_KEPT; i++)
        mp_line_close(&s->kept[i].line);
    close(s->fd);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(s);
}
