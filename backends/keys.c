/* SPDX-License-Identifier: MIT
 * keys.c - the keys of [database], [ssh] and [csv], and of a [route].
 *
 * They are known whether or not their backend was built: one file serves all machines.
 * The names REPACSS_* are those of the Python script's .env file, both its older and its
 * newer spelling. */
#include "config.h"

#include "backends/keys.h"

#include "config/settings.h"

#define ENV(...) .env = {__VA_ARGS__}
#define RANGE(lo, hi) .min = (lo), .max = (hi)

/* --- [database] ----------------------------------------------------------------------
 */

#define DATABASE(member, type, ...)                                                      \
    MP_KEY(struct mp_database_config, member, #member, type, __VA_ARGS__)

static const char *const sslmodes[] = {"disable",   "allow",       "prefer", "require",
                                       "verify-ca", "verify-full", NULL};

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
    DATABASE(connect_timeout, MP_KEY_INT, "10", RANGE(1, 3600), .unit = "Seconds",
             ENV("REPACSS_DB_CONNECT_TIMEOUT"),
             .help = "How long a connection may take."),
    DATABASE(statement_timeout, MP_KEY_INT, "300", RANGE(0, 86400), .unit = "Seconds",
             ENV("REPACSS_DB_STATEMENT_TIMEOUT"),
             .help = "How long the server may work on one statement; 0 is without "
                     "limit."),
};

static const struct mp_keys database = {
    .section = "database",
    .help = "The PostgreSQL or TimescaleDB server.",
    .key = database_keys,
    .n = sizeof database_keys / sizeof *database_keys,
    .size = sizeof(struct mp_database_config),
};

/* --- [ssh] ---------------------------------------------------------------------------
 */

#define SSH(member, type, ...)                                                           \
    MP_KEY(struct mp_ssh_config, member, #member, type, __VA_ARGS__)

static const struct mp_key ssh_keys[] = {
    SSH(hostname, MP_KEY_STRING, "", ENV("REPACSS_SSH_HOSTNAME"),
        .help = "The SSH server's name or address. Empty: there is none, and backend = "
                "auto has nothing to fall back on."),
    SSH(port, MP_KEY_INT, "22", RANGE(1, 65535), ENV("REPACSS_SSH_PORT"),
        .help = "Its port."),
    SSH(username, MP_KEY_USER, "", ENV("REPACSS_SSH_USERNAME"),
        .help = "Whom to log in as."),
    SSH(key_path, MP_KEY_PATH, "",
        ENV("REPACSS_SSH_KEY_PATH", "REPACSS_SSH_PRIVATE_KEY_PATH"),
        .help = "The private key. Empty: the agent's keys, then the usual files in "
                "~/.ssh."),
    SSH(passphrase, MP_KEY_STRING, "", .secret = true, ENV("REPACSS_SSH_PASSPHRASE"),
        .help = "What opens the private key."),
    SSH(keepalive, MP_KEY_INT, "60", RANGE(1, 3600), .unit = "Seconds",
        ENV("REPACSS_SSH_KEEPALIVE", "REPACSS_SSH_KEEPALIVE_INTERVAL"),
        .help = "How often the server is asked for a sign of life. A network that is "
                "gone is noticed within three times this."),
    SSH(known_hosts, MP_KEY_PATH, "", ENV("REPACSS_SSH_KNOWN_HOSTS"),
        .help = "Where the server's key is looked up. Empty: the user's "
                "~/.ssh/known_hosts and the system's /etc/ssh/ssh_known_hosts. An "
                "unknown or changed key is always refused."),
    SSH(agent, MP_KEY_PATH, "", .word = "none", ENV("REPACSS_SSH_AGENT"),
        .help = "The agent's socket. Empty: SSH_AUTH_SOCK. none: no agent is asked."),
    SSH(connect_timeout, MP_KEY_INT, "10", RANGE(1, 3600), .unit = "Seconds",
        ENV("REPACSS_SSH_CONNECT_TIMEOUT"),
        .help = "How long connecting, the key exchange and the login may each take."),
};

static const struct mp_keys ssh = {
    .section = "ssh",
    .help = "The SSH server that the ssh backend goes through.",
    .key = ssh_keys,
    .n = sizeof ssh_keys / sizeof *ssh_keys,
    .size = sizeof(struct mp_ssh_config),
};

/* --- [csv] ---------------------------------------------------------------------------
 */

static const struct mp_key csv_keys[] = {
    MP_KEY(struct mp_csv_config, input, "input", MP_KEY_STRING, "",
           ENV("MONSTER_POWER_CSV_INPUT"),
           .help = "The raw_power.csv to replay; - is standard input. Usually given as "
                   "--input."),
};

static const struct mp_keys csv = {
    .section = "csv",
    .help = "The csv backend.",
    .key = csv_keys,
    .n = sizeof csv_keys / sizeof *csv_keys,
    .size = sizeof(struct mp_csv_config),
};

/* --- [route NAME] --------------------------------------------------------------------
 */

/* PostgreSQL cuts identifiers at NAMEDATALEN - 1. */
enum { IDENTIFIER_BYTES = 63 };

static const struct mp_route_key route_keys[] = {
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
             .help = "The schema that holds the metrics' tables."}},
    {.key = {.name = NULL}},
};

static const struct mp_route_default route_defaults[] = {
    {"rpc", "database", "zen4"}, {"rpg", "database", "h100"}, {NULL, NULL, NULL}};

/* --- all -----------------------------------------------------------------------------
 */

static const struct mp_keys *const sections[] = {&database, &ssh, &csv, NULL};
static const char *const names[] = {"auto", "direct", "ssh", "csv", "tunnel=ssh", NULL};

const struct mp_backend_keys mp_backend_keys = {
    .sections = sections,
    .route_keys = route_keys,
    .route_defaults = route_defaults,
    .names = names,
};
