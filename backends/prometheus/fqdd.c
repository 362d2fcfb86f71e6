/* SPDX-License-Identifier: MIT
 * fqdd.c - the fewest labels that tell a node's sensors apart, those first that exporters
 * use for it. */
#include "config.h"

#include "backends/prometheus/fqdd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As exporters call what they measure: DCGM, redfish, node_exporter, IPMI, idrac. */
static const char *const usual[] = {
    "gpu",     "gpu_id",     "power_supply", "psu",     "sensor", "name",
    "id",      "chip",       "zone",         "package", "index",  "path",
    "chassis", "chassis_id", "uuid",         "UUID",    "device",
};
enum { N_USUAL = sizeof usual / sizeof *usual };

/* What changes while the sensor does not, or says where it was read. */
static const char *const never[] = {
    "__name__",
    "job",
    "instance",
    "host",
    "Hostname",
    "hostname",
    "node",
    "nodename",
    "node_name",
    "pod",
    "namespace",
    "container",
    "endpoint",
    "service",
    "replica",
    "cluster",
    "prometheus",
    "prometheus_replica",
    "modelName",
    "hpc_job",
    "user",
    "account",
    "DCGM_FI_DRIVER_VERSION",
};

bool mp_prom_is_label(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

    if (*name == '\0' || strchr(letters, *name) == NULL)
        return false;
    for (; *name != '\0'; name++)
        if (strchr(letters, *name) == NULL && strchr("0123456789", *name) == NULL)
            return false;
    return true;
}

bool mp_prom_fqdd(const struct mp_prom_labels *labels, char *const *names, size_t n,
                  char *out, size_t size)
{
    size_t at = 0;
    bool any = false;

    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const char *value = mp_prom_label(labels, names[i]);

        if (value == NULL || at >= size)
            continue;
        at += (size_t)snprintf(out + at, size - at, "%s%s", any ? "/" : "", value);
        any = true;
    }
    return any;
}

static size_t rank_of(const char *name)
{
    for (size_t i = 0; i < N_USUAL; i++)
        if (strcmp(usual[i], name) == 0)
            return i;
    return N_USUAL;
}

/* Before others: the usual ones in their order, then the alphabet. */
static bool is_better(const char *a, const char *b)
{
    size_t x = rank_of(a), y = rank_of(b);

    return x != y ? x < y : strcmp(a, b) < 0;
}

static bool is_of_use(const struct mp_prom_choice *c, const char *name)
{
    if (strcmp(name, c->node_label) == 0 || strncmp(name, "exported_", 9) == 0)
        return false;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (strcmp(name, never[i]) == 0)
            return false;
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(name, c->names[i]) == 0)
            return false;
    return c->n < MP_PROM_LABELS_MAX;
}

static bool add(struct mp_prom_choice *c, const char *name, size_t len, size_t at)
{
    char *copy = strndup(name, len);

    if (copy == NULL)
        return false;
    memmove(&c->names[at + 1], &c->names[at], (c->n - at) * sizeof *c->names);
    c->names[at] = copy;
    c->n++;
    return true;
}

void mp_prom_choice_open(struct mp_prom_choice *c, const char *wanted,
                         const char *node_label)
{
    *c = (struct mp_prom_choice){.node_label = node_label, .given = *wanted != '\0'};
    for (;;) {
        size_t len;

        wanted += strspn(wanted, ", \t");
        len = strcspn(wanted, ", \t");
        if (len == 0 || c->n == MP_PROM_LABELS_MAX || !add(c, wanted, len, c->n))
            break;
        wanted += len;
    }
}

int mp_prom_choice_see(struct mp_prom_choice *c, const struct mp_prom_labels *labels,
                       struct mp_error *err)
{
    for (size_t i = 0; !c->given && i < labels->n; i++) {
        const char *name = labels->name[i];
        size_t at = 0;

        if (!is_of_use(c, name))
            continue;
        while (at < c->n && is_better(c->names[at], name))
            at++;
        if (!add(c, name, strlen(name), at))
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for labels");
    }
    return 0;
}

/* At first a usual one is there even where nothing needs it: a node with one GPU calls it
 * as one with eight does. */
void mp_prom_choice_try(struct mp_prom_choice *c)
{
    if (c->given)
        c->n_tried = c->n;
    else if (c->clash)
        c->n_tried++;
    else
        c->n_tried = c->n > 0 && rank_of(c->names[0]) < N_USUAL;
    c->clash = false;
    mp_keyset_free(&c->placed);
    c->placed = (struct mp_keyset){0};
}

int mp_prom_choice_place(struct mp_prom_choice *c, const struct mp_prom_labels *labels,
                         struct mp_error *err)
{
    const char *node = mp_prom_label(labels, c->node_label);
    char key[2 * MP_PROM_LABEL_BYTES];
    size_t known = c->placed.n, len;

    len = (size_t)snprintf(key, sizeof key, "%s\n", node != NULL ? node : "");
    mp_prom_fqdd(labels, c->names, c->n_tried, key + len, sizeof key - len);
    if (mp_keyset_put(&c->placed, key, strlen(key), err) < 0)
        return -1;
    c->clash = c->clash || c->placed.n == known;
    return 0;
}

bool mp_prom_choice_more(struct mp_prom_choice *c)
{
    if (c->placed.n > c->best) {
        c->best = c->placed.n;
        c->n_best = c->n_tried;
    }
    return c->clash && !c->given && c->n_tried < c->n;
}

size_t mp_prom_choice_take(struct mp_prom_choice *c, char **names)
{
    size_t n = c->n_best;

    for (size_t i = 0; i < c->n; i++) {
        if (i < n)
            names[i] = c->names[i];
        else
            free(c->names[i]);
    }
    c->n = 0;
    return n;
}

void mp_prom_choice_close(struct mp_prom_choice *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->names[i]);
    mp_keyset_free(&c->placed);
}
