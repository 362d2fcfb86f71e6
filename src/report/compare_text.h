/* SPDX-License-Identifier: MIT
 * compare_text.h - a comparison as text, on one screen. */
#ifndef MP_COMPARE_TEXT_H
#define MP_COMPARE_TEXT_H

#include "report/compare.h"
#include "report/sheet.h"

void mp_compare_text(const struct mp_screen *s, const struct mp_comparison *c,
                     const struct mp_digest *a, const struct mp_digest *b);

#endif
