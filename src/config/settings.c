/* SPDX-License-Identifier: MIT
 * settings.c - putting the configuration together:
 * defaults, file, environment, options. */
#include "config.h"

#include "config/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "config/ini.h"
#include "base/nearest.h"
#include "config/keys.h"

enum { WHERE_BYTES = 512, ENV_BYTES = 32 };

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory while reading the configuration");
}

static const struct mp_key *find_key(const char *section, const char *name)
{
    for (size_t i = 0; i < mp_n_keys; i++)
        if (strcmp(mp_keys[i].section, section) == 0 &&
            strcmp(mp_keys[i].name, name) == 0)
            return &mp_keys[i];
    return NULL;
}

static struct mp_origin *origin_of(struct mp_settings *s, const struct mp_key *key)
{
    return &s->origins->keys[key - mp_keys];
}

/* --- defaults ----------------------------------------------------------------------- */

static int set_defaults(struct mp_settings *s, struct mp_error *err)
{
    const struct passwd *user = getpwuid(geteuid());

    for (size_t i = 0; i < mp_n_keys; i++) {
        const struct mp_key *key = &mp_keys[i];
        const char *text = key->fallback;

        if (strcmp(key->section, "ssh") == 0 && strcmp(key->name, "username") == 0)
            text = user != NULL ? user->pw_name : "";
        if (mp_key_set(s, key, "built-in", text, err) < 0)
            return -1;
    }
    return mp_routes_builtin(s, err);
}

/* --- file --------------------------------------------------------------------------- */

static bool is_section(const char *name)
{
    for (size_t i = 0; i < mp_n_keys; i++)
        if (strcmp(mp_keys[i].section, name) == 0)
            return true;
    return false;
}

static int unknown_section(const char *path, const struct mp_ini_entry *e,
                           struct mp_error *err)
{
    static const char *const names[] = {"database", "ssh",   "csv",
                                        "power",    "queue", "route NAME"};

    return mp_fail(
        err, MP_FAULT_USAGE, "%s:%d: no section is called [%s]; did you mean [%s]?", path,
        e->line, e->section, mp_nearest(e->section, names, sizeof names / sizeof *names));
}

static int unknown_key(const char *path, const struct mp_ini_entry *e,
                       struct mp_error *err)
{
    const char *names[64];
    const char *elsewhere = NULL;
    size_t n = 0;

    for (size_t i = 0; i < mp_n_keys && n < 64; i++) {
        if (strcmp(mp_keys[i].section, e->section) == 0)
            names[n++] = mp_keys[i].name;
        else if (strcmp(mp_keys[i].name, e->key) == 0)
            elsewhere = mp_keys[i].section;
    }
    if (elsewhere != NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s:%d: [%s] has no key %s; it belongs to [%s]", path, e->line,
                       e->section, e->key, elsewhere);
    return mp_fail(err, MP_FAULT_USAGE, "%s:%d: [%s] has no key %s; did you mean %s?",
                   path, e->line, e->section, e->key, mp_nearest(e->key, names, n));
}

static int apply_entry(struct mp_settings *s, const struct mp_ini_entry *e,
                       struct mp_error *err)
{
    const char *path = s->origins->path;
    const struct mp_key *key;
    char where[WHERE_BYTES];

    if (strcmp(e->section, "route") == 0 || strncmp(e->section, "route ", 6) == 0)
        return mp_routes_set(s, e->section, e->key, e->value, e->line, err);
    if (!is_section(e->section))
        return unknown_section(path, e, err);
    if (e->key == NULL)
        return 0;
    key = find_key(e->section, e->key);
    if (key == NULL)
        return unknown_key(path, e, err);
    snprintf(where, sizeof where, "%s:%d", path, e->line);
    if (key->secret && e->commented)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "%s: [%s] %s has ';' or '#' outside of quotes; put it in double quotes, "
            "with \\\" for a double quote and \\\\ for a backslash",
            where, e->section, e->key);
    if (mp_key_set(s, key, where, e->value, err) < 0)
        return -1;
    *origin_of(s, key) = (struct mp_origin){.kind = MP_FROM_FILE, .line = e->line};
    return 0;
}

static char *read_all(int fd, const char *path, size_t *len, struct mp_error *err)
{
    char *text = malloc(MP_INI_MAX + 2);

    *len = 0;
    if (text == NULL) {
        no_memory(err);
        return NULL;
    }
    while (*len <= MP_INI_MAX) {
        ssize_t n = read(fd, text + *len, MP_INI_MAX + 1 - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            mp_fail(err, MP_FAULT_USAGE, "cannot read %s: %s", path, strerror(errno));
            explicit_bzero(text, *len);
            free(text);
            return NULL;
        }
        if (n == 0)
            break;
        *len += (size_t)n;
    }
    text[*len] = '\0';
    return text;
}

static bool has_secret(const struct mp_ini *ini)
{
    for (size_t i = 0; i < ini->n; i++) {
        const struct mp_ini_entry *e = &ini->entries[i];
        const struct mp_key *key = e->key != NULL ? find_key(e->section, e->key) : NULL;

        if (key != NULL && key->secret && e->value[0] != '\0')
            return true;
    }
    return false;
}

static int apply_text(struct mp_settings *s, const struct stat *st, int fd,
                      const char *text, size_t len, struct mp_error *err)
{
    struct mp_ini ini;
    int rc = -1;

    if (mp_ini_parse(&ini, s->origins->path, text, len, err) < 0)
        return -1;
    if (mp_settings_check_file(fd, st, s->origins->path, has_secret(&ini), err) < 0)
        goto out;
    for (size_t i = 0; i < ini.n; i++)
        if (apply_entry(s, &ini.entries[i], err) < 0)
            goto out;
    rc = 0;
out:
    mp_ini_free(&ini);
    return rc;
}

char *mp_settings_read(const char *path, size_t *len, struct mp_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *text;

    if (fd < 0) {
        mp_fail(err, MP_FAULT_USAGE, "cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    text = read_all(fd, path, len, err);
    close(fd);
    if (text != NULL && *len > MP_INI_MAX) {
        mp_fail(err, MP_FAULT_USAGE, "%s: more than %d bytes", path, MP_INI_MAX);
        explicit_bzero(text, *len);
        free(text);
        return NULL;
    }
    return text;
}

static int cannot_open(const char *path, bool named, struct mp_error *err)
{
    if (errno == EACCES && !named)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "cannot read %s: %s; run as root or SlurmUser, or name a file of your "
            "own with --config (/dev/null: built-in values only)",
            path, strerror(errno));
    return mp_fail(err, MP_FAULT_USAGE, "cannot read %s: %s", path, strerror(errno));
}

/* A file that was named must be there; the built-in path need not. */
static int apply_file(struct mp_settings *s, const char *path, bool named,
                      struct mp_error *err)
{
    struct stat st;
    char *text = NULL;
    size_t len;
    int rc = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT && !named)
        return 0;
    if (fd < 0)
        return cannot_open(path, named, err);
    if (fstat(fd, &st) < 0) {
        mp_fail(err, MP_FAULT_USAGE, "cannot read %s: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode) && !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))) {
        mp_fail(err, MP_FAULT_USAGE, "%s: not a regular file", path);
        goto out;
    }
    text = read_all(fd, path, &len, err);
    if (text == NULL)
        goto out;
    s->origins->file_read = true;
    rc = apply_text(s, &st, fd, text, len, err);
    explicit_bzero(text, len);
out:
    free(text);
    close(fd);
    return rc;
}

/* --- environment and command line --------------------------------------------------- */

static int apply_environment(struct mp_settings *s, struct mp_error *err)
{
    for (size_t i = 0; i < mp_n_keys; i++) {
        char buf[ENV_BYTES], where[WHERE_BYTES];
        const char *value;
        const char *name = mp_key_env(&mp_keys[i], buf, sizeof buf, &value);

        if (name == NULL)
            continue;
        snprintf(where, sizeof where, "environment variable %s", name);
        if (mp_key_set(s, &mp_keys[i], where, value, err) < 0)
            return -1;
        s->origins->keys[i] = (struct mp_origin){.kind = MP_FROM_ENV, .name = name};
    }
    return 0;
}

static int apply_overrides(struct mp_settings *s, const struct mp_override *overrides,
                           size_t n, struct mp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct mp_override *o = &overrides[i];
        const struct mp_key *key = find_key(o->section, o->key);

        if (key == NULL)
            return mp_fail(err, MP_FAULT_USAGE, "%s: [%s] has no key %s", o->option,
                           o->section, o->key);
        if (mp_key_set(s, key, o->option, o->value, err) < 0)
            return -1;
        *origin_of(s, key) =
            (struct mp_origin){.kind = MP_FROM_OPTION, .name = o->option};
    }
    return 0;
}

static int load(struct mp_settings *s, const char *path,
                const struct mp_override *overrides, size_t n_overrides,
                struct mp_error *err)
{
    bool named = true;

    if (path == NULL) {
        path = getenv("MONSTER_POWER_CONFIG");
        if (path == NULL || *path == '\0') {
            path = MP_SYSCONFDIR "/monster-power.ini";
            named = false;
        }
    }
    s->origins = calloc(1, sizeof *s->origins);
    if (s->origins == NULL)
        return no_memory(err);
    s->origins->keys = calloc(mp_n_keys, sizeof *s->origins->keys);
    s->origins->path = strdup(path);
    if (s->origins->keys == NULL || s->origins->path == NULL)
        return no_memory(err);
    if (set_defaults(s, err) < 0 || apply_file(s, path, named, err) < 0 ||
        apply_environment(s, err) < 0 ||
        apply_overrides(s, overrides, n_overrides, err) < 0)
        return -1;
    return mp_routes_finish(s, err);
}

int mp_settings_load(struct mp_settings *s, const char *path,
                     const struct mp_override *overrides, size_t n_overrides,
                     struct mp_error *err)
{
    *s = (struct mp_settings){0};
    if (load(s, path, overrides, n_overrides, err) < 0) {
        mp_settings_free(s);
        return -1;
    }
    if (*s->database.password != '\0' || *s->ssh.passphrase != '\0')
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return 0;
}

void mp_settings_free(struct mp_settings *s)
{
    for (size_t i = 0; i < mp_n_keys; i++) {
        char **member = mp_key_string(s, &mp_keys[i]);

        if (mp_keys[i].type == MP_KEY_INT || mp_keys[i].type == MP_KEY_BACKEND)
            continue;
        if (*member != NULL)
            explicit_bzero(*member, strlen(*member));
        free(*member);
    }
    for (size_t i = 0; i < s->n_routes; i++)
        mp_route_clear(&s->routes[i]);
    free(s->routes);
    if (s->origins != NULL) {
        free(s->origins->routes);
        free(s->origins->keys);
        free(s->origins->path);
        free(s->origins);
    }
    *s = (struct mp_settings){0};
}
