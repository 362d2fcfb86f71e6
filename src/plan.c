/* SPDX-License-Identifier: MIT
 * plan.c - not written yet. */
#include "config.h"

#include "plan.h"

#include <stdlib.h>

const char *mp_role_name(enum mp_role role)
{
    (void)role;
    return NULL;
}

bool mp_role_parse(const char *name, enum mp_role *role)
{
    (void)name;
    (void)role;
    return false;
}

int mp_plan_make(struct mp_plan *plan, char *const *names, size_t n, const struct mp_route *routes, size_t n_routes, int64_t start, int64_t end, struct mp_error *err)
{
    (void)plan;
    (void)names;
    (void)n;
    (void)routes;
    (void)n_routes;
    (void)start;
    (void)end;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

void mp_plan_free(struct mp_plan *plan)
{
    (void)plan;
}

long mp_plan_find_node(const struct mp_plan *plan, const char *name)
{
    (void)plan;
    (void)name;
    return 0;
}
