/* SPDX-License-Identifier: MIT
 * terminal.h - what standard output can show. */
#ifndef MP_TERMINAL_H
#define MP_TERMINAL_H

#include "report/sheet.h"

/* Width from the terminal, else COLUMNS, else 80; UTF-8 as the locale says; colour on a
 * terminal only, unless NO_COLOR is set.  Sets LC_CTYPE. */
struct mp_screen mp_terminal_screen(void);

#endif
