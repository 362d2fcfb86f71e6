/* SPDX-License-Identifier: MIT
 * ini.c - the scan before iniparser, and iniparser. */
#include "config.h"

#include "config/ini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/whole.h"

#include MP_INIPARSER_H

/* iniparser's line buffer holds 1024 bytes (ASCIILINESZ); names stay well below. */
enum { LINE_BYTES = 1000, NAME_BYTES = 80 };

/* What stands for a character that iniparser's versions read in different ways: of a
 * quoted value, and a blank in a section's name (4.2 stops there).  No line of a file
 * holds a control character. */
enum { FOR_BACKSLASH = 1, FOR_QUOTE = 2, FOR_BLANK = 3 };

/* Behind a section's name and behind a key's, while they are part of a line. */
static const char behind_section[] = "]", behind_key[] = " \t=";

struct scan {
    struct mp_ini *ini;
    const char *file;
    int line;
    const char *section;  /* NULL: before the first, or behind one that cannot be read */
    bool lenient;         /* a line that cannot be read is left out */
    bool damaged;         /* one has been, and its error told */
    struct mp_error *err; /* NULL then */
};

static int bad(struct scan *s, const char *why)
{
    return mp_fail(s->err, MP_FAULT_USAGE, "%s:%d: %s", s->file, s->line, why);
}

static int no_memory(struct scan *s)
{
    return mp_fail(s->err, MP_FAULT_FAILED, "out of memory while reading %s", s->file);
}

/* What has failed is told; 0 if it is left out and the rest goes on. */
static int let_pass(struct scan *s)
{
    if (!s->lenient)
        return -1;
    s->damaged = true;
    s->err = NULL;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* isalnum() would ask the locale. */
static bool is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* In place: lower case, blanks at the ends dropped and others made single.  The name's
 * length; -1: too long. */
static int tidy_name(char *name, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = is_blank(name[i]) ? FOR_BLANK : name[i];

        if (c == FOR_BLANK && (n == 0 || name[n - 1] == FOR_BLANK))
            continue;
        name[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    while (n > 0 && name[n - 1] == FOR_BLANK)
        name[--n] = ' ';
    return n < NAME_BYTES ? (int)n : -1;
}

static bool good_name(const char *name, int len, const char *also)
{
    for (int i = 0; i < len; i++)
        if (!is_alnum((unsigned char)name[i]) && strchr(also, name[i]) == NULL)
            return false;
    return len > 0;
}

static bool same_name(const char *a, const char *b, const char *behind)
{
    size_t len = strcspn(a, behind);

    return strcspn(b, behind) == len && memcmp(a, b, len) == 0;
}

static int add_entry(struct scan *s, const char *key, char *value, bool commented)
{
    struct mp_ini *ini = s->ini;
    struct mp_ini_entry *bigger = realloc(ini->entries, (ini->n + 1) * sizeof *bigger);

    if (bigger == NULL)
        return no_memory(s);
    ini->entries = bigger;
    bigger[ini->n++] = (struct mp_ini_entry){s->section, key, value, s->line, commented};
    return 0;
}

/* Each of these gets a line without its end and says in *end where the part is over that
 * iniparser needs. */

static int scan_section(struct scan *s, char *line, char **end)
{
    char *close = line + strcspn(line, "];#");
    bool closed = *close == ']';
    char *rest = close + closed + strspn(close + closed, " \t");
    int len = tidy_name(line + 1, (size_t)(close - line - 1));
    char after = *rest;

    s->section = NULL;
    if (closed && !good_name(line + 1, len, "\003_.-"))
        return bad(s, "not a section's name: letters, digits, blanks and _ . - only");
    if (good_name(line + 1, len, "\003_.-") && close < s->ini->text + s->ini->len) {
        s->section = line + 1;
        line[1 + len] = ']';
    }
    if (!closed)
        return bad(s, "the section's name is not closed with ']'");
    if (after != '\0' && after != ';' && after != '#')
        return bad(s, "something stands after the section's name");
    *end = line + len + 2;
    return add_entry(s, NULL, NULL, false);
}

/* `text` starts with the quote; the value is written anew behind it. */
static int scan_quoted(struct scan *s, char *text, char **end)
{
    char quote = *text;
    char *in = text + 1, *out = text + 1;

    while (*in != '\0' && *in != quote) {
        if (*in != '\\') {
            *out++ = *in++;
            continue;
        }
        if (quote == '"' && *++in != '"' && *in != '\\')
            return bad(s, "a backslash in double quotes; write \\\\ for a backslash, "
                          "\\\" for a double quote");
        *out++ = *in++ == '"' ? FOR_QUOTE : FOR_BACKSLASH;
    }
    if (*in == '\0')
        return bad(s, "the quote is not closed");
    in++;
    in += strspn(in, " \t");
    if (*in != '\0' && *in != ';' && *in != '#')
        return bad(
            s, "something stands after the closing quote; in double quotes write \\\" "
               "for a double quote and \\\\ for a backslash");
    *out = quote;
    *end = out + 1;
    return 0;
}

static int scan_plain(struct scan *s, char *text, char **end, bool *commented)
{
    *end = text + strcspn(text, ";#");
    *commented = **end != '\0';
    if (*commented && *end > text && !is_blank((*end)[-1]))
        return bad(s, "';' or '#' in a value that is not in quotes");
    while (*end > text && is_blank((*end)[-1]))
        (*end)--;
    if (*end > text && (*end)[-1] == '\\')
        return bad(s,
                   "a value that is not in quotes ends with a backslash (lines are not "
                   "continued); put it in single quotes");
    return 0;
}

static void undo(char *text)
{
    for (; *text != '\0'; text++)
        *text = (char)(*text == FOR_BLANK       ? ' '
                       : *text == FOR_QUOTE     ? '"'
                       : *text == FOR_BACKSLASH ? '\\'
                                                : *text);
}

static int check_duplicate(struct scan *s, const char *key, int len)
{
    for (size_t i = 0; i < s->ini->n; i++) {
        const struct mp_ini_entry *e = &s->ini->entries[i];

        char section[NAME_BYTES];

        if (e->key == NULL || !same_name(e->key, key, behind_key) ||
            !same_name(e->section, s->section, behind_section))
            continue;
        snprintf(section, sizeof section, "%.*s",
                 (int)strcspn(s->section, behind_section), s->section);
        undo(section);
        return mp_fail(s->err, MP_FAULT_USAGE,
                       "%s:%d: [%s] %.*s is set twice, first in line %d", s->file,
                       s->line, section, len, key, e->line);
    }
    return 0;
}

static int scan_key(struct scan *s, char *line, char **end)
{
    char *equals = strchr(line, '=');
    char *value;
    bool commented = false;
    int len, rc;

    if (equals == NULL)
        return bad(s, "no '='; a line is [section], key = value or a comment");
    len = tidy_name(line, (size_t)(equals - line));
    if (!good_name(line, len, "_.-"))
        return bad(s, "not a key's name before '='");
    if (s->section == NULL)
        return bad(s, "a key before the first [section]");
    if (check_duplicate(s, line, len) < 0)
        return -1;
    value = equals + 1 + strspn(equals + 1, " \t");
    rc = *value == '"' || *value == '\'' ? scan_quoted(s, value, end)
                                         : scan_plain(s, value, end, &commented);
    if (rc < 0)
        return -1;
    if (*end - line > LINE_BYTES)
        return bad(s, "the value is too long");
    value += *value == '"' || *value == '\'';
    return add_entry(s, line, value, commented);
}

/* iniparser joins a comment that ends in a backslash to the line below, and gives up at
 * one that is too long. */
static bool is_harmless(const char *comment)
{
    size_t len = strlen(comment), end = len;

    while (end > 0 && is_blank(comment[end - 1]))
        end--;
    return len <= LINE_BYTES && (end == 0 || comment[end - 1] != '\\');
}

static int scan_line(struct scan *s, char *line, size_t len, char **end)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return bad(s, "a control character");
    }
    if (is_harmless(line))
        *end = line + len;
    line += strspn(line, " \t");
    if (*line == '\0' || *line == ';' || *line == '#')
        return 0;
    return *line == '[' ? scan_section(s, line, end) : scan_key(s, line, end);
}

/* What iniparser need not see becomes empty lines. */
static int scan_text(struct scan *s)
{
    char *text = s->ini->text, *end = text + s->ini->len;

    if (s->ini->len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        memset(text, '\n', 3); /* a byte order mark */
        text += 3;
    }
    while (text < end) {
        char *newline = memchr(text, '\n', (size_t)(end - text));
        char *next = newline != NULL ? newline + 1 : end;
        size_t n = (size_t)((newline != NULL ? newline : end) - text);
        char *used = text;

        if (n > 0 && text[n - 1] == '\r')
            n--;
        text[n] = '\0';
        s->line++;
        if (scan_line(s, text, n, &used) == 0)
            memset(used, '\n', (size_t)(next - used));
        else if (let_pass(s) < 0)
            return -1;
        text = next;
    }
    return 0;
}

/* Now that iniparser has read them, the names and values become strings. */
static void cut_out(struct mp_ini_entry *e)
{
    char *section = (char *)e->section, *key = (char *)e->key, *value = e->value;

    section[strcspn(section, behind_section)] = '\0'; /* of the first of many entries */
    if (key == NULL)
        return;
    key[strcspn(key, behind_key)] = '\0';
    value[strcspn(value, value[-1] == '"'    ? "\""
                         : value[-1] == '\'' ? "'"
                                             : "\n")] = '\0';
}

static bool read_alike(const dictionary *dict, const struct mp_ini_entry *e)
{
    char name[2 * NAME_BYTES + 2];
    const char *text;

    snprintf(name, sizeof name, "%s:%s", e->section, e->key);
    text = iniparser_getstring(dict, name, NULL);
    return text != NULL && strcmp(text, e->value) == 0;
}

/* `dict` NULL: what the scan read is all there is. */
static int take_values(struct scan *s, const dictionary *dict)
{
    struct mp_ini *ini = s->ini;
    size_t kept = 0;

    for (size_t i = 0; i < ini->n; i++)
        cut_out(&ini->entries[i]);
    for (size_t i = 0; i < ini->n; i++) {
        struct mp_ini_entry e = ini->entries[i];

        s->line = e.line;
        if (dict != NULL && e.key != NULL && !read_alike(dict, &e)) {
            bad(s, "iniparser reads something else than stands there");
            if (let_pass(s) < 0)
                return -1;
            continue;
        }
        ini->entries[kept++] = e;
    }
    ini->n = kept;
    for (size_t i = 0; i < kept; i++) {
        undo((char *)ini->entries[i].section);
        if (ini->entries[i].key != NULL)
            undo(ini->entries[i].value);
    }
    return 0;
}

/* iniparser's messages show lines and go to standard error; ours say more and less. */
static int silent(const char *format, ...)
{
    (void)format;
    return 0;
}

/* 4.1 wants a file's name.  The text has been checked on an open descriptor and holds
 * secrets, so it goes through memory, never by the path again and never to a disk. */
static dictionary *load_dictionary(const struct mp_ini *ini)
{
    int fd = memfd_create("monster-power.ini", MFD_CLOEXEC);
    dictionary *dict = NULL;
    char name[64];

    if (fd >= 0 && mp_write_all(fd, ini->text, ini->len) == 0) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        iniparser_set_error_callback(silent);
        dict = iniparser_load(name);
        iniparser_set_error_callback(NULL);
    }
    if (fd >= 0)
        close(fd);
    return dict;
}

static void free_dictionary(dictionary *dict)
{
    for (ssize_t i = 0; i < (ssize_t)dict->size; i++)
        if (dict->val[i] != NULL)
            explicit_bzero(dict->val[i], strlen(dict->val[i]));
    iniparser_freedict(dict);
}

/* iniparser refuses a whole file for one line: a damaged one is not given to it. */
static int parse(struct scan *s)
{
    dictionary *dict = NULL;
    int rc;

    if (s->ini->len > MP_INI_MAX)
        return mp_fail(s->err, MP_FAULT_USAGE, "%s: more than %d bytes", s->file,
                       MP_INI_MAX);
    if (scan_text(s) < 0)
        return -1;
    if (!s->damaged && (dict = load_dictionary(s->ini)) == NULL) {
        mp_fail(s->err, MP_FAULT_FAILED,
                "cannot parse %s: iniparser failed; is /proc mounted?", s->file);
        if (let_pass(s) < 0)
            return -1;
    }
    rc = take_values(s, dict);
    if (dict != NULL)
        free_dictionary(dict);
    return rc;
}

int mp_ini_parse(struct mp_ini *ini, const char *name, char *text, size_t len,
                 struct mp_error *err)
{
    struct scan s = {.ini = ini, .file = name, .err = err};

    *ini = (struct mp_ini){.text = text, .len = len};
    if (parse(&s) == 0)
        return 0;
    mp_ini_free(ini);
    return -1;
}

int mp_ini_salvage(struct mp_ini *ini, const char *name, char *text, size_t len,
                   struct mp_error *err)
{
    struct scan s = {.ini = ini, .file = name, .err = err, .lenient = true};

    *ini = (struct mp_ini){.text = text, .len = len};
    if (parse(&s) == 0)
        return s.damaged ? -1 : 0;
    mp_ini_free(ini);
    return -1;
}

void mp_ini_free(struct mp_ini *ini)
{
    if (ini->text != NULL)
        explicit_bzero(ini->text, ini->len);
    free(ini->text);
    free(ini->entries);
    *ini = (struct mp_ini){0};
}

/* These need no quotes; any others would do, too, but for ; and #, blanks and quotes. */
static bool passes(unsigned char c)
{
    return is_alnum(c) || (c < 0x80 && c != '\0' && strchr(" _./:,@+-~*", c) != NULL);
}

char *mp_ini_quote(const char *value)
{
    char *quoted, *out;
    const char *c = value;

    while (passes((unsigned char)*c))
        c++;
    if (*c == '\0' && *value != '\0' && !is_blank(*value) && !is_blank(c[-1]))
        return strdup(value);
    quoted = out = malloc(2 * strlen(value) + 3);
    if (quoted == NULL)
        return NULL;
    *out++ = '"';
    for (c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            *out++ = '\\';
        *out++ = *c;
    }
    *out++ = '"';
    *out = '\0';
    return quoted;
}
