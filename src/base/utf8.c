/* SPDX-License-Identifier: MIT
 * utf8.c - reading UTF-8, and replacing what is none. */
#include "config.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mp_utf8_is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

uint32_t mp_utf8_read(const char *text, size_t *n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text[0];
    size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code;

    *n = 1;
    if (lead < 0x80)
        return lead;
    if (lead < 0xc2 || lead > 0xf4)
        return MP_UTF8_REPLACEMENT;
    code = lead & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if (!mp_utf8_is_inside(text[i])) /* a NUL stops here, too */
            return MP_UTF8_REPLACEMENT;
        code = code << 6 | ((unsigned char)text[i] & 0x3FU);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return MP_UTF8_REPLACEMENT;
    *n = length;
    return code;
}

/* The length of the character at `text`; 0 where there is none. */
static size_t well_formed(const char *text)
{
    size_t n;

    return mp_utf8_read(text, &n) == MP_UTF8_REPLACEMENT && n == 1 ? 0 : n;
}

bool mp_utf8_is_valid(const char *text)
{
    size_t n = 1;

    for (; *text != '\0' && n > 0; text += n)
        n = well_formed(text);
    return n > 0;
}

char *mp_utf8_clean(const char *text)
{
    char *clean = malloc(3 * strlen(text) + 1);
    char *out = clean;

    if (clean == NULL)
        return NULL;
    while (*text != '\0') {
        size_t n = well_formed(text);

        if (n > 0)
            out = mempcpy(out, text, n);
        else
            out = mempcpy(out, MP_UTF8_REPLACEMENT_TEXT, 3);
        text += n > 0 ? n : 1;
    }
    *out = '\0';
    return clean;
}

/* How many bytes at `text` may go as they are; 0: the first must not. */
static size_t harmless(const char *text)
{
    size_t n = well_formed(text);
    uint32_t c = n > 0 ? mp_utf8_read(text, &n) : 0;

    return c < 0x20 || (c >= 0x7f && c <= 0x9f) ? 0 : n;
}

void mp_utf8_escape(char *out, size_t size, const char *text)
{
    size_t used = 0;

    while (*text != '\0' && used + 5 < size) {
        size_t n = harmless(text);

        if (n == 0) {
            used += (size_t)snprintf(out + used, size - used, "\\x%02x",
                                     (unsigned char)*text++);
            /* the second byte of a C1 character alone is no UTF-8, and follows */
            continue;
        }
        memcpy(out + used, text, n);
        used += n;
        text += n;
    }
    out[used] = '\0';
}
