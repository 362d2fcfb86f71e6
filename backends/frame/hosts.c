/* SPDX-License-Identifier: MIT
 * hosts.c - names that differ by a domain. */
#include "config.h"

#include "backends/frame/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN = 4 };

static size_t label_len(const char *name)
{
    return strcspn(name, ".");
}

static bool has_domain(const char *name)
{
    return name[label_len(name)] == '.';
}

/* The next node, from `from` on, whose name differs from the host's by the domain alone;
 * the host is none of the plan's own names. */
static long next_alike(const struct mp_hosts *h, const char *hostname, size_t from)
{
    const struct mp_plan *plan = h->plan;
    size_t len = label_len(hostname);
    char label[256];
    long node;

    if (len == 0 || len >= sizeof label)
        return MP_HOSTS_NONE;
    if (has_domain(hostname)) { /* at most one: the label itself */
        memcpy(label, hostname, len);
        label[len] = '\0';
        node = mp_plan_find_node(plan, label);
        return node >= (long)from ? node : MP_HOSTS_NONE;
    }
    for (size_t i = from; h->domains && i < plan->n_nodes; i++)
        if (label_len(plan->nodes[i].name) == len && has_domain(plan->nodes[i].name) &&
            strncasecmp(plan->nodes[i].name, hostname, len) == 0)
            return (long)i;
    return MP_HOSTS_NONE;
}

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the names of nodes");
}

static int start(struct mp_hosts *h, struct mp_error *err)
{
    if (h->nodes != NULL)
        return 0;
    h->nodes = calloc(h->plan->n_nodes + 1, sizeof *h->nodes);
    for (size_t i = 0; i < h->plan->n_nodes; i++)
        h->domains = h->domains || has_domain(h->plan->nodes[i].name);
    return h->nodes != NULL ? 0 : no_memory(err);
}

static int note(struct mp_host *node, const char *hostname, struct mp_error *err)
{
    char **at = &node->name;

    if (node->name != NULL) {
        if (strcasecmp(node->name, hostname) == 0 || node->other != NULL)
            return 0;
        at = &node->other;
    }
    *at = strdup(hostname);
    return *at != NULL ? 0 : no_memory(err);
}

int mp_hosts_see(struct mp_hosts *h, const char *hostname, struct mp_error *err)
{
    long node = mp_plan_find_node(h->plan, hostname);
    long next;

    if (start(h, err) < 0)
        return -1;
    if (node >= 0) {
        h->nodes[node].exact = true;
        return 0;
    }
    for (node = next_alike(h, hostname, 0); node >= 0; node = next) {
        if (note(&h->nodes[node], hostname, err) < 0)
            return -1;
        next = next_alike(h, hostname, (size_t)node + 1);
        if (next >= 0)
            h->nodes[node].shared = h->nodes[next].shared = true;
    }
    return 0;
}

bool mp_hosts_differs(const struct mp_hosts *h, const char *hostname)
{
    return mp_plan_find_node(h->plan, hostname) < 0 && next_alike(h, hostname, 0) >= 0;
}

static bool is_matched(const struct mp_host *node)
{
    return node->name != NULL && node->other == NULL && !node->exact && !node->shared;
}

long mp_hosts_find(const struct mp_hosts *h, const char *hostname)
{
    long node = mp_plan_find_node(h->plan, hostname);

    if (node >= 0 || h->nodes == NULL)
        return node;
    node = next_alike(h, hostname, 0);
    return node >= 0 && is_matched(&h->nodes[node]) &&
                   strcasecmp(h->nodes[node].name, hostname) == 0
               ? node
               : MP_HOSTS_NONE;
}

static int say_open(const struct mp_host *node, const char *name, const char *source,
                    struct mp_findings *findings, struct mp_error *err)
{
    char *reason = NULL;
    int rc;

    if (node->other != NULL)
        rc = asprintf(&reason,
                      "%s has %s and %s, and nothing says which of them it is; none was "
                      "taken",
                      source, node->name, node->other);
    else
        rc = asprintf(&reason,
                      "%s has %s, which could be another node of the job as well; it was "
                      "not taken",
                      source, node->name);
    if (rc < 0)
        return no_memory(err);
    rc = mp_findings_missing(findings, name, NULL, reason, err);
    free(reason);
    return rc;
}

int mp_hosts_say(const struct mp_hosts *h, const char *source,
                 struct mp_findings *findings, struct mp_error *err)
{
    char *text = NULL;
    size_t size, n = 0;
    FILE *out;
    int rc = 0;

    if (h->nodes == NULL)
        return 0;
    out = open_memstream(&text, &size);
    if (out == NULL)
        return no_memory(err);
    for (size_t i = 0; rc == 0 && i < h->plan->n_nodes; i++) {
        const struct mp_host *node = &h->nodes[i];
        const char *name = h->plan->nodes[i].name;

        if (is_matched(node) && n++ < SHOWN)
            fprintf(out, "%s%s is %s", n > 1 ? ", " : "", name, node->name);
        else if (node->name != NULL && !node->exact && !is_matched(node))
            rc = say_open(node, name, source, findings, err);
    }
    if (n > SHOWN)
        fprintf(out, " and %zu more likewise", n - SHOWN);
    if (fclose(out) != 0)
        rc = no_memory(err);
    if (rc == 0 && n > 0)
        rc = mp_findings_warn(findings, err,
                              "%s spells nodes with another domain than the job; matched "
                              "by their first label: %s there",
                              source, text);
    free(text);
    return rc;
}

void mp_hosts_free(struct mp_hosts *h)
{
    for (size_t i = 0; h->nodes != NULL && i < h->plan->n_nodes; i++) {
        free(h->nodes[i].name);
        free(h->nodes[i].other);
    }
    free(h->nodes);
    h->nodes = NULL;
}
