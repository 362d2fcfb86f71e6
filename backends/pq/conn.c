/* SPDX-License-Identifier: MIT
 * conn.c - connecting, waiting and running statements; error.c words the failures. */
#include "config.h"

#include "backends/pq/conn.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "backends/pq/address.h"
#include "backends/pq/cancel.h"
#include "backends/pq/error.h"
#include "backends/pq/login.h"
#include "backends/pq/wait.h"
#include "base/wait.h"

enum {
    SILENCE_GRACE_S = 5,  /* how much later than the server we give a statement up */
    FIRST_PAUSE_MS = 250, /* between two tries to connect; doubled up to ... */
    LONGEST_PAUSE_MS = 5000,
    MAX_PARAMS = 24,
    GATHER_US = 300,
    NEEDS_GUARD = 1,
};

struct params {
    const char *keys[MAX_PARAMS + 1];
    const char *values[MAX_PARAMS + 1];
    int n;
    char port[12];
    char timeout[12];
    char name[80];
};

static void add(struct params *p, const char *key, const char *value)
{
    if (value == NULL || value[0] == '\0' || p->n == MAX_PARAMS)
        return;
    /* of a key that is there twice libpq takes the last */
    p->keys[p->n] = key;
    p->values[p->n++] = value;
}

/* What the service's file says must win over what nobody set: our own defaults. */
static const char *unless_default(const struct mp_database_config *s, const char *value,
                                  const char *fallback)
{
    return s->service[0] != '\0' && strcmp(value, fallback) == 0 ? NULL : value;
}

static void make_params(const struct mp_pqconn *c, const struct mp_run *run,
                        struct params *p)
{
    const struct mp_database_config *s = c->config;
    const struct mp_pq_target *t = c->target;

    memset(p, 0, sizeof *p);
    snprintf(p->port, sizeof p->port, "%d", t->port);
    snprintf(p->timeout, sizeof p->timeout, "%d", s->connect_timeout);
    snprintf(p->name, sizeof p->name, "monster-power %s", run->purpose);
    p->name[63] = '\0'; /* NAMEDATALEN; the server would cut it with a notice */
    add(p, "service", s->service);
    add(p, "host", unless_default(s, t->host, "localhost"));
    add(p, "hostaddr", t->hostaddr);
    add(p, "port", t->port > 0 ? unless_default(s, p->port, "5432") : NULL);
    add(p, "dbname", c->database);
    add(p, "user", s->user);
    add(p, "password", s->password);
    add(p, "passfile", s->passfile);
    add(p, "sslmode", unless_default(s, s->sslmode, "prefer"));
    add(p, "sslrootcert", s->sslrootcert);
    add(p, "connect_timeout", p->timeout);
    add(p, "application_name", p->name);
    add(p, "client_encoding", "UTF8");
    add(p, "keepalives_idle", "30");
    add(p, "keepalives_interval", "10");
    add(p, "keepalives_count", "3");
    if (PQlibVersion() >= 120000) {
        add(p, "tcp_user_timeout", "60000");
        /* what a service file says of it stays: it may require it */
        add(p, "gssencmode", t->no_gss && s->service[0] == '\0' ? "disable" : NULL);
    }
}

static int64_t connect_limit(const struct mp_pqconn *c, const struct mp_run *run)
{
    int seconds = c->config->connect_timeout;
    int64_t limit =
        seconds > 0 ? mp_clock_us() + (int64_t)seconds * 1000000 : INT64_MAX / 2;

    return limit < run->deadline_us ? limit : run->deadline_us;
}

static bool knows_require_auth(void)
{
    return PQlibVersion() >= 160000;
}

/* One step of the login with a server that is not trusted with our password. */
static int guarded_poll(struct mp_pqconn *c, struct mp_pqlogin *l,
                        PostgresPollingStatusType *state, struct mp_error *err)
{
    if (l->server < 0 && PQstatus(c->pg) == CONNECTION_AWAITING_RESPONSE &&
        mp_pqlogin_begin(l, c, err) < 0)
        return -1;
    if (l->server >= 0 && mp_pqlogin_take(l, c, err) < 0)
        return -1;
    *state = PQconnectPoll(c->pg);
    if (l->server < 0 || *state == PGRES_POLLING_FAILED)
        return 0;
    if (PQstatus(c->pg) == CONNECTION_NEEDED || PQstatus(c->pg) == CONNECTION_STARTED) {
        mp_pqlogin_drop(l); /* libpq tries another way, with a socket of its own */
        return 0;
    }
    if (mp_pqlogin_give(l, c, err) < 0)
        return -1;
    return *state == PGRES_POLLING_OK ? mp_pqlogin_end(l, c, err) : 0;
}

static int handshake(struct mp_pqconn *c, const struct mp_run *run, int64_t limit,
                     bool bare, struct mp_pqlogin *l, struct mp_error *err)
{
    bool guarded = bare && !knows_require_auth() && mp_pqlogin_is_guarded(c);
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    while (state != PGRES_POLLING_OK) {
        struct mp_error why = {0};
        int ready =
            mp_pqwait(c, run, l->server >= 0 ? l->server : PQsocket(c->pg),
                      state == PGRES_POLLING_READING ? POLLIN : POLLOUT, limit, &why);

        if (ready <= 0 && why.fault != MP_FAULT_STOPPED &&
            mp_clock_us() >= run->deadline_us)
            return mp_pqerror_silent(c, NULL, 0, err);
        if (ready == 0)
            return mp_pqerror_silent(c, "connect_timeout", c->config->connect_timeout,
                                     err);
        if (ready < 0)
            return mp_fail(err, why.fault, "%s", why.text);
        if (mp_clock_us() >= limit) /* one that talks and talks */
            return mp_pqerror_silent(c, "connect_timeout", c->config->connect_timeout,
                                     err);
        if (!guarded || PQsslInUse(c->pg))
            state = PQconnectPoll(c->pg);
        else if (guarded_poll(c, l, &state, err) < 0)
            return -1;
        if (guarded && PQsslInUse(c->pg) && PQlibVersion() >= 130000)
            return NEEDS_GUARD;
        if (state == PGRES_POLLING_FAILED)
            return mp_pqerror_connection(c, "connecting", err);
    }
    return 0;
}

/* client_connection_check_interval ends a silent statement whose client is gone; a server
 * on a system that cannot watch its sockets refuses it, which is no reason to fail. */
static int set_up_session(struct mp_pqconn *c, const struct mp_run *run,
                          struct mp_error *err)
{
    PGresult *res = NULL;
    struct mp_error ignored;

    if (mp_pqconn_query(c, run, "setting the session up",
                        "SET default_transaction_read_only = on", 0, NULL, NULL, &res,
                        err) < 0)
        return -1;
    PQclear(res);
    res = NULL;
    if (PQserverVersion(c->pg) >= 140000)
        mp_pqconn_query(c, run, "setting the session up",
                        "SET client_connection_check_interval = '10s'", 0, NULL, NULL,
                        &res, &ignored);
    PQclear(res);
    return 0;
}

static void ignore_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

/* With libpq's own means against a server that is not known (login.h).  That it is not,
 * and whether TLS is in use, can be told only once libpq has put its sources together
 * and begun. */
static void add_guard(struct params *p)
{
    if (knows_require_auth())
        add(p, "require_auth", "!password,!md5");
    else {
        add(p, "sslmode", "require");
        add(p, "channel_binding", "require");
    }
}

static int start_connection(struct mp_pqconn *c, const struct params *p,
                            struct mp_error *err)
{
    c->pg = PQconnectStartParams(p->keys, p->values, 0);
    if (c->pg == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a connection");
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    PQsetErrorVerbosity(c->pg, PQERRORS_VERBOSE); /* the only way to a SQLSTATE here */
    if (PQstatus(c->pg) != CONNECTION_BAD)
        return 0;
    return mp_pqerror_connection(c, "connecting", err);
}

/* Up to the session, with one set of parameters.  NEEDS_GUARD: before the password went
 * anywhere, it turned out that the parameters need add_guard's. */
static int log_in(struct mp_pqconn *c, const struct mp_run *run, const struct params *p,
                  int64_t limit, bool bare, struct mp_error *err)
{
    struct mp_pqlogin login = mp_pqlogin_none();
    int rc = start_connection(c, p, err);

    if (rc == 0 && bare && knows_require_auth() && mp_pqlogin_is_guarded(c))
        rc = NEEDS_GUARD;
    if (rc == 0)
        rc = handshake(c, run, limit, bare, &login, err);
    mp_pqlogin_drop(&login);
    if (rc == 0) {
        PQsetErrorVerbosity(c->pg, PQERRORS_DEFAULT);
        rc = PQsetnonblocking(c->pg, 1) == 0 ? set_up_session(c, run, err) : -1;
    }
    if (rc != 0)
        mp_pqconn_close(c);
    return rc;
}

/* `address` NULL: where libpq itself finds it. */
static int connect_address(struct mp_pqconn *c, const struct mp_run *run,
                           const char *address, int64_t limit, struct mp_error *err)
{
    struct params p;
    int rc;

    make_params(c, run, &p);
    add(&p, "hostaddr", address);
    c->sqlstate[0] = '\0';
    c->retry = MP_PQRETRY_NEVER;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* libpq may find a password anywhere */
    rc = log_in(c, run, &p, limit, true, err);
    if (rc == NEEDS_GUARD) {
        add_guard(&p);
        rc = log_in(c, run, &p, limit, false, err);
    }
    return rc == 0 ? 0 : -1;
}

/* Every address of the host, until one of them is a server, whatever it answers. */
static int connect_once(struct mp_pqconn *c, const struct mp_run *run,
                        struct mp_error *err)
{
    int64_t limit = connect_limit(c, run);
    struct mp_pqaddresses hosts;

    c->sqlstate[0] = '\0';
    c->retry = MP_PQRETRY_NEVER;
    if (mp_pqaddresses_find(c, run, limit, &hosts, err) < 0)
        return -1;
    if (hosts.n == 0)
        return connect_address(c, run, NULL, limit, err);
    for (int i = 0; i < hosts.n; i++) {
        /* one that does not answer must leave time for the next */
        int64_t now = mp_clock_us();

        if (connect_address(c, run, hosts.text[i], now + (limit - now) / (hosts.n - i),
                            err) == 0)
            return 0;
        if (c->retry != MP_PQRETRY_REACH)
            break;
    }
    return -1;
}

/* Sleeps, woken by a stop request or the deadline. */
static int pause_ms(const struct mp_run *run, int ms, struct mp_error *err)
{
    return mp_wait_fd(run, -1, 0, mp_clock_us() + (int64_t)ms * 1000, err);
}

/* A server that went away has left its last words, and behind them the end: both are read
 * here, so that a session kept between two jobs is not
 * found dead in the middle of one. */
static bool nothing_but_silence(PGconn *pg)
{
    for (int i = 0; i < 4 && mp_ready(PQsocket(pg), POLLIN); i++)
        if (PQconsumeInput(pg) == 0)
            return false;
    return PQstatus(pg) == CONNECTION_OK;
}

static bool still_alive(struct mp_pqconn *c)
{
    if (c->pg == NULL)
        return false;
    if (PQstatus(c->pg) == CONNECTION_OK && PQtransactionStatus(c->pg) == PQTRANS_IDLE &&
        nothing_but_silence(c->pg))
        return true;
    mp_pqconn_close(c);
    return false;
}

static int connect_in_time(struct mp_pqconn *c, const struct mp_run *run,
                           struct mp_error *err)
{
    int64_t reach_until = mp_clock_us() + (int64_t)MP_PQCONN_REACH_S * 1000000;
    int pause = FIRST_PAUSE_MS;

    for (;;) {
        struct mp_error waiting;

        if (mp_run_check(run, err) < 0)
            return mp_fail_in(err, "connecting to database %s: ", c->database);
        if (connect_once(c, run, err) == 0)
            return 0;
        switch (c->retry) {
        case MP_PQRETRY_NEVER:
            return -1;
        case MP_PQRETRY_REACH:
            if (mp_clock_us() + (int64_t)pause * 1000 > reach_until)
                return -1;
            break;
        case MP_PQRETRY_DEADLINE:
            break;
        }
        if (run->deadline_us != INT64_MAX &&
            mp_clock_us() + (int64_t)pause * 1000 >= run->deadline_us)
            return -1; /* what the server said tells more than "the deadline is over" */
        if (pause_ms(run, pause, &waiting) < 0) {
            if (waiting.fault == MP_FAULT_STOPPED)
                *err = waiting;
            return -1;
        }
        pause = 2 * pause < LONGEST_PAUSE_MS ? 2 * pause : LONGEST_PAUSE_MS;
    }
}

int mp_pqconn_open(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err)
{
    if (still_alive(c))
        return 0;
    c->sqlstate[0] = '\0';
    if (connect_in_time(c, run, err) == 0)
        return 0;
    /* a server that was reached has given a reason */
    if (err->fault == MP_FAULT_TRANSIENT && c->sqlstate[0] == '\0')
        err->fault = MP_FAULT_UNREACHABLE;
    return -1;
}

static int64_t silence_limit(const struct mp_pqconn *c)
{
    int seconds = c->config->statement_timeout;

    return seconds > 0 ? mp_clock_us() + (int64_t)(seconds + SILENCE_GRACE_S) * 1000000
                       : INT64_MAX / 2;
}

/* Something is asked of the server: from here on its patience and size count. */
static void start_asking(struct mp_pqconn *c)
{
    c->patience_us = silence_limit(c);
    c->before = mp_pqanswer_bytes(c);
}

static int wait_for_server(struct mp_pqconn *c, const struct mp_run *run, short events,
                           struct mp_error *err)
{
    int ready = mp_pqwait(c, run, PQsocket(c->pg), events, c->patience_us, err);

    if (ready == 0 || (ready > 0 && mp_clock_us() >= c->patience_us))
        return mp_pqerror_silent(c, "statement_timeout", c->config->statement_timeout,
                                 err);
    return ready < 0 ? -1 : 0;
}

/* The connection is gone; what the server said last tells more than that it is. */
static int lost(struct mp_pqconn *c, const char *what, struct mp_error *err)
{
    PGresult *res;
    bool told = false;

    for (int i = 0; !told && i < 4 && (res = PQgetResult(c->pg)) != NULL; i++) {
        told = PQresultErrorField(res, PG_DIAG_SQLSTATE) != NULL;
        if (told)
            mp_pqerror_result(c, what, res, err);
        PQclear(res);
    }
    return told ? -1 : mp_pqerror_connection(c, what, err);
}

static int flush(struct mp_pqconn *c, const struct mp_run *run, const char *what,
                 struct mp_error *err)
{
    int rc;

    while ((rc = PQflush(c->pg)) == 1) {
        if (wait_for_server(c, run, POLLIN | POLLOUT, err) < 0)
            return -1;
        if (PQconsumeInput(c->pg) == 0)
            return lost(c, what, err);
    }
    return rc < 0 ? mp_pqerror_connection(c, what, err) : 0;
}

/* The next result of what was sent; *out NULL when there is none left. */
static int next_result(struct mp_pqconn *c, const struct mp_run *run, const char *what,
                       PGresult **out, struct mp_error *err)
{
    while (PQisBusy(c->pg)) {
        if (wait_for_server(c, run, POLLIN, err) < 0)
            return -1;
        if (PQconsumeInput(c->pg) == 0)
            return lost(c, what, err);
        if (mp_pqanswer_bounded(c, what, c->before, err) < 0)
            return -1;
    }
    *out = PQgetResult(c->pg);
    return 0;
}

/* Reads results up to the first that is a COPY or a failure, or up to the last. */
static int read_results(struct mp_pqconn *c, const struct mp_run *run, const char *what,
                        PGresult **out, struct mp_error *err)
{
    PGresult *res = NULL;
    struct mp_error later;
    bool failed = false;

    *out = NULL;
    for (;;) { /* what failed first is the cause of what fails later */
        if (next_result(c, run, what, &res, failed ? &later : err) < 0)
            return -1;
        if (res == NULL)
            return failed ? -1 : 0;
        switch (PQresultStatus(res)) {
        case PGRES_COPY_OUT:
            PQclear(*out);
            *out = res;
            return 0;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
            PQclear(*out);
            *out = res;
            break;
        default:
            if (!failed)
                mp_pqerror_result(c, what, res, err);
            failed = true;
            PQclear(res);
            PQclear(*out);
            *out = NULL;
        }
    }
}

static int ask(struct mp_pqconn *c, const struct mp_run *run, const char *what,
               const char *sql, int n_values, const char *const *values, PGresult **out,
               struct mp_error *err)
{
    int sent = n_values > 0
                   ? PQsendQueryParams(c->pg, sql, n_values, NULL, values, NULL, NULL, 0)
                   : PQsendQuery(c->pg, sql);

    *out = NULL;
    start_asking(c);
    if (sent == 0)
        return mp_pqerror_connection(c, what, err);
    if (flush(c, run, what, err) < 0)
        return -1;
    return read_results(c, run, what, out, err);
}

int mp_pqconn_query(struct mp_pqconn *c, const struct mp_run *run, const char *what,
                    const char *sql, int n_values, const char *const *values,
                    const struct mp_pqshape *shape, PGresult **out, struct mp_error *err)
{
    if (ask(c, run, what, sql, n_values, values, out, err) == 0 &&
        mp_pqanswer_check(c, what, *out, shape, err) == 0)
        return 0;
    PQclear(*out);
    *out = NULL;
    return -1;
}

int mp_pqconn_begin(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err)
{
    char name[80];
    char *literal;
    char sql[512];
    PGresult *res = NULL;
    int rc;

    if (mp_pqconn_open(c, run, err) < 0)
        return -1;
    snprintf(name, sizeof name, "monster-power %s", run->purpose);
    name[63] = '\0';
    literal = PQescapeLiteral(c->pg, name, strlen(name));
    if (literal == NULL)
        return mp_pqerror_connection(c, "starting a transaction", err);
    snprintf(sql, sizeof sql,
             "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
             "SET LOCAL search_path = pg_catalog; SET LOCAL application_name = %s; "
             "SET LOCAL statement_timeout = '%ds'",
             literal, c->config->statement_timeout);
    PQfreemem(literal);
    rc = mp_pqconn_query(c, run, "starting a transaction", sql, 0, NULL, NULL, &res, err);
    PQclear(res);
    return rc;
}

int mp_pqconn_commit(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err)
{
    PGresult *res = NULL;
    int rc = mp_pqconn_query(c, run, "ending the transaction", "COMMIT", 0, NULL, NULL,
                             &res, err);

    PQclear(res);
    return rc;
}

int mp_pqconn_copy(struct mp_pqconn *c, const struct mp_run *run, const char *sql,
                   struct mp_error *err)
{
    PGresult *res = NULL;

    c->copying = false;
    if (ask(c, run, "reading samples", sql, 0, NULL, &res, err) < 0)
        return -1;
    c->copying = PQresultStatus(res) == PGRES_COPY_OUT;
    PQclear(res);
    return c->copying ? 0
                      : mp_fail(err, MP_FAULT_FAILED,
                                "database %s: the server did not start to send samples",
                                c->database);
}

/* A server sends 8 KiB at a time.  To wake up for each costs both sides more than the
 * rows in it; a moment later there are ten times as many. */
static int wait_for_rows(struct mp_pqconn *c, const struct mp_run *run,
                         struct mp_error *err)
{
    struct timespec moment = {.tv_nsec = GATHER_US * 1000};

    if (wait_for_server(c, run, POLLIN, err) < 0)
        return -1;
    nanosleep(&moment, NULL);
    return 0;
}

int mp_pqconn_copy_next(struct mp_pqconn *c, const struct mp_run *run, char **data,
                        struct mp_error *err)
{
    PGresult *res = NULL;
    bool looked = false; /* whether what has arrived has been taken in */
    int n;

    while ((n = PQgetCopyData(c->pg, data, 1)) == 0) {
        if (!looked)
            start_asking(c);
        else if (mp_pqanswer_bounded(c, "reading samples", c->before, err) < 0 ||
                 wait_for_rows(c, run, err) < 0)
            return -1;
        looked = true;
        if (PQconsumeInput(c->pg) == 0)
            return lost(c, "reading samples", err);
    }
    if (n > 0)
        return n;
    if (n == -2)
        return lost(c, "reading samples", err);
    c->copying = false;
    if (read_results(c, run, "reading samples", &res, err) < 0)
        return -1;
    c->copying = PQresultStatus(res) == PGRES_COPY_OUT;
    PQclear(res);
    return 0;
}

/* 57P02: another session crashed and took this one with it.  57P01 is somebody's wish. */
bool mp_pqconn_broke(const struct mp_pqconn *c)
{
    struct mp_error carrier;

    if (c->pg == NULL || (c->target->carrier_failed != NULL &&
                          c->target->carrier_failed(c->target->arg, &carrier) < 0))
        return false;
    return strcmp(c->sqlstate, "57P02") == 0 ||
           (c->sqlstate[0] == '\0' && PQstatus(c->pg) == CONNECTION_BAD);
}

bool mp_pqconn_copying(const struct mp_pqconn *c)
{
    return c->copying;
}

void mp_pqconn_close(struct mp_pqconn *c)
{
    if (c->pg == NULL)
        return;
    if (PQtransactionStatus(c->pg) == PQTRANS_ACTIVE)
        mp_pqcancel(c->pg);
    PQfinish(c->pg);
    c->pg = NULL;
}
