/* SPDX-License-Identifier: MIT
 * routes.c - the sections [route NAME], on top of the built-in rpc and rpg. */
#include "config.h"

#include "config/impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "config/settings.h"

#define IDRAC_METRICS                                                                    \
    "TotalCPUPower:cpu, TotalMemoryPower:memory, TotalStoragePower:storage, "            \
    "TotalFanPower:fan, SystemInputPower:input, SystemOutputPower:output"

/* Also the values of a new route that leaves keys out. */
static const struct {
    const char *name, *metrics;
} builtin[] = {
    {"rpc", IDRAC_METRICS},
    {"rpg", IDRAC_METRICS ", PowerConsumption:gpu"},
};

enum { N_BUILTIN = sizeof builtin / sizeof *builtin };

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory while reading the configuration");
}

static int replace(char **member, const char *text, struct mp_error *err)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return no_memory(err);
    free(*member);
    *member = copy;
    return 0;
}

static int set_metrics(struct mp_route *route, const char *text, const char *where,
                       struct mp_error *err)
{
    mp_metrics_clear(route);
    return mp_metrics_add(route, text, false, where, err);
}

static const struct mp_route_key *own_keys(const struct mp_settings *s)
{
    static const struct mp_route_key none[1];

    return s->parts->backends != NULL ? s->parts->backends->route_keys : none;
}

static const char *own_default(const struct mp_settings *s, const char *route,
                               const struct mp_key *key)
{
    const struct mp_route_default *d = s->parts->backends->route_defaults;

    for (; d->route != NULL; d++)
        if (strcmp(d->route, route) == 0 && strcmp(d->key, key->name) == 0)
            return d->value;
    return key->fallback;
}

static int add_own(const struct mp_settings *s, struct mp_route *route,
                   struct mp_route_origin *origin, struct mp_error *err)
{
    const struct mp_route_key *own = own_keys(s);
    size_t n = 0;

    for (; own[n].key.name != NULL; n++)
        if (mp_route_set(route, own[n].key.name, own_default(s, route->name, &own[n].key),
                         err) < 0)
            return -1;
    origin->own = calloc(n + 1, sizeof *origin->own);
    return origin->own == NULL ? no_memory(err) : 0;
}

/* A route with its defaults, those of a built-in one if it has that name. */
static int add_route(struct mp_settings *s, const char *name, const char *metrics,
                     struct mp_error *err)
{
    struct mp_route *routes = realloc(s->routes, (s->n_routes + 1) * sizeof *routes);
    struct mp_route_origin *origins;
    struct mp_route *route;

    if (routes == NULL)
        return no_memory(err);
    s->routes = routes;
    origins = realloc(s->parts->routes, (s->n_routes + 1) * sizeof *origins);
    if (origins == NULL)
        return no_memory(err);
    s->parts->routes = origins;
    origins[s->n_routes] = (struct mp_route_origin){0};
    route = &routes[s->n_routes];
    *route = (struct mp_route){0};
    s->n_routes++;
    if (replace(&route->name, name, err) < 0 || replace(&route->prefix, name, err) < 0 ||
        add_own(s, route, &origins[s->n_routes - 1], err) < 0)
        return -1;
    return set_metrics(route, metrics, "built-in", err);
}

int mp_routes_builtin(struct mp_settings *s, struct mp_error *err)
{
    for (size_t i = 0; i < N_BUILTIN; i++)
        if (add_route(s, builtin[i].name, builtin[i].metrics, err) < 0)
            return -1;
    return 0;
}

void mp_routes_free(struct mp_settings *s)
{
    for (size_t i = 0; i < s->n_routes; i++) {
        mp_route_clear(&s->routes[i]);
        free(s->parts->routes[i].own);
        for (int k = 0; k < MP_N_ROUTE_NOTES; k++)
            free(s->parts->routes[i].notes[k].text);
    }
    free(s->routes);
    free(s->parts->routes);
}

static int set_own(struct mp_route *route, const struct mp_key *key, const char *value,
                   const char *where, struct mp_error *err)
{
    if ((key->required && *value == '\0') ||
        (key->max > 0 && strlen(value) > (size_t)key->max))
        return mp_fail(err, MP_FAULT_USAGE, "%s: %s is empty or longer than %d bytes",
                       where, key->name, key->max);
    return mp_route_set(route, key->name, value, err);
}

/* These have setters of their own; the fallbacks are for the manual. */
static const struct mp_key prefix_key = {
    .name = "prefix",
    .fallback = "the route's name",
    .help = "How the names start, in any case. Empty: all nodes that no other route "
            "takes."};
static const struct mp_key metrics_key = {
    .name = "metrics",
    .fallback = "",
    .help =
        "A list of Name:role, separated by commas. The role says what a metric stands "
        "for in the energy pie: cpu, memory, storage, fan, gpu, input (what the node "
        "draws), output (what its power supplies deliver) or none. It may be left "
        "out with the names above. For Prometheus a name may have a selector behind it: "
        "name{label=\"value\"}:role."};

const struct mp_key mp_route_note_keys[MP_N_ROUTE_NOTES] = {
    [MP_NOTE_ACCURACY] =
        {.name = "accuracy",
         .fallback = "",
         .help = "How well sensors measure: a list of Name:percent of the reading, "
                 "separated by commas, such as SystemInputPower:2. It is part of the "
                 "energy's interval. Metrics that are not named have what the database's "
                 "metrics_definition.accuracy says, if that is above 0."},
    [MP_NOTE_LAG] =
        {.name = "lag",
         .fallback = "",
         .help = "By how many seconds readings trail: a list of Name:seconds, 0 to 600, "
                 "separated by commas. A sensor that sends the average of the last 30 "
                 "seconds trails by 15."},
    [MP_NOTE_UNITS] =
        {.name = "units",
         .fallback = "",
         .help = "In what sensors really report: a list of Name:unit, separated by "
                 "commas. It stands in for the database's units."},
    [MP_NOTE_KIND] = {
        .name = "kind",
        .fallback = "",
        .help =
            "What values are: a list of Name:power or Name:counter, separated by "
            "commas. A counter counts energy up, in J, kJ, MJ, mJ, uJ, Wh or kWh; its "
            "energy is last minus first. Metrics that are not named tell power."}};

const char mp_routes_help[] =
    "Nodes whose names start with a prefix, and where their samples are. One section per "
    "route; the name is one word. The longest prefix that matches counts. Two routes are "
    "built in, rpc and rpg; a key that their sections leave out keeps its built-in "
    "value. "
    "No environment variable sets these keys.";

const struct mp_key *mp_route_key_at(const struct mp_settings *s, size_t i)
{
    const struct mp_route_key *own = own_keys(s);
    size_t n = 0;

    while (own[n].key.name != NULL)
        n++;
    if (i == 0)
        return &prefix_key;
    if (i <= n)
        return &own[i - 1].key;
    if (i == n + 1)
        return &metrics_key;
    return i - n - 2 < MP_N_ROUTE_NOTES ? &mp_route_note_keys[i - n - 2] : NULL;
}

char *mp_route_metrics(const struct mp_route *route)
{
    char *text = NULL;
    size_t len;
    FILE *list = open_memstream(&text, &len);

    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < route->n_metrics; i++)
        fprintf(list, "%s%s:%s", i > 0 ? ", " : "", route->metrics[i].name,
                mp_role_name(route->metrics[i].role));
    if (fclose(list) == 0)
        return text;
    free(text);
    return NULL;
}

static int unknown_key(const struct mp_settings *s, const char *where, const char *key,
                       struct mp_error *err)
{
    const char *names[24];
    const struct mp_key *known;
    size_t n = 0;

    for (; n < 24 && (known = mp_route_key_at(s, n)) != NULL; n++)
        names[n] = known->name;
    return mp_fail(err, MP_FAULT_USAGE, "%s has no key %s%s", where, key,
                   mp_suggest(key, names, n, "", "").text);
}

static int set_key(struct mp_settings *s, size_t i, const char *key, const char *value,
                   int line, struct mp_error *err)
{
    struct mp_route *route = &s->routes[i];
    struct mp_route_origin *origin = &s->parts->routes[i];
    const struct mp_route_key *own = own_keys(s);
    struct mp_origin here = {.kind = MP_FROM_FILE, .line = line};
    char where[512];

    snprintf(where, sizeof where, "%s:%d: [route %s]", s->parts->path, line, route->name);
    if (strcmp(key, "prefix") == 0) {
        origin->prefix = here;
        return replace(&route->prefix, value, err);
    }
    if (strcmp(key, "metrics") == 0) {
        origin->metrics = here;
        return set_metrics(route, value, where, err);
    }
    for (int k = 0; k < MP_N_ROUTE_NOTES; k++) {
        if (strcmp(key, mp_route_note_keys[k].name) != 0)
            continue;
        origin->notes[k].origin = here; /* read when all metrics are known */
        return replace(&origin->notes[k].text, value, err);
    }
    for (size_t k = 0; own[k].key.name != NULL; k++) {
        if (strcmp(own[k].key.name, key) != 0)
            continue;
        origin->own[k] = here;
        return set_own(route, &own[k].key, value, where, err);
    }
    return unknown_key(s, where, key, err);
}

int mp_routes_set(struct mp_settings *s, const char *section, const char *key,
                  const char *value, int line, struct mp_error *err)
{
    const char *name = section + strlen("route");
    size_t i;

    name += *name == ' ';
    if (*name == '\0' || strchr(name, ' ') != NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s:%d: [%s]: a route's section is [route NAME], NAME one word",
                       s->parts->path, line, section);
    for (i = 0; i < s->n_routes && strcmp(s->routes[i].name, name) != 0; i++)
        ;
    if (i == s->n_routes && add_route(s, name, builtin[0].metrics, err) < 0)
        return -1;
    return key != NULL ? set_key(s, i, key, value, line, err) : 0;
}

/* What the file left out of a route's own keys. */
static int inherit(struct mp_settings *s, struct mp_route *route, struct mp_error *err)
{
    for (const struct mp_route_key *own = own_keys(s); own->key.name != NULL; own++) {
        const char *value;

        if (own->section == NULL || *mp_route_value(route, own->key.name) != '\0')
            continue;
        value = mp_settings_text(s, own->section, own->name);
        if (mp_route_set(route, own->key.name, value, err) < 0)
            return -1;
    }
    return 0;
}

static int take_notes(struct mp_settings *s, size_t i, struct mp_error *err)
{
    int rc = 0;

    for (int k = 0; k < MP_N_ROUTE_NOTES && rc == 0; k++) {
        const char *text = s->parts->routes[i].notes[k].text;
        char where[512];

        if (text == NULL || *text == '\0')
            continue;
        snprintf(where, sizeof where, "%s:%d: [route %s] %s", s->parts->path,
                 s->parts->routes[i].notes[k].origin.line, s->routes[i].name,
                 mp_route_note_keys[k].name);
        rc = mp_metrics_note(&s->routes[i], (enum mp_route_note)k, text, false, where,
                             err);
    }
    return rc;
}

static const struct mp_route_map *find_map(const struct mp_settings *s, const char *key,
                                           const char *word, size_t len)
{
    const struct mp_route_map *m = s->parts->backends->route_maps;

    for (; m->key != NULL; m++)
        if (strcmp(m->key, key) == 0 && strlen(m->name) == len &&
            strncasecmp(m->name, word, len) == 0)
            return m;
    return NULL;
}

static int unknown_map(const struct mp_settings *s, const char *where, const char *key,
                       const char *word, struct mp_error *err)
{
    const char *names[MP_ROUTE_MAPS_MAX];
    const struct mp_route_map *m = s->parts->backends->route_maps;
    size_t n = 0;

    for (; m->key != NULL; m++)
        if (strcmp(m->key, key) == 0)
            names[n++] = m->name;
    return mp_fail(err, MP_FAULT_USAGE, "%s: no %s is called %s%s", where, key, word,
                   mp_suggest(word, names, n, "", "").text);
}

/* The metrics that the words of one key stand for. */
static int take_maps(struct mp_settings *s, size_t i, const char *key, const char *words,
                     int line, struct mp_error *err)
{
    struct mp_route *route = &s->routes[i];
    char where[512], word[64];

    snprintf(where, sizeof where, "%s:%d: [route %s]", s->parts->path, line, route->name);
    if (s->parts->routes[i].metrics.kind == MP_FROM_DEFAULT)
        mp_metrics_clear(route); /* the built-in list was not meant */
    for (;;) {
        const struct mp_route_map *m;
        size_t len;

        words += strspn(words, ", \t");
        len = strcspn(words, ", \t");
        if (len == 0)
            return 0;
        m = find_map(s, key, words, len);
        snprintf(word, sizeof word, "%.*s", (int)len, words);
        if (m == NULL)
            return unknown_map(s, where, key, word, err);
        if (mp_metrics_add(route, m->metrics, true, where, err) < 0 ||
            mp_metrics_note(route, MP_NOTE_UNITS, m->units, true, where, err) < 0 ||
            (*m->kind != '\0' &&
             mp_metrics_note(route, MP_NOTE_KIND, m->kind, true, where, err) < 0))
            return -1;
        words += len;
    }
}

/* A key whose words stand for metrics; the maps of one key follow each other. */
static int expand_maps(struct mp_settings *s, size_t i, struct mp_error *err)
{
    const struct mp_route_key *own = own_keys(s);

    for (size_t k = 0; own[k].key.name != NULL; k++) {
        const char *name = own[k].key.name;
        const char *words = mp_route_value(&s->routes[i], name);
        const struct mp_route_map *m = s->parts->backends->route_maps;

        while (m->key != NULL && strcmp(m->key, name) != 0)
            m++;
        if (m->key != NULL && *words != '\0' &&
            take_maps(s, i, name, words, s->parts->routes[i].own[k].line, err) < 0)
            return -1;
    }
    return 0;
}

int mp_routes_finish(struct mp_settings *s, struct mp_error *err)
{
    for (size_t i = 0; i < s->n_routes; i++) {
        struct mp_route *route = &s->routes[i];

        for (size_t j = 0; j < i; j++)
            if (strcasecmp(s->routes[j].prefix, route->prefix) == 0)
                return mp_fail(err, MP_FAULT_USAGE,
                               "%s: [route %s] and [route %s] have the same prefix %s",
                               s->parts->path, s->routes[j].name, route->name,
                               route->prefix);
        if (inherit(s, route, err) < 0 || expand_maps(s, i, err) < 0 ||
            take_notes(s, i, err) < 0)
            return -1;
    }
    return 0;
}
