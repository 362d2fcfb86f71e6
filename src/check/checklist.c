/* SPDX-License-Identifier: MIT
 * checklist.c - saying a line, being another user for a while, walking up a path. */
#include "config.h"

#include "check/checklist.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/whole.h"

enum { PROGRAM_LIMIT_S = 5 };

void mp_check_say(struct mp_checklist *c, enum mp_check_level level, const char *remedy,
                  const char *fmt, ...)
{
    static const char *const words[] = {"ok", "warn", "FAIL"};
    char text[1024], shown[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    mp_utf8_escape(shown, sizeof shown, text);
    printf("%-4s  %s%s%s\n", words[level], shown, remedy != NULL ? " -- " : "",
           remedy != NULL ? remedy : "");
    c->fails += level == MP_CHECK_FAIL;
    c->warnings += level == MP_CHECK_WARN;
}

static int be(const struct passwd *user)
{
    /* libpq and ssh look for files there; sudo may have kept root's */
    setenv("HOME", user->pw_dir, 1);
    setenv("USER", user->pw_name, 1);
    setenv("LOGNAME", user->pw_name, 1);
    return initgroups(user->pw_name, user->pw_gid) < 0 ||
                   setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
                   setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0
               ? -1
               : 0;
}

int mp_check_as(struct mp_checklist *c, const struct passwd *user,
                void (*part)(struct mp_checklist *c, void *arg), void *arg,
                struct mp_error *err)
{
    struct mp_checklist counts = {0};
    int tell[2];
    pid_t pid;
    ssize_t n;

    if (geteuid() == user->pw_uid || geteuid() != 0) {
        if (geteuid() == user->pw_uid)
            part(c, arg);
        else if (!c->said_who)
            mp_check_say(c, MP_CHECK_FAIL, "run it as root, or as that user",
                         "what %s can do was not looked at, for uid %ld cannot try it",
                         user->pw_name, (long)geteuid());
        c->said_who = c->said_who || geteuid() != user->pw_uid;
        return 0;
    }
    if (fflush(stdout) != 0 || pipe2(tell, O_CLOEXEC) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot start a check: %s", strerror(errno));
    pid = fork();
    if (pid == 0) {
        if (be(user) < 0)
            mp_check_say(&counts, MP_CHECK_FAIL, "check the user's groups",
                         "cannot become %s: %s", user->pw_name, strerror(errno));
        else
            part(&counts, arg);
        fflush(stdout);
        n = write(tell[1], &counts, sizeof counts);
        _exit(n == sizeof counts ? 0 : 1);
    }
    close(tell[1]);
    n = pid > 0 ? read(tell[0], &counts, sizeof counts) : -1;
    close(tell[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    if (n != sizeof counts)
        return mp_fail(err, MP_FAULT_FAILED, "a check as %s broke off", user->pw_name);
    c->fails += counts.fails;
    c->warnings += counts.warnings;
    return 0;
}

/* One file or folder of the path; false where somebody else may change it. */
static bool is_safe(struct mp_checklist *c, const char *path, const struct passwd *user)
{
    struct stat st;
    char remedy[PATH_MAX + 64];

    if (stat(path, &st) < 0)
        return true; /* its absence is said elsewhere */
    if (st.st_uid != 0 && st.st_uid != user->pw_uid) {
        snprintf(remedy, sizeof remedy, "chown root %s", path);
        mp_check_say(c, MP_CHECK_FAIL, remedy,
                     "%s belongs to uid %ld, who could replace it", path,
                     (long)st.st_uid);
        return false;
    }
    if ((st.st_mode & S_IWOTH) != 0 && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX))) {
        snprintf(remedy, sizeof remedy, "chmod o-w %s", path);
        mp_check_say(c, MP_CHECK_FAIL, remedy, "%s can be changed by everybody", path);
        return false;
    }
    if ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0 && st.st_gid != user->pw_gid &&
        !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX))) {
        snprintf(remedy, sizeof remedy, "chmod g-w %s", path);
        mp_check_say(c, MP_CHECK_FAIL, remedy, "%s can be changed by group %ld", path,
                     (long)st.st_gid);
        return false;
    }
    return true;
}

void mp_check_path(struct mp_checklist *c, const char *path, const struct passwd *user)
{
    char resolved[PATH_MAX], *slash;

    if (realpath(path, resolved) == NULL)
        snprintf(resolved, sizeof resolved, "%s", path);
    while (is_safe(c, resolved, user) && strcmp(resolved, "/") != 0 &&
           (slash = strrchr(resolved, '/')) != NULL)
        slash[slash == resolved ? 1 : 0] = '\0';
}

int mp_check_run(char *const argv[], char *out, size_t size)
{
    ssize_t n = 0;
    int status = -1, from[2];
    pid_t pid;

    out[0] = '\0';
    if (access(argv[0], X_OK) < 0 || fflush(stdout) != 0 || pipe2(from, O_CLOEXEC) < 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDONLY);

        dup2(null, 0);
        dup2(from[1], 1);
        dup2(from[1], 2);
        alarm(PROGRAM_LIMIT_S);
        execv(argv[0], argv);
        _exit(127);
    }
    close(from[1]);
    if (pid > 0)
        n = mp_read_all(from[0], out, size - 1);
    if (n < 0)
        n = 0;
    while (n > 0 && out[n - 1] == '\n')
        n--;
    out[n] = '\0';
    for (char *p = out; (p = strchr(p, '\n')) != NULL;)
        *p = ' ';
    close(from[0]);
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
        return WEXITSTATUS(status);
    return -1;
}
