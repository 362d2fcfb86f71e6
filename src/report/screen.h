/* SPDX-License-Identifier: MIT
 * screen.h - a report as text: on one screen, or several as a table.
 *
 * Nothing in it comes from the locale or the clock; times are in the process's zone.
 * What came from outside is cleaned (chart/text.h): no byte of a job's name reaches a
 * terminal as a control character. */
#ifndef MP_SCREEN_H
#define MP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/digest.h"

enum { MP_SCREEN_NARROWEST = 60, MP_SCREEN_WIDEST = 200, MP_SCREEN_USUAL = 80 };

struct mp_screen {
    FILE *out;
    int width;   /* columns; taken into the range above */
    bool utf8;   /* else plain ASCII */
    bool colour; /* of the verdict */
};

void mp_screen_report(const struct mp_screen *screen, const struct mp_digest *d);
/* One line each, under a heading. */
void mp_screen_table(const struct mp_screen *screen, const struct mp_digest *d, size_t n);

#endif
