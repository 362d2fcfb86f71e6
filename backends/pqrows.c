/* SPDX-License-Identifier: MIT
 * pqrows.c - not written yet. */
#include "config.h"

#include "pqrows.h"

extern const int mp_pqrows_todo;
const int mp_pqrows_todo = 1;
