/* SPDX-License-Identifier: MIT
 * keys.h - what the backends declare of the configuration. */
#ifndef MP_BACKENDS_KEYS_H
#define MP_BACKENDS_KEYS_H

#include "config/keys.h"

/* For mp_settings_load. */
extern const struct mp_backend_keys mp_backend_keys;

#endif
