/* SPDX-License-Identifier: MIT
 * guess.c - words in names. */
#include "config.h"

#include "backends/frame/guess.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
    const char *word;
    enum mp_role role;
} words[] = {
    {"gpu", MP_ROLE_GPU},         {"dcgm", MP_ROLE_GPU},
    {"accelerator", MP_ROLE_GPU}, {"cpu", MP_ROLE_CPU},
    {"package", MP_ROLE_CPU},     {"processor", MP_ROLE_CPU},
    {"socket", MP_ROLE_CPU},      {"mem", MP_ROLE_MEMORY},
    {"dram", MP_ROLE_MEMORY},     {"dimm", MP_ROLE_MEMORY},
    {"fan", MP_ROLE_FAN},         {"storage", MP_ROLE_STORAGE},
    {"disk", MP_ROLE_STORAGE},    {"drive", MP_ROLE_STORAGE},
    {"output", MP_ROLE_OUTPUT},   {"input", MP_ROLE_INPUT},
    {"consum", MP_ROLE_INPUT},    {"chassis", MP_ROLE_INPUT},
    {"platform", MP_ROLE_INPUT},  {"dcmi", MP_ROLE_INPUT},
    {"system", MP_ROLE_INPUT},    {"node_power", MP_ROLE_INPUT},
};

/* The words above are in the order in which they count: a chassis' fans are fans. */
bool mp_guess_role(const char *metric, enum mp_role *role)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(metric, words[i].word) != NULL) {
            *role = words[i].role;
            return true;
        }
    }
    return false;
}

bool mp_guess_is_power(const char *metric)
{
    static const char *const yes[] = {"watt", "power", "joule", "energy"};
    static const char *const no[] = {
        "limit",     "capacity", "_cap",    "max",  "min_",     "thresh", "state",
        "status",    "health",   "factor",  "info", "enforced", "error",  "cycles",
        "supply_on", "percent",  "reading", "peak", "volt",     "amp"};
    bool power = false;

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        power = power || strcasestr(metric, yes[i]) != NULL;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        power = power && strcasestr(metric, no[i]) == NULL;
    return power;
}

bool mp_guess_is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-";

    return *name != '\0' && name[strspn(name, plain)] == '\0';
}

void mp_guess_prefix(const char *host, char *prefix, size_t size)
{
    size_t len = strcspn(host, "0123456789.");

    while (len > 0 && (host[len - 1] == '-' || host[len - 1] == '_'))
        len--;
    if (len >= size || strchr(host, ':') != NULL)
        len = 0;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)host[i]) && host[i] != '-' && host[i] != '_')
            len = 0;
    for (size_t i = 0; i < len; i++)
        prefix[i] = (char)tolower((unsigned char)host[i]);
    prefix[len] = '\0';
}

int mp_guess_group(struct mp_guess_groups *g, const char *host, struct mp_error *err)
{
    struct mp_guess_group *group;
    size_t known = g->seen.n, at;
    char prefix[64];
    size_t i;

    if (!mp_guess_is_plain(host))
        return MP_GUESS_GROUPS_MAX;
    mp_guess_prefix(host, prefix, sizeof prefix);
    for (i = 0; i < g->n && strcmp(g->group[i].prefix, prefix) != 0; i++)
        ;
    if (*prefix == '\0' || i == MP_GUESS_GROUPS_MAX)
        return MP_GUESS_GROUPS_MAX;
    group = &g->group[i];
    if (i == g->n) {
        *group = (struct mp_guess_group){.n = 0};
        snprintf(group->prefix, sizeof group->prefix, "%s", prefix);
        g->n++;
    }
    if (mp_keyset_put(&g->seen, host, strlen(host), err) < 0)
        return -1;
    if (g->seen.n > known && group->n++ < MP_GUESS_SHOWN) {
        at = strlen(group->shown);
        snprintf(group->shown + at, sizeof group->shown - at, "%s%.50s",
                 at > 0 ? ", " : "", host);
    }
    return (int)i;
}

void mp_guess_groups_free(struct mp_guess_groups *g)
{
    mp_keyset_free(&g->seen);
}

void mp_guess_comment(const char *text, char *out, size_t size)
{
    mp_utf8_escape(out, size, text);
}
