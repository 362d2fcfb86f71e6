/* SPDX-License-Identifier: MIT
 * impl.h - what the files of this folder share. */
#ifndef MP_CONFIG_IMPL_H
#define MP_CONFIG_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/error.h"
#include "config/metrics.h"
#include "config/section.h"

struct mp_settings;

enum mp_origin_kind { MP_FROM_DEFAULT, MP_FROM_FILE, MP_FROM_ENV, MP_FROM_OPTION };

struct mp_origin {
    enum mp_origin_kind kind;
    int line;         /* FILE */
    const char *name; /* ENV: the variable; OPTION: the option; both static */
};

/* Where a route's keys come from. */
struct mp_route_origin {
    struct mp_origin prefix, metrics;
    /* accuracy, lag and units of metrics as the file has them; owned; NULL: not there */
    struct {
        char *text;
        struct mp_origin origin;
    } notes[MP_N_ROUTE_NOTES];
    struct mp_origin *own; /* one for each of mp_backend_keys.route_keys; owned */
};

struct mp_settings_parts {
    char *path;     /* the file's; owned */
    bool file_read; /* false: there is none */
    bool lenient;   /* what cannot be read keeps its default */
    bool damaged;   /* something could not */
    struct mp_error first_error;
    struct mp_backend_keys declared;
    const struct mp_backend_keys *backends; /* that, or NULL */
    struct mp_section *sections;            /* the backends', then [power] and [queue] */
    size_t n_sections;
    struct mp_origin *origins;      /* section.first + index of the key */
    struct mp_route_origin *routes; /* settings.n_routes */
};

/* Everything with its default; settings.parts is there unless this fails. */
int mp_settings_init(struct mp_settings *s, const struct mp_backend_keys *backends,
                     struct mp_error *err);

/* Of all sections. */
size_t mp_settings_count(const struct mp_settings *s);

/* A string key's value; "" where there is no such key. */
const char *mp_settings_text(const struct mp_settings *s, const char *section,
                             const char *name);

/* A file's text, NUL-terminated, at most MP_INI_MAX bytes; the caller wipes and frees it.
 */
char *mp_settings_read(const char *path, size_t *len, struct mp_error *err);

/* trust.c: root, the current user or SlurmUser. */
bool mp_settings_trusts(uid_t owner);
/* Refuse a file that others could have written, or, where it holds a
 * secret, could read.  `st` is fstat's of the open `fd`; the error has the command that
 * corrects it. */
int mp_settings_check_file(int fd, const struct stat *st, const char *path, bool secret,
                           struct mp_error *err);

/* routes.c */
int mp_routes_builtin(struct mp_settings *s, struct mp_error *err);
/* A section "route NAME", or one of its keys (`key` NULL: the section's own line). */
int mp_routes_set(struct mp_settings *s, const char *section, const char *key,
                  const char *value, int line, struct mp_error *err);
/* Fill in what the file left out, and check that routes agree. */
int mp_routes_finish(struct mp_settings *s, struct mp_error *err);
void mp_routes_free(struct mp_settings *s);

/* The keys of a [route], in the order they are shown: prefix, the backends' own, metrics;
 * NULL behind the last. */
struct mp_route;
extern const struct mp_key mp_route_note_keys[MP_N_ROUTE_NOTES];
const struct mp_key *mp_route_key_at(const struct mp_settings *s, size_t i);
/* What the sections are for. */
extern const char mp_routes_help[];
/* The value of `metrics`, "Name:role, ..."; the caller frees it.  NULL: out of memory. */
char *mp_route_metrics(const struct mp_route *route);

#endif
