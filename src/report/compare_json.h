/* SPDX-License-Identifier: MIT
 * compare_json.h - a comparison as JSON; doc/formats.md has the format. */
#ifndef MP_COMPARE_JSON_H
#define MP_COMPARE_JSON_H

#include <stdio.h>

#include "report/compare.h"

/* `path_a` and `path_b` are the summaries that were read. */
int mp_compare_json(FILE *out, const struct mp_comparison *c, const struct mp_digest *a,
                    const char *path_a, const struct mp_digest *b, const char *path_b,
                    struct mp_error *err);

#endif
