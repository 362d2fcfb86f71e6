/* SPDX-License-Identifier: MIT
 * test_settings_doc.c - the manual page and the sample have every key, its default, its
 * range and its variables, and no other key. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "config/impl.h"
#include "config/ini.h"
#include "config/settings.h"
#include "unit.h"
#include "backends/backend.h"

static struct mp_error err;

struct keyed {
    const char *section;
    const struct mp_key *key;
};

/* The i-th key of all tables, in the order of `monster-power config`. */
static struct keyed key_at(size_t i)
{
    struct mp_backend_keys declared;

    mp_backends_keys(&declared);
    for (size_t t = 0;; t++) {
        const struct mp_keys *keys = declared.sections[t];

        if (keys == NULL)
            break;
        if (i < keys->n)
            return (struct keyed){keys->section, &keys->key[i]};
        i -= keys->n;
    }
    for (size_t t = 0; t < 3; t++) {
        const struct mp_keys *keys = (const struct mp_keys *const[]){
            &mp_power_keys, &mp_queue_keys, &mp_site_keys}[t];

        if (i < keys->n)
            return (struct keyed){keys->section, &keys->key[i]};
        i -= keys->n;
    }
    return (struct keyed){NULL, NULL};
}

static char *read_doc(const char *name)
{
    const char *dir = getenv("MP_SRCDIR");
    char path[4096];
    size_t len;
    char *text;

    snprintf(path, sizeof path, "%s/%s", dir != NULL ? dir : ".", name);
    text = mp_settings_read(path, &len, &err);
    ck_assert_msg(text != NULL, "%s", err.text);
    return text;
}

/* What the documents say where the value depends on the machine. */
static const char *said_default(const struct mp_key *key, char *buf, size_t size)
{
    if (key->type == MP_KEY_USER)
        return "the current user";
    if (strncmp(key->fallback, MP_LOCALSTATEDIR, strlen(MP_LOCALSTATEDIR)) != 0)
        return *key->fallback != '\0' ? key->fallback : "empty";
    snprintf(buf, size, "LOCALSTATEDIR%s", key->fallback + strlen(MP_LOCALSTATEDIR));
    return buf;
}

/* The page's text on one key, up to the next one; cut off in `page`. */
static char *entry(char *page, const char *section, const struct mp_key *key)
{
    char mark[80];
    char *text, *end;

    snprintf(mark, sizeof mark, "\n.Ss [%s]\n", section);
    text = strstr(page, mark);
    ck_assert_msg(text != NULL, "no section [%s]", section);
    text += strlen(mark);
    end = strstr(text, "\n.El\n");
    ck_assert_ptr_nonnull(end);
    end[4] = '\0';
    snprintf(mark, sizeof mark, "\n.It Ic %s\n", key->name);
    text = strstr(text, mark);
    ck_assert_msg(text != NULL, "[%s] has no %s", section, key->name);
    text += strlen(mark);
    end = strstr(text, "\n.It ");
    if (end != NULL)
        end[1] = '\0';
    return text;
}

START_TEST(the_manual_page_has_every_key)
{
    for (size_t i = 0; key_at(i).key != NULL; i++) {
        const struct mp_key *key = key_at(i).key;
        char *page = read_doc("doc/monster-power.ini.5");
        const char *text = entry(page, key_at(i).section, key);
        char want[400], buf[200];

        snprintf(want, sizeof want, "\nDefault: %s.\n",
                 said_default(key, buf, sizeof buf));
        ck_assert_msg(strstr(text, want) != NULL, "%s: not%s", key->name, want);
        snprintf(want, sizeof want, " %d to %d.\n", key->min, key->max);
        ck_assert_msg(key->type != MP_KEY_INT || strstr(text, want) != NULL, "%s: not%s",
                      key->name, want);
        for (int j = 0; j < MP_KEY_ENVS && key->env[j] != NULL; j++) {
            snprintf(want, sizeof want, "\n.Ev %s ", key->env[j]);
            ck_assert_msg(strstr(text, want) != NULL, "%s: not%s", key->name, want);
        }
        for (int j = 0; key->choices != NULL && key->choices[j] != NULL; j++)
            ck_assert_msg(strstr(text, key->choices[j] + 1) != NULL, "%s: not %s",
                          key->name, key->choices[j]);
        ck_assert_msg(key->word == NULL || strstr(text, key->word) != NULL, "%s",
                      key->name);
        ck_assert_msg(!key->secret || strstr(text, "a secret") != NULL, "%s", key->name);
        ck_assert_msg(!key->required || strstr(text, "not empty") != NULL, "%s",
                      key->name);
        free(page);
    }
}
END_TEST

START_TEST(the_manual_page_has_no_other_key)
{
    static const char *const of_routes[] = {"prefix", "database", "schema", "metrics"};
    char *page = read_doc("doc/monster-power.ini.5");
    size_t n = 0, n_keys = 0;

    while (key_at(n_keys).key != NULL)
        n_keys++;
    for (const char *c = page; (c = strstr(c, "\n.It Ic ")) != NULL; c++)
        n++;
    ck_assert_uint_eq(n, n_keys + 11);
    for (size_t i = 0; i < 4; i++) {
        char mark[80];

        snprintf(mark, sizeof mark, "\n.It Ic %s\n", of_routes[i]);
        ck_assert_ptr_nonnull(strstr(strstr(page, "\n.Ss [route NAME]\n"), mark));
    }
    free(page);
}
END_TEST

/* Take the # from every "#key = value". */
static void uncomment(char *text)
{
    char *out = text;

    for (char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n") + 1;

        if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z') {
            line++;
            len--;
        }
        memmove(out, line, len);
        out += len;
        line += len;
    }
    *out = '\0';
}

START_TEST(the_sample_shows_the_defaults)
{
    char *text = read_doc("etc/monster-power.ini");
    struct mp_ini ini;
    size_t n = 0;

    uncomment(text);
    ck_assert_msg(mp_ini_parse(&ini, "sample", text, strlen(text), &err) == 0, "%s",
                  err.text);
    for (size_t i = 0; i < ini.n; i++) {
        const struct mp_ini_entry *e = &ini.entries[i];

        if (e->key == NULL || strncmp(e->section, "route ", 6) == 0)
            continue;
        ck_assert_ptr_nonnull(key_at(n).key);
        ck_assert_msg(strcmp(e->section, key_at(n).section) == 0 &&
                          strcmp(e->key, key_at(n).key->name) == 0,
                      "[%s] %s stands where [%s] %s is due", e->section, e->key,
                      key_at(n).section, key_at(n).key->name);
        if (strcmp(e->key, "username") != 0 && strcmp(e->key, "directory") != 0 &&
            strcmp(e->key, "status") != 0)
            ck_assert_msg(strcmp(e->value, key_at(n).key->fallback) == 0, "%s = %s",
                          e->key, e->value);
        n++;
    }
    ck_assert_ptr_null(key_at(n).key);
    mp_ini_free(&ini);
}
END_TEST

static void load_text(struct mp_settings *s, const char *text)
{
    char path[] = "/tmp/mp-sample.XXXXXX";
    int fd = mkstemp(path), rc;
    FILE *f = fdopen(fd, "w");

    fputs(text, f);
    fclose(f);
    rc = mp_backends_settings(s, path, NULL, 0, &err);
    remove(path);
    ck_assert_msg(rc == 0, "%s", err.text);
}

START_TEST(the_sample_loads_and_changes_nothing)
{
    char *text = read_doc("etc/monster-power.ini");
    struct mp_settings plain, sample;

    load_text(&plain, "");
    for (int round = 0; round < 2; round++) { /* as shipped; with every # taken away */
        load_text(&sample, text);
        ck_assert_uint_eq(sample.n_routes, plain.n_routes);
        for (size_t i = 0; i < plain.n_routes; i++) {
            const struct mp_route *a = &plain.routes[i], *b = &sample.routes[i];

            ck_assert_str_eq(a->prefix, b->prefix);
            ck_assert_str_eq(mp_route_value(a, "database"),
                             mp_route_value(b, "database"));
            ck_assert_str_eq(mp_route_value(a, "schema"), mp_route_value(b, "schema"));
            ck_assert_uint_eq(a->n_metrics, b->n_metrics);
            for (size_t j = 0; j < a->n_metrics; j++) {
                ck_assert_str_eq(a->metrics[j].name, b->metrics[j].name);
                ck_assert_int_eq(a->metrics[j].role, b->metrics[j].role);
            }
        }
        mp_settings_free(&sample);
        uncomment(text);
    }
    mp_settings_free(&plain);
    free(text);
}
END_TEST

MP_UNIT_MAIN("settings_doc", the_manual_page_has_every_key,
             the_manual_page_has_no_other_key, the_sample_shows_the_defaults,
             the_sample_loads_and_changes_nothing)
