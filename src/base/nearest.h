/* SPDX-License-Identifier: MIT
 * nearest.h - the known word nearest to a mistyped one, for "did you mean". */
#ifndef MP_NEAREST_H
#define MP_NEAREST_H

#include <stddef.h>

/* The one of `words` with the least edit distance to `word`; n >= 1; never NULL. */
const char *mp_nearest(const char *word, const char *const *words, size_t n);

#endif
