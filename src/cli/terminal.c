/* SPDX-License-Identifier: MIT
 * terminal.c - what standard output can show. */
#include "config.h"

#include "cli/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct mp_screen mp_terminal_screen(void)
{
    bool terminal = isatty(STDOUT_FILENO) == 1;
    const char *columns = getenv("COLUMNS");
    struct mp_screen s = {.out = stdout, .width = MP_SCREEN_USUAL};
    struct winsize size;

    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        s.width = size.ws_col;
    else if (columns != NULL && atoi(columns) > 0)
        s.width = atoi(columns);
    setlocale(LC_CTYPE, "");
    s.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    s.colour = terminal && getenv("NO_COLOR") == NULL;
    return s;
}
