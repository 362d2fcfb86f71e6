/* SPDX-License-Identifier: MIT
 * nodelist.h - Slurm's hostlist expressions: rpc-91-[1-4,07],rpg-93-1 -> names.
 *
 * Result, order and repeats are those of `scontrol show hostnames`: of several brackets
 * the rightmost runs fastest, then the others from the left (n[1-2][3-4][5-6]: n135 n136
 * n235 n236 n145 ...).  Suffixes after a bracket (r[1-2]-ib), which Slurm refuses, are
 * accepted as ClusterShell does.  What Slurm lets pass but mangles (n[5-, n[5-], n]) is
 * refused.
 */
#ifndef MP_NODELIST_H
#define MP_NODELIST_H

#include <stddef.h>

#include "base/error.h"

enum { MP_NODELIST_MAX = 100000 }; /* names in one expression; more is refused */

struct mp_nodelist {
    char **names; /* owned, n of them, each NUL-terminated */
    size_t n;
};

/* An empty expression gives no names.  Malformed or absurd input (n[5-, n[3-1], n[],
 * 10^11 names) is a usage error that shows the place, in time and memory bounded by
 * MP_NODELIST_MAX. */
int mp_nodelist_expand(const char *expr, struct mp_nodelist *out, struct mp_error *err);
void mp_nodelist_free(struct mp_nodelist *list);

#endif
