/* SPDX-License-Identifier: MIT
 * utf8.c - replacing what is not UTF-8. */
#include "config.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the well-formed character at `s`, or 0 (Unicode, table 3-7). */
static size_t well_formed(const unsigned char *s)
{
    size_t n;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) /* a NUL stops here, too */
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

char *mp_utf8_clean(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char *clean = malloc(3 * strlen(text) + 1);
    char *out = clean;

    if (clean == NULL)
        return NULL;
    while (*text != '\0') {
        size_t n = well_formed((const unsigned char *)text);

        if (n > 0) {
            memcpy(out, text, n);
            out += n;
            text += n;
        } else {
            memcpy(out, replacement, 3);
            out += 3;
            text++;
        }
    }
    *out = '\0';
    return clean;
}
