/* SPDX-License-Identifier: MIT
 * numtext.h - numbers as text, exactly as PostgreSQL (12 and later) prints them, and
 * back.
 *
 * Independent of the locale and thread-safe.
 */
#ifndef MP_NUMTEXT_H
#define MP_NUMTEXT_H

#include <stddef.h>
#include <stdint.h>

enum { MP_NUMBER_TEXT_MAX = 32 }; /* room that `out` must have; no NUL is added */

/* Each returns the length of the text. */
size_t mp_int_text(int64_t v, char *out);
size_t mp_float4_text(float v, char *out);  /* real: 0.1, 1e+06, -0, NaN, -Infinity */
size_t mp_float8_text(double v, char *out); /* double precision */

/* The number that a real's text says: the double nearest to mp_float4_text(v), as long as
 * it reads back as the same real (all but a few do).  What
 * arithmetic must use, so that a report made from the database and one made from its
 * raw_power.csv agree to the last digit. */
double mp_float4_value(float v);

/* Read the whole of `text` as a decimal number ("182", "-0.25", "1e+06") or as NaN,
 * Infinity, inf with or without a sign, in any case.  No blanks, no hexadecimal.
 * Correctly rounded.  -1 if it is no such number. */
int mp_number_read(const char *text, size_t len, double *value);

#endif
