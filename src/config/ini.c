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

struct scan {
    struct mp_ini *ini;
    const char *file;
    int line;
    char section[NAME_BYTES];
    FILE *clean; /* what iniparser gets */
    struct mp_error *err;
};

static int bad(struct scan *s, const char *why)
{
    return mp_fail(s->err, MP_FAULT_USAGE, "%s:%d: %s", s->file, s->line, why);
}

static int no_memory(struct scan *s)
{
    return mp_fail(s->err, MP_FAULT_FAILED, "out of memory while reading %s", s->file);
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

/* In lower case, blanks at the ends dropped and others made single.  -1: too long. */
static int copy_name(char *dst, size_t size, const char *src, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = is_blank(src[i]) ? ' ' : src[i];

        if (c == ' ' && (n == 0 || dst[n - 1] == ' '))
            continue;
        if (n + 1 >= size)
            return -1;
        dst[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    while (n > 0 && dst[n - 1] == ' ')
        n--;
    dst[n] = '\0';
    return 0;
}

static bool good_name(const char *name, const char *also)
{
    if (*name == '\0')
        return false;
    for (; *name != '\0'; name++)
        if (!is_alnum((unsigned char)*name) && strchr(also, *name) == NULL)
            return false;
    return true;
}

static struct mp_ini_entry *add_entry(struct scan *s, const char *key)
{
    struct mp_ini *ini = s->ini;
    struct mp_ini_entry *bigger = realloc(ini->entries, (ini->n + 1) * sizeof *bigger);
    struct mp_ini_entry *e;

    if (bigger == NULL)
        return NULL;
    ini->entries = bigger;
    e = &ini->entries[ini->n];
    *e = (struct mp_ini_entry){.line = s->line};
    e->section = strdup(s->section);
    e->key = key != NULL ? strdup(key) : NULL;
    if (e->section == NULL || (key != NULL && e->key == NULL)) {
        free(e->section);
        free(e->key);
        return NULL;
    }
    ini->n++;
    return e;
}

static int scan_section(struct scan *s, const char *line)
{
    const char *end = strchr(line, ']');
    const char *rest;

    if (end == NULL)
        return bad(s, "the section's name is not closed with ']'");
    rest = end + 1 + strspn(end + 1, " \t");
    if (*rest != '\0' && *rest != ';' && *rest != '#')
        return bad(s, "something stands after the section's name");
    if (copy_name(s->section, sizeof s->section, line + 1, (size_t)(end - line - 1)) <
            0 ||
        !good_name(s->section, " _.-"))
        return bad(s, "not a section's name: letters, digits, blanks and _ . - only");
    if (add_entry(s, NULL) == NULL)
        return no_memory(s);
    fprintf(s->clean, "[%s]\n", s->section);
    return 0;
}

/* *value .. *value + *len inside `text`, a line's part after '='; for a double-quoted
 * value the escapes are undone in place. */
static int scan_value(struct scan *s, char *text, char **value, size_t *len,
                      bool *commented)
{
    char quote = *text;
    char *in = text + 1, *out = text + 1;

    *value = text + 1;
    while (*in != '\0' && *in != quote) {
        if (quote == '"' && *in == '\\') {
            in++;
            if (*in != '"' && *in != '\\')
                return bad(s, "a backslash in double quotes; write \\\\ for a backslash, "
                              "\\\" for a double quote");
        }
        *out++ = *in++;
    }
    if (*in == '\0')
        return bad(s, "the quote is not closed");
    *len = (size_t)(out - *value);
    in++;
    in += strspn(in, " \t");
    if (*in != '\0' && *in != ';' && *in != '#')
        return bad(
            s, "something stands after the closing quote; in double quotes write \\\" "
               "for a double quote and \\\\ for a backslash");
    *commented = false;
    return 0;
}

static int scan_plain(struct scan *s, char *text, char **value, size_t *len,
                      bool *commented)
{
    char *end = text + strlen(text);

    *value = text;
    *commented = false;
    for (char *c = text; *c != '\0'; c++) {
        if (*c != ';' && *c != '#')
            continue;
        if (c > text && !is_blank(c[-1]))
            return bad(s, "';' or '#' in a value that is not in quotes");
        *commented = true;
        end = c;
        break;
    }
    while (end > text && is_blank(end[-1]))
        end--;
    if (end > text && end[-1] == '\\')
        return bad(s,
                   "a value that is not in quotes ends with a backslash (lines are not "
                   "continued); put it in single quotes");
    *len = (size_t)(end - text);
    return 0;
}

/* iniparser takes these bytes as they are, in every version. */
static bool passes(unsigned char c)
{
    return is_alnum(c) || (c < 0x80 && c != '\0' && strchr(" _./:,@+-~*", c) != NULL);
}

/* key = "value", the bytes that iniparser trips over written as %XX. */
static int write_clean(struct scan *s, const char *key, const char *value, size_t len)
{
    size_t written = (size_t)fprintf(s->clean, "%s = \"", key);

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];

        written += passes(c) ? (size_t)fprintf(s->clean, "%c", c)
                             : (size_t)fprintf(s->clean, "%%%02x", c);
    }
    fputs("\"\n", s->clean);
    return written > LINE_BYTES ? bad(s, "the value is too long") : 0;
}

static int check_duplicate(struct scan *s, const char *key)
{
    for (size_t i = 0; i < s->ini->n; i++) {
        const struct mp_ini_entry *e = &s->ini->entries[i];

        if (e->key != NULL && strcmp(e->key, key) == 0 &&
            strcmp(e->section, s->section) == 0)
            return mp_fail(s->err, MP_FAULT_USAGE,
                           "%s:%d: [%s] %s is set twice, first in line %d", s->file,
                           s->line, s->section, key, e->line);
    }
    return 0;
}

static int scan_key(struct scan *s, char *line)
{
    char *equals = strchr(line, '=');
    char key[NAME_BYTES];
    struct mp_ini_entry *e;
    char *value = NULL;
    size_t len = 0;
    bool commented = false;
    int rc;

    if (equals == NULL)
        return bad(s, "no '='; a line is [section], key = value or a comment");
    if (copy_name(key, sizeof key, line, (size_t)(equals - line)) < 0 ||
        !good_name(key, "_.-"))
        return bad(s, "not a key's name before '='");
    if (*s->section == '\0')
        return bad(s, "a key before the first [section]");
    if (check_duplicate(s, key) < 0)
        return -1;
    equals += 1 + strspn(equals + 1, " \t");
    rc = *equals == '"' || *equals == '\''
             ? scan_value(s, equals, &value, &len, &commented)
             : scan_plain(s, equals, &value, &len, &commented);
    if (rc < 0 || write_clean(s, key, value, len) < 0)
        return -1;
    e = add_entry(s, key);
    if (e == NULL)
        return no_memory(s);
    e->commented = commented;
    return 0;
}

static int scan_line(struct scan *s, char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return bad(s, "a control character");
    }
    line += strspn(line, " \t");
    if (*line == '\0' || *line == ';' || *line == '#')
        return 0;
    return *line == '[' ? scan_section(s, line) : scan_key(s, line);
}

/* `text` is writable and ends with a NUL. */
static int scan_text(struct scan *s, char *text, size_t len)
{
    char *end = text + len;

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3; /* a byte order mark */
    while (text < end) {
        char *newline = memchr(text, '\n', (size_t)(end - text));
        char *next = newline != NULL ? newline + 1 : end;
        size_t n = (size_t)((newline != NULL ? newline : end) - text);

        if (n > 0 && text[n - 1] == '\r')
            n--;
        text[n] = '\0';
        s->line++;
        if (scan_line(s, text, n) < 0)
            return -1;
        text = next;
    }
    return 0;
}

/* iniparser's messages show lines and go to standard error; ours say more and less. */
static int silent(const char *format, ...)
{
    (void)format;
    return 0;
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static char *decode(const char *text)
{
    char *value = malloc(strlen(text) + 1), *out = value;

    if (value == NULL)
        return NULL;
    for (; *text != '\0'; text++) {
        if (*text == '%') {
            *out++ = (char)(hex(text[1]) * 16 + hex(text[2]));
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
    return value;
}

static int take_values(struct scan *s, const dictionary *dict)
{
    for (size_t i = 0; i < s->ini->n; i++) {
        struct mp_ini_entry *e = &s->ini->entries[i];
        char name[2 * NAME_BYTES + 2];
        const char *text;

        if (e->key == NULL)
            continue;
        snprintf(name, sizeof name, "%s:%s", e->section, e->key);
        text = iniparser_getstring(dict, name, NULL);
        if (text == NULL)
            return mp_fail(s->err, MP_FAULT_FAILED, "%s:%d: iniparser lost the line",
                           s->file, e->line);
        e->value = decode(text);
        if (e->value == NULL)
            return no_memory(s);
    }
    return 0;
}

static void free_dictionary(dictionary *dict)
{
    for (ssize_t i = 0; i < (ssize_t)dict->size; i++)
        if (dict->val[i] != NULL)
            explicit_bzero(dict->val[i], strlen(dict->val[i]));
    iniparser_freedict(dict);
}

/* iniparser wants a file's name.  The text has been checked on an open descriptor and
 * holds secrets, so it goes through memory, never by the
 * path again and never to a disk. */
static int run_iniparser(struct scan *s, const char *text, size_t len)
{
    char name[64];
    dictionary *dict;
    int rc = -1;
    int fd = memfd_create("monster-power.ini", MFD_CLOEXEC);

    if (fd < 0 || mp_write_all(fd, text, len) != 0)
        goto out;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    iniparser_set_error_callback(silent);
    dict = iniparser_load(name);
    iniparser_set_error_callback(NULL);
    if (dict == NULL)
        goto out;
    rc = take_values(s, dict);
    free_dictionary(dict);
    close(fd);
    return rc;
out:
    if (fd >= 0)
        close(fd);
    return mp_fail(s->err, MP_FAULT_FAILED,
                   "cannot parse %s: iniparser failed; is /proc mounted?", s->file);
}

static int parse_copy(struct scan *s, char *copy, size_t len)
{
    char *clean = NULL;
    size_t clean_len = 0;
    int rc;

    s->clean = open_memstream(&clean, &clean_len);
    if (s->clean == NULL)
        return no_memory(s);
    rc = scan_text(s, copy, len);
    if (fclose(s->clean) != 0 && rc == 0)
        rc = no_memory(s);
    if (rc == 0)
        rc = run_iniparser(s, clean, clean_len);
    if (clean != NULL)
        explicit_bzero(clean, clean_len);
    free(clean);
    return rc;
}

int mp_ini_parse(struct mp_ini *ini, const char *name, const char *text, size_t len,
                 struct mp_error *err)
{
    struct scan s = {.ini = ini, .file = name, .err = err};
    char *copy;
    int rc;

    *ini = (struct mp_ini){0};
    if (len > MP_INI_MAX)
        return mp_fail(err, MP_FAULT_USAGE, "%s: more than %d bytes", name, MP_INI_MAX);
    copy = malloc(len + 1);
    if (copy == NULL)
        return no_memory(&s);
    memcpy(copy, text, len);
    copy[len] = '\0';
    rc = parse_copy(&s, copy, len);
    explicit_bzero(copy, len);
    free(copy);
    if (rc < 0)
        mp_ini_free(ini);
    return rc;
}

void mp_ini_free(struct mp_ini *ini)
{
    for (size_t i = 0; i < ini->n; i++) {
        struct mp_ini_entry *e = &ini->entries[i];

        if (e->value != NULL)
            explicit_bzero(e->value, strlen(e->value));
        free(e->section);
        free(e->key);
        free(e->value);
    }
    free(ini->entries);
    *ini = (struct mp_ini){0};
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
