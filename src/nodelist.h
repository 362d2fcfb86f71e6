/* SPDX-License-Identifier: MIT
 * nodelist.h - Slurm's hostlist expressions: rpc-91-[1-4,07],rpg-93-1 -> names.
 *
 * Order and repeats are those of `scontrol show hostnames`; with several brackets the
 * rightmost runs fastest.  Suffixes after a bracket (r[1-2]-ib) are accepted, as
 * ClusterShell does.
 */
#ifndef MP_NODELIST_H
#define MP_NODELIST_H

#include <stddef.h>

#include "error.h"

enum { MP_NODELIST_MAX = 100000 }; /* names in one expression; more is refused */

struct mp_nodelist {
    char **names; /* owned, n of them, each NUL-terminated */
    size_t n;
};

/* Malformed or absurd input (n[5-, n[3-1], n[], 10^11 names) is a usage error that shows
 * the place, in time and memory bounded by MP_NODELIST_MAX. */
int mp_nodelist_expand(const char *expr, struct mp_nodelist *out, struct mp_error *err);
void mp_nodelist_free(struct mp_nodelist *list);

#endif
