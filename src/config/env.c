/* SPDX-License-Identifier: MIT
 * env.c - an INI from the Python script's .env file.
 *
 * What that script made of the file is what counts: blanks at the ends of a line, a name
 * and a value fall away, a line that starts with # is a comment, everything behind the
 * first = is the value.  There are no quotes: they belong to the value, and so they do
 * here in a secret (with a remark); no other value can have meant them.  A line that
 * starts with `export` was read by a shell, which takes a pair of quotes away. */
#include "config.h"

#include "config/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/ini.h"
#include "config/settings.h"

struct assignment {
    char *value; /* owned; NULL: not in the file */
    int alias;   /* index into mp_key.env; a lower one wins */
};

struct import {
    const char *path;
    int line;
    struct mp_settings scratch; /* checks the values */
    struct assignment *found;   /* one for each key of all sections */
    FILE *notes;                /* comment lines for the head of the INI */
    struct mp_error *err;
};

static void forget(struct assignment *a)
{
    if (a->value != NULL)
        explicit_bzero(a->value, strlen(a->value));
    free(a->value);
    *a = (struct assignment){0};
}

static char *trim(char *s)
{
    static const char blanks[] = " \t\r\n\v\f";
    char *end;

    s += strspn(s, blanks);
    end = s + strlen(s);
    while (end > s && strchr(blanks, end[-1]) != NULL)
        *--end = '\0';
    return s;
}

static bool in_quotes(const char *s)
{
    size_t n = strlen(s);

    return n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s;
}

static void note(struct import *im, const char *name, const char *text)
{
    fprintf(im->notes, "# line %d", im->line);
    if (*name != '\0')
        fputs(", ", im->notes);
    for (; *name != '\0'; name++)
        fputc((unsigned char)*name >= 0x20 && *name != 0x7f ? *name : '?', im->notes);
    fprintf(im->notes, ": %s\n", text);
}

/* A key that a variable sets. */
struct target {
    struct mp_section *section;
    const struct mp_key *key;
    struct assignment *found;
    int alias;
};

static bool in_section(struct import *im, struct mp_section *section, const char *name,
                       struct target *t)
{
    for (size_t i = 0; i < section->keys->n; i++) {
        const struct mp_key *key = &section->keys->key[i];

        for (int alias = 0; alias < MP_KEY_ENVS && key->env[alias] != NULL; alias++)
            if (strcmp(key->env[alias], name) == 0) {
                *t = (struct target){section, key, &im->found[section->first + i], alias};
                return true;
            }
    }
    return false;
}

static bool find_target(struct import *im, const char *name, struct target *t)
{
    for (size_t i = 0; i < im->scratch.parts->n_sections; i++)
        if (in_section(im, &im->scratch.parts->sections[i], name, t))
            return true;
    return false;
}

static char *without_quotes(struct import *im, const struct mp_key *key, const char *name,
                            char *value, bool shell)
{
    if (!in_quotes(value))
        return value;
    if (key->secret && !shell) {
        note(im, name,
             "the value stands in quotes; the Python script took them as part of it, and "
             "so "
             "does this");
        return value;
    }
    value[strlen(value) - 1] = '\0';
    return value + 1;
}

static int keep(struct import *im, const struct target *t, const char *value)
{
    char where[512], buf[32];
    const char *text = mp_key_env_value(t->key, t->alias, value, buf, sizeof buf);
    char *copy;

    snprintf(where, sizeof where, "%s:%d", im->path, im->line);
    if (mp_section_set(t->section, t->key, where, text, im->err) < 0)
        return -1;
    if (t->found->value != NULL && t->found->alias < t->alias)
        return 0;
    copy = strdup(mp_section_text(t->section, t->key, buf, sizeof buf));
    if (copy == NULL)
        return mp_fail(im->err, MP_FAULT_FAILED, "out of memory while reading %s",
                       im->path);
    forget(t->found);
    *t->found = (struct assignment){copy, t->alias};
    return 0;
}

static int take_line(struct import *im, char *line)
{
    char *name = trim(line), *equals = strchr(name, '='), *value;
    bool shell = strncmp(name, "export", 6) == 0 && strchr(" \t", name[6]) != NULL;
    struct target t;

    if (*name == '\0' || *name == '#')
        return 0;
    if (equals == NULL) {
        note(im, "", "ignored, it has no '='");
        return 0;
    }
    *equals = '\0';
    name = trim(shell ? name + 6 : name);
    value = trim(equals + 1);
    if (!find_target(im, name, &t)) {
        note(im, name, "not used");
        return 0;
    }
    value = without_quotes(im, t.key, name, value, shell);
    if (*value != '\0')
        return keep(im, &t, value);
    if (t.found->alias == t.alias)
        forget(t.found); /* set before, and now unset */
    return 0;
}

static int take_text(struct import *im, char *text, size_t len)
{
    char *rest = text, *line;

    if (strlen(text) != len)
        return mp_fail(im->err, MP_FAULT_USAGE, "%s: has a NUL byte; not a .env file",
                       im->path);
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        rest += 3; /* a byte order mark */
    while ((line = strsep(&rest, "\n")) != NULL) {
        im->line++;
        if (take_line(im, line) < 0)
            return -1;
    }
    return 0;
}

/* The script had values of its own for these, its authors' site's; we have none. */
static void note_missing(struct import *im)
{
    static const char *const names[] = {"REPACSS_DB_USER", "REPACSS_DB_PASSWORD",
                                        "REPACSS_SSH_HOSTNAME"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct target t;

        if (find_target(im, names[i], &t) && t.found->value == NULL)
            fprintf(
                im->notes,
                "# %s: not set; the Python script had a built-in value, this program has "
                "none for [%s] %s\n",
                names[i], t.section->keys->section, t.key->name);
    }
}

static int write_section(const struct import *im, const struct mp_section *section,
                         FILE *out)
{
    bool begun = false;

    for (size_t i = 0; i < section->keys->n; i++) {
        const char *value = im->found[section->first + i].value;
        char *quoted;

        if (value == NULL)
            continue;
        if (!begun)
            fprintf(out, "\n[%s]\n", section->keys->section);
        begun = true;
        quoted = mp_ini_quote(value);
        if (quoted == NULL)
            return mp_fail(im->err, MP_FAULT_FAILED, "out of memory");
        fprintf(out, "%s = %s\n", section->keys->key[i].name, quoted);
        explicit_bzero(quoted, strlen(quoted));
        free(quoted);
    }
    return 0;
}

static int write_ini(const struct import *im, const char *notes, FILE *out)
{
    fputs("# monster-power.ini, made from a .env file by `monster-power config "
          "--import-env`.\n"
          "# It may hold secrets: keep it mode 0600, or 0640 with SlurmUser's group.\n",
          out);
    fputs(notes, out);
    for (size_t i = 0; i < im->scratch.parts->n_sections; i++)
        if (write_section(im, &im->scratch.parts->sections[i], out) < 0)
            return -1;
    return 0;
}

/* What is printed must mean what was read: read it back before anybody relies on it. */
static int verify(const struct import *im, const char *text, size_t len)
{
    char *copy = strdup(text);
    struct mp_ini ini;
    size_t at = 0;
    int rc = 0;

    if (copy == NULL)
        return mp_fail(im->err, MP_FAULT_FAILED, "out of memory");
    if (mp_ini_parse(&ini, "the imported configuration", copy, len, im->err) < 0)
        return -1;
    for (size_t i = 0; i < mp_settings_count(&im->scratch) && rc == 0; i++) {
        if (im->found[i].value == NULL)
            continue;
        while (at < ini.n && ini.entries[at].key == NULL)
            at++;
        if (at == ini.n || strcmp(ini.entries[at].value, im->found[i].value) != 0)
            rc = mp_fail(im->err, MP_FAULT_FAILED,
                         "%s: the value of the %zuth key does not survive in an INI",
                         im->path, i + 1);
        at++;
    }
    mp_ini_free(&ini);
    return rc;
}

static int convert(struct import *im, FILE *out)
{
    char *notes = NULL, *ini = NULL, *text = NULL;
    size_t notes_len = 0, ini_len = 0, len = 0;
    FILE *memory = NULL;
    int rc = -1;

    text = mp_settings_read(im->path, &len, im->err);
    im->notes = open_memstream(&notes, &notes_len);
    memory = open_memstream(&ini, &ini_len);
    if (text == NULL || im->notes == NULL || memory == NULL)
        goto out;
    if (take_text(im, text, len) < 0)
        goto out;
    note_missing(im);
    if (fflush(im->notes) != 0 || write_ini(im, notes, memory) < 0 ||
        fflush(memory) != 0 || verify(im, ini, ini_len) < 0)
        goto out;
    if (fwrite(ini, 1, ini_len, out) != ini_len)
        mp_fail(im->err, MP_FAULT_FAILED, "cannot write the configuration: %s",
                strerror(errno));
    else
        rc = 0;
out:
    if (im->notes != NULL)
        fclose(im->notes);
    if (memory != NULL)
        fclose(memory);
    if (ini != NULL)
        explicit_bzero(ini, ini_len);
    if (text != NULL)
        explicit_bzero(text, len);
    free(notes);
    free(ini);
    free(text);
    return rc;
}

int mp_settings_import_env(const struct mp_backend_keys *backends, const char *path,
                           FILE *out, struct mp_error *err)
{
    struct import im = {.path = path, .err = err};
    size_t n = 0;
    int rc = -1;

    if (mp_settings_init(&im.scratch, backends, err) == 0) {
        n = mp_settings_count(&im.scratch);
        im.found = calloc(n, sizeof *im.found);
        mp_fail(err, MP_FAULT_FAILED, "out of memory while reading %s", path);
        rc = im.found != NULL ? convert(&im, out) : -1;
    }
    for (size_t i = 0; im.found != NULL && i < n; i++)
        forget(&im.found[i]);
    free(im.found);
    mp_settings_free(&im.scratch);
    return rc;
}
