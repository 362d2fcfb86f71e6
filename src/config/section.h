/* SPDX-License-Identifier: MIT
 * section.h - a table of keys, filled: how a text becomes a value of the owner's struct.
 */
#ifndef MP_SECTION_H
#define MP_SECTION_H

#include "base/error.h"
#include "config/keys.h"

struct mp_section {
    const struct mp_keys *keys;
    void *values;                /* keys->size bytes, owned */
    size_t first;                /* keys of the sections before this one */
    const char *const *backends; /* what MP_KEY_BACKEND may be; NULL: anything */
};

/* With the defaults.  On failure mp_section_free is still due. */
int mp_section_init(struct mp_section *section, const struct mp_keys *keys,
                    const char *const *backends, struct mp_error *err);
/* Wipes the strings. */
void mp_section_free(struct mp_section *section);

const struct mp_key *mp_section_key(const struct mp_section *section, const char *name);

/* Give a key a value; `where` ("FILE:3", "MONSTER_POWER_OUTDIR") starts an error's text.
 */
int mp_section_set(struct mp_section *section, const struct mp_key *key,
                   const char *where, const char *text, struct mp_error *err);

/* The value as text, in `buf` if it must be made. */
const char *mp_section_text(const struct mp_section *section, const struct mp_key *key,
                            char *buf, size_t size);

/* The text of key->env[i] in the key's own unit, in `buf` if it must be made. */
const char *mp_key_env_value(const struct mp_key *key, int i, const char *text, char *buf,
                             size_t size);
/* The variable that sets the key, or NULL; *value gets its text, in the key's unit. */
const char *mp_key_env(const struct mp_key *key, char *buf, size_t size,
                       const char **value);

#endif
