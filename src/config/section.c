/* SPDX-License-Identifier: MIT
 * section.c - a table of keys, filled. */
#include "config.h"

#include "config/section.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/home.h"
#include "base/numtext.h"

static char **string_of(const struct mp_section *section, const struct mp_key *key)
{
    return (char **)((char *)section->values + key->offset);
}

static int *int_of(const struct mp_section *section, const struct mp_key *key)
{
    return (int *)((char *)section->values + key->offset);
}

const struct mp_key *mp_section_key(const struct mp_section *section, const char *name)
{
    for (size_t i = 0; i < section->keys->n; i++)
        if (strcmp(section->keys->key[i].name, name) == 0)
            return &section->keys->key[i];
    return NULL;
}

const char *mp_section_text(const struct mp_section *section, const struct mp_key *key,
                            char *buf, size_t size)
{
    if (key->type != MP_KEY_INT)
        return *string_of(section, key);
    snprintf(buf, size, "%d", *int_of(section, key));
    return buf;
}

static const char *default_of(const struct mp_key *key)
{
    const struct passwd *user;

    if (key->type != MP_KEY_USER)
        return key->fallback;
    user = getpwuid(geteuid());
    return user != NULL ? user->pw_name : key->fallback;
}

int mp_section_init(struct mp_section *section, const struct mp_keys *keys,
                    const char *const *backends, struct mp_error *err)
{
    section->keys = keys;
    section->backends = backends;
    section->values = calloc(1, keys->size);
    if (section->values == NULL)
        return mp_fail(err, MP_FAULT_FAILED,
                       "out of memory while reading the configuration");
    for (size_t i = 0; i < keys->n; i++)
        if (mp_section_set(section, &keys->key[i], "built-in", default_of(&keys->key[i]),
                           err) < 0)
            return -1;
    return 0;
}

void mp_section_free(struct mp_section *section)
{
    for (size_t i = 0; section->values != NULL && i < section->keys->n; i++) {
        const struct mp_key *key = &section->keys->key[i];
        char *text = key->type != MP_KEY_INT ? *string_of(section, key) : NULL;

        if (text != NULL)
            explicit_bzero(text, strlen(text));
        free(text);
    }
    free(section->values);
    section->values = NULL;
}

/* A usage error; the value is shown unless it is a secret. */
static int bad(const struct mp_section *section, const struct mp_key *key,
               const char *where, const char *text, const char *why, struct mp_error *err)
{
    if (key->secret)
        return mp_fail(err, MP_FAULT_USAGE, "%s: [%s] %s: %s", where,
                       section->keys->section, key->name, why);
    return mp_fail(err, MP_FAULT_USAGE, "%s: [%s] %s = %.80s: %s", where,
                   section->keys->section, key->name, text, why);
}

static int replace_string(struct mp_section *section, const struct mp_key *key,
                          const char *text, struct mp_error *err)
{
    char **member = string_of(section, key);
    char *copy = strdup(text);

    if (copy == NULL)
        return mp_fail(err, MP_FAULT_FAILED,
                       "out of memory while reading the configuration");
    if (*member != NULL)
        explicit_bzero(*member, strlen(*member));
    free(*member);
    *member = copy;
    return 0;
}

static int set_path(struct mp_section *section, const struct mp_key *key,
                    const char *where, const char *text, struct mp_error *err)
{
    char *path = mp_home_expand(text);
    int rc;

    if (path == NULL)
        return mp_fail(err, MP_FAULT_FAILED,
                       "out of memory while reading the configuration");
    if (path[0] == '/' || path[0] == '\0' ||
        (key->word != NULL && strcmp(path, key->word) == 0))
        rc = replace_string(section, key, path, err);
    else if (path[0] == '~' && path[1] == '/')
        rc =
            bad(section, key, where, text, "the current user has no home directory", err);
    else
        rc = bad(section, key, where, text, "not an absolute path", err);
    free(path);
    return rc;
}

static int set_int(struct mp_section *section, const struct mp_key *key,
                   const char *where, const char *text, struct mp_error *err)
{
    char why[80];
    long v = 0;
    const char *c = text;

    for (; *c >= '0' && *c <= '9' && v <= INT_MAX; c++)
        v = v * 10 + (*c - '0');
    if (c == text || (*c != '\0' && v <= INT_MAX))
        return bad(section, key, where, text, "not a whole number", err);
    if (v < key->min || v > key->max) {
        snprintf(why, sizeof why, "not between %d and %d", key->min, key->max);
        return bad(section, key, where, text, why, err);
    }
    *int_of(section, key) = (int)v;
    return 0;
}

static int set_decimal(struct mp_section *section, const struct mp_key *key,
                       const char *where, const char *text, struct mp_error *err)
{
    char why[80];
    double v;

    if (*text == '\0')
        return replace_string(section, key, text, err);
    if (mp_number_read(text, strlen(text), &v) < 0)
        return bad(section, key, where, text, "not a number like 0.25", err);
    if (!(v >= 0 && v <= key->max)) {
        snprintf(why, sizeof why, "not between 0 and %d", key->max);
        return bad(section, key, where, text, why, err);
    }
    return replace_string(section, key, text, err);
}

/* The name that a choice stands for: an old word is written "old=name". */
static const char *chosen(const char *choice, const char *text)
{
    const char *equals = strchr(choice, '=');
    size_t len = strlen(text);

    if (equals == NULL)
        return strcasecmp(choice, text) == 0 ? choice : NULL;
    return (size_t)(equals - choice) == len && strncasecmp(choice, text, len) == 0
               ? equals + 1
               : NULL;
}

static int set_choice(struct mp_section *section, const struct mp_key *key,
                      const char *where, const char *text, struct mp_error *err)
{
    const char *const *choices =
        key->type == MP_KEY_CHOICE ? key->choices : section->backends;
    char why[128] = "not one of";

    if (choices == NULL)
        return replace_string(section, key, text, err);
    for (int i = 0; choices[i] != NULL; i++) {
        const char *name = chosen(choices[i], text);

        if (name != NULL)
            return replace_string(section, key, name, err);
        if (strchr(choices[i], '=') == NULL)
            snprintf(why + strlen(why), sizeof why - strlen(why), "%s %s",
                     i > 0 ? "," : "", choices[i]);
    }
    return bad(section, key, where, text, why, err);
}

int mp_section_set(struct mp_section *section, const struct mp_key *key,
                   const char *where, const char *text, struct mp_error *err)
{
    if (*text == '\0' && key->required)
        return bad(section, key, where, text, "must not be empty", err);
    for (const char *c = text; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return bad(section, key, where, text, "a control character in the value",
                       err);
    if (*text != '\0' && key->check != NULL && key->check(text) != NULL)
        return bad(section, key, where, text, key->check(text), err);
    switch (key->type) {
    case MP_KEY_STRING:
    case MP_KEY_USER:
        return replace_string(section, key, text, err);
    case MP_KEY_PATH:
        return set_path(section, key, where, text, err);
    case MP_KEY_INT:
        return set_int(section, key, where, text, err);
    case MP_KEY_DECIMAL:
        return set_decimal(section, key, where, text, err);
    case MP_KEY_CHOICE:
    case MP_KEY_BACKEND:
        break;
    }
    return set_choice(section, key, where, text, err);
}

/* "1.25" -> 1250; what is finer is dropped.  False: no such number (strtod() would ask
 * the locale for the point). */
static bool milliseconds(const char *text, long *ms)
{
    long unit = 100;
    const char *c = text;

    *ms = 0;
    for (; *c >= '0' && *c <= '9' && *ms < INT_MAX; c++)
        *ms = *ms * 10 + (*c - '0') * 1000;
    if (c == text || *c == '\0')
        return c != text;
    if (*c++ != '.')
        return false;
    for (; *c >= '0' && *c <= '9'; c++, unit /= 10)
        *ms += (*c - '0') * unit;
    return *c == '\0';
}

const char *mp_key_env_value(const struct mp_key *key, int i, const char *text, char *buf,
                             size_t size)
{
    long ms;

    if (key->seconds_from == 0 || i < key->seconds_from || !milliseconds(text, &ms))
        return text; /* mp_key_set says what is wrong with it */
    snprintf(buf, size, "%ld", ms);
    return buf;
}

const char *mp_key_env(const struct mp_key *key, char *buf, size_t size,
                       const char **value)
{
    for (int i = 0; i < MP_KEY_ENVS && key->env[i] != NULL; i++) {
        const char *text = getenv(key->env[i]);

        if (text == NULL || *text == '\0')
            continue;
        *value = mp_key_env_value(key, i, text, buf, size);
        return key->env[i];
    }
    return NULL;
}
