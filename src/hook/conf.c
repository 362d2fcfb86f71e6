/* SPDX-License-Identifier: MIT
 * conf.c - the hook's few settings. */
#include "config.h"

#include "hook/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/home.h"
#include "base/whole.h"
#include "config/ini.h"

static const struct {
    const char *section, *key;
    const char *variable; /* of the environment, which wins */
    const char *fallback;
} sources[] = {
    {"power", "comment_keyword", "MONSTER_POWER_COMMENT_KEYWORD", "power_profiling"},
    {"queue", "directory", "MONSTER_POWER_QUEUE_DIRECTORY",
     MP_LOCALSTATEDIR "/spool/monster-power"},
    {"power", "logfile", "MONSTER_POWER_LOGFILE", ""},
    {"power", "delay_seconds", "MONSTER_POWER_DELAY_SECONDS", "10"},
};

enum { KEYWORD, DIRECTORY, LOGFILE, DELAY, N_SOURCES };
enum { DELAY_DEFAULT = 10, DELAY_MOST = 604800 }; /* s, as in config/keys.c */

/* A file that others can write decides where root would write: refuse it.
 * (config/settings.c knows finer rules, but asks for names of users and groups, which can
 * take seconds.) */
static int check_file(int fd, const char *path, struct mp_error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return mp_fail(err, MP_FAULT_USAGE, "%s is not a file", path);
    if ((st.st_mode & S_IWOTH) != 0 || (st.st_uid != 0 && st.st_uid != geteuid()) ||
        ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0 && st.st_gid != getegid()))
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s can be written by others: chmod go-w it, and chown it to root",
                       path);
    return 0;
}

static int parse_file(int fd, const char *path, struct mp_ini *ini, struct mp_error *err)
{
    char *text = calloc(MP_INI_MAX + 2, 1);
    ssize_t n;
    int rc;

    if (text == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    n = mp_read_all(fd, text, MP_INI_MAX + 1);
    if (n < 0)
        rc = mp_fail(err, MP_FAULT_USAGE, "cannot read %s: %s", path, strerror(errno));
    else
        return mp_ini_parse(ini, path, text, (size_t)n, err);
    free(text);
    return rc;
}

static int load_file(struct mp_ini *ini, struct mp_error *err)
{
    const char *named = getenv("MONSTER_POWER_CONFIG");
    const char *path =
        named != NULL && named[0] != '\0' ? named : MP_SYSCONFDIR "/monster-power.ini";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int rc;

    if (fd < 0 && errno == ENOENT && path != named)
        return 0; /* nothing at the built-in place is fine: everything has a default */
    if (fd < 0)
        return mp_fail(err, MP_FAULT_USAGE, "cannot read %s as user %u: %s", path,
                       (unsigned)geteuid(), strerror(errno));
    rc = check_file(fd, path, err);
    if (rc == 0)
        rc = parse_file(fd, path, ini, err);
    close(fd);
    return rc;
}

static const char *value_of(const struct mp_ini *ini, int i)
{
    const char *value = getenv(sources[i].variable);

    if (value != NULL && value[0] != '\0')
        return value;
    for (size_t n = 0; n < ini->n; n++) {
        const struct mp_ini_entry *e = &ini->entries[n];

        if (e->key != NULL && strcmp(e->section, sources[i].section) == 0 &&
            strcmp(e->key, sources[i].key) == 0 && e->value[0] != '\0')
            return e->value;
    }
    return sources[i].fallback;
}

static int64_t seconds_of(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || n < 0 || n > DELAY_MOST)
        return DELAY_DEFAULT;
    return n;
}

int mp_hook_conf_load(struct mp_hook_conf *conf, struct mp_error *err)
{
    struct mp_ini ini = {0};
    int rc = load_file(&ini, err);

    conf->keyword = strdup(value_of(&ini, KEYWORD));
    conf->queue_directory = mp_home_expand(value_of(&ini, DIRECTORY));
    conf->logfile = mp_home_expand(value_of(&ini, LOGFILE));
    conf->delay_seconds = seconds_of(value_of(&ini, DELAY));
    mp_ini_free(&ini);
    if (conf->keyword == NULL || conf->queue_directory == NULL || conf->logfile == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    if (conf->queue_directory[0] != '/') {
        rc = mp_fail(err, MP_FAULT_USAGE,
                     "directory = %s in section [queue]: not an absolute path",
                     conf->queue_directory);
        free(conf->queue_directory);
        conf->queue_directory = strdup(sources[DIRECTORY].fallback);
    }
    return conf->queue_directory != NULL ? rc : -1;
}

void mp_hook_conf_free(struct mp_hook_conf *conf)
{
    free(conf->keyword);
    free(conf->queue_directory);
    free(conf->logfile);
    *conf = (struct mp_hook_conf){0};
}
