/* SPDX-License-Identifier: MIT
 * hook_conf.c - the hook's few settings. */
#include "config.h"

#include "hook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include MP_INIPARSER_H

static const struct {
    const char *key;      /* of the file, as iniparser names it */
    const char *variable; /* of the environment, which wins */
    const char *fallback;
} sources[] = {
    {"power:comment_keyword", "MONSTER_POWER_COMMENT_KEYWORD", "power_profiling"},
    {"queue:directory", "MONSTER_POWER_QUEUE_DIRECTORY",
     MP_LOCALSTATEDIR "/spool/monster-power"},
    {"power:logfile", "MONSTER_POWER_LOGFILE", ""},
    {"power:delay_seconds", "MONSTER_POWER_DELAY_SECONDS", "10"},
};

enum { KEYWORD, DIRECTORY, LOGFILE, DELAY, N_SOURCES };

/* iniparser prints to stderr otherwise, and slurmctld reads that. */
static int say_nothing(const char *format, ...)
{
    (void)format;
    return 0;
}

/* A file that others can write decides where root would write: refuse it. */
static int check_file(const char *path, struct mp_error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return mp_fail(err, errno == ENOENT ? MP_FAULT_NO_SAMPLES : MP_FAULT_USAGE,
                       "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return mp_fail(err, MP_FAULT_USAGE, "%s is not a file", path);
    if ((st.st_mode & 022) != 0 || (st.st_uid != 0 && st.st_uid != geteuid()))
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s can be written by others: chmod go-w it, and chown it to root",
                       path);
    return 0;
}

static int load_file(dictionary **ini, struct mp_error *err)
{
    const char *named = getenv("MONSTER_POWER_CONFIG");
    const char *path = named != NULL && named[0] != '\0' ? named
                                                         : MP_SYSCONFDIR "/monster-power.ini";

    *ini = NULL;
    if (check_file(path, err) < 0) {
        /* No file at the built-in place is fine: everything has a default. */
        return err->fault == MP_FAULT_NO_SAMPLES && path != named ? 0 : -1;
    }
    iniparser_set_error_callback(say_nothing);
    *ini = iniparser_load(path);
    if (*ini == NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "cannot read %s: not an INI file or not readable by user %u", path,
                       (unsigned)geteuid());
    return 0;
}

static const char *value_of(const dictionary *ini, int i)
{
    const char *value = getenv(sources[i].variable);

    if (value == NULL || value[0] == '\0')
        value = ini != NULL ? iniparser_getstring(ini, sources[i].key, NULL) : NULL;
    return value != NULL ? value : sources[i].fallback;
}

static int64_t seconds_of(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    return *text != '\0' && *end == '\0' && n >= 0 && n <= 86400 ? n : 10;
}

int mp_hook_conf_load(struct mp_hook_conf *conf, struct mp_error *err)
{
    dictionary *ini;
    int rc = load_file(&ini, err);

    conf->keyword = strdup(value_of(ini, KEYWORD));
    conf->queue_directory = strdup(value_of(ini, DIRECTORY));
    conf->logfile = strdup(value_of(ini, LOGFILE));
    conf->delay_seconds = seconds_of(value_of(ini, DELAY));
    if (ini != NULL)
        iniparser_freedict(ini);
    if (conf->keyword == NULL || conf->queue_directory == NULL || conf->logfile == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    return rc;
}

void mp_hook_conf_free(struct mp_hook_conf *conf)
{
    free(conf->keyword);
    free(conf->queue_directory);
    free(conf->logfile);
    *conf = (struct mp_hook_conf){0};
}
