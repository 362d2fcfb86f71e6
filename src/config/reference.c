/* SPDX-License-Identifier: MIT
 * reference.c - the sample INI and the manual's part on keys, both from the tables. */
#include "config.h"

#include "config/impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"

enum { COLUMNS = 88 };

struct writer {
    const struct mp_settings *s; /* the defaults */
    FILE *out;
    const char *indent; /* before each line of a text */
    size_t column;
    bool sentences; /* each starts a line, as mdoc wants it */
};

/* --- texts --- */

static void end_line(struct writer *w)
{
    if (w->column > 0)
        fputc('\n', w->out);
    w->column = 0;
}

static void put_word(struct writer *w, const char *word, size_t len)
{
    if (w->column > 0 && w->column + 1 + len > COLUMNS)
        end_line(w);
    if (w->column > 0)
        w->column += (size_t)fprintf(w->out, " ");
    else
        w->column =
            (size_t)fprintf(w->out, "%s%s", w->indent,
                            w->sentences && (*word == '.' || *word == '\'') ? "\\&" : "");
    fwrite(word, 1, len, w->out);
    w->column += len;
}

/* Filled; goes on in the same line with the next text. */
static void put_text(struct writer *w, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        put_word(w, text, len);
        if (w->sentences && text[len - 1] == '.')
            end_line(w);
        text += len;
        text += *text == ' ';
    }
}

static void put_choices(FILE *out, const char *const *choices)
{
    size_t n = 0;

    while (choices[n] != NULL && strchr(choices[n], '=') == NULL)
        n++;
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%c%s",
                i == 0      ? ""
                : i + 1 < n ? ", "
                            : " or ",
                i == 0 ? toupper((unsigned char)*choices[i]) : *choices[i],
                choices[i] + 1);
}

/* "Seconds, 1 to 3600"; the caller frees it. */
static char *kind_of(const struct writer *w, const struct mp_key *key)
{
    const struct mp_backend_keys *backends = w->s->parts->backends;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        return NULL;
    if (key->type == MP_KEY_INT)
        fprintf(out, "%s, %d to %d", key->unit != NULL ? key->unit : "Number", key->min,
                key->max);
    else if (key->type == MP_KEY_DECIMAL)
        fprintf(out, "Decimal number, 0 to %d", key->max);
    else if (key->type == MP_KEY_CHOICE)
        put_choices(out, key->choices);
    else if (key->type == MP_KEY_BACKEND && backends != NULL)
        put_choices(out, backends->names);
    else
        fputs(key->type == MP_KEY_PATH ? "Path" : "String", out);
    if (key->word != NULL)
        fprintf(out, ", or %s", key->word);
    if (key->secret)
        fputs(", a secret", out);
    if (key->required)
        fputs(", not empty", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* A default that begins with configure's localstatedir is told in general. */
static const char *below_localstatedir(const char *fallback)
{
    size_t len = strlen(MP_LOCALSTATEDIR);

    return len > 0 && strncmp(fallback, MP_LOCALSTATEDIR "/", len + 1) == 0
               ? fallback + len
               : NULL;
}

/* What a built-in route has for one of its keys; the caller frees it. */
static char *route_text(const struct mp_route *route, const char *name)
{
    if (strcmp(name, "prefix") == 0)
        return strdup(route->prefix);
    if (strcmp(name, "metrics") == 0)
        return mp_route_metrics(route);
    return strdup(mp_route_value(route, name));
}

/* --- the sample --- */

static const char head[] =
    "# monster-power.ini - configuration of monster-power, all of it optional.\n"
    "#\n"
    "# Copy it to /etc/monster-power.ini (or where `monster-power config` says it "
    "looks), "
    "take\n"
    "# the # from what you change, and look at the result with `monster-power config`.  "
    "With a\n"
    "# password in it the file must be kept from others:\n"
    "#\n"
    "#     chown root:slurm /etc/monster-power.ini && chmod 0640 /etc/monster-power.ini\n"
    "#\n"
    "# slurm being SlurmUser's group.  What is set here is the default; the environment\n"
    "# (REPACSS_*, MONSTER_POWER_*) and the command line win over the file.\n"
    "#\n"
    "# A value that holds ; or #, or starts or ends with a blank, stands in double "
    "quotes, "
    "with\n"
    "# \\\" for a double quote and \\\\ for a backslash, or in single quotes, where "
    "nothing "
    "is\n"
    "# special.  All of it: monster-power.ini(5).\n";

static int sample_key(struct writer *w, const struct mp_key *key)
{
    const char *below = key->type != MP_KEY_USER && key->fallback != NULL
                            ? below_localstatedir(key->fallback)
                            : NULL;
    char *kind = kind_of(w, key), *text = NULL;

    if (kind == NULL || asprintf(&text, "(%s.)", kind) < 0) {
        free(kind);
        return -1;
    }
    fputc('\n', w->out);
    put_text(w, key->help);
    put_text(w, text);
    if (key->type == MP_KEY_USER)
        put_text(w, "Default: the current user.");
    end_line(w);
    fprintf(w->out, "#%s =%s%s%s\n", key->name, *key->fallback != '\0' ? " " : "",
            below != NULL ? "/var" : "", below != NULL ? below : key->fallback);
    free(kind);
    free(text);
    return 0;
}

static int sample_route(struct writer *w, const struct mp_route *route)
{
    const struct mp_key *key;

    fprintf(w->out, "\n[route %s]\n", route->name);
    for (size_t i = 0; (key = mp_route_key_at(w->s, i)) != NULL; i++) {
        char *text = route_text(route, key->name);

        if (text == NULL)
            return -1;
        fprintf(w->out, "#%s = %s\n", key->name, text);
        free(text);
    }
    return 0;
}

static int sample_routes(struct writer *w)
{
    const struct mp_key *key;

    fputc('\n', w->out);
    put_text(w, mp_routes_help);
    end_line(w);
    for (size_t i = 0; (key = mp_route_key_at(w->s, i)) != NULL; i++) {
        fputs("#\n", w->out);
        put_text(w, key->name);
        put_text(w, "-");
        put_text(w, key->help);
        end_line(w);
    }
    for (size_t i = 0; i < w->s->n_routes; i++)
        if (sample_route(w, &w->s->routes[i]) < 0)
            return -1;
    return 0;
}

static int sample(struct writer *w)
{
    fputs(head, w->out);
    for (size_t i = 0; i < w->s->parts->n_sections; i++) {
        const struct mp_keys *keys = w->s->parts->sections[i].keys;

        fprintf(w->out, "\n[%s]\n# %s\n", keys->section, keys->help);
        for (size_t k = 0; k < keys->n; k++)
            if (sample_key(w, &keys->key[k]) < 0)
                return -1;
    }
    return sample_routes(w);
}

/* --- the manual --- */

static int manual_entry(struct writer *w, const struct mp_key *key)
{
    char *kind = kind_of(w, key);

    if (kind == NULL)
        return -1;
    fprintf(w->out, ".It Ic %s\n%s.\n", key->name, kind);
    free(kind);
    return 0;
}

static int manual_key(struct writer *w, const struct mp_key *key)
{
    const char *below = below_localstatedir(key->fallback);

    if (manual_entry(w, key) < 0)
        return -1;
    fprintf(w->out, "Default: %s%s.\n%s", below != NULL ? "LOCALSTATEDIR" : "",
            key->type == MP_KEY_USER ? "the current user"
            : below != NULL          ? below
            : *key->fallback != '\0' ? key->fallback
                                     : "empty",
            key->env[0] != NULL ? "Environment:\n" : "");
    for (int i = 0; i < MP_KEY_ENVS && key->env[i] != NULL; i++)
        fprintf(w->out, ".Ev %s %c\n", key->env[i],
                i + 1 < MP_KEY_ENVS && key->env[i + 1] != NULL ? ',' : '.');
    fputs(".br\n", w->out);
    put_text(w, key->help);
    end_line(w);
    return 0;
}

/* What the built-in routes have where it is not the default: " zen4 for rpc". */
static void manual_route_defaults(struct writer *w, const char *name)
{
    const struct mp_backend_keys *backends = w->s->parts->backends;
    const struct mp_route_default *d = backends != NULL ? backends->route_defaults : NULL;
    bool any = false;

    for (; d != NULL && d->route != NULL; d++)
        if (strcmp(d->key, name) == 0) {
            fprintf(w->out, " %s for %s,", d->value, d->route);
            any = true;
        }
    if (any)
        fputs(" else", w->out);
}

static const struct mp_route_key *own_key(const struct writer *w, const char *name)
{
    const struct mp_route_key *k = w->s->parts->backends->route_keys;

    for (; k->key.name != NULL; k++)
        if (strcmp(k->key.name, name) == 0)
            return k;
    return NULL;
}

static int manual_metrics(struct writer *w)
{
    for (size_t i = 0; i < w->s->n_routes; i++) {
        char *text = mp_route_metrics(&w->s->routes[i]), *rest = text, *item;

        if (text == NULL)
            return -1;
        fprintf(w->out, "%s %s:\n.Bd -literal -compact\n", i == 0 ? "Default of" : "Of",
                w->s->routes[i].name);
        while ((item = strsep(&rest, ",")) != NULL)
            fprintf(w->out, "%s%s\n", item + (*item == ' '), rest != NULL ? "," : "");
        fputs(".Ed\n", w->out);
        free(text);
    }
    fprintf(w->out, "A new route has those of %s.\n", w->s->routes[0].name);
    return 0;
}

static int manual_route_key(struct writer *w, const struct mp_key *key)
{
    const struct mp_route_key *own = own_key(w, key->name);

    if (manual_entry(w, key) < 0)
        return -1;
    if (own != NULL) {
        fputs("Default:", w->out);
        manual_route_defaults(w, key->name);
        if (own->section != NULL)
            fprintf(w->out, "\n.Ic %s\nof\n.Ic [%s] .\n", own->name, own->section);
        else
            fprintf(w->out, " %s.\n", *key->fallback != '\0' ? key->fallback : "empty");
    } else if (strcmp(key->name, "metrics") == 0) {
        if (manual_metrics(w) < 0)
            return -1;
    } else {
        fprintf(w->out, "Default: %s.\n", key->fallback);
    }
    fputs(".br\n", w->out);
    put_text(w, key->help);
    end_line(w);
    return 0;
}

static int manual(struct writer *w)
{
    const struct mp_key *key;

    for (size_t i = 0; i < w->s->parts->n_sections; i++) {
        const struct mp_keys *keys = w->s->parts->sections[i].keys;

        fprintf(w->out, ".Ss [%s]\n%s\n.Bl -tag -width Ds\n", keys->section, keys->help);
        for (size_t k = 0; k < keys->n; k++)
            if (manual_key(w, &keys->key[k]) < 0)
                return -1;
        fputs(".El\n", w->out);
    }
    fputs(".Ss [route NAME]\n", w->out);
    put_text(w, mp_routes_help);
    end_line(w);
    fputs(".Bl -tag -width Ds\n", w->out);
    for (size_t i = 0; (key = mp_route_key_at(w->s, i)) != NULL; i++)
        if (manual_route_key(w, key) < 0)
            return -1;
    fputs(".El\n", w->out);
    return 0;
}

/* --- both --- */

static int write_with(int (*what)(struct writer *), struct writer *w,
                      const struct mp_backend_keys *backends, struct mp_error *err)
{
    struct mp_settings defaults;
    int rc = mp_settings_init(&defaults, backends, err);

    if (rc == 0)
        rc = mp_routes_finish(&defaults, err);
    w->s = &defaults;
    if (rc == 0 && what(w) < 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory");
    if (rc == 0 && ferror(w->out))
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot write the configuration");
    mp_settings_free(&defaults);
    return rc;
}

int mp_settings_sample(const struct mp_backend_keys *backends, FILE *out,
                       struct mp_error *err)
{
    struct writer w = {.out = out, .indent = "# "};

    return write_with(sample, &w, backends, err);
}

int mp_settings_manual(const struct mp_backend_keys *backends, FILE *out,
                       struct mp_error *err)
{
    struct writer w = {.out = out, .indent = "", .sentences = true};

    return write_with(manual, &w, backends, err);
}
