/* SPDX-License-Identifier: MIT
 * utf8.h - text from outside made safe for whoever takes UTF-8 only (JSON, pango). */
#ifndef MP_UTF8_H
#define MP_UTF8_H

/* A copy of `text` in which U+FFFD stands for every byte that is no part of well-formed
 * UTF-8 (overlong forms, surrogates and what lies above U+10FFFF are not well-formed).
 * The caller frees it; NULL: out of memory. */
char *mp_utf8_clean(const char *text);

#endif
