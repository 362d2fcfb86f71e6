/* SPDX-License-Identifier: MIT
 * hosts.h - the nodes of a plan that a source spells with a domain while Slurm does not,
 * or the reverse: rpc-91-1 and rpc-91-1.localdomain.
 *
 * The two are one where exactly one of them has a domain, their first labels agree (in
 * any case), and neither has another to agree with.  A name that the plan itself has
 * always means that node, and a node that the source has under its own name needs no
 * other.  What is matched so is said and lowers no verdict; where there are several to
 * choose from, nothing is guessed, and that is said too.
 *
 * Show every host of the source that may matter (mp_hosts_see), then ask (mp_hosts_find),
 * at last tell (mp_hosts_say).
 */
#ifndef MP_HOSTS_H
#define MP_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/plan.h"
#include "model/sample.h"

enum { MP_HOSTS_NONE = -1 };

/* What the source has for a node of the plan. */
struct mp_host {
    char *name;  /* the host that differs by its domain alone, the first seen; owned */
    char *other; /* a second one; owned.  NULL, like the first: none */
    bool exact;  /* it has the node under its own name */
    bool shared; /* `name` could be another node of the plan as well */
};

/* All zero but for `plan` is a new one. */
struct mp_hosts {
    const struct mp_plan *plan; /* borrowed */
    struct mp_host *nodes;      /* one per plan node; NULL: no host was seen */
    bool domains;               /* the plan has names with one */
};

/* The source has this host. */
int mp_hosts_see(struct mp_hosts *h, const char *hostname, struct mp_error *err);

/* Which node the host is, as far as the source has been seen: an index of the plan, or
 * MP_HOSTS_NONE. */
long mp_hosts_find(const struct mp_hosts *h, const char *hostname);

/* Does it differ from some node's name by the domain alone?  Then more of the source must
 * be seen to know whether it is that node. */
bool mp_hosts_differs(const struct mp_hosts *h, const char *hostname);

/* Who is taken for whom, as a warning, and what was not guessed, as missing. `source` is
 * "public.nodes of database zen4", or a file's name. */
int mp_hosts_say(const struct mp_hosts *h, const char *source,
                 struct mp_findings *findings, struct mp_error *err);

void mp_hosts_free(struct mp_hosts *h);

#endif
