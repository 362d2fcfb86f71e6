/* SPDX-License-Identifier: MIT
 * text.h - the short texts of a picture: numbers, energies, durations, and text
 * from outside made fit to be drawn.
 *
 * No text depends on the locale: '.' is the decimal point, ',' parts the thousands. Every
 * function fills out[size] and ends it with NUL; a NaN becomes a dash.
 */
#ifndef MP_CHART_TEXT_H
#define MP_CHART_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A copy of `in` that is valid UTF-8 on one line.  Bytes that are no UTF-8 and control
 * characters become U+FFFD (tab and line ends a blank), marks that turn the direction of
 * the text around them are dropped, and so are combining marks beyond the fourth in a
 * row. What does not fit, or lies beyond 400 characters, is cut. NULL is "". */
void mp_text_clean(const char *in, char *out, size_t size);

/* 1234.5, 1 -> "1,234.5" */
void mp_text_number(double value, int decimals, char *out, size_t size);

/* With as many decimals as `digits` significant ones ask for; whole digits are all kept:
 * 1234.5, 3 -> "1,235"; 0.01234, 3 -> "0.0123". */
void mp_text_significant(double value, int digits, char *out, size_t size);

/* "3.94 ± 0.05 kWh": `half` is the half-width of its interval, shown with two digits at
 * most, and decides how many the energy has; without one (NaN, 0) it has four:
 * "2.345 kWh".  Below 0.1 kWh in Wh, below 0.1 Wh in mWh. */
void mp_text_energy(double kwh, double half, char *out, size_t size);

/* "51 Wh": in the same units, two digits, for how far something may be off. */
void mp_text_energy_width(double kwh, char *out, size_t size);

/* "312 W", "2.35 kW", "3.00 MW" */
void mp_text_power(double watt, char *out, size_t size);

/* "10 s", "1 h 5 min", "30 d 2 h": the two largest units that are not 0. */
void mp_text_duration(int64_t us, char *out, size_t size);

/* Tenths of a percent of each value's share of the sum, together exactly 1000 (largest
 * remainders are rounded up; ties go to the earlier one).  Negative and NaN count as 0;
 * where the sum is 0, so is every share. */
void mp_text_shares(const double *values, size_t n, int *tenths);

#endif
