/* SPDX-License-Identifier: MIT
 * settings.h - the effective configuration: command line, environment, INI file,
 * defaults.
 *
 * (Named settings, not config, because autoconf's config.h has that name.)
 * Every key stands once, in the table of settings.c: section, key, type, range, default,
 * environment variables, whether it is a secret.  Precedence per key: command line, then
 * environment (REPACSS_*, MONSTER_POWER_*), then the file, then the default; each value
 * remembers where it came from.
 */
#ifndef MP_SETTINGS_H
#define MP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "model/plan.h"

enum mp_backend_choice {
    MP_BACKEND_AUTO,
    MP_BACKEND_DIRECT,
    MP_BACKEND_SSH,
    MP_BACKEND_CSV
};

/* Strings are owned by the settings; "" where unset, never NULL. */
struct mp_settings {
    struct {
        char *host;     /* default localhost; a path starting with / is a Unix socket */
        int port;       /* 5432 */
        char *database; /* "default" in the file: used where a route names none */
        char *user;
        char *password; /* secret */
        char *passfile; /* libpq's passfile */
        char *service;  /* libpq's service, with servicefile */
        char *servicefile;
        char *sslmode; /* libpq's; prefer */
        char *sslrootcert;
        int connect_timeout;   /* s */
        int statement_timeout; /* s; 0: none */
    } database;
    struct {
        char *hostname;
        int port;
        char *username;      /* default: the current user */
        char *key_path;      /* "": the usual default keys */
        char *passphrase;    /* secret */
        int keepalive;       /* s */
        char *known_hosts;   /* "": the user's and the system's */
        char *agent;         /* socket path; "": SSH_AUTH_SOCK; "none": do not ask one */
        int connect_timeout; /* s */
    } ssh;
    struct {
        char *input; /* file, or "-" */
    } csv;
    struct {
        enum mp_backend_choice backend;
        char *comment_keyword; /* power_profiling */
        char *outdir;      /* where reports go when the job's directory cannot be used */
        int delay_seconds; /* 10 */
        int max_wait_seconds; /* 120 */
        int deadline_seconds; /* one job's overall limit; 600 */
        int auto_probe_ms;    /* how long `auto` tries the direct way; 1000 */
        char *logfile;        /* "": syslog */
    } power;
    struct {
        char *directory; /* default: <localstatedir>/spool/monster-power */
        int workers;     /* 2 */
        int retry_hours; /* 24 */
    } queue;
    struct mp_route *routes; /* built-in rpc and rpg, changed or added to by the file */
    size_t n_routes;
    struct mp_settings_origins *origins; /* private to settings.c */
};

/* One key set on the command line: {"power", "backend", "ssh", "--backend"}. */
struct mp_override {
    const char *section;
    const char *key;
    const char *value;
    const char *option; /* for the error text and `config`'s origin column */
};

/* `path` NULL: MONSTER_POWER_CONFIG, else the built-in path, which may be absent.  A file
 * that holds a secret and that others can read or write is refused with the chmod that
 * mends it.  An unknown section or key, or a value out of range, is a usage error naming
 * file, line and the nearest known key.  With a secret loaded, the process no longer
 * leaves a core file, nor can it be traced by its own user. */
int mp_settings_load(struct mp_settings *s, const char *path,
                     const struct mp_override *overrides, size_t n_overrides,
                     struct mp_error *err);
/* Wipes secrets before freeing. */
void mp_settings_free(struct mp_settings *s);

/* What `monster-power config` prints: a valid INI, each line with its origin as a
 * comment, secrets masked. */
int mp_settings_print(const struct mp_settings *s, FILE *out, struct mp_error *err);

/* `config --import-env FILE`: an INI that means what the old .env meant, secrets
 * included. */
int mp_settings_import_env(const char *path, FILE *out, struct mp_error *err);

#endif
