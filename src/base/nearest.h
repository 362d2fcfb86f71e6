/* SPDX-License-Identifier: MIT
 * nearest.h - the known word that a mistyped one is near to, for "did you mean". */
#ifndef MP_NEAREST_H
#define MP_NEAREST_H

#include <stddef.h>

/* A text of its own, so that it can be an argument of mp_fail. */
struct mp_suggestion {
    char text[128];
};

/* "; did you mean BEFORE<word>AFTER?" with the nearest of words[0 .. n), in any case; ""
 * where none is near: more than a third of the letters, and one, are wrong. */
struct mp_suggestion mp_suggest(const char *word, const char *const *words, size_t n,
                                const char *before, const char *after);

#endif
