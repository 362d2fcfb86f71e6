/* SPDX-License-Identifier: MIT
 * registry.c - the table of backends, what they declare, and the choice of one. */
#include "config.h"

#include "backends/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one line of each; the object is mp_backend_NAME. */
#define BACKENDS(X)                                                                      \
    X(direct)                                                                            \
    X(ssh)                                                                               \
    X(csv)                                                                               \
    X(prometheus)                                                                        \
    X(synthetic)

#define DECLARE(name) extern const struct mp_backend_ops mp_backend_##name;
BACKENDS(DECLARE)
#define ENTRY(name) &mp_backend_##name,
static const struct mp_backend_ops *const backends[] = {BACKENDS(ENTRY) NULL};

const struct mp_backend_ops *const *mp_backends(void)
{
    return backends;
}

static const struct mp_backend_ops *find(const char *name)
{
    for (size_t i = 0; backends[i] != NULL; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}

/* ---- what they declare ---- */

static void declare_names(struct mp_backend_keys *keys)
{
    size_t n = 0;

    keys->names[n++] = "auto";
    for (size_t i = 0; backends[i] != NULL && n + 1 < MP_BACKEND_NAMES_MAX; i++)
        keys->names[n++] = backends[i]->name;
    for (size_t i = 0; backends[i] != NULL && n + 1 < MP_BACKEND_NAMES_MAX; i++)
        if (backends[i]->also != NULL)
            keys->names[n++] = backends[i]->also;
}

/* Backends that share a section or a route's keys point to the same table. */
static bool declared_before(size_t i, const void *table)
{
    for (size_t j = 0; j < i; j++) {
        const struct mp_keys *const *s = backends[j]->sections;

        if (backends[j]->route_keys == table)
            return true;
        for (; s != NULL && *s != NULL; s++)
            if (*s == table)
                return true;
    }
    return false;
}

static void declare_sections(struct mp_backend_keys *keys)
{
    size_t n = 0;

    for (size_t i = 0; backends[i] != NULL; i++) {
        const struct mp_keys *const *s = backends[i]->sections;

        for (; s != NULL && *s != NULL && n + 1 < MP_SECTIONS_MAX; s++)
            if (!declared_before(i, *s))
                keys->sections[n++] = *s;
    }
}

static void declare_route_keys(struct mp_backend_keys *keys)
{
    size_t n = 0, n_defaults = 0, n_maps = 0;

    for (size_t i = 0; backends[i] != NULL; i++) {
        const struct mp_route_key *k = backends[i]->route_keys;
        const struct mp_route_default *d = backends[i]->route_defaults;
        const struct mp_route_map *m = backends[i]->route_maps;

        if (k == NULL || declared_before(i, k))
            continue;
        for (; k->key.name != NULL && n + 1 < MP_ROUTE_KEYS_MAX; k++)
            keys->route_keys[n++] = *k;
        for (; d != NULL && d->route != NULL && n_defaults + 1 < MP_ROUTE_KEYS_MAX; d++)
            keys->route_defaults[n_defaults++] = *d;
        for (; m != NULL && m->key != NULL && n_maps + 1 < MP_ROUTE_MAPS_MAX; m++)
            keys->route_maps[n_maps++] = *m;
    }
}

const struct mp_backend_keys *mp_backends_keys(struct mp_backend_keys *keys)
{
    *keys = (struct mp_backend_keys){0};
    declare_names(keys);
    declare_sections(keys);
    declare_route_keys(keys);
    return keys;
}

int mp_backends_settings(struct mp_settings *settings, const char *path,
                         const struct mp_override *overrides, size_t n_overrides,
                         struct mp_error *err)
{
    struct mp_backend_keys keys;

    return mp_settings_load(settings, mp_backends_keys(&keys), path, overrides,
                            n_overrides, err);
}

/* ---- opening one ---- */

static struct mp_backend_config config_of(const struct mp_backend_ops *ops,
                                          const struct mp_settings *settings)
{
    struct mp_backend_config config = {.routes = settings->routes,
                                       .n_routes = settings->n_routes};

    for (size_t i = 0;
         i < MP_BACKEND_SECTIONS_MAX && ops->sections != NULL && ops->sections[i] != NULL;
         i++)
        config.section[i] = mp_settings_section(settings, ops->sections[i]->section);
    return config;
}

static int open_one(const struct mp_backend_ops *ops, const struct mp_settings *settings,
                    const struct mp_run *run, struct mp_backend **out,
                    struct mp_error *err)
{
    struct mp_backend_config config = config_of(ops, settings);

    *out = NULL;
    if (ops->open == NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "backend %s is known but not built into this program; configure "
                       "it with %s",
                       ops->name, ops->needs);
    return ops->open(&config, run, out, err);
}

/* ---- auto ---- */

enum { CHOICES_MAX = 8 };

struct choices {
    const struct mp_backend_ops *ops[CHOICES_MAX];
    size_t n;
};

static bool worth_trying(const struct mp_backend_ops *ops,
                         const struct mp_settings *settings)
{
    struct mp_backend_config config = config_of(ops, settings);

    return ops->open != NULL && (ops->configured == NULL || ops->configured(&config));
}

static int list_choices(const struct mp_settings *settings, struct choices *c,
                        struct mp_error *err)
{
    const char *at = settings->power->order;

    for (;;) {
        const struct mp_backend_ops *ops;
        char name[32];

        at += strspn(at, ", \t");
        if (*at == '\0')
            break;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ", \t"), at);
        at += strcspn(at, ", \t");
        ops = find(name);
        if (ops == NULL)
            return mp_fail(err, MP_FAULT_USAGE,
                           "[power] auto = %s: no backend is called %s",
                           settings->power->order, name);
        if (c->n < CHOICES_MAX && worth_trying(ops, settings))
            c->ops[c->n++] = ops;
    }
    if (c->n == 0)
        return mp_fail(err, MP_FAULT_USAGE,
                       "[power] auto = %s: none of these is built into this program and "
                       "configured",
                       settings->power->order);
    return 0;
}

/* One that others come after, within auto_probe_ms.  Who answers but cannot serve us now
 * is reached, and is then waited for as long as the run allows. */
static int probe(const struct mp_backend_ops *ops, const struct mp_settings *settings,
                 const struct mp_run *run, struct mp_backend **out, struct mp_error *err)
{
    int64_t end = mp_clock_us() + (int64_t)settings->power->auto_probe_ms * 1000;
    struct mp_run brief = *run;

    if (end < brief.deadline_us)
        brief.deadline_us = end;
    if (open_one(ops, settings, &brief, out, err) == 0)
        return 0;
    if (err->fault != MP_FAULT_TRANSIENT)
        return -1;
    return open_one(ops, settings, run, out, err);
}

/* Only what cannot be reached makes us look for another way: a database that says no to a
 * wrong password, say, would say the same there. */
static int open_auto(const struct mp_settings *settings, const struct mp_run *run,
                     struct mp_backend **out, struct mp_error *err)
{
    struct mp_error before = {0};
    struct choices c = {.n = 0};
    size_t last;

    if (list_choices(settings, &c, err) < 0)
        return -1;
    last = c.n - 1;
    for (size_t i = 0; i < last; i++) {
        if (probe(c.ops[i], settings, run, out, err) == 0)
            goto opened;
        if (err->fault != MP_FAULT_UNREACHABLE || mp_run_check(run, NULL) < 0)
            return -1;
        before = *err;
    }
    if (open_one(c.ops[last], settings, run, out, err) == 0)
        goto opened;
    if (last > 0)
        mp_fail(err, err->fault, "%s (and not reached with %s either: %s)", err->text,
                c.ops[last - 1]->name, before.text);
    return -1;
opened:
    (*out)->chosen = last > 0;
    return 0;
}

int mp_backend_open(const struct mp_settings *settings, const struct mp_run *run,
                    struct mp_backend **out, struct mp_error *err)
{
    const struct mp_backend_ops *ops = find(settings->power->backend);

    *out = NULL;
    if (ops != NULL)
        return open_one(ops, settings, run, out, err);
    if (strcmp(settings->power->backend, "auto") == 0)
        return open_auto(settings, run, out, err);
    return mp_fail(err, MP_FAULT_USAGE, "no backend is called %s",
                   settings->power->backend);
}

static const struct mp_backend_ops *prober(const struct mp_settings *settings,
                                           struct mp_error *err)
{
    const struct mp_backend_ops *ops = find(settings->power->backend);
    const struct mp_backend_ops *prometheus = find("prometheus");
    struct choices c = {.n = 0};

    if (ops != NULL)
        return ops;
    if (prometheus != NULL && worth_trying(prometheus, settings))
        return prometheus;
    return list_choices(settings, &c, err) < 0 ? NULL : c.ops[0];
}

int mp_backend_probe(const struct mp_settings *settings, const struct mp_run *run,
                     FILE *out, struct mp_error *err)
{
    const struct mp_backend_ops *ops = prober(settings, err);
    struct mp_backend_config config;

    if (ops == NULL)
        return -1;
    if (ops->open == NULL || ops->probe == NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       ops->open == NULL
                           ? "backend %s is known but not built into this program"
                           : "backend %s has nothing to look at: give --url or --host",
                       ops->name);
    config = config_of(ops, settings);
    fprintf(out,
            "# made by monster-power probe: look it over, then try it with\n"
            "# monster-power config -c FILE and monster-power check -c FILE\n"
            "[power]\nbackend = %s\n",
            ops->name);
    return ops->probe(&config, run, out, err);
}

void mp_backend_close(struct mp_backend *b)
{
    if (b == NULL)
        return;
    free(b->label);
    b->label = NULL;
    b->ops->close(b);
}

bool mp_backend_has_one_job(const struct mp_settings *settings)
{
    const struct mp_backend_ops *ops = find(settings->power->backend);

    return ops != NULL && ops->one_job;
}
