/* SPDX-License-Identifier: MIT
 * plan.c - routing of nodes by their names' prefixes. */
#include "config.h"

#include "model/plan.h"

#include <stdlib.h>
#include <string.h>

enum { NOT_ROUTED = -1 };

/* Node names are ASCII; the locale must not change which route a node takes. */
static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool has_prefix(const char *name, const char *prefix)
{
    for (; *prefix != '\0'; name++, prefix++)
        if (fold(*name) != fold(*prefix))
            return false;
    return true;
}

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory while planning");
}

/* Index of the route with the longest matching prefix (the first of equals), or -1. */
static long route_of(const char *name, const struct mp_route *routes, size_t n)
{
    long best = -1;
    size_t best_len = 0;

    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(routes[i].prefix);

        if ((best < 0 || len > best_len) && has_prefix(name, routes[i].prefix)) {
            best = (long)i;
            best_len = len;
        }
    }
    return best;
}

void mp_route_clear(struct mp_route *route)
{
    for (size_t i = 0; i < route->n_metrics; i++) {
        free(route->metrics[i].name);
        free(route->metrics[i].units);
    }
    free(route->metrics);
    free(route->name);
    free(route->prefix);
    for (size_t i = 0; i < route->n_own; i++) {
        free(route->own[i].name);
        free(route->own[i].value);
    }
    free(route->own);
    memset(route, 0, sizeof *route);
}

static struct mp_route_value *find_value(const struct mp_route *route, const char *name)
{
    for (size_t i = 0; i < route->n_own; i++)
        if (strcmp(route->own[i].name, name) == 0)
            return &route->own[i];
    return NULL;
}

const char *mp_route_value(const struct mp_route *route, const char *name)
{
    const struct mp_route_value *found = find_value(route, name);

    return found != NULL ? found->value : "";
}

int mp_route_set(struct mp_route *route, const char *name, const char *value,
                 struct mp_error *err)
{
    struct mp_route_value *found = find_value(route, name), *bigger;
    char *copy = strdup(value);

    if (copy == NULL)
        return no_memory(err);
    if (found != NULL) {
        free(found->value);
        found->value = copy;
        return 0;
    }
    bigger = realloc(route->own, (route->n_own + 1) * sizeof *bigger);
    if (bigger != NULL)
        route->own = bigger;
    if (bigger == NULL || (bigger[route->n_own].name = strdup(name)) == NULL) {
        free(copy);
        return no_memory(err);
    }
    bigger[route->n_own++].value = copy;
    return 0;
}

bool mp_route_has_power(const struct mp_route *route, enum mp_role role)
{
    for (size_t i = 0; i < route->n_metrics; i++)
        if (route->metrics[i].role == role && !route->metrics[i].counter)
            return true;
    return false;
}

int mp_route_copy(struct mp_route *dst, const struct mp_route *src, struct mp_error *err)
{
    *dst = (struct mp_route){
        .name = strdup(src->name),
        .prefix = strdup(src->prefix),
        .metrics = calloc(src->n_metrics + 1, sizeof *dst->metrics),
    };
    if (dst->name == NULL || dst->prefix == NULL || dst->metrics == NULL)
        goto failed;
    for (size_t i = 0; i < src->n_own; i++)
        if (mp_route_set(dst, src->own[i].name, src->own[i].value, err) < 0)
            goto failed;
    for (; dst->n_metrics < src->n_metrics; dst->n_metrics++) {
        struct mp_metric *m = &dst->metrics[dst->n_metrics];

        const struct mp_metric *from = &src->metrics[dst->n_metrics];

        *m = *from;
        m->name = strdup(from->name);
        m->units = from->units != NULL ? strdup(from->units) : NULL;
        if (m->name == NULL || (from->units != NULL && m->units == NULL)) {
            free(m->name);
            free(m->units);
            goto failed;
        }
    }
    return 0;
failed:
    mp_route_clear(dst);
    return no_memory(err);
}

/* Give every name its place; nodes[].route is still an index into `routes`. */
static int add_names(struct mp_plan *plan, char *const *names, size_t n,
                     const struct mp_route *routes, size_t n_routes, struct mp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        size_t known = plan->names.n;
        char *name;
        long route;

        if (mp_keyset_put(&plan->names, names[i], strlen(names[i]), err) < 0)
            return -1;
        if (plan->names.n == known)
            continue;
        name = plan->names.keys[known].bytes;
        route = route_of(name, routes, n_routes);
        plan->place[known] = route < 0 ? NOT_ROUTED : (int32_t)plan->n_nodes;
        if (route < 0)
            plan->unrouted[plan->n_unrouted++] = name;
        else
            plan->nodes[plan->n_nodes++] = (struct mp_plan_node){name, (uint32_t)route};
    }
    return 0;
}

/* Keep the routes that some node takes, in configured
 * order, and point the nodes there. */
static int keep_used_routes(struct mp_plan *plan, const struct mp_route *routes,
                            size_t n_routes, struct mp_error *err)
{
    uint32_t *place =
        calloc(n_routes + 1, sizeof *place); /* 0: unused, else new index + 1 */
    int rc = -1;

    plan->routes = calloc(n_routes + 1, sizeof *plan->routes);
    if (place == NULL || plan->routes == NULL) {
        no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < plan->n_nodes; i++)
        place[plan->nodes[i].route] = 1;
    for (size_t r = 0; r < n_routes; r++) {
        if (place[r] == 0)
            continue;
        if (mp_route_copy(&plan->routes[plan->n_routes], &routes[r], err) < 0)
            goto out;
        place[r] = (uint32_t)++plan->n_routes;
        for (size_t m = 0; m < routes[r].n_metrics; m++)
            plan->counters = plan->counters || routes[r].metrics[m].counter;
    }
    for (size_t i = 0; i < plan->n_nodes; i++)
        plan->nodes[i].route = place[plan->nodes[i].route] - 1;
    rc = 0;
out:
    free(place);
    return rc;
}

static int allocate(struct mp_plan *plan, size_t n, struct mp_error *err)
{
    if (n >= INT32_MAX / 4)
        return mp_fail(err, MP_FAULT_USAGE, "%zu nodes are more than a plan can hold", n);
    plan->names.any_case = true;
    plan->place = calloc(n + 1, sizeof *plan->place);
    plan->nodes = calloc(n + 1, sizeof *plan->nodes);
    plan->unrouted = calloc(n + 1, sizeof *plan->unrouted);
    if (plan->place == NULL || plan->nodes == NULL || plan->unrouted == NULL)
        return no_memory(err);
    return 0;
}

int mp_plan_make(struct mp_plan *plan, char *const *names, size_t n,
                 const struct mp_route *routes, size_t n_routes, int64_t start,
                 int64_t end, struct mp_error *err)
{
    *plan = (struct mp_plan){.start = start, .end = end};
    if (start > end)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "the window ends before it starts: --start is %.6f s later than --end",
            ((double)start - (double)end) / 1e6);
    if (allocate(plan, n, err) < 0 ||
        add_names(plan, names, n, routes, n_routes, err) < 0 ||
        keep_used_routes(plan, routes, n_routes, err) < 0) {
        mp_plan_free(plan);
        return -1;
    }
    return 0;
}

void mp_plan_free(struct mp_plan *plan)
{
    for (size_t i = 0; i < plan->n_routes; i++)
        mp_route_clear(&plan->routes[i]);
    free(plan->routes);
    free(plan->nodes);
    free(plan->unrouted);
    mp_keyset_free(&plan->names);
    free(plan->place);
    memset(plan, 0, sizeof *plan);
}

long mp_plan_find_node(const struct mp_plan *plan, const char *name)
{
    long number = mp_keyset_find(&plan->names, name, strlen(name));

    return number < 0 ? -1 : plan->place[number];
}
