/* SPDX-License-Identifier: MIT
 * print.c - what `monster-power config` prints. */
#include "config.h"

#include "config/impl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/ini.h"
#include "config/settings.h"

extern char **environ;

struct printer {
    const struct mp_settings *s;
    FILE *out;
    bool failed; /* out of memory */
};

static void put_origin(struct printer *p, const struct mp_origin *origin)
{
    switch (origin->kind) {
    case MP_FROM_DEFAULT:
        fputs("default", p->out);
        break;
    case MP_FROM_FILE:
        fprintf(p->out, "file, line %d", origin->line);
        break;
    case MP_FROM_ENV:
        fprintf(p->out, "environment, %s", origin->name);
        break;
    case MP_FROM_OPTION:
        fprintf(p->out, "command line, %s", origin->name);
        break;
    }
    fputc('\n', p->out);
}

static void put(struct printer *p, const char *name, const char *value,
                const struct mp_origin *origin)
{
    char *quoted = mp_ini_quote(value);

    if (quoted == NULL) {
        p->failed = true;
        return;
    }
    fprintf(p->out, "%s = %-*s ; ", name, 32 - (int)strlen(name), quoted);
    put_origin(p, origin);
    free(quoted);
}

/* As a comment, so that what is printed loads back without a wrong password. */
static void put_secret(struct printer *p, const char *name, const char *value,
                       const struct mp_origin *origin)
{
    if (*value == '\0') {
        put(p, name, value, origin);
        return;
    }
    fprintf(p->out, "; %s = %-*s ; ", name, 30 - (int)strlen(name), "********");
    put_origin(p, origin);
}

static void put_section(struct printer *p, const struct mp_section *section)
{
    fprintf(p->out, "\n[%s]\n", section->keys->section);
    for (size_t i = 0; i < section->keys->n; i++) {
        const struct mp_key *key = &section->keys->key[i];
        const struct mp_origin *origin = &p->s->parts->origins[section->first + i];
        char buf[16];
        const char *text = mp_section_text(section, key, buf, sizeof buf);

        if (key->secret)
            put_secret(p, key->name, text, origin);
        else
            put(p, key->name, text, origin);
    }
}

static void put_metrics(struct printer *p, const struct mp_route *route,
                        const struct mp_origin *origin)
{
    char *text = mp_route_metrics(route);

    if (text != NULL)
        put(p, "metrics", text, origin);
    else
        p->failed = true;
    free(text);
}

/* A required key without a value is the backend's to refuse, when it is opened; a file
 * that says so would be refused when it is read. */
static bool may_be_said(const struct mp_settings *s, const char *name, const char *value)
{
    const struct mp_key *key;

    for (size_t i = 0; (key = mp_route_key_at(s, i)) != NULL; i++)
        if (strcmp(key->name, name) == 0)
            return !key->required || *value != '\0';
    return true;
}

static void put_routes(struct printer *p)
{
    for (size_t i = 0; i < p->s->n_routes; i++) {
        const struct mp_route *route = &p->s->routes[i];
        const struct mp_route_origin *origin = &p->s->parts->routes[i];

        fprintf(p->out, "\n[route %s]\n", route->name);
        put(p, "prefix", route->prefix, &origin->prefix);
        for (size_t k = 0; k < route->n_own; k++)
            if (may_be_said(p->s, route->own[k].name, route->own[k].value))
                put(p, route->own[k].name, route->own[k].value, &origin->own[k]);
        put_metrics(p, route, &origin->metrics);
        for (int k = 0; k < MP_N_ROUTE_NOTES; k++)
            if (origin->notes[k].text != NULL)
                put(p, mp_route_note_keys[k].name, origin->notes[k].text,
                    &origin->notes[k].origin);
    }
}

static bool sets_a_key(const struct mp_section *section, const char *name, size_t len)
{
    for (size_t i = 0; i < section->keys->n; i++) {
        const char *const *env = section->keys->key[i].env;

        for (int j = 0; j < MP_KEY_ENVS && env[j] != NULL; j++)
            if (strlen(env[j]) == len && strncmp(env[j], name, len) == 0)
                return true;
    }
    return false;
}

static bool is_known_variable(const struct printer *p, const char *name, size_t len)
{
    static const char config[] = "MONSTER_POWER_CONFIG";

    if (len == sizeof config - 1 && strncmp(name, config, len) == 0)
        return true;
    for (size_t i = 0; i < p->s->parts->n_sections; i++)
        if (sets_a_key(&p->s->parts->sections[i], name, len))
            return true;
    return false;
}

/* Variables that look like ours and mean nothing to us: MONSTER_POWER_PYTHON and _SCRIPT
 * of the Python script, or a slip. */
static void put_ignored_variables(struct printer *p)
{
    for (char **e = environ; *e != NULL; e++) {
        size_t len = strcspn(*e, "=");

        if (strncmp(*e, "MONSTER_POWER_", 14) != 0 || is_known_variable(p, *e, len))
            continue;
        fputs("# ignored: environment variable ", p->out);
        for (size_t i = 0; i < len; i++)
            fputc((unsigned char)(*e)[i] >= 0x20 && (*e)[i] != 0x7f ? (*e)[i] : '?',
                  p->out);
        fputc('\n', p->out);
    }
}

int mp_settings_print(const struct mp_settings *s, FILE *out, struct mp_error *err)
{
    struct printer p = {.s = s, .out = out};

    fputs("# The effective configuration of " PACKAGE_STRING
          ", and where it comes from.\n"
          "# file: ",
          out);
    for (const char *c = s->parts->path; *c != '\0'; c++)
        fputc((unsigned char)*c >= 0x20 && *c != 0x7f ? *c : '?', out);
    fputs(s->parts->file_read ? "\n" : " (not there)\n", out);
    put_ignored_variables(&p);
    for (size_t i = 0; i < s->parts->n_sections; i++)
        put_section(&p, &s->parts->sections[i]);
    put_routes(&p);
    if (p.failed)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    if (ferror(out))
        return mp_fail(err, MP_FAULT_FAILED, "cannot write the configuration");
    return 0;
}
