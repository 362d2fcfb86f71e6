/* SPDX-License-Identifier: MIT
 * lookup.h - a host's addresses, looked up without waiting for a resolver that hangs. */
#ifndef MP_LOOKUP_H
#define MP_LOOKUP_H

#include <netdb.h>

struct mp_lookup;

/* Starts; NULL: out of memory or threads. */
struct mp_lookup *mp_lookup_start(const char *host, int port);
/* Readable when the answer is there. */
int mp_lookup_fd(const struct mp_lookup *l);
/* The answer: getaddrinfo's code; *found lives until release. */
int mp_lookup_result(struct mp_lookup *l, const struct addrinfo **found);
/* At any time: a lookup that is given up goes on behind our back, holding nothing. */
void mp_lookup_release(struct mp_lookup *l);

#endif
