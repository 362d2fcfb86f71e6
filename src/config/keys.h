/* SPDX-License-Identifier: MIT
 * keys.h - how the owner of a section of the configuration declares its keys.
 *
 * Each key stands once, in its owner's table: name, type, range, default, environment
 * variables, whether it is a secret, and what the manual says of it.  Everything else is
 * made from the tables: reading the file and the environment, `monster-power config`, the
 * import of a .env, the sample and the manual page.  The config folder knows no backend;
 * the registry hands the backends' tables over. */
#ifndef MP_KEYS_H
#define MP_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum mp_key_type {
    MP_KEY_STRING,
    MP_KEY_USER,    /* a string; the default is the current user's name */
    MP_KEY_PATH,    /* a string: absolute, ~/... (made absolute), or the key's `word` */
    MP_KEY_INT,     /* an int */
    MP_KEY_DECIMAL, /* a string: a number from 0 to `max`, or "" */
    MP_KEY_CHOICE,  /* a string, one of `choices` in any case, spelled as there */
    MP_KEY_BACKEND, /* the same, of mp_backend_keys.names */
};

enum { MP_KEY_ENVS = 3 };

struct mp_key {
    const char *name;
    enum mp_key_type type;
    size_t offset;              /* of the member (char * or int) in the owner's struct */
    const char *fallback;       /* the default, as text */
    int min, max;               /* INT: the range; of a route's STRING: the most bytes */
    const char *unit;           /* INT, for the manual: "Seconds"; NULL: "Number" */
    const char *const *choices; /* CHOICE: ended by NULL */
    const char *word;           /* PATH: accepted though it is no path; NULL: none */
    const char *(*check)(const char *text); /* STRING: NULL, or why it will not do */
    bool secret;
    bool required;                /* must not be empty */
    const char *env[MP_KEY_ENVS]; /* the first that is set and not empty counts */
    int seconds_from; /* from env[this] on the text is in seconds, the key in ms; 0: no */
    const char *help; /* sentences for the manual and the sample */
};

/* MP_KEY(struct mp_ssh_config, port, "port", MP_KEY_INT, "22", .min = 1, ...) */
#define MP_KEY(owner, member, key_name, key_type, key_fallback, ...)                     \
    {                                                                                    \
        .name = (key_name), .type = (key_type), .offset = offsetof(owner, member),       \
        .fallback = (key_fallback), __VA_ARGS__                                          \
    }

/* A section and its keys.  A filled one is a struct of `size` bytes, in which each string
 * is owned, "" where unset and never NULL; see mp_settings_section. */
struct mp_keys {
    const char *section; /* in lower case */
    const char *help;    /* one sentence */
    const struct mp_key *key;
    size_t n;
    size_t size;
};

/* A key of every [route NAME], a string that the route carries for its owner
 * (mp_route_value).  Of mp_key it has name, fallback, max, required and help. */
struct mp_route_key {
    struct mp_key key;
    const char *section, *name; /* the key whose value a route has that says nothing and
                                 * has no default.  NULL: "" */
};

/* What a built-in route has instead of the key's default. */
struct mp_route_default {
    const char *route, *key, *value;
};

/* A word that a route's key may list, and the metrics it stands for (config/metrics.h):
 * they are added to those of the route, and reports do not miss one that no node has. */
struct mp_route_map {
    const char *key, *name, *metrics, *units;
    const char *kind; /* "": all tell power */
};

/* What the backends declare, those included that were not built: one file serves all
 * machines.  Each list is ended by NULL (a member, for structs). */
enum {
    MP_SECTIONS_MAX = 24,
    MP_ROUTE_KEYS_MAX = 48,
    MP_BACKEND_NAMES_MAX = 24,
    MP_ROUTE_MAPS_MAX = 24
};
struct mp_backend_keys {
    const struct mp_keys *sections[MP_SECTIONS_MAX];
    struct mp_route_key route_keys[MP_ROUTE_KEYS_MAX];
    struct mp_route_default route_defaults[MP_ROUTE_KEYS_MAX];
    struct mp_route_map route_maps[MP_ROUTE_MAPS_MAX];
    /* for [power] backend; "old=name" is an old word for name */
    const char *names[MP_BACKEND_NAMES_MAX];
};

#endif
