/* SPDX-License-Identifier: MIT
 * known_hosts.c - not written yet. */
#include "config.h"

#include "known_hosts.h"

extern const int mp_known_hosts_todo;
const int mp_known_hosts_todo = 1;
