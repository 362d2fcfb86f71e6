/* SPDX-License-Identifier: MIT
 * screen.h - a report as text: on one screen, or several as a table.
 *
 * Nothing in it comes from the locale or the clock; times are in the process's zone.
 * What came from outside is cleaned (chart/text.h): no byte of a job's name reaches a
 * terminal as a control character. */
#ifndef MP_SCREEN_H
#define MP_SCREEN_H

#include <stddef.h>

#include "report/digest.h"
#include "report/sheet.h"

void mp_screen_report(const struct mp_screen *screen, const struct mp_digest *d);
/* One line each, under a heading. */
void mp_screen_table(const struct mp_screen *screen, const struct mp_digest *d, size_t n);

#endif
