/* SPDX-License-Identifier: MIT
 * role.h - what a metric stands for, what the energy divides into, and how both are
 * called and drawn: the one table.
 */
#ifndef MP_ROLE_H
#define MP_ROLE_H

#include <stdbool.h>
#include <stdint.h>

/* The first MP_N_COMPONENTS are what the pie and summary.json divide the energy into, in
 * that file's order. */
enum mp_role {
    MP_ROLE_CPU,
    MP_ROLE_MEMORY,
    MP_ROLE_STORAGE,
    MP_ROLE_FAN,
    MP_ROLE_GPU,
    MP_ROLE_PSU_LOSS, /* input - output; no metric's role */
    MP_ROLE_OTHERS,   /* input - all of the above; no metric's role */
    MP_N_COMPONENTS,
    MP_ROLE_INPUT = MP_N_COMPONENTS, /* what the node draws from the wall: the total */
    MP_ROLE_OUTPUT,                  /* what its power supplies deliver */
    MP_ROLE_NONE,                    /* kept in raw_power.csv, no part of the pie */
    MP_N_ROLES
};

struct mp_role_info {
    const char *name;  /* in the configuration and in summary.json */
    const char *label; /* on the charts */
    uint32_t colour;   /* 0xRRGGBBFF, the same on all charts */
    /* The sign that tells a curve apart without colour: a polygon; 0 corners: none. */
    int corners;
    double turn; /* of its first corner, in eighths of a circle */
};

const struct mp_role_info *mp_role_info(enum mp_role role);
/* What is shown first, second, ... in a legend and, clockwise, in the ring: the roles
 * without MP_ROLE_NONE. */
enum mp_role mp_role_shown(int place);
enum { MP_N_SHOWN = MP_ROLE_NONE };

const char *mp_role_name(enum mp_role role); /* "cpu", ... "input", "output", "none" */
/* May a metric have it?  Not what is worked out from others. */
bool mp_role_is_measured(enum mp_role role);
/* The measured role of that name. */
bool mp_role_parse(const char *name, enum mp_role *role);

#endif
