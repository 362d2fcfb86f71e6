/* SPDX-License-Identifier: MIT
 * keys.h - the table of keys; private to settings*.c. */
#ifndef MP_SETTINGS_KEYS_H
#define MP_SETTINGS_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/settings.h"

enum mp_key_type {
    MP_KEY_STRING,
    MP_KEY_PATH, /* absolute, ~/... (made absolute), or the key's `word` */
    MP_KEY_INT,
    MP_KEY_CHOICE,  /* a string, one of `choices` in any case */
    MP_KEY_BACKEND, /* the same, kept as enum mp_backend_choice */
};

enum { MP_KEY_ENVS = 3 };

struct mp_key {
    const char *section, *name;
    enum mp_key_type type;
    size_t offset;              /* of the member in struct mp_settings */
    const char *fallback;       /* the default, as text */
    int min, max;               /* INT */
    const char *const *choices; /* CHOICE, BACKEND: ended by NULL */
    const char *word;           /* PATH: accepted though it is no path; NULL: none */
    bool secret;
    bool required;                /* must not be empty */
    const char *env[MP_KEY_ENVS]; /* the first that is set and not empty counts */
    int seconds_from; /* from env[this] on the text is in seconds, the key in ms; 0: no */
};

extern const struct mp_key mp_keys[];
extern const size_t mp_n_keys;

enum mp_origin_kind { MP_FROM_DEFAULT, MP_FROM_FILE, MP_FROM_ENV, MP_FROM_OPTION };

struct mp_origin {
    enum mp_origin_kind kind;
    int line;         /* FILE */
    const char *name; /* ENV: the variable; OPTION: the option; both static */
};

/* Where a route's keys come from. */
struct mp_route_origin {
    struct mp_origin prefix, database, schema, metrics;
};

struct mp_settings_origins {
    char *path;                     /* the file's; owned */
    bool file_read;                 /* false: there is none */
    struct mp_origin *keys;         /* mp_n_keys, in the table's order */
    struct mp_route_origin *routes; /* settings.n_routes */
};

/* The value as text, in `buf` if it must be made. */
const char *mp_key_text(const struct mp_settings *s, const struct mp_key *key, char *buf,
                        size_t size);

/* Give a key a value; `where` ("FILE:3",
 * "MONSTER_POWER_OUTDIR") starts an error's text. */
int mp_key_set(struct mp_settings *s, const struct mp_key *key, const char *where,
               const char *text, struct mp_error *err);

/* The place of a string key's value. */
char **mp_key_string(struct mp_settings *s, const struct mp_key *key);

/* The text of key->env[i] in the key's own unit, in `buf` if it must be made. */
const char *mp_key_env_value(const struct mp_key *key, int i, const char *text, char *buf,
                             size_t size);
/* The variable that sets the key, or NULL; *value gets its text, in the key's unit. */
const char *mp_key_env(const struct mp_key *key, char *buf, size_t size,
                       const char **value);

/* A file's text, NUL-terminated, at most MP_INI_MAX bytes;
 * the caller wipes and frees it. */
char *mp_settings_read(const char *path, size_t *len, struct mp_error *err);

/* trust.c: refuse a file that others could have written, or, where it holds a
 * secret, could read.  `st` is fstat's of the open `fd`; the error has the command that
 * mends it. */
struct stat;
int mp_settings_check_file(int fd, const struct stat *st, const char *path, bool secret,
                           struct mp_error *err);

/* routes.c */
int mp_routes_builtin(struct mp_settings *s, struct mp_error *err);
/* A section "route NAME", or one of its keys (`key` NULL: the section's own line). */
int mp_routes_set(struct mp_settings *s, const char *section, const char *key,
                  const char *value, int line, struct mp_error *err);
/* Fill in what the file left out, and check that routes agree. */
int mp_routes_finish(struct mp_settings *s, struct mp_error *err);

#endif
