/* SPDX-License-Identifier: MIT
 * tunnel.c - not written yet. */
#include "config.h"

#include "tunnel.h"

extern const int mp_tunnel_todo;
const int mp_tunnel_todo = 1;
