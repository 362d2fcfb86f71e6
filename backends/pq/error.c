/* SPDX-License-Identifier: MIT
 * error.c - the table of what can go wrong between us and a PostgreSQL server. */
#include "config.h"

#include "backends/pq/error.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cause {
    const char *sqlstate; /* its first characters; NULL: the server gave none */
    const char *text;     /* part of libpq's text; NULL: any */
    enum mp_fault fault;
    enum mp_pqretry retry;
    const char *hint;
};

/* The first that fits counts.  libpq's own texts are English here: nobody has called
 * setlocale(LC_MESSAGES); the server's are known by their SQLSTATE. */
static const struct cause causes[] = {
    {"28P01", NULL, MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "check user and password (or passfile) in section [database]"},
    /* an SSH server may be admitted where this machine is not: backend = auto goes on */
    {"28", "pg_hba.conf", MP_FAULT_UNREACHABLE, MP_PQRETRY_NEVER,
     "the server's pg_hba.conf must admit this user from this machine; check user and "
     "sslmode in section [database]"},
    {"28", NULL, MP_FAULT_FAILED, MP_PQRETRY_NEVER, "check user in section [database]"},
    {"3D000", NULL, MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "check database in the [route] sections, and host and port in section [database]"},
    {"42501", NULL, MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "the database's owner must grant it to the user in section [database]"},
    {"53300", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_DEADLINE,
     "no connection is free: try again later, or raise max_connections on the server"},
    {"53", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_DEADLINE, "try again later"},
    {"57014", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_NEVER,
     "if it takes longer than statement_timeout in section [database], raise that"},
    {"57P03", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_DEADLINE, "try again later"},
    {"57", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_REACH,
     "the server ended the session: try again, and see its log"},
    {"08P01", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_REACH,
     "this is how a connection pooler refuses: check user and password in section "
     "[database], database in the [route] sections, and the pooler's limits"},
    {"08", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_REACH, "try again"},
    {"40", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_NEVER, "try again"},
    {"58", NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_NEVER, "see the server's log"},
    {"42P01", NULL, MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "is this a MonSTer database? check database and schema in the [route] sections"},
    {"42703", NULL, MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "is this a MonSTer database? check database and schema in the [route] sections"},
    {"", NULL, MP_FAULT_FAILED, MP_PQRETRY_NEVER, NULL},

    {NULL, "no password supplied", MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "set password or passfile in section [database]; a passfile must be a plain file of "
     "mode 0600, with a line for this host, port, database and user"},
    {NULL, "authentication method requirement", MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "nothing shows that it is the server: set sslmode = verify-full in section "
     "[database], or scram-sha-256 in the server's pg_hba.conf (or, if the network is to "
     "be trusted, clear_passwords = yes)"},
    {NULL, "channel binding", MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "nothing shows that it is the server: set sslmode = verify-full in section "
     "[database], or scram-sha-256 in the server's pg_hba.conf (or, if the network is to "
     "be trusted, clear_passwords = yes)"},
    {NULL, "certificate", MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "check host, sslmode and sslrootcert in section [database], and that the server's "
     "certificate has not expired"},
    {NULL, "does not support SSL", MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "check sslmode in section [database]"},
    {NULL, "sslmode", MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "check sslmode in section [database]"},
    {NULL, "service", MP_FAULT_FAILED, MP_PQRETRY_NEVER,
     "check host, service and servicefile in section [database]"},
    {NULL, "Temporary failure in name", MP_FAULT_TRANSIENT, MP_PQRETRY_REACH,
     "check this machine's name resolution, and host in section [database]"},
    {NULL, "could not translate host name", MP_FAULT_TRANSIENT, MP_PQRETRY_NEVER,
     "check host in section [database]"},
    {NULL, "invalid", MP_FAULT_FAILED, MP_PQRETRY_NEVER, "check section [database]"},
    {NULL, "Connection refused", MP_FAULT_TRANSIENT, MP_PQRETRY_REACH,
     "does PostgreSQL run and listen there? check host and port in section [database]"},
    {NULL, "No such file", MP_FAULT_TRANSIENT, MP_PQRETRY_REACH,
     "does PostgreSQL run with its socket there? check host and port in section "
     "[database]"},
    {NULL, "closed the connection", MP_FAULT_TRANSIENT, MP_PQRETRY_REACH,
     "try again, and see the server's log"},
    {NULL, NULL, MP_FAULT_TRANSIENT, MP_PQRETRY_REACH,
     "check the network, and host and port in section [database]"},
};

static const struct cause *find_cause(const char *sqlstate, const char *text)
{
    const struct cause *cause = causes;

    for (;; cause++) {
        if ((cause->sqlstate == NULL) != (sqlstate == NULL))
            continue;
        if (sqlstate != NULL &&
            strncmp(sqlstate, cause->sqlstate, strlen(cause->sqlstate)) != 0)
            continue;
        if (cause->text == NULL || strstr(text, cause->text) != NULL)
            return cause;
    }
}

static void blank_secret(char *text, const char *secret)
{
    size_t n = strlen(secret);
    char *at = text;

    while (n > 0 && (at = strstr(at, secret)) != NULL) {
        memset(at, '*', n);
        at += n;
    }
}

/* libpq's text on one line, without "LOCATION: ..., postmaster.c:123" and without "LINE
 * 1:" of a statement that is ours. */
static char *one_line(const char *text, const char *password)
{
    char *line = strdup(text != NULL ? text : "");
    char *cut;
    size_t n;

    if (line == NULL)
        return NULL;
    if ((cut = strstr(line, "\nLOCATION:")) != NULL ||
        (cut = strstr(line, "\nLINE ")) != NULL)
        *cut = '\0';
    blank_secret(line, password);
    for (n = strlen(line); n > 0 && isspace((unsigned char)line[n - 1]); n--)
        line[n - 1] = '\0';
    for (char *at = line; *at != '\0'; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    return line;
}

/* Cuts the "28P01: " of "FATAL:  28P01: text" out of a
 * verbose text; "" if none is there. */
static void take_sqlstate(char *text, char *sqlstate)
{
    sqlstate[0] = '\0';
    for (char *at = text; (at = strstr(at, ":  ")) != NULL; at += 3) {
        size_t n = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

        if (n != 5 || strncmp(at + 8, ": ", 2) != 0)
            continue;
        memcpy(sqlstate, at + 3, 5);
        sqlstate[5] = '\0';
        memmove(at + 3, at + 10, strlen(at + 10) + 1);
    }
}

static int carrier_broke(struct mp_pqconn *c, struct mp_error *err)
{
    if (c->target->carrier_failed == NULL ||
        c->target->carrier_failed(c->target->arg, err) == 0)
        return 0;
    c->sqlstate[0] = '\0';
    c->retry = MP_PQRETRY_NEVER;
    return -1;
}

static int fail_with(struct mp_pqconn *c, const char *what, const char *text,
                     struct mp_error *err)
{
    const struct cause *cause =
        find_cause(c->sqlstate[0] != '\0' ? c->sqlstate : NULL, text);

    c->retry = cause->retry;
    if (cause->hint == NULL)
        return mp_fail(err, cause->fault, "database %s, %s: %s", c->database, what, text);
    return mp_fail(err, cause->fault, "database %s, %s: %s; %s", c->database, what, text,
                   cause->hint);
}

int mp_pqerror_connection(struct mp_pqconn *c, const char *what, struct mp_error *err)
{
    char *text;
    int rc;

    if (carrier_broke(c, err) < 0)
        return -1;
    text = one_line(PQerrorMessage(c->pg), c->config->password);
    if (text == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    take_sqlstate(text, c->sqlstate);
    rc = fail_with(c, what, text, err);
    free(text);
    return rc;
}

/* Without the "LINE 1: ..." that libpq adds: the statement is ours, not the user's. */
static char *result_text(const PGresult *res)
{
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
    char *text;

    if (message == NULL)
        return strdup(PQresultErrorMessage(res));
    if (asprintf(&text, "%s:  %s%s%s", severity != NULL ? severity : "ERROR", message,
                 detail != NULL ? "; " : "", detail != NULL ? detail : "") < 0)
        return NULL;
    return text;
}

int mp_pqerror_result(struct mp_pqconn *c, const char *what, const PGresult *res,
                      struct mp_error *err)
{
    const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    char *raw;
    char *text;
    int rc;

    if (PQstatus(c->pg) == CONNECTION_BAD && carrier_broke(c, err) < 0)
        return -1;
    snprintf(c->sqlstate, sizeof c->sqlstate, "%s", sqlstate != NULL ? sqlstate : "");
    raw = result_text(res);
    text = raw != NULL ? one_line(raw, c->config->password) : NULL;
    free(raw);
    if (text == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    rc = fail_with(c, what, text, err);
    free(text);
    return rc;
}

int mp_pqerror_silent(struct mp_pqconn *c, const char *setting, int seconds,
                      struct mp_error *err)
{
    /* which server a service's file means, only libpq knows */
    bool service = c->config->service[0] != '\0';
    const char *host = service ? PQhost(c->pg) : c->target->host;
    int port = service ? atoi(PQport(c->pg)) : c->target->port;
    char why[80] = "in time";

    if (carrier_broke(c, err) < 0)
        return -1;
    if (setting != NULL)
        snprintf(why, sizeof why, "(%s = %d in section [database])", setting, seconds);
    c->sqlstate[0] = '\0';
    c->retry = MP_PQRETRY_REACH;
    return mp_fail(err, MP_FAULT_TRANSIENT,
                   "database %s: %s, port %d, does not answer %s; check the network and "
                   "whether the server hangs",
                   c->database, host, port, why);
}
