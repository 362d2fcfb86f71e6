/* SPDX-License-Identifier: MIT
 * settings_env.c - an INI from the Python script's .env file. */
#include "config.h"

#include "settings_keys.h"

int mp_settings_import_env(const char *path, FILE *out, struct mp_error *err)
{
    (void)path;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}
