/* SPDX-License-Identifier: MIT
 * entry.c - the text form of a queue entry. */
#include "config.h"

#include "queue/entry.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "monster-power-entry 1"
#define TRAILER "end"

/* The kernel passes no environment string above 128 KiB, so no value of Slurm's is
 * longer. */
enum { PATH_LIMIT = 4096, NAME_LIMIT = 1024, LIST_LIMIT = 128 * 1024 };

enum field_type { TEXT, NUMBER, TIME };

struct field {
    const char *key;
    size_t offset;
    enum field_type type;
    size_t limit; /* TEXT: bytes */
    bool required;
};

#define TEXT_FIELD(key, member, limit)                                                   \
    {                                                                                    \
        key, offsetof(struct mp_entry, member), TEXT, limit, false                       \
    }
#define TIME_FIELD(key, member, required)                                                \
    {                                                                                    \
        key, offsetof(struct mp_entry, member), TIME, 0, required                        \
    }
#define NUMBER_FIELD(key, member, required)                                              \
    {                                                                                    \
        key, offsetof(struct mp_entry, member), NUMBER, 0, required                      \
    }

static const struct field fields[] = {
    TEXT_FIELD("cluster", cluster, NAME_LIMIT),
    NUMBER_FIELD("job_id", job_id, true),
    NUMBER_FIELD("restart_count", restart_count, true),
    NUMBER_FIELD("array_job", array_job, false),
    NUMBER_FIELD("array_task", array_task, false),
    NUMBER_FIELD("het_job", het_job, false),
    NUMBER_FIELD("het_offset", het_offset, false),
    NUMBER_FIELD("uid", uid, false),
    NUMBER_FIELD("gid", gid, false),
    TEXT_FIELD("user", user, NAME_LIMIT),
    TEXT_FIELD("group", group, NAME_LIMIT),
    TEXT_FIELD("name", name, NAME_LIMIT),
    TEXT_FIELD("nodelist", nodelist, LIST_LIMIT),
    TEXT_FIELD("stdout", stdout_path, PATH_LIMIT),
    TEXT_FIELD("work_dir", work_dir, PATH_LIMIT),
    TIME_FIELD("start", start, false),
    TEXT_FIELD("start_from", start_from, NAME_LIMIT),
    TIME_FIELD("suspended", suspended, false),
    TIME_FIELD("end", end, true),
    TEXT_FIELD("end_from", end_from, NAME_LIMIT),
    TIME_FIELD("queued", queued, true),
    NUMBER_FIELD("tries", tries, false),
    NUMBER_FIELD("interrupted", interrupted, false),
    NUMBER_FIELD("overran", overran, false),
    TEXT_FIELD("reason", reason, PATH_LIMIT),
};

enum { N_FIELDS = sizeof fields / sizeof *fields };

static char **text_member(struct mp_entry *e, const struct field *f)
{
    return (char **)(void *)((char *)e + f->offset);
}

static int64_t *number_member(struct mp_entry *e, const struct field *f)
{
    return (int64_t *)(void *)((char *)e + f->offset);
}

static const char *text_of(const struct mp_entry *e, const struct field *f)
{
    return *(char *const *)(const void *)((const char *)e + f->offset);
}

static int64_t number_of(const struct mp_entry *e, const struct field *f)
{
    return *(const int64_t *)(const void *)((const char *)e + f->offset);
}

void mp_entry_init(struct mp_entry *e)
{
    *e = (struct mp_entry){0};
    for (size_t i = 0; i < N_FIELDS; i++)
        if (fields[i].type != TEXT)
            *number_member(e, &fields[i]) = -1;
    e->restart_count = 0;
    e->tries = 0;
    e->interrupted = 0;
    e->overran = 0;
}

void mp_entry_free(struct mp_entry *e)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        if (fields[i].type == TEXT)
            free(*text_member(e, &fields[i]));
    mp_entry_init(e);
}

void mp_entry_label(const struct mp_entry *e, char label[MP_ENTRY_LABEL_MAX])
{
    if (e->array_job >= 0 && e->array_task >= 0)
        snprintf(label, MP_ENTRY_LABEL_MAX, "%" PRId64 "_%" PRId64, e->array_job,
                 e->array_task);
    else if (e->het_job >= 0 && e->het_offset >= 0)
        snprintf(label, MP_ENTRY_LABEL_MAX, "%" PRId64 "+%" PRId64, e->het_job,
                 e->het_offset);
    else
        snprintf(label, MP_ENTRY_LABEL_MAX, "%" PRId64, e->job_id);
}

int mp_entry_set(char **member, const char *value, struct mp_error *err)
{
    char *copy = NULL;

    if (value != NULL && (copy = strdup(value)) == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    free(*member);
    *member = copy;
    return 0;
}

/* --- writing ------------------------------------------------------------------------ */

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '%';
}

static void write_text(FILE *out, const char *key, const char *value)
{
    fprintf(out, "%s=", key);
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (is_plain(c))
            putc(c, out);
        else
            fprintf(out, "%%%02X", c);
    }
    putc('\n', out);
}

int mp_entry_encode(const struct mp_entry *e, char **text, size_t *len,
                    struct mp_error *err)
{
    FILE *out = open_memstream(text, len);

    if (out == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    fprintf(out, MAGIC "\n");
    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct field *f = &fields[i];

        if (f->type == TEXT && text_of(e, f) != NULL)
            write_text(out, f->key, text_of(e, f));
        else if (f->type != TEXT && number_of(e, f) >= 0)
            fprintf(out, "%s=%" PRId64 "\n", f->key, number_of(e, f));
    }
    fprintf(out, TRAILER "\n");
    if (fclose(out) != 0) {
        free(*text);
        *text = NULL;
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    }
    return 0;
}

/* --- reading ------------------------------------------------------------------------ */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int read_text(const struct field *f, const char *value, size_t len, char **out,
                     struct mp_error *err)
{
    char *copy = malloc(len + 1);
    size_t n = 0;

    if (copy == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    for (size_t i = 0; i < len; i++) {
        int high, low;

        if (value[i] < ' ' || value[i] > '~') /* a NUL would end the text */
            goto bad;
        if (value[i] != '%') {
            copy[n++] = value[i];
            continue;
        }
        high = len - i > 2 ? hex_digit(value[i + 1]) : -1;
        low = high >= 0 ? hex_digit(value[i + 2]) : -1;
        if (low < 0 || (high == 0 && low == 0))
            goto bad;
        copy[n++] = (char)(high * 16 + low);
        i += 2;
    }
    if (n > f->limit)
        goto bad;
    copy[n] = '\0';
    *out = copy;
    return 0;

bad:
    free(copy);
    return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: bad or too long %s", f->key);
}

static int read_number(const struct field *f, const char *value, size_t len, int64_t *out,
                       struct mp_error *err)
{
    int64_t n = 0;

    if (len == 0 || len > 18)
        return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: bad %s", f->key);
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: bad %s", f->key);
        n = n * 10 + (value[i] - '0');
    }
    if (n > (f->type == TIME ? MP_ENTRY_TIME_LAST : MP_ENTRY_COUNT_LAST))
        return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: %s is too large",
                       f->key);
    *out = n;
    return 0;
}

static int read_line(struct mp_entry *e, const char *line, size_t len, bool *seen,
                     struct mp_error *err)
{
    const char *equals = memchr(line, '=', len);
    size_t key_len, value_len;

    if (equals == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: a line without '='");
    key_len = (size_t)(equals - line);
    value_len = len - key_len - 1;
    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct field *f = &fields[i];

        if (strlen(f->key) != key_len || memcmp(f->key, line, key_len) != 0)
            continue;
        if (seen[i])
            return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: %s twice", f->key);
        seen[i] = true;
        if (f->type == TEXT)
            return read_text(f, equals + 1, value_len, text_member(e, f), err);
        return read_number(f, equals + 1, value_len, number_member(e, f), err);
    }
    return 0;
}

/* One line from *p without its newline; false where there is no whole line left. */
static bool next_line(const char **p, const char *end, const char **line, size_t *len)
{
    const char *newline = memchr(*p, '\n', (size_t)(end - *p));

    if (newline == NULL)
        return false;
    *line = *p;
    *len = (size_t)(newline - *p);
    *p = newline + 1;
    return true;
}

static bool line_is(const char *line, size_t len, const char *want)
{
    return len == strlen(want) && memcmp(line, want, len) == 0;
}

static int read_lines(struct mp_entry *e, const char *text, size_t len,
                      struct mp_error *err)
{
    const char *p = text, *end = text + len, *line;
    bool seen[N_FIELDS] = {false};
    size_t n;

    if (len > MP_ENTRY_TEXT_MAX)
        return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: too long");
    if (!next_line(&p, end, &line, &n) || !line_is(line, n, MAGIC))
        return mp_fail(err, MP_FAULT_FAILED,
                       "not a queue entry of this version: it does not start with "
                       "\"" MAGIC "\"");
    for (;;) {
        if (!next_line(&p, end, &line, &n))
            return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: cut short");
        if (line_is(line, n, TRAILER))
            break;
        if (read_line(e, line, n, seen, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < N_FIELDS; i++)
        if (fields[i].required && !seen[i])
            return mp_fail(err, MP_FAULT_FAILED, "not a queue entry: no %s",
                           fields[i].key);
    return 0;
}

int mp_entry_decode(struct mp_entry *e, const char *text, size_t len,
                    struct mp_error *err)
{
    mp_entry_init(e);
    if (read_lines(e, text, len, err) == 0)
        return 0;
    mp_entry_free(e);
    return -1;
}
