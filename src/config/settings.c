/* SPDX-License-Identifier: MIT
 * settings.c - putting the configuration together:
 * defaults, file, environment, options. */
#include "config.h"

#include "config/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "config/ini.h"
#include "base/nearest.h"
#include "base/whole.h"
#include "config/impl.h"

enum { WHERE_BYTES = 512, ENV_BYTES = 32 };

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory while reading the configuration");
}

static struct mp_section *find_section(const struct mp_settings *s, const char *name)
{
    for (size_t i = 0; i < s->parts->n_sections; i++)
        if (strcmp(s->parts->sections[i].keys->section, name) == 0)
            return &s->parts->sections[i];
    return NULL;
}

const void *mp_settings_section(const struct mp_settings *s, const char *section)
{
    const struct mp_section *found = find_section(s, section);

    return found != NULL ? found->values : NULL;
}

const char *mp_settings_text(const struct mp_settings *s, const char *section,
                             const char *name)
{
    const struct mp_section *found = find_section(s, section);
    const struct mp_key *key = found != NULL ? mp_section_key(found, name) : NULL;

    return key != NULL && key->type != MP_KEY_INT ? mp_section_text(found, key, NULL, 0)
                                                  : "";
}

static struct mp_origin *origin_of(const struct mp_settings *s,
                                   const struct mp_section *section,
                                   const struct mp_key *key)
{
    return &s->parts->origins[section->first + (size_t)(key - section->keys->key)];
}

/* --- defaults ----------------------------------------------------------------------- */

size_t mp_settings_count(const struct mp_settings *s)
{
    const struct mp_section *last = &s->parts->sections[s->parts->n_sections - 1];

    return last->first + last->keys->n;
}

static int add_section(struct mp_settings *s, const struct mp_keys *keys,
                       struct mp_error *err)
{
    struct mp_settings_parts *parts = s->parts;
    struct mp_section *section = &parts->sections[parts->n_sections];

    section->first = parts->n_sections > 0 ? mp_settings_count(s) : 0;
    parts->n_sections++;
    return mp_section_init(section, keys,
                           parts->backends != NULL ? parts->backends->names : NULL, err);
}

static int add_sections(struct mp_settings *s, struct mp_error *err)
{
    static const struct mp_keys *const none[] = {NULL};
    const struct mp_backend_keys *backends = s->parts->backends;
    const struct mp_keys *const *declared = backends != NULL ? backends->sections : none;
    size_t n = 0;

    while (declared[n] != NULL)
        n++;
    s->parts->sections = calloc(n + 3, sizeof *s->parts->sections);
    if (s->parts->sections == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        if (add_section(s, declared[i], err) < 0)
            return -1;
    if (add_section(s, &mp_power_keys, err) < 0 ||
        add_section(s, &mp_queue_keys, err) < 0 || add_section(s, &mp_site_keys, err) < 0)
        return -1;
    s->power = mp_settings_section(s, "power");
    s->queue = mp_settings_section(s, "queue");
    s->site = mp_settings_section(s, "site");
    return 0;
}

int mp_settings_init(struct mp_settings *s, const struct mp_backend_keys *backends,
                     struct mp_error *err)
{
    *s = (struct mp_settings){.parts = calloc(1, sizeof *s->parts)};
    if (s->parts == NULL)
        return no_memory(err);
    if (backends != NULL) {
        s->parts->declared = *backends;
        s->parts->backends = &s->parts->declared;
    }
    if (add_sections(s, err) < 0)
        return -1;
    s->parts->origins = calloc(mp_settings_count(s), sizeof *s->parts->origins);
    if (s->parts->origins == NULL)
        return no_memory(err);
    return mp_routes_builtin(s, err);
}

/* What is wrong is remembered where the rest must go on (0); -1 where it need not. */
static int forgive(struct mp_settings *s, const struct mp_error *err)
{
    if (!s->parts->lenient)
        return -1;
    if (!s->parts->damaged)
        s->parts->first_error = *err;
    s->parts->damaged = true;
    return 0;
}

/* --- file --------------------------------------------------------------------------- */

enum { NAMES = 64 };

static int unknown_section(const struct mp_settings *s, const struct mp_ini_entry *e,
                           struct mp_error *err)
{
    const char *names[NAMES];
    size_t n = 0;

    for (; n < s->parts->n_sections && n + 1 < NAMES; n++)
        names[n] = s->parts->sections[n].keys->section;
    names[n++] = "route NAME";
    return mp_fail(err, MP_FAULT_USAGE, "%s:%d: no section is called [%s]%s",
                   s->parts->path, e->line, e->section,
                   mp_suggest(e->section, names, n, "[", "]").text);
}

static int unknown_key(const struct mp_settings *s, const struct mp_keys *keys,
                       const struct mp_ini_entry *e, struct mp_error *err)
{
    const char *names[NAMES];
    size_t n = 0;

    for (size_t i = s->parts->n_sections; i-- > 0;)
        if (mp_section_key(&s->parts->sections[i], e->key) != NULL)
            return mp_fail(err, MP_FAULT_USAGE,
                           "%s:%d: [%s] has no key %s; it belongs to [%s]",
                           s->parts->path, e->line, e->section, e->key,
                           s->parts->sections[i].keys->section);
    for (; n < keys->n && n < NAMES; n++)
        names[n] = keys->key[n].name;
    return mp_fail(err, MP_FAULT_USAGE, "%s:%d: [%s] has no key %s%s", s->parts->path,
                   e->line, e->section, e->key,
                   mp_suggest(e->key, names, n, "", "").text);
}

static int apply_entry(struct mp_settings *s, const struct mp_ini_entry *e,
                       struct mp_error *err)
{
    const char *path = s->parts->path;
    struct mp_section *section = find_section(s, e->section);
    const struct mp_key *key;
    char where[WHERE_BYTES];

    if (section == NULL && s->parts->lenient)
        return 0; /* somebody else's */
    if (strcmp(e->section, "route") == 0 || strncmp(e->section, "route ", 6) == 0)
        return mp_routes_set(s, e->section, e->key, e->value, e->line, err);
    if (section == NULL)
        return unknown_section(s, e, err);
    if (e->key == NULL)
        return 0;
    key = mp_section_key(section, e->key);
    if (key == NULL && s->parts->lenient)
        return 0;
    if (key == NULL)
        return unknown_key(s, section->keys, e, err);
    snprintf(where, sizeof where, "%s:%d", path, e->line);
    if (key->secret && e->commented)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "%s: [%s] %s has ';' or '#' outside of quotes; put it in double quotes, "
            "with \\\" for a double quote and \\\\ for a backslash",
            where, e->section, e->key);
    if (mp_section_set(section, key, where, e->value, err) < 0)
        return -1;
    *origin_of(s, section, key) =
        (struct mp_origin){.kind = MP_FROM_FILE, .line = e->line};
    return 0;
}

static char *read_all(int fd, const char *path, size_t *len, struct mp_error *err)
{
    char *text = malloc(MP_INI_MAX + 2);
    ssize_t n;

    *len = 0;
    if (text == NULL) {
        no_memory(err);
        return NULL;
    }
    n = mp_read_all(fd, text, MP_INI_MAX + 1);
    if (n < 0) {
        mp_fail(err, MP_FAULT_USAGE, "cannot read %s: %s", path, strerror(errno));
        explicit_bzero(text, MP_INI_MAX + 1);
        free(text);
        return NULL;
    }
    *len = (size_t)n;
    text[*len] = '\0';
    return text;
}

static bool has_secret(const struct mp_settings *s, const struct mp_ini *ini)
{
    for (size_t i = 0; i < ini->n; i++) {
        const struct mp_ini_entry *e = &ini->entries[i];
        const struct mp_section *section = find_section(s, e->section);
        const struct mp_key *key =
            section != NULL && e->key != NULL ? mp_section_key(section, e->key) : NULL;

        if (key != NULL && key->secret && e->value[0] != '\0')
            return true;
    }
    return false;
}

/* A file that others can write may say no more than which of our queues is meant. */
static bool is_own_queue(const struct mp_ini_entry *e)
{
    struct stat st;

    return e->key != NULL && strcmp(e->section, "queue") == 0 &&
           strcmp(e->key, "directory") == 0 && lstat(e->value, &st) == 0 &&
           S_ISDIR(st.st_mode) && mp_settings_trusts(st.st_uid) &&
           (st.st_mode & 077) == 0;
}

static int apply_entries(struct mp_settings *s, const struct mp_ini *ini, bool trusted,
                         struct mp_error *err)
{
    for (size_t i = 0; i < ini->n; i++)
        if ((trusted || is_own_queue(&ini->entries[i])) &&
            apply_entry(s, &ini->entries[i], err) < 0 && forgive(s, err) < 0)
            return -1;
    return 0;
}

/* Takes `text` over. */
static int apply_text(struct mp_settings *s, const struct stat *st, int fd, char *text,
                      size_t len, struct mp_error *err)
{
    const char *path = s->parts->path;
    struct mp_ini ini;
    bool trusted;
    int rc = s->parts->lenient ? mp_ini_salvage(&ini, path, text, len, err)
                               : mp_ini_parse(&ini, path, text, len, err);

    if (rc < 0 && forgive(s, err) < 0)
        return -1;
    trusted = mp_settings_check_file(fd, st, path, has_secret(s, &ini), err) == 0;
    rc = trusted ? 0 : forgive(s, err);
    if (rc == 0)
        rc = apply_entries(s, &ini, trusted, err);
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

    if (fd < 0)
        return errno == ENOENT && !named ? 0 : cannot_open(path, named, err);
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
    s->parts->file_read = true;
    rc = apply_text(s, &st, fd, text, len, err);
out:
    close(fd);
    return rc;
}

/* --- environment and command line --------------------------------------------------- */

static int apply_variables(struct mp_settings *s, struct mp_section *section,
                           struct mp_error *err)
{
    for (size_t i = 0; i < section->keys->n; i++) {
        const struct mp_key *key = &section->keys->key[i];
        char buf[ENV_BYTES], where[WHERE_BYTES];
        const char *value;
        const char *name = mp_key_env(key, buf, sizeof buf, &value);

        if (name == NULL)
            continue;
        snprintf(where, sizeof where, "environment variable %s", name);
        if (mp_section_set(section, key, where, value, err) == 0)
            *origin_of(s, section, key) =
                (struct mp_origin){.kind = MP_FROM_ENV, .name = name};
        else if (forgive(s, err) < 0)
            return -1;
    }
    return 0;
}

static int apply_environment(struct mp_settings *s, struct mp_error *err)
{
    for (size_t i = 0; i < s->parts->n_sections; i++)
        if (apply_variables(s, &s->parts->sections[i], err) < 0)
            return -1;
    return 0;
}

static int apply_overrides(struct mp_settings *s, const struct mp_override *overrides,
                           size_t n, struct mp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct mp_override *o = &overrides[i];
        struct mp_section *section = find_section(s, o->section);
        const struct mp_key *key =
            section != NULL ? mp_section_key(section, o->key) : NULL;

        if (key == NULL)
            return mp_fail(err, MP_FAULT_USAGE, "%s: [%s] has no key %s", o->option,
                           o->section, o->key);
        if (mp_section_set(section, key, o->option, o->value, err) < 0)
            return -1;
        *origin_of(s, section, key) =
            (struct mp_origin){.kind = MP_FROM_OPTION, .name = o->option};
    }
    return 0;
}

static bool holds_secret(const struct mp_settings *s)
{
    for (size_t i = 0; i < s->parts->n_sections; i++) {
        const struct mp_section *section = &s->parts->sections[i];

        for (size_t k = 0; k < section->keys->n; k++)
            if (section->keys->key[k].secret &&
                *mp_section_text(section, &section->keys->key[k], NULL, 0) != '\0')
                return true;
    }
    return false;
}

/* Defaults and file. */
static int load_file(struct mp_settings *s, const char *path, struct mp_error *err)
{
    bool named = true;

    if (path == NULL) {
        path = getenv("MONSTER_POWER_CONFIG");
        if (path == NULL || *path == '\0') {
            path = MP_SYSCONFDIR "/monster-power.ini";
            named = false;
        }
    }
    s->parts->path = strdup(path);
    if (s->parts->path == NULL)
        return no_memory(err);
    return apply_file(s, path, named, err) < 0 ? forgive(s, err) : 0;
}

int mp_settings_load(struct mp_settings *s, const struct mp_backend_keys *backends,
                     const char *path, const struct mp_override *overrides,
                     size_t n_overrides, struct mp_error *err)
{
    if (mp_settings_init(s, backends, err) < 0 || load_file(s, path, err) < 0 ||
        apply_environment(s, err) < 0 ||
        apply_overrides(s, overrides, n_overrides, err) < 0 ||
        mp_routes_finish(s, err) < 0) {
        mp_settings_free(s);
        return -1;
    }
    if (holds_secret(s))
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return 0;
}

int mp_settings_salvage(struct mp_settings *s, const char *path, struct mp_error *err)
{
    if (mp_settings_init(s, NULL, err) < 0) {
        mp_settings_free(s);
        return -1;
    }
    s->parts->lenient = true;
    if (load_file(s, path, err) < 0 || apply_environment(s, err) < 0) {
        mp_settings_free(s);
        return -1;
    }
    if (s->parts->damaged)
        *err = s->parts->first_error;
    return s->parts->damaged ? -1 : 0;
}

void mp_settings_free(struct mp_settings *s)
{
    struct mp_settings_parts *parts = s->parts;

    if (parts != NULL) {
        mp_routes_free(s);
        for (size_t i = 0; i < parts->n_sections; i++)
            mp_section_free(&parts->sections[i]);
        free(parts->sections);
        free(parts->origins);
        free(parts->path);
        free(parts);
    }
    *s = (struct mp_settings){0};
}
