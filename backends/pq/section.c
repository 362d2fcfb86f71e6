/* SPDX-License-Identifier: MIT
 * section.c - the keys of [database], and those of a [route] that are SQL's.
 *
 * The names REPACSS_* are those of the Python script's .env file, both its older and its
 * newer spelling. */
#include "config.h"

#include "backends/pq/section.h"

#define ENV(...) .env = {__VA_ARGS__}
#define RANGE(lo, hi) .min = (lo), .max = (hi)

#define DATABASE(member, type, ...)                                                      \
    MP_KEY(struct mp_database_config, member, #member, type, __VA_ARGS__)

static const char *const sslmodes[] = {"disable",   "allow",       "prefer", "require",
                                       "verify-ca", "verify-full", NULL};

static const char *const yes_no[] = {"yes", "no", NULL};

static const struct mp_key database_keys[] = {
    DATABASE(host, MP_KEY_STRING, "localhost", ENV("REPACSS_DB_HOST"),
             .help = "The server's name or address as the machine that connects to it "
                     "sees it: this one for the direct backend, the SSH server for the "
                     "ssh backend. A path that starts with / is the directory of a Unix "
                     "socket."),
    DATABASE(port, MP_KEY_INT, "5432", RANGE(1, 65535), ENV("REPACSS_DB_PORT"),
             .help = "Its port."),
    MP_KEY(struct mp_database_config, database, "default", MP_KEY_STRING, "",
           ENV("REPACSS_DB_DEFAULT"), .help = "The database of a route that names none."),
    DATABASE(user, MP_KEY_STRING, "", ENV("REPACSS_DB_USER"),
             .help = "Whom to log in as; one that may only read is enough. Empty: what "
                     "libpq takes, which is PGUSER or the current user."),
    DATABASE(password, MP_KEY_STRING, "", .secret = true, ENV("REPACSS_DB_PASSWORD"),
             .help = "Empty: libpq looks into passfile, ~/.pgpass and PGPASSWORD."),
    DATABASE(passfile, MP_KEY_PATH, "", ENV("REPACSS_DB_PASSFILE"),
             .help = "A password file as libpq reads it, instead of ~/.pgpass."),
    DATABASE(service, MP_KEY_STRING, "", ENV("REPACSS_DB_SERVICE"),
             .help = "A name in libpq's service file: what it sets is used where this "
                     "file says nothing."),
    DATABASE(servicefile, MP_KEY_PATH, "", ENV("REPACSS_DB_SERVICEFILE"),
             .help = "The service file, instead of ~/.pg_service.conf."),
    DATABASE(sslmode, MP_KEY_CHOICE, "prefer", .choices = sslmodes,
             ENV("REPACSS_DB_SSL_MODE", "REPACSS_DB_SSLMODE"),
             .help = "How the connection is encrypted, and whether the server's "
                     "certificate is checked; verify-full holds through the SSH tunnel "
                     "as well."),
    DATABASE(sslrootcert, MP_KEY_PATH, "", .word = "system",
             ENV("REPACSS_DB_SSLROOTCERT"),
             .help = "The certificates that may have signed the server's. system is the "
                     "operating system's store, where libpq knows it (16 and newer)."),
    DATABASE(clear_passwords, MP_KEY_CHOICE, "no", .choices = yes_no,
             .help =
                 "Whether a server on another machine whose certificate is not checked "
                 "(sslmode below verify-ca) may ask for the password in clear or as "
                 "MD5, and so may anybody on the way. SCRAM needs no such trust."),
    DATABASE(connect_timeout, MP_KEY_INT, "10", RANGE(1, 3600), .unit = "Seconds",
             ENV("REPACSS_DB_CONNECT_TIMEOUT"),
             .help = "How long a connection may take."),
    DATABASE(idle_hours, MP_KEY_INT, "24", RANGE(0, 8760), .unit = "Hours",
             .help = "How far before a job's start minutes are looked for in which no "
                     "job was on its node, where others share it: what it drew then is "
                     "its idle power. Of a node without any it is the lowest tenth of "
                     "the window."),
    DATABASE(statement_timeout, MP_KEY_INT, "300", RANGE(0, 86400), .unit = "Seconds",
             ENV("REPACSS_DB_STATEMENT_TIMEOUT"),
             .help = "How long the server may work on one statement; 0 is without "
                     "limit."),
};

const struct mp_keys mp_database_keys = {
    .section = "database",
    .help = "The PostgreSQL or TimescaleDB server.",
    .key = database_keys,
    .n = sizeof database_keys / sizeof *database_keys,
    .size = sizeof(struct mp_database_config),
};

/* PostgreSQL cuts identifiers at NAMEDATALEN - 1. */
enum { IDENTIFIER_BYTES = 63 };

const struct mp_route_key mp_pq_route_keys[] = {
    {.key = {.name = "database",
             .fallback = "",
             .max = IDENTIFIER_BYTES,
             .required = true,
             .help = "Where the samples of these nodes are."},
     .section = "database",
     .name = "default"},
    {.key = {.name = "schema",
             .fallback = "idrac",
             .max = IDENTIFIER_BYTES,
             .required = true,
             .help = "The schema that holds the metrics' tables; a table has its "
                     "metric's name in lower case."}},
    {.key = {.name = NULL}},
};

const struct mp_route_default mp_pq_route_defaults[] = {
    {"rpc", "database", "zen4"}, {"rpg", "database", "h100"}, {NULL, NULL, NULL}};
