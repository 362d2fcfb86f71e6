/* SPDX-License-Identifier: MIT
 * settings.h - the effective configuration: command line, environment, INI file,
 * defaults.
 *
 * (Named settings, not config, because autoconf's config.h has that name.)
 * Every key stands once, in its owner's table (keys.h): those of [power] and [queue] in
 * power.c, the backends' beside the backends.  Precedence per key: command line, then
 * environment (REPACSS_*, MONSTER_POWER_*), then the file, then the default; each value
 * remembers where it came from.
 */
#ifndef MP_SETTINGS_H
#define MP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "config/keys.h"
#include "config/power.h"
#include "config/site.h"
#include "model/plan.h"

struct mp_settings {
    const struct mp_power_config *power;
    const struct mp_queue_config *queue;
    const struct mp_site_config *site;
    struct mp_route *routes; /* built-in rpc and rpg, changed or added to by the file */
    size_t n_routes;
    struct mp_settings_parts *parts; /* private to this folder */
};

/* One key set on the command line: {"power", "backend", "ssh", "--backend"}. */
struct mp_override {
    const char *section;
    const char *key;
    const char *value;
    const char *option; /* for the error text and `config`'s origin column */
};

/* `backends`: what the registry hands over (mp_backends_keys); copied.  NULL: none.
 * `path` NULL: MONSTER_POWER_CONFIG, else the built-in path, which may be absent.  A file
 * that holds a secret and that others can read or write is refused with the chmod that
 * corrects it.  An unknown section or key, or a value out of range, is a usage error
 * naming file, line and the nearest known key.  With a secret loaded, the process no
 * longer leaves a core file, nor can it be traced by its own user. */
int mp_settings_load(struct mp_settings *s, const struct mp_backend_keys *backends,
                     const char *path, const struct mp_override *overrides,
                     size_t n_overrides, struct mp_error *err);
/* For those who must go on whatever the file looks like: [power] and [queue] from the
 * environment, from what can be read of the file, and from the defaults.  0; or -1 with
 * the first thing that is wrong, and then *s is filled nevertheless, or, if memory ran
 * out, s->power is NULL.  Other sections and keys are not looked at.  Of a file that
 * others can write only [queue] directory counts, if it is the user's own and private. */
int mp_settings_salvage(struct mp_settings *s, const char *path, struct mp_error *err);

/* Wipes secrets before freeing. */
void mp_settings_free(struct mp_settings *s);

/* The filled struct of the section's owner (mp_keys.size bytes), valid until
 * mp_settings_free; NULL: no table has that section. */
const void *mp_settings_section(const struct mp_settings *s, const char *section);

/* What `monster-power config` prints: a valid INI, each line with its origin as a
 * comment, secrets masked. */
int mp_settings_print(const struct mp_settings *s, FILE *out, struct mp_error *err);

/* `config --sample`: etc/monster-power.ini; `config --manual`: the sections of
 * monster-power.ini(5) on keys, in mdoc.  Neither depends on the machine. */
int mp_settings_sample(const struct mp_backend_keys *backends, FILE *out,
                       struct mp_error *err);
int mp_settings_manual(const struct mp_backend_keys *backends, FILE *out,
                       struct mp_error *err);

/* `config --import-env FILE`: an INI that means what the old .env meant, secrets
 * included. */
int mp_settings_import_env(const struct mp_backend_keys *backends, const char *path,
                           FILE *out, struct mp_error *err);

#endif
