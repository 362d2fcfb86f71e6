/* SPDX-License-Identifier: MIT
 * guess.h - what a name may mean, for a first configuration that a person looks over. */
#ifndef MP_GUESS_H
#define MP_GUESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/keyset.h"
#include "model/role.h"

/* The role that a metric's name speaks of; false: none, or several. */
bool mp_guess_role(const char *metric, enum mp_role *role);

/* Does the name speak of power or energy that was measured, not of a limit? */
bool mp_guess_is_power(const char *metric);

/* Letters, digits, '.', '_' and '-' only: what may stand in a configuration as it is. */
bool mp_guess_is_plain(const char *name);

/* What node names start with, up to their first digit: rpc of rpc-91-1; "" where that is
 * nothing or the name is an address. */
void mp_guess_prefix(const char *host, char *prefix, size_t size);

/* Node names by prefix. */
enum { MP_GUESS_GROUPS_MAX = 32, MP_GUESS_SHOWN = 3 };
struct mp_guess_group {
    char prefix[64];
    size_t n; /* different nodes */
    char shown[200];
};
struct mp_guess_groups {
    struct mp_guess_group group[MP_GUESS_GROUPS_MAX];
    size_t n;
    struct mp_keyset seen;
};
/* The node's group; MP_GUESS_GROUPS_MAX where there are too many, or where it has no
 * prefix or is not plain; -1: out of memory. */
int mp_guess_group(struct mp_guess_groups *g, const char *host, struct mp_error *err);
void mp_guess_groups_free(struct mp_guess_groups *g);

/* A text for a comment: one line, no control characters. */
void mp_guess_comment(const char *text, char *out, size_t size);

#endif
