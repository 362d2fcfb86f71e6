/* SPDX-License-Identifier: MIT
 * settings.c - not written yet. */
#include "config.h"

#include "settings.h"

#include <stdlib.h>

int mp_settings_load(struct mp_settings *s, const char *path, const struct mp_override *overrides, size_t n_overrides, struct mp_error *err)
{
    (void)s;
    (void)path;
    (void)overrides;
    (void)n_overrides;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

void mp_settings_free(struct mp_settings *s)
{
    (void)s;
}

int mp_settings_print(const struct mp_settings *s, FILE *out, struct mp_error *err)
{
    (void)s;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

int mp_settings_import_env(const char *path, FILE *out, struct mp_error *err)
{
    (void)path;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}
