/* SPDX-License-Identifier: MIT
 * role.c - the table of roles and components. */
#include "config.h"

#include "model/role.h"

#include <string.h>

static const uint32_t ink = 0x1F2430FF;

const struct mp_role_info *mp_role_info(enum mp_role role)
{
    static const struct mp_role_info roles[MP_N_ROLES] = {
        [MP_ROLE_CPU] = {"cpu", "CPU", 0x077FBBFF, 16, 0},
        [MP_ROLE_MEMORY] = {"memory", "Memory", 0x5CBEE3FF, 4, 1},
        [MP_ROLE_STORAGE] = {"storage", "Storage", 0x884595FF, 4, 0},
        [MP_ROLE_FAN] = {"fan", "Fan", 0xA8273DFF, 3, -2},
        [MP_ROLE_GPU] = {"gpu", "GPU", 0x83AF40FF, 3, 2},
        [MP_ROLE_PSU_LOSS] = {"psu_loss", "PSU loss", 0xD86723FF, 0, 0},
        [MP_ROLE_OTHERS] = {"others", "Others", 0x919191FF, 0, 0},
        [MP_ROLE_INPUT] = {"input", "Input", ink, 0, 0},
        [MP_ROLE_OUTPUT] = {"output", "Output", 0xD86723FF, 0, 0}, /* as the loss */
        [MP_ROLE_NONE] = {"none", "", ink, 0, 0},
    };

    return &roles[role];
}

enum mp_role mp_role_shown(int place)
{
    static const enum mp_role order[MP_N_SHOWN] = {
        MP_ROLE_INPUT,   MP_ROLE_OUTPUT, MP_ROLE_GPU,      MP_ROLE_CPU,   MP_ROLE_MEMORY,
        MP_ROLE_STORAGE, MP_ROLE_FAN,    MP_ROLE_PSU_LOSS, MP_ROLE_OTHERS};

    return order[place];
}

const char *mp_role_name(enum mp_role role)
{
    return mp_role_info(role)->name;
}

bool mp_role_is_measured(enum mp_role role)
{
    return role != MP_ROLE_PSU_LOSS && role != MP_ROLE_OTHERS;
}

bool mp_role_parse(const char *name, enum mp_role *role)
{
    for (int i = 0; i < MP_N_ROLES; i++) {
        if (!mp_role_is_measured((enum mp_role)i) ||
            strcmp(mp_role_name((enum mp_role)i), name) != 0)
            continue;
        *role = (enum mp_role)i;
        return true;
    }
    return false;
}
