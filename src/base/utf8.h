/* SPDX-License-Identifier: MIT
 * utf8.h - the program's one reader of UTF-8.
 *
 * Well-formed is what Unicode's table 3-7 says: overlong forms, surrogates and what lies
 * above U+10FFFF are not.
 */
#ifndef MP_UTF8_H
#define MP_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MP_UTF8_REPLACEMENT = 0xFFFD };
#define MP_UTF8_REPLACEMENT_TEXT "\xef\xbf\xbd"

/* The character at `text`, *n bytes long; the replacement and 1 for a byte that is no
 * part of a well-formed one (the replacement itself has 3). */
uint32_t mp_utf8_read(const char *text, size_t *n);

/* Is it a byte inside a character, not its first? */
bool mp_utf8_is_inside(char c);

bool mp_utf8_is_valid(const char *text);

/* A copy of `text` made safe for whoever takes UTF-8 only (JSON, pango): the replacement
 * stands for every byte that is no part of a well-formed character.  The caller frees it;
 * NULL: out of memory. */
char *mp_utf8_clean(const char *text);

/* `text` for a terminal or a log, which must not obey it, cut to `size` bytes with the
 * NUL: \xNN stands for each byte of a control character (C0, DEL, C1) and for what is no
 * UTF-8. */
void mp_utf8_escape(char *out, size_t size, const char *text);

#endif
