/* SPDX-License-Identifier: MIT
 * ini.h - reading and writing an INI file so that every value survives.
 *
 * iniparser does the parsing, but on its own it loses things without a word: it cuts
 * values at ';' and '#', takes a missing closing quote and text behind a quote, joins
 * lines at a backslash (in comments, too), keeps the last of two equal keys, and knows no
 * line numbers afterwards.  So a scan goes first and refuses, by line, what iniparser
 * would damage; afterwards each value is compared with what iniparser made of it.  The
 * rules, documented in monster-power.ini(5):
 *
 *   key = value          up to a blank followed by ; or #; neither may stand elsewhere
 *   key = "value"        anything; \" is a double quote, \\ a backslash
 *   key = 'value'        anything but a single quote; nothing is special
 *
 * The text is scanned, given to iniparser and kept in one place: comments behind values
 * are blanked out, and in quoted values a control character stands for a double quote or
 * a backslash, as iniparser 4.1 and 4.2 have no spelling of these in common
 * (doc/design.md).
 *
 * An error names file and line, never a value: it may be a secret. */
#ifndef MP_INI_H
#define MP_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The strings are inside mp_ini.text. */
struct mp_ini_entry {
    const char *section; /* in lower case, single blanks between words */
    const char *key;     /* in lower case; NULL: the section's own line */
    char *value; /* "" where nothing was given; NULL with the section's own line */
    int line;
    bool commented; /* an unquoted value that a comment follows */
};

struct mp_ini {
    struct mp_ini_entry *entries; /* in the file's order; owned */
    size_t n;
    char *text; /* owned */
    size_t len;
};

enum { MP_INI_MAX = 64 * 1024 }; /* bytes of a file; more is refused */

/* `text` is malloc'd, with a NUL behind its `len` bytes; it is taken over, whatever comes
 * of it.  `name` is the file's, for messages.  On failure *ini is empty. */
int mp_ini_parse(struct mp_ini *ini, const char *name, char *text, size_t len,
                 struct mp_error *err);
/* Leaves out the lines that cannot be read: 0, or -1 with what is wrong with the first of
 * them, and *ini holds the others either way. */
int mp_ini_salvage(struct mp_ini *ini, const char *name, char *text, size_t len,
                   struct mp_error *err);
/* Wipes the values. */
void mp_ini_free(struct mp_ini *ini);

/* The value as a file must hold it, in quotes where it needs them; the caller frees it.
 * NULL: out of memory. */
char *mp_ini_quote(const char *value);

#endif
