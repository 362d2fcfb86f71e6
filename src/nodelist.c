/* SPDX-License-Identifier: MIT
 * nodelist.c - not written yet. */
#include "config.h"

#include "nodelist.h"

#include <stdlib.h>

int mp_nodelist_expand(const char *expr, struct mp_nodelist *out, struct mp_error *err)
{
    (void)expr;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

void mp_nodelist_free(struct mp_nodelist *list)
{
    (void)list;
}
