/* SPDX-License-Identifier: MIT
 * slurm.c - what slurmctld will do with the configuration it is about to read.
 *
 * Facts (Slurm 22.05 to 25.11): a script that is missing or not readable and executable
 * by SlurmUser is only logged before 23.02, and keeps slurmctld from starting since;
 * slurmctld has no -C, and -c clears all jobs. */
#include "config.h"

#include "check/checklist.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slurm/conf.h"

#define EPILOG MP_PKGLIBEXECDIR "/monster_epilog_slurmctld.sh"
#define PROLOG MP_PKGLIBEXECDIR "/monster_prolog_slurmctld.sh"
#define HOOK MP_PKGLIBEXECDIR "/monster-power-hook"
#define SYSTEMD_DROP_INS "/etc/systemd/system/slurmctld.service.d"

struct version {
    int major, minor; /* 0, 0: unknown */
};

/* "slurm 22.05.8", "slurm-wlm 22.05.8" */
static struct version find_version(void)
{
    static const char *const programs[][2] = {
        {"/usr/sbin/slurmctld", "-V"},
        {"/usr/local/sbin/slurmctld", "-V"},
        {"/opt/slurm/sbin/slurmctld", "-V"},
        {"/usr/bin/scontrol", "--version"},
        {"/usr/local/bin/scontrol", "--version"},
    };
    struct version v = {0};
    char out[256];

    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char *argv[] = {(char *)programs[i][0], (char *)programs[i][1], NULL};

        if (mp_check_run(argv, out, sizeof out) == 0 &&
            sscanf(out, "slurm%*[^ ] %d.%d", &v.major, &v.minor) != 2 &&
            sscanf(out, "slurm %d.%d", &v.major, &v.minor) != 2)
            v = (struct version){0};
        if (v.major > 0)
            break;
    }
    return v;
}

static bool at_least(struct version v, int major, int minor)
{
    return v.major > major || (v.major == major && v.minor >= minor);
}

static bool find_user(struct mp_checklist *c, const char *name,
                      struct mp_check_user *user)
{
    struct passwd *found = NULL;
    char *end;
    unsigned long uid = strtoul(name, &end, 10);

    if (*name != '\0' && *end == '\0')
        getpwuid_r((uid_t)uid, &user->pw, user->buf, sizeof user->buf, &found);
    else
        getpwnam_r(name, &user->pw, user->buf, sizeof user->buf, &found);
    user->known = found != NULL;
    if (found == NULL)
        mp_check_say(c, MP_CHECK_FAIL,
                     "correct SlurmUser in slurm.conf, or make the user",
                     "SlurmUser=%s is no user of this machine", name);
    else
        mp_check_say(c, MP_CHECK_OK, NULL, "SlurmUser is %s", name);
    return found != NULL;
}

struct script {
    const char *key;
    const char *path;
};

/* As SlurmUser: what slurmctld itself asks before it runs a script. */
static void check_access(struct mp_checklist *c, void *arg)
{
    const struct script *s = arg;
    struct stat st;
    char remedy[PATH_MAX + 64];

    snprintf(remedy, sizeof remedy, "chmod 755 %s, and let that user into its folders",
             s->path);
    if (stat(s->path, &st) < 0)
        mp_check_say(c, MP_CHECK_FAIL,
                     errno == ENOENT
                         ? "correct the path; a slurmctld from 23.02 on does not "
                           "start without it"
                         : remedy,
                     "%s: %s: %s", s->key, s->path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        mp_check_say(c, MP_CHECK_FAIL, "correct the path", "%s: %s is not a file", s->key,
                     s->path);
    else if (faccessat(AT_FDCWD, s->path, R_OK | X_OK, AT_EACCESS) < 0)
        mp_check_say(c, MP_CHECK_FAIL, remedy,
                     "%s: %s cannot be read and executed by SlurmUser: %s", s->key,
                     s->path, strerror(errno));
    else
        mp_check_say(c, MP_CHECK_OK, NULL, "%s: %s can be read and executed by SlurmUser",
                     s->key, s->path);
}

static void check_script(struct mp_checklist *c, const char *key, const char *path,
                         const char *place, const char *ours,
                         const struct mp_check_user *user)
{
    struct script script = {.key = key, .path = path};
    char remedy[PATH_MAX + 128];
    struct mp_error err = {0};

    if (path[0] != '/') {
        mp_check_say(c, MP_CHECK_FAIL, "write the absolute path", "%s=%s (%s)", key, path,
                     place);
        return;
    }
    if (mp_check_as(c, &user->pw, check_access, &script, &err) < 0)
        mp_check_say(c, MP_CHECK_FAIL, "run it again", "%s", err.text);
    mp_check_path(c, path, &user->pw);
    if (strcmp(path, ours) == 0)
        return;
    snprintf(remedy, sizeof remedy, "if it is the old script, write %s=%s", key, ours);
    mp_check_say(c, MP_CHECK_WARN, remedy, "%s (%s) is not this program's script", key,
                 place);
}

static void check_scripts(struct mp_checklist *c, const struct mp_slurmconf *conf,
                          struct version v, const struct mp_check_user *user)
{
    struct script hook = {.key = "the script's program", .path = HOOK};
    struct mp_error err = {0};

    if (conf->epilog == NULL) {
        mp_check_say(c, MP_CHECK_FAIL, "add EpilogSlurmctld=" EPILOG,
                     "EpilogSlurmctld is not set: no job will be reported");
    } else {
        check_script(c, "EpilogSlurmctld", conf->epilog, conf->epilog_place, EPILOG,
                     user);
        if (strcmp(conf->epilog, EPILOG) == 0 &&
            mp_check_as(c, &user->pw, check_access, &hook, &err) == 0)
            mp_check_path(c, HOOK, &user->pw);
    }
    if (conf->prolog != NULL)
        check_script(c, "PrologSlurmctld", conf->prolog, conf->prolog_place, PROLOG,
                     user);
    else if (v.major == 0 || !at_least(v, 23, 2))
        mp_check_say(
            c, MP_CHECK_WARN, "add PrologSlurmctld=" PROLOG,
            "PrologSlurmctld is not set: before 23.02 Slurm does not tell a job's "
            "start, which is then looked up in the database");
    else
        mp_check_say(c, MP_CHECK_OK, NULL,
                     "PrologSlurmctld is not needed: Slurm tells a job's start");
}

/* Slurm's own parser says more than ours: unknown keys, bad values. */
static void check_syntax(struct mp_checklist *c, const char *path)
{
    char set[PATH_MAX + 16], out[400];
    char *argv[] = {(char *)"/usr/bin/env",
                    set,
                    (char *)"scontrol",
                    (char *)"show",
                    (char *)"hostnames",
                    (char *)"x",
                    NULL};
    int status;

    snprintf(set, sizeof set, "SLURM_CONF=%s", path);
    status = mp_check_run(argv, out, sizeof out);
    if (status == 0)
        mp_check_say(c, MP_CHECK_OK, NULL, "%s is one that Slurm's commands accept",
                     path);
    else if (status == 127 || status < 0)
        mp_check_say(c, MP_CHECK_WARN, "run check where Slurm is installed",
                     "scontrol could not be asked about %s", path);
    else
        mp_check_say(c, MP_CHECK_FAIL, "correct the line", "%s: %.300s", path, out);
}

static void say_how_to_restart(struct mp_checklist *c, const struct mp_slurmconf *conf,
                               struct version v)
{
    if (v.major == 0) {
        mp_check_say(c, MP_CHECK_WARN, "restart slurmctld rather than reconfigure it",
                     "Slurm's version could not be found");
        return;
    }
    mp_check_say(
        c, MP_CHECK_OK, NULL,
        "Slurm %d.%02d: %s; the script's and this program's contents take effect at "
        "once",
        v.major, v.minor,
        conf->epilog == NULL ? "the first EpilogSlurmctld needs a restart"
                             : "a changed path needs `scontrol reconfigure`, the first "
                               "EpilogSlurmctld a restart (systemctl restart slurmctld)");
}

static void say_how_to_go_back(struct mp_checklist *c, const char *path)
{
    mp_check_say(c, MP_CHECK_OK, NULL, "before a change: cp -a %s %s.bak%s", path, path,
                 access(SYSTEMD_DROP_INS, F_OK) == 0 ? "; cp -a " SYSTEMD_DROP_INS
                                                       " /root/slurmctld.service.d.bak"
                                                     : "");
    mp_check_say(
        c, MP_CHECK_WARN,
        "to test a file: SLURM_CONF=FILE scontrol show "
        "hostnames x, which exits 1 on an error",
        "never run `slurmctld -C`, which does not exist: `slurmctld -c`, one shift "
        "key away, clears all jobs");
}

/* Where an administrator may have set variables for
 * slurmctld, as the old script wanted. */
static void check_old_variables(struct mp_checklist *c)
{
    static const char *const files[] = {SYSTEMD_DROP_INS "/override.conf",
                                        "/etc/default/slurmctld",
                                        "/etc/sysconfig/slurmctld"};
    char line[4096];
    bool any = getenv("MONSTER_POWER_PYTHON") != NULL || getenv("MONSTER_POWER_SCRIPT");

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        FILE *f = fopen(files[i], "re");
        bool here = false;

        while (f != NULL && fgets(line, sizeof line, f) != NULL)
            here = here || strstr(line, "MONSTER_POWER_") || strstr(line, "REPACSS_");
        if (f != NULL)
            fclose(f);
        if (here)
            mp_check_say(c, MP_CHECK_WARN,
                         "move the values to " MP_SYSCONFDIR
                         "/monster-power.ini (`monster-power config "
                         "--import-env` helps) and take the lines out",
                         "%s sets variables of the old script", files[i]);
    }
    if (any)
        mp_check_say(
            c, MP_CHECK_WARN, "unset them",
            "MONSTER_POWER_PYTHON and MONSTER_POWER_SCRIPT are ignored: there is no "
            "Python script any more");
    mp_check_say(c, MP_CHECK_OK, NULL,
                 "variables of slurmctld's environment do not arrive in the epilog (from "
                 "22.05 on at the latest); settings come from the configuration file");
}

static const char *default_conf(void)
{
    static const char *const usual[] = {
        "/etc/slurm/slurm.conf", "/etc/slurm-llnl/slurm.conf",
        "/usr/local/etc/slurm.conf", "/opt/slurm/etc/slurm.conf"};
    const char *set = getenv("SLURM_CONF");

    if (set != NULL && set[0] != '\0')
        return set;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (access(usual[i], F_OK) == 0)
            return usual[i];
    return usual[0];
}

void mp_check_slurm(struct mp_checklist *c, const char *slurm_conf,
                    struct mp_check_user *user)
{
    const char *path = slurm_conf != NULL ? slurm_conf : default_conf();
    struct version v = find_version();
    struct mp_slurmconf conf;
    struct mp_error err = {0};

    user->known = 0;
    if (mp_slurmconf_read(&conf, path, &err) < 0) {
        mp_check_say(c, MP_CHECK_FAIL, "name the file with --slurm-conf", "%s", err.text);
        return;
    }
    mp_check_say(c, MP_CHECK_OK, NULL, "%s was read (%zu file%s)", path, conf.n_files,
                 conf.n_files == 1 ? "" : "s");
    check_syntax(c, path);
    if (find_user(c, conf.slurm_user, user)) {
        mp_check_path(c, path, &user->pw);
        check_scripts(c, &conf, v, user);
    }
    say_how_to_restart(c, &conf, v);
    say_how_to_go_back(c, path);
    check_old_variables(c);
    mp_slurmconf_free(&conf);
}
