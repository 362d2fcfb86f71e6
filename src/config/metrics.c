/* SPDX-License-Identifier: MIT
 * metrics.c - lists of Name:word. */
#include "config.h"

#include "config/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/numtext.h"
#include "model/sample.h"

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory while reading the configuration");
}

static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t");
    end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    return text;
}

/* The next `c` at or behind `at` that no selector holds; NULL: none. */
static char *find_outside(char *at, char c)
{
    bool quoted = false;
    int depth = 0;

    for (; *at != '\0'; at++) {
        if (quoted && *at == '\\' && at[1] != '\0')
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == '{' || *at == '}'))
            depth += *at == '{' ? 1 : -1;
        else if (!quoted && depth == 0 && *at == c)
            return at;
    }
    return NULL;
}

/* Cuts the first item off the list, like strsep. */
static char *next_item(char **rest)
{
    char *item = *rest, *comma;

    if (item == NULL)
        return NULL;
    comma = find_outside(item, ',');
    *rest = comma != NULL ? comma + 1 : NULL;
    if (comma != NULL)
        *comma = '\0';
    return item;
}

/* Cuts the word behind the last colon off the item; NULL: there is none. */
static char *cut_word(char *item)
{
    char *colon = NULL, *next = item;

    while ((next = find_outside(next, ':')) != NULL)
        colon = next++;
    if (colon == NULL)
        return NULL;
    *colon = '\0';
    return trim(colon + 1);
}

/* ---- metrics ---- */

/* MonSTer's, whose role may be left out. */
static bool usual_role(const char *name, enum mp_role *role)
{
    static const struct {
        const char *name;
        enum mp_role role;
    } usual[] = {
        {"TotalCPUPower", MP_ROLE_CPU},         {"TotalMemoryPower", MP_ROLE_MEMORY},
        {"TotalStoragePower", MP_ROLE_STORAGE}, {"TotalFanPower", MP_ROLE_FAN},
        {"SystemInputPower", MP_ROLE_INPUT},    {"SystemOutputPower", MP_ROLE_OUTPUT},
        {"PowerConsumption", MP_ROLE_GPU},
    };

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (strcasecmp(usual[i].name, name) == 0) {
            *role = usual[i].role;
            return true;
        }
    }
    return false;
}

static int read_role(const char *name, const char *word, enum mp_role *role,
                     const char *where, struct mp_error *err)
{
    if (*name == '\0' || strlen(name) > MP_METRIC_NAME_MAX)
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s: a metric's name is empty or longer than %d bytes", where,
                       MP_METRIC_NAME_MAX);
    if (word != NULL && !mp_role_parse(word, role))
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s: metric %.63s has no role %.20s; cpu, memory, storage, fan, "
                       "gpu, input, output or none",
                       where, name, word);
    if (word == NULL && !usual_role(name, role))
        return mp_fail(
            err, MP_FAULT_USAGE,
            "%s: metric %.200s needs a role: %.63s:cpu, or memory, storage, fan, gpu, "
            "input, output, none",
            where, name, name);
    return 0;
}

static bool has_metric(const struct mp_route *route, const char *name)
{
    for (size_t i = 0; i < route->n_metrics; i++)
        if (strcasecmp(route->metrics[i].name, name) == 0)
            return true;
    return false;
}

/* `item` is "Name" or "Name:role"; it is written to. */
static int add_metric(struct mp_route *route, char *item, bool from_map,
                      const char *where, struct mp_error *err)
{
    struct mp_metric *bigger;
    char *word = cut_word(item);
    enum mp_role role = MP_ROLE_NONE;

    item = trim(item);
    if (read_role(item, word, &role, where, err) < 0)
        return -1;
    if (has_metric(route, item))
        return from_map ? 0
                        : mp_fail(err, MP_FAULT_USAGE, "%s: metric %.200s stands twice",
                                  where, item);
    bigger = realloc(route->metrics, (route->n_metrics + 1) * sizeof *bigger);
    if (bigger == NULL)
        return no_memory(err);
    route->metrics = bigger;
    bigger[route->n_metrics] =
        (struct mp_metric){.name = strdup(item), .role = role, .optional = from_map};
    if (bigger[route->n_metrics].name == NULL)
        return no_memory(err);
    route->n_metrics++;
    return 0;
}

int mp_metrics_add(struct mp_route *route, const char *list, bool from_map,
                   const char *where, struct mp_error *err)
{
    char *copy = strdup(list), *rest = copy, *item;
    int rc = 0;

    if (copy == NULL)
        return no_memory(err);
    while (rc == 0 && (item = next_item(&rest)) != NULL)
        rc = add_metric(route, item, from_map, where, err);
    free(copy);
    return rc;
}

void mp_metrics_clear(struct mp_route *route)
{
    for (size_t i = 0; i < route->n_metrics; i++) {
        free(route->metrics[i].name);
        free(route->metrics[i].units);
    }
    free(route->metrics);
    route->metrics = NULL;
    route->n_metrics = 0;
}

/* ---- notes ---- */

static int set_units(struct mp_metric *m, const char *value, bool from_map,
                     const char *where, struct mp_error *err)
{
    double factor;
    char *copy;

    if (from_map && m->units != NULL)
        return 0;
    if (!mp_units_to_watt(value, &factor) && !mp_units_to_joule(value, &factor))
        return mp_fail(
            err, MP_FAULT_USAGE,
            "%s: %s is no unit of power: W, mW or kW; of a counter: J, kJ, MJ, "
            "mJ, uJ, Wh or kWh",
            where, value);
    copy = strdup(value);
    if (copy == NULL)
        return no_memory(err);
    free(m->units);
    m->units = copy;
    return 0;
}

static int note_metric(struct mp_metric *m, enum mp_route_note note, const char *value,
                       bool from_map, const char *where, struct mp_error *err)
{
    double number;

    if (note == MP_NOTE_UNITS)
        return set_units(m, value, from_map, where, err);
    if (note == MP_NOTE_KIND) {
        m->counter = strcasecmp(value, "counter") == 0;
        return m->counter || strcasecmp(value, "power") == 0
                   ? 0
                   : mp_fail(err, MP_FAULT_USAGE, "%s: %s is no kind: power or counter",
                             where, value);
    }
    if (mp_number_read(value, strlen(value), &number) < 0 || !(number >= 0) ||
        number > (note == MP_NOTE_LAG ? MP_LAG_MAX_US / 1000000 : MP_ACCURACY_MAX))
        return mp_fail(err, MP_FAULT_USAGE, "%s: %s is no number of %s", where, value,
                       note == MP_NOTE_LAG ? "seconds from 0 to 600"
                                           : "per cent from 0 to 100");
    if (note == MP_NOTE_LAG)
        m->lag = llround(number * 1e6);
    else
        m->accuracy = number;
    return 0;
}

/* Is `name` the metric's, or what stands before its selector? */
static bool is_called(const struct mp_metric *m, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(m->name, name, len) == 0 &&
           (m->name[len] == '\0' || (m->name[len] == '{' && len > 0));
}

/* `item` is "Name:value"; it is written to. */
static int take_note(struct mp_route *route, enum mp_route_note note, char *item,
                     bool from_map, const char *where, struct mp_error *err)
{
    char *value = cut_word(item);
    bool known = from_map;
    int rc = 0;

    item = trim(item);
    if (value == NULL)
        return mp_fail(err, MP_FAULT_USAGE, "%s: %s has no value: Name:value", where,
                       item);
    for (size_t i = 0; i < route->n_metrics && rc == 0; i++) {
        if (!is_called(&route->metrics[i], item))
            continue;
        known = true;
        rc = note_metric(&route->metrics[i], note, value, from_map, where, err);
    }
    if (rc == 0 && !known)
        rc = mp_fail(err, MP_FAULT_USAGE, "%s: %s is no metric of this route", where,
                     item);
    return rc;
}

int mp_metrics_note(struct mp_route *route, enum mp_route_note note, const char *list,
                    bool from_map, const char *where, struct mp_error *err)
{
    char *copy = strdup(list), *rest = copy, *item;
    int rc = 0;

    if (copy == NULL)
        return no_memory(err);
    while (rc == 0 && (item = next_item(&rest)) != NULL)
        rc = take_note(route, note, item, from_map, where, err);
    free(copy);
    return rc;
}
