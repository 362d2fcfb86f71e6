/* SPDX-License-Identifier: MIT
 * conf.c - reading slurm.conf. */
#include "config.h"

#include "slurm/conf.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 16, FILES_MAX = 1000 };

struct reader {
    struct mp_slurmconf *conf;
    const char *folder; /* the first file's, with its slash */
    int depth;
};

static int read_file(struct reader *r, const char *path, struct mp_error *err);

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory while reading slurm.conf");
}

static int set(char **member, const char *value, struct mp_error *err)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return no_memory(err);
    free(*member);
    *member = copy;
    return 0;
}

static int set_program(char **member, char **place, const char *value, const char *path,
                       unsigned line, struct mp_error *err)
{
    char where[PATH_MAX + 32];

    snprintf(where, sizeof where, "%s:%u", path, line);
    return set(member, value, err) < 0 || set(place, where, err) < 0 ? -1 : 0;
}

static int take(struct reader *r, const char *key, const char *value, const char *path,
                unsigned line, struct mp_error *err)
{
    struct mp_slurmconf *c = r->conf;

    if (strcasecmp(key, "EpilogSlurmctld") == 0)
        return set_program(&c->epilog, &c->epilog_place, value, path, line, err);
    if (strcasecmp(key, "PrologSlurmctld") == 0)
        return set_program(&c->prolog, &c->prolog_place, value, path, line, err);
    if (strcasecmp(key, "SlurmUser") == 0)
        return set(&c->slurm_user, value, err);
    if (strcasecmp(key, "ClusterName") == 0)
        return set(&c->cluster, value, err);
    return 0;
}

/* Cut the comment off, turn \# into #. */
static void strip_comment(char *line)
{
    char *to = line;

    for (const char *from = line; *from != '\0'; from++) {
        if (*from == '#')
            break;
        if (from[0] == '\\' && from[1] == '#')
            from++;
        *to++ = *from;
    }
    *to = '\0';
}

static char *skip_blanks(char *p)
{
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

/* Cuts the first pair out of the line (the others of a NodeName line belong to it); 0
 * where there is none. */
static int cut_pair(char *line, char **key, char **value)
{
    char *end, *after;

    *key = line;
    end = *key;
    while (isalnum((unsigned char)*end) || *end == '_' || *end == '.')
        end++;
    after = skip_blanks(end);
    if (end == *key || *after != '=')
        return 0;
    *end = '\0';
    *value = skip_blanks(after + 1);
    if (**value == '"') {
        ++*value;
        end = *value + strcspn(*value, "\"");
    } else {
        end = *value + strcspn(*value, " \t\r\n");
    }
    *end = '\0';
    return 1;
}

static int include(struct reader *r, char *name, const char *path, unsigned line,
                   struct mp_error *err)
{
    char full[2 * PATH_MAX];
    size_t n = strcspn(name, " \t\r\n");

    name[n] = '\0';
    snprintf(full, sizeof full, "%s%s", name[0] == '/' ? "" : r->folder, name);
    if (read_file(r, full, err) < 0)
        return mp_fail_in(err, "%s:%u", path, line);
    return 0;
}

static int take_line(struct reader *r, char *text, const char *path, unsigned line,
                     struct mp_error *err)
{
    char *key, *value;

    strip_comment(text);
    text = skip_blanks(text);
    if (strncasecmp(text, "include", 7) == 0 && isspace((unsigned char)text[7]))
        return include(r, skip_blanks(text + 7), path, line, err);
    return cut_pair(text, &key, &value) ? take(r, key, value, path, line, err) : 0;
}

/* The next line with those it continues on; -1 at the end of the file. */
static ssize_t read_line(FILE *f, char **text, size_t *size, unsigned *line)
{
    char *part = NULL, *grown;
    size_t part_size = 0, n = 0;
    bool more = true;
    ssize_t got;

    while (more && (got = getline(&part, &part_size, f)) >= 0) {
        ++*line;
        while (got > 0 && isspace((unsigned char)part[got - 1]))
            got--;
        more = got > 0 && part[got - 1] == '\\';
        got -= more;
        if (n + (size_t)got >= *size) {
            grown = realloc(*text, n + (size_t)got + 1);
            if (grown == NULL)
                break;
            *text = grown;
            *size = n + (size_t)got + 1;
        }
        memcpy(*text + n, part, (size_t)got);
        n += (size_t)got;
        (*text)[n] = '\0';
    }
    free(part);
    return n > 0 || !feof(f) ? (ssize_t)n : -1;
}

static int read_file(struct reader *r, const char *path, struct mp_error *err)
{
    char *text = NULL;
    size_t size = 0;
    unsigned line = 0;
    int rc = 0;
    FILE *f;

    if (r->depth == DEPTH_MAX || r->conf->n_files == FILES_MAX)
        return mp_fail(err, MP_FAULT_FAILED, "%s: files include each other too deeply",
                       path);
    f = fopen(path, "re");
    if (f == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot read %s: %s", path, strerror(errno));
    r->depth++;
    r->conf->n_files++;
    while (rc == 0 && read_line(f, &text, &size, &line) >= 0)
        rc = text != NULL ? take_line(r, text, path, line, err) : no_memory(err);
    if (rc == 0 && ferror(f))
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot read %s", path);
    r->depth--;
    free(text);
    fclose(f);
    return rc;
}

int mp_slurmconf_read(struct mp_slurmconf *c, const char *path, struct mp_error *err)
{
    struct reader r = {.conf = c};
    char folder[PATH_MAX];
    char *slash;

    *c = (struct mp_slurmconf){0};
    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[1] = '\0';
    else
        folder[0] = '\0';
    r.folder = folder;
    if (set(&c->slurm_user, "root", err) < 0 || read_file(&r, path, err) < 0) {
        mp_slurmconf_free(c);
        return -1;
    }
    return 0;
}

void mp_slurmconf_free(struct mp_slurmconf *c)
{
    free(c->epilog);
    free(c->epilog_place);
    free(c->prolog);
    free(c->prolog_place);
    free(c->slurm_user);
    free(c->cluster);
    *c = (struct mp_slurmconf){0};
}
