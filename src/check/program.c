/* SPDX-License-Identifier: MIT
 * program.c - our own side: configuration, queue, fallback directory, database, and a
 * report made for trial. */
#include "config.h"

#include "check/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chart/chart.h"
#include "queue/queue.h"
#include "report/report.h"
#include "session/session.h"
#include "backends/backend.h"

enum { DRY_RUN_S = 600 };

static const char *config_path(const struct mp_options *options)
{
    const char *set = getenv("MONSTER_POWER_CONFIG");

    if (options->config != NULL)
        return options->config;
    return set != NULL && set[0] != '\0' ? set : MP_SYSCONFDIR "/monster-power.ini";
}

static int load(const struct mp_check_program *p, struct mp_settings *settings,
                struct mp_error *err)
{
    return mp_backends_settings(settings, p->options->config, p->options->overrides,
                                p->options->n_overrides, err);
}

/* As SlurmUser: can the epilog read it?  The loader itself refuses a file whose secrets
 * others can read. */
void mp_check_configuration(struct mp_checklist *c, void *arg)
{
    const struct mp_check_program *p = arg;
    const char *path = config_path(p->options);
    struct mp_settings settings;
    struct mp_error err = {0};
    struct stat st;
    char remedy[PATH_MAX + 160];

    if (stat(path, &st) < 0 && errno == ENOENT && p->options->config == NULL) {
        mp_check_say(c, MP_CHECK_WARN,
                     "write one; `monster-power config` prints what counts",
                     "%s is not there: the built-in values count", path);
        return;
    }
    mp_check_path(c, path, p->user);
    if (load(p, &settings, &err) < 0) {
        if (access(path, F_OK) < 0 && errno == ENOENT)
            snprintf(remedy, sizeof remedy, "name a file that is there");
        else if (access(path, R_OK) < 0)
            snprintf(remedy, sizeof remedy, "chgrp %s %s; chmod 0640 %s",
                     p->user->pw_name, path, path);
        else
            snprintf(remedy, sizeof remedy,
                     "correct it; `monster-power config` tells whether");
        mp_check_say(c, MP_CHECK_FAIL, remedy, "configuration, as user %s: %s",
                     p->user->pw_name, err.text);
        return;
    }
    mp_check_say(c, MP_CHECK_OK, NULL,
                 "%s can be read by %s, and its secrets by nobody else", path,
                 p->user->pw_name);
    mp_settings_free(&settings);
}

/* The queue is made by the first epilog, in a folder that must be there. */
static void check_new_queue(struct mp_checklist *c, const char *path,
                            const struct passwd *user)
{
    char parent[PATH_MAX], remedy[PATH_MAX + 96], *slash;

    snprintf(parent, sizeof parent, "%s", path);
    slash = strrchr(parent, '/');
    if (slash == NULL)
        slash = parent;
    slash[slash == parent ? 1 : 0] = '\0';
    if (faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) == 0) {
        mp_check_say(c, MP_CHECK_OK, NULL,
                     "queue directory %s will be made by the first job", path);
        return;
    }
    snprintf(remedy, sizeof remedy, "install -d -m 0700 -o %s %s", user->pw_name, path);
    mp_check_say(c, MP_CHECK_FAIL, remedy,
                 "queue directory %s is not there and cannot be made", path);
}

/* What the hook cannot write into the file goes to syslog, where nobody looks for it. */
static void check_log(struct mp_checklist *c, const char *path, const struct passwd *user)
{
    char folder[PATH_MAX], remedy[PATH_MAX + 96], *slash;
    bool there = access(path, F_OK) == 0 || errno != ENOENT;

    if (path[0] == '\0')
        return;
    snprintf(folder, sizeof folder, "%s", path);
    if (!there && (slash = strrchr(folder, '/')) != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    if (faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0) {
        mp_check_say(c, MP_CHECK_OK, NULL, "log %s can be written by %s", path,
                     user->pw_name);
        return;
    }
    snprintf(remedy, sizeof remedy,
             there ? "chown %s %s" : "install -m 0640 -o %s -g root /dev/null %s",
             user->pw_name, path);
    mp_check_say(
        c, MP_CHECK_WARN, remedy,
        "log %s cannot be written by %s: what the hook has to say goes to syslog", path,
        user->pw_name);
}

/* As SlurmUser. */
void mp_check_queue(struct mp_checklist *c, void *arg)
{
    const struct mp_check_program *p = arg;
    struct mp_settings settings;
    struct mp_error err = {0};
    struct mp_queue queue;
    const char *path;

    if (load(p, &settings, &err) < 0)
        return; /* said by mp_check_configuration */
    check_log(c, settings.power->logfile, p->user);
    path = settings.queue->directory;
    mp_check_path(c, path, p->user);
    if (access(path, F_OK) < 0 && errno == ENOENT) {
        check_new_queue(c, path, p->user);
    } else if (mp_queue_open(&queue, path, false, &err) == 0) {
        mp_check_say(c, MP_CHECK_OK, NULL, "queue directory %s is private", path);
        mp_queue_close(&queue);
    } else {
        mp_check_say(c, MP_CHECK_FAIL, "give it to SlurmUser with mode 0700", "queue: %s",
                     err.text);
    }
    mp_settings_free(&settings);
}

/* The user a process runs as. */
static int uid_of(long pid, uid_t *uid)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof path, "/proc/%ld", pid);
    if (pid <= 0 || stat(path, &st) < 0)
        return -1;
    *uid = st.st_uid;
    return 0;
}

static void name_user(uid_t uid, char name[64])
{
    const struct passwd *found = getpwuid(uid);

    if (found != NULL)
        snprintf(name, 64, "%s", found->pw_name);
    else
        snprintf(name, 64, "uid %lu", (unsigned long)uid);
}

/* Whom systemd would run the service as; root where it does not tell. */
static uid_t service_uid(void)
{
    char *argv[] = {(char *)"/usr/bin/systemctl",
                    (char *)"show",
                    (char *)"--property=User",
                    (char *)"--value",
                    (char *)"monster-power-worker.service",
                    NULL};
    char name[256];
    const struct passwd *found = NULL;

    if (mp_check_run(argv, name, sizeof name) == 0 && name[0] != '\0')
        found = getpwnam(name);
    return found != NULL ? found->pw_uid : 0;
}

static uid_t ask_queue(struct mp_checklist *c, const struct mp_queue *q, uid_t slurm)
{
    long pid = mp_queue_is_locked(q) ? mp_queue_lock_read_pid(q) : -1;
    uid_t uid = slurm;
    char name[64];

    if (uid_of(pid, &uid) == 0) {
        name_user(uid, name);
        mp_check_say(c, MP_CHECK_OK, NULL, "a worker is at the queue: process %ld, as %s",
                     pid, name);
    } else if (mp_queue_has_service(q)) {
        uid = service_uid();
        name_user(uid, name);
        mp_check_say(
            c, MP_CHECK_WARN,
            "systemctl start monster-power-worker; or remove the file, and jobs' "
            "ends start workers",
            "no worker lives, and jobs' ends start none: a service (as %s) has "
            "left its mark %s/service",
            name, q->path);
    } else {
        mp_check_say(c, MP_CHECK_OK, NULL,
                     "no worker is at the queue: the next job's end starts one, as "
                     "SlurmUser");
    }
    return uid;
}

uid_t mp_check_find_worker(struct mp_checklist *c, const struct mp_check_program *p)
{
    uid_t uid = p->user->pw_uid;
    struct mp_settings settings;
    struct mp_queue queue;

    if (load(p, &settings, NULL) < 0)
        return uid; /* said by mp_check_configuration */
    if (mp_queue_open(&queue, settings.queue->directory, false, NULL) == 0) {
        uid = ask_queue(c, &queue, uid);
        mp_queue_close(&queue);
    }
    mp_settings_free(&settings);
    return uid;
}

static void check_outdir(struct mp_checklist *c, const struct mp_power_config *power,
                         const struct passwd *user)
{
    const char *outdir = power->outdir;
    bool everything = strcmp(power->place, "outdir") == 0;
    char remedy[PATH_MAX + 96];
    struct stat st;

    if (outdir[0] == '\0' && everything) {
        mp_check_say(c, MP_CHECK_FAIL, "set outdir in section [power]",
                     "place = outdir, but there is no outdir: no report has a place");
        return;
    }
    if (outdir[0] == '\0') {
        mp_check_say(
            c, MP_CHECK_WARN, "set outdir in section [power]",
            "no fallback directory: where a job's directory cannot be used there "
            "will be no report");
        return;
    }
    snprintf(remedy, sizeof remedy, "install -d -m 0755 -o %s %s", user->pw_name, outdir);
    if (stat(outdir, &st) < 0)
        mp_check_say(c, MP_CHECK_FAIL, remedy, "fallback directory %s: %s", outdir,
                     strerror(errno));
    else if (!S_ISDIR(st.st_mode) ||
             faccessat(AT_FDCWD, outdir, W_OK | X_OK, AT_EACCESS) < 0)
        mp_check_say(c, MP_CHECK_FAIL, remedy,
                     "fallback directory %s cannot be written by %s", outdir,
                     user->pw_name);
    else {
        mp_check_say(c, MP_CHECK_OK, NULL, "%s directory %s can be written",
                     everything ? "the reports'" : "fallback", outdir);
        mp_check_path(c, outdir, user);
    }
}

/* A writer as nobody, who stands for any owner, that hears of no report: it says so. */
static bool can_write_through(const char *const argv[])
{
    static const char answer[] = "nobody sent anything";
    char out[1024] = "";

    mp_check_run((char *const *)argv, out, sizeof out);
    return memmem(out, sizeof out, answer, sizeof answer - 1) != NULL;
}

/* The ways of writer/writer.h, in its order, as the worker goes them. */
static void check_writer(struct mp_checklist *c)
{
    char self[PATH_MAX] = MP_BINDIR "/monster-power";
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *const sudo[] = {"/usr/bin/sudo", "-n", "-u", "nobody", self,
                                "write-report",  NULL};
    const char *const runuser[] = {"/usr/sbin/runuser", "-u", "nobody", "--", self,
                                   "write-report",      NULL};

    if (n > 0)
        self[n] = '\0';
    if (geteuid() == 0 && can_write_through(runuser))
        mp_check_say(c, MP_CHECK_OK, NULL,
                     "reports are written as the job's owner: root could become nobody");
    else if (geteuid() == 0)
        mp_check_say(c, MP_CHECK_WARN, "let everybody read and execute it",
                     "%s cannot be run as nobody, who stands for a job's owner", self);
    else if (can_write_through(sudo))
        mp_check_say(c, MP_CHECK_OK, NULL,
                     "sudo lets the worker write as the job's owner (tried as nobody)");
    else
        mp_check_say(
            c, MP_CHECK_WARN,
            "install the sample monster-power.sudoers, or run the worker's service "
            "as root",
            "sudo does not let the worker write as a job's owner (tried as nobody): "
            "reports go to the fallback directory");
}

static void pass_on(void *arg, enum mp_check_level level, const char *what,
                    const char *remedy)
{
    mp_check_say(arg, level, remedy, "%s", what);
}

/* Can samples be read at all? */
static bool check_backend(struct mp_checklist *c, const struct mp_settings *settings,
                          const struct mp_run *run)
{
    struct mp_backend *b = NULL;
    struct mp_error err = {0};

    if (mp_backend_open(settings, run, &b, &err) < 0) {
        mp_check_say(c, MP_CHECK_FAIL, "until then jobs are queued and tried again",
                     "no samples can be read: %s", err.text);
        return false;
    }
    mp_check_say(c, MP_CHECK_OK, NULL, "backend %s", b->label);
    if (b->ops->check != NULL && b->ops->check(b, run, pass_on, c, &err) < 0)
        mp_check_say(c, MP_CHECK_FAIL, "until then jobs are queued and tried again", "%s",
                     err.text);
    mp_backend_close(b);
    return true;
}

/* A directory of ours, one level deep in `name`. */
static void remove_tree(const char *dir, const char *name)
{
    char path[PATH_MAX];
    DIR *list;
    const struct dirent *e;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    list = opendir(path);
    while (list != NULL && (e = readdir(list)) != NULL)
        unlinkat(dirfd(list), e->d_name, 0);
    if (list != NULL)
        closedir(list);
    rmdir(path);
    rmdir(dir);
}

static void say_reasons(struct mp_checklist *c, const struct mp_energy_result *r)
{
    for (size_t i = 0; i < r->n_reasons; i++)
        mp_check_say(c, MP_CHECK_WARN, NULL, "dry run: %s", r->reasons[i]);
}

static int dry_run_into(const char *dir, struct mp_session *s, struct mp_checklist *c,
                        const char *node, struct mp_error *err)
{
    const struct mp_report_parts parts = mp_report_parts(&s->settings);
    struct mp_report *report = NULL;
    int64_t began = mp_clock_us();
    enum mp_verdict verdict;
    int rc = -1;

    if (mp_report_new(&report, dir, &s->job, &parts, NULL, err) == 0 &&
        mp_session_fetch(s, mp_report_sink(report), err) == 0 &&
        mp_report_finish(report, &s->plan, &s->series, &s->findings,
                         s->backend->ops->name, s->backend->label, &verdict, err) == 0) {
        mp_check_say(
            c, verdict == MP_VALID ? MP_CHECK_OK : MP_CHECK_WARN,
            verdict == MP_VALID ? NULL : "the next lines say why",
            "dry run: %s, the last ten minutes: %llu samples, verdict %s, %.2f s", node,
            (unsigned long long)mp_report_result(report)->samples,
            mp_verdict_name(verdict), (double)(mp_clock_us() - began) / 1e6);
        say_reasons(c, mp_report_result(report));
        rc = 0;
    }
    mp_report_free(report);
    return rc;
}

static void dry_run(struct mp_checklist *c, const struct mp_check_program *p)
{
    char start[32], end[32], dir[] = "/tmp/monster-power-check.XXXXXX";
    struct mp_selection sel = {.start = start, .end = end, .nodelist = p->node};
    struct mp_session session = {.run.stop_fd = -1};
    struct mp_error err = {0};
    int64_t now = (int64_t)time(NULL);
    int rc = -1;

    snprintf(start, sizeof start, "%lld", (long long)now - DRY_RUN_S);
    snprintf(end, sizeof end, "%lld", (long long)now);
    if (mkdtemp(dir) == NULL) {
        mp_check_say(c, MP_CHECK_FAIL, "make room in /tmp", "dry run: cannot make %s: %s",
                     dir, strerror(errno));
        return;
    }
    if (mp_session_open(&session, "check", p->options, &sel, &err) == 0)
        rc = dry_run_into(dir, &session, c, p->node, &err);
    if (rc < 0)
        mp_check_say(c, MP_CHECK_FAIL, "correct that, then check again",
                     "dry run: %s: %s", p->node, err.text);
    mp_session_close(&session);
    remove_tree(dir, "power_0");
}

/* As the user the worker runs as. */
void mp_check_worker(struct mp_checklist *c, void *arg)
{
    const struct mp_check_program *p = arg;
    struct mp_settings settings;
    struct mp_error err = {0};
    struct mp_run run;
    bool east_asian, readable = false;

    if (mp_chart_check_fonts(&east_asian, &err) < 0)
        mp_check_say(c, MP_CHECK_FAIL, "install a font", "charts: %s", err.text);
    else if (!east_asian)
        mp_check_say(
            c, MP_CHECK_WARN,
            "apt install fonts-noto-cjk, or dnf install google-noto-sans-cjk-ttc-fonts",
            "fonts for the charts are there, but none for Chinese, Japanese and "
            "Korean: such names are drawn as boxes");
    else
        mp_check_say(c, MP_CHECK_OK, NULL, "fonts for the charts are there");
    if (load(p, &settings, &err) < 0)
        return; /* said by mp_check_configuration */
    check_outdir(c, settings.power, p->user);
    check_writer(c);
    if (mp_run_init(&run, "check", &err) == 0) {
        run.deadline_us =
            mp_clock_us() + (int64_t)settings.power->deadline_seconds * 1000000;
        readable = check_backend(c, &settings, &run);
        mp_run_close(&run);
    }
    mp_settings_free(&settings);
    if (p->node != NULL && !readable) /* a host that does not answer is waited for once */
        mp_check_say(c, MP_CHECK_WARN, NULL,
                     "dry run: not tried, since no samples can be read");
    else if (p->node != NULL)
        dry_run(c, p);
    else
        mp_check_say(c, MP_CHECK_WARN, "add --node NAME", "no report was made for trial");
}
