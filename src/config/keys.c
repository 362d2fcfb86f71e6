/* SPDX-License-Identifier: MIT
 * keys.c - every key, once: type, range, default, environment; and how a text
 * becomes its value.
 *
 * The names REPACSS_* are those of the Python script's .env file, both its older and its
 * newer spelling. */
#include "config.h"

#include "config/keys.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const sslmodes[] = {"disable",   "allow",       "prefer", "require",
                                       "verify-ca", "verify-full", NULL};
/* In the order of enum mp_backend_choice; tunnel is the .env's word for ssh. */
static const char *const backends[] = {"auto", "direct", "ssh", "csv", "tunnel", NULL};

enum { BACKEND_TUNNEL = MP_BACKEND_CSV + 1, ANY_SECONDS = 7 * 86400 };

#define AT(member) offsetof(struct mp_settings, member)
#define KEY(sec, nam, typ, mem, def, ...)                                                \
    {                                                                                    \
        .section = (sec), .name = (nam), .type = (typ), .offset = AT(mem),               \
        .fallback = (def), __VA_ARGS__                                                   \
    }
#define ENV(...) .env = {__VA_ARGS__}
#define RANGE(lo, hi) .min = (lo), .max = (hi)

const struct mp_key mp_keys[] = {
    KEY("database", "host", MP_KEY_STRING, database.host, "localhost",
        ENV("REPACSS_DB_HOST")),
    KEY("database", "port", MP_KEY_INT, database.port, "5432", RANGE(1, 65535),
        ENV("REPACSS_DB_PORT")),
    KEY("database", "default", MP_KEY_STRING, database.database, "",
        ENV("REPACSS_DB_DEFAULT")),
    KEY("database", "user", MP_KEY_STRING, database.user, "", ENV("REPACSS_DB_USER")),
    KEY("database", "password", MP_KEY_STRING, database.password, "", .secret = true,
        ENV("REPACSS_DB_PASSWORD")),
    KEY("database", "passfile", MP_KEY_PATH, database.passfile, "",
        ENV("REPACSS_DB_PASSFILE")),
    KEY("database", "service", MP_KEY_STRING, database.service, "",
        ENV("REPACSS_DB_SERVICE")),
    KEY("database", "servicefile", MP_KEY_PATH, database.servicefile, "",
        ENV("REPACSS_DB_SERVICEFILE")),
    KEY("database", "sslmode", MP_KEY_CHOICE, database.sslmode, "prefer",
        .choices = sslmodes, ENV("REPACSS_DB_SSL_MODE", "REPACSS_DB_SSLMODE")),
    KEY("database", "sslrootcert", MP_KEY_PATH, database.sslrootcert, "",
        .word = "system", ENV("REPACSS_DB_SSLROOTCERT")),
    KEY("database", "connect_timeout", MP_KEY_INT, database.connect_timeout, "10",
        RANGE(1, 3600), ENV("REPACSS_DB_CONNECT_TIMEOUT")),
    KEY("database", "statement_timeout", MP_KEY_INT, database.statement_timeout, "300",
        RANGE(0, 86400), ENV("REPACSS_DB_STATEMENT_TIMEOUT")),

    KEY("ssh", "hostname", MP_KEY_STRING, ssh.hostname, "", ENV("REPACSS_SSH_HOSTNAME")),
    KEY("ssh", "port", MP_KEY_INT, ssh.port, "22", RANGE(1, 65535),
        ENV("REPACSS_SSH_PORT")),
    KEY("ssh", "username", MP_KEY_STRING, ssh.username, "", ENV("REPACSS_SSH_USERNAME")),
    KEY("ssh", "key_path", MP_KEY_PATH, ssh.key_path, "",
        ENV("REPACSS_SSH_KEY_PATH", "REPACSS_SSH_PRIVATE_KEY_PATH")),
    KEY("ssh", "passphrase", MP_KEY_STRING, ssh.passphrase, "", .secret = true,
        ENV("REPACSS_SSH_PASSPHRASE")),
    KEY("ssh", "keepalive", MP_KEY_INT, ssh.keepalive, "60", RANGE(1, 3600),
        ENV("REPACSS_SSH_KEEPALIVE", "REPACSS_SSH_KEEPALIVE_INTERVAL")),
    KEY("ssh", "known_hosts", MP_KEY_PATH, ssh.known_hosts, "",
        ENV("REPACSS_SSH_KNOWN_HOSTS")),
    KEY("ssh", "agent", MP_KEY_PATH, ssh.agent, "", .word = "none",
        ENV("REPACSS_SSH_AGENT")),
    KEY("ssh", "connect_timeout", MP_KEY_INT, ssh.connect_timeout, "10", RANGE(1, 3600),
        ENV("REPACSS_SSH_CONNECT_TIMEOUT")),

    KEY("csv", "input", MP_KEY_STRING, csv.input, "", ENV("MONSTER_POWER_CSV_INPUT")),

    KEY("power", "backend", MP_KEY_BACKEND, power.backend, "auto", .choices = backends,
        ENV("MONSTER_POWER_BACKEND", "REPACSS_DB_ACCESS_MODE", "REPACSS_ACCESS_MODE")),
    KEY("power", "comment_keyword", MP_KEY_STRING, power.comment_keyword,
        "power_profiling", .required = true, ENV("MONSTER_POWER_COMMENT_KEYWORD")),
    KEY("power", "outdir", MP_KEY_PATH, power.outdir, "", ENV("MONSTER_POWER_OUTDIR")),
    KEY("power", "delay_seconds", MP_KEY_INT, power.delay_seconds, "10",
        RANGE(0, ANY_SECONDS), ENV("MONSTER_POWER_DELAY_SECONDS")),
    KEY("power", "max_wait_seconds", MP_KEY_INT, power.max_wait_seconds, "120",
        RANGE(0, ANY_SECONDS), ENV("MONSTER_POWER_MAX_WAIT_SECONDS")),
    KEY("power", "deadline_seconds", MP_KEY_INT, power.deadline_seconds, "600",
        RANGE(1, ANY_SECONDS), ENV("MONSTER_POWER_DEADLINE_SECONDS")),
    KEY("power", "auto_probe_ms", MP_KEY_INT, power.auto_probe_ms, "1000",
        RANGE(1, 60000), .seconds_from = 1,
        ENV("MONSTER_POWER_AUTO_PROBE_MS", "REPACSS_DB_PROBE_TIMEOUT",
            "REPACSS_INTERNAL_PROBE_TIMEOUT")),
    KEY("power", "logfile", MP_KEY_PATH, power.logfile, "", ENV("MONSTER_POWER_LOGFILE")),

    KEY("queue", "directory", MP_KEY_PATH, queue.directory,
        MP_LOCALSTATEDIR "/spool/monster-power", .required = true,
        ENV("MONSTER_POWER_QUEUE_DIRECTORY")),
    KEY("queue", "workers", MP_KEY_INT, queue.workers, "2", RANGE(1, 64),
        ENV("MONSTER_POWER_QUEUE_WORKERS")),
    KEY("queue", "retry_hours", MP_KEY_INT, queue.retry_hours, "24", RANGE(0, 8760),
        ENV("MONSTER_POWER_QUEUE_RETRY_HOURS")),
};

const size_t mp_n_keys = sizeof mp_keys / sizeof *mp_keys;

char **mp_key_string(struct mp_settings *s, const struct mp_key *key)
{
    return (char **)((char *)s + key->offset);
}

const char *mp_key_text(const struct mp_settings *s, const struct mp_key *key, char *buf,
                        size_t size)
{
    switch (key->type) {
    case MP_KEY_STRING:
    case MP_KEY_PATH:
    case MP_KEY_CHOICE:
        return *(char *const *)((const char *)s + key->offset);
    case MP_KEY_BACKEND:
        return backends[s->power.backend];
    case MP_KEY_INT:
        break;
    }
    snprintf(buf, size, "%d", *(const int *)((const char *)s + key->offset));
    return buf;
}

/* A usage error; the value is shown unless it is a secret. */
static int bad(const struct mp_key *key, const char *where, const char *text,
               const char *why, struct mp_error *err)
{
    if (key->secret)
        return mp_fail(err, MP_FAULT_USAGE, "%s: [%s] %s: %s", where, key->section,
                       key->name, why);
    return mp_fail(err, MP_FAULT_USAGE, "%s: [%s] %s = %.80s: %s", where, key->section,
                   key->name, text, why);
}

static int replace_string(struct mp_settings *s, const struct mp_key *key,
                          const char *prefix, const char *text, struct mp_error *err)
{
    char **member = mp_key_string(s, key);
    char *copy;

    if (asprintf(&copy, "%s%s", prefix, text) < 0)
        return mp_fail(err, MP_FAULT_FAILED,
                       "out of memory while reading the configuration");
    if (*member != NULL)
        explicit_bzero(*member, strlen(*member));
    free(*member);
    *member = copy;
    return 0;
}

static int set_path(struct mp_settings *s, const struct mp_key *key, const char *where,
                    const char *text, struct mp_error *err)
{
    const char *home = "";

    if (text[0] == '~' && text[1] == '/') {
        const struct passwd *user;

        home = getenv("HOME");
        if ((home == NULL || home[0] != '/') && (user = getpwuid(geteuid())) != NULL)
            home = user->pw_dir;
        if (home == NULL || home[0] != '/')
            return bad(key, where, text, "the current user has no home directory", err);
        text++;
    } else if (text[0] != '/' && text[0] != '\0' &&
               (key->word == NULL || strcmp(text, key->word) != 0)) {
        return bad(key, where, text, "not an absolute path", err);
    }
    return replace_string(s, key, home, text, err);
}

static int set_int(struct mp_settings *s, const struct mp_key *key, const char *where,
                   const char *text, struct mp_error *err)
{
    char why[80];
    long v = 0;
    const char *c = text;

    for (; *c >= '0' && *c <= '9' && v <= INT_MAX; c++)
        v = v * 10 + (*c - '0');
    if (c == text || (*c != '\0' && v <= INT_MAX))
        return bad(key, where, text, "not a whole number", err);
    if (v < key->min || v > key->max) {
        snprintf(why, sizeof why, "not between %d and %d", key->min, key->max);
        return bad(key, where, text, why, err);
    }
    *(int *)((char *)s + key->offset) = (int)v;
    return 0;
}

static int set_choice(struct mp_settings *s, const struct mp_key *key, const char *where,
                      const char *text, struct mp_error *err)
{
    char why[128] = "not one of";

    for (int i = 0; key->choices[i] != NULL; i++) {
        if (strcasecmp(key->choices[i], text) == 0) {
            if (key->type == MP_KEY_CHOICE)
                return replace_string(s, key, "", key->choices[i], err);
            s->power.backend =
                i == BACKEND_TUNNEL ? MP_BACKEND_SSH : (enum mp_backend_choice)i;
            return 0;
        }
        if (key->type != MP_KEY_BACKEND || i != BACKEND_TUNNEL)
            snprintf(why + strlen(why), sizeof why - strlen(why), "%s %s",
                     i > 0 ? "," : "", key->choices[i]);
    }
    return bad(key, where, text, why, err);
}

int mp_key_set(struct mp_settings *s, const struct mp_key *key, const char *where,
               const char *text, struct mp_error *err)
{
    if (*text == '\0' && key->required)
        return bad(key, where, text, "must not be empty", err);
    for (const char *c = text; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return bad(key, where, text, "a control character in the value", err);
    switch (key->type) {
    case MP_KEY_STRING:
        return replace_string(s, key, "", text, err);
    case MP_KEY_PATH:
        return set_path(s, key, where, text, err);
    case MP_KEY_INT:
        return set_int(s, key, where, text, err);
    case MP_KEY_CHOICE:
    case MP_KEY_BACKEND:
        break;
    }
    return set_choice(s, key, where, text, err);
}

/* "1.25" -> 1250; what is finer is dropped.  False: no such number (strtod() would ask
 * the locale for the point). */
static bool milliseconds(const char *text, long *ms)
{
    long unit = 100;
    const char *c = text;

    *ms = 0;
    for (; *c >= '0' && *c <= '9' && *ms < INT_MAX; c++)
        *ms = *ms * 10 + (*c - '0') * 1000;
    if (c == text || *c == '\0')
        return c != text;
    if (*c++ != '.')
        return false;
    for (; *c >= '0' && *c <= '9'; c++, unit /= 10)
        *ms += (*c - '0') * unit;
    return *c == '\0';
}

const char *mp_key_env_value(const struct mp_key *key, int i, const char *text, char *buf,
                             size_t size)
{
    long ms;

    if (key->seconds_from == 0 || i < key->seconds_from || !milliseconds(text, &ms))
        return text; /* mp_key_set says what is wrong with it */
    snprintf(buf, size, "%ld", ms);
    return buf;
}

const char *mp_key_env(const struct mp_key *key, char *buf, size_t size,
                       const char **value)
{
    for (int i = 0; i < MP_KEY_ENVS && key->env[i] != NULL; i++) {
        const char *text = getenv(key->env[i]);

        if (text == NULL || *text == '\0')
            continue;
        *value = mp_key_env_value(key, i, text, buf, size);
        return key->env[i];
    }
    return NULL;
}
