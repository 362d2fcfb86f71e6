/* SPDX-License-Identifier: MIT
 * tunnel_probe.c - drives a tunnel as the ssh backend does, and in ways it does not, for
 * the tests and the bench.
 *
 *     tunnel_probe CONFIG sql DATABASE STATEMENT   its result, tab-separated
 *     tunnel_probe CONFIG many DATABASE N          N connections at once, each used,
 * twice tunnel_probe CONFIG cancel DATABASE          starts pg_sleep(60) and cancels it
 *     tunnel_probe - version                       of libssh2
 *     tunnel_probe CONFIG hold SECONDS             says ADDRESS PORT, then waits
 *     tunnel_probe CONFIG pump MIB SLOW_MS         reads MIB from whatever is behind the
 *                                                  tunnel, resting SLOW_MS after each one
 *                                                  (-1: not even looking at the bytes)
 *     tunnel_probe CONFIG beside MIB               the same while another connection is
 * not read at all tunnel_probe CONFIG push MIB                 sends MIB, ends its half,
 * prints the answer
 *
 * CONFIG has the sections [database] and [ssh].  pump, beside and push are for a peer
 * that is no database (net_peer).  TUNNEL_WINDOW makes the
 * channels' window another size. */
#include "config.h"

#include "backends/pq/rows.h"
#include "config/settings.h"
#include "backends/ssh/tunnel.h"
#include "backends/backend.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libpq-fe.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY_MAX = 24 };

struct probe {
    struct mp_settings settings;
    struct mp_run run;
    struct mp_tunnel *tunnel;
    struct mp_error err;
};

static PGconn *connect_db(struct probe *p, const char *database)
{
    const struct mp_database_config *config =
        mp_settings_section(&p->settings, "database");
    char port[16];
    const char *keys[] = {"host",       "hostaddr", "port",    "user",
                          "password",   "dbname",   "sslmode", "sslrootcert",
                          "gssencmode", "passfile", NULL};
    const char *values[] = {config->host,
                            mp_tunnel_address(p->tunnel),
                            port,
                            config->user,
                            config->password,
                            database,
                            config->sslmode,
                            config->sslrootcert,
                            "disable",
                            config->passfile,
                            NULL};
    PGconn *c;

    snprintf(port, sizeof port, "%d", mp_tunnel_port(p->tunnel));
    c = PQconnectdbParams(keys, values, 0);
    if (PQstatus(c) == CONNECTION_OK)
        return c;
    if (mp_tunnel_failed(p->tunnel, &p->err) == 0)
        mp_fail(&p->err, MP_FAULT_FAILED, "%s", PQerrorMessage(c));
    PQfinish(c);
    return NULL;
}

static int query(struct probe *p, PGconn *c, const char *statement, int print)
{
    PGresult *r = PQexec(c, statement);
    int ok =
        PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK;

    for (int i = 0; ok && print && i < PQntuples(r); i++)
        for (int j = 0; j < PQnfields(r); j++)
            printf("%s%c", PQgetvalue(r, i, j), j + 1 < PQnfields(r) ? '\t' : '\n');
    if (!ok && mp_tunnel_failed(p->tunnel, &p->err) == 0)
        mp_fail(&p->err, MP_FAULT_FAILED, "%s", PQerrorMessage(c));
    PQclear(r);
    return ok ? 0 : -1;
}

static int do_sql(struct probe *p, char **arg)
{
    PGconn *c = connect_db(p, arg[0]);
    int rc = c != NULL ? query(p, c, arg[1], 1) : -1;

    PQfinish(c);
    return rc;
}

static int do_many(struct probe *p, char **arg)
{
    int n = atoi(arg[1]), rc = 0;
    PGconn *c[MANY_MAX] = {NULL};

    for (int round = 0; round < 2 && rc == 0; round++) {
        for (int i = 0; i < n && i < MANY_MAX && rc == 0; i++) {
            c[i] = connect_db(p, arg[0]);
            rc = c[i] != NULL ? 0 : -1;
        }
        for (int i = 0; i < n && i < MANY_MAX && rc == 0; i++)
            rc =
                query(p, c[i],
                      "select count(repeat('x', 1000)) from generate_series(1, 9999)", 0);
        for (int i = 0; i < n && i < MANY_MAX; i++) {
            PQfinish(c[i]);
            c[i] = NULL;
        }
    }
    return rc;
}

static int do_cancel(struct probe *p, char **arg)
{
    PGconn *c = connect_db(p, arg[0]);
    PGcancel *cancel;
    PGresult *r;
    char text[256] = "";
    int rc = -1;

    if (c == NULL)
        return -1;
    cancel = PQgetCancel(c);
    if (PQsendQuery(c, "select pg_sleep(60)") == 1) {
        usleep(300000);
        if (PQcancel(cancel, text, sizeof text) != 1)
            mp_fail(&p->err, MP_FAULT_FAILED, "PQcancel: %s", text);
        else if ((r = PQgetResult(c)) != NULL) {
            const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

            rc = state != NULL && strcmp(state, "57014") == 0
                     ? 0
                     : mp_fail(&p->err, MP_FAULT_FAILED, "%s", PQerrorMessage(c));
            PQclear(r);
        }
    }
    PQfreeCancel(cancel);
    PQfinish(c);
    return rc;
}

static int do_hold(struct probe *p, char **arg)
{
    struct pollfd fd = {.fd = mp_tunnel_fd(p->tunnel), .events = POLLIN};

    printf("%s %d\n", mp_tunnel_address(p->tunnel), mp_tunnel_port(p->tunnel));
    fflush(stdout);
    poll(&fd, 1, atoi(arg[0]) * 1000);
    return mp_tunnel_failed(p->tunnel, &p->err);
}

static int connect_raw(struct probe *p)
{
    int small = 4096;
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)mp_tunnel_port(p->tunnel))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, mp_tunnel_address(p->tunnel), &sa.sin_addr);
    if (getenv("TUNNEL_WINDOW") != NULL)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) < 0)
        mp_fail(&p->err, MP_FAULT_FAILED, "connect: %s", strerror(errno));
    return fd;
}

/* Checks the bytes as it counts them: the source sends 0, 1, ... 250, 0, 1, ... */
static int do_pump(struct probe *p, char **arg)
{
    enum { SIZE = 1 << 18 };
    unsigned char *buf = malloc(SIZE);
    long long want = atoll(arg[0]) << 20, got = 0, rest = 1 << 20;
    int64_t start = mp_clock_us();
    int fd = connect_raw(p), rc = -1;
    ssize_t n = 0;

    while (got < want && (n = recv(fd, buf, SIZE, 0)) > 0) {
        for (ssize_t i = 0; i < n && atoi(arg[1]) >= 0; i++)
            if (buf[i] != (got + i) % 251) {
                mp_fail(&p->err, MP_FAULT_FAILED, "byte %lld is wrong",
                        got + (long long)i);
                goto out;
            }
        got += n;
        if (atoi(arg[1]) > 0 && got >= rest) {
            usleep((unsigned)atoi(arg[1]) * 1000);
            rest += 1 << 20;
        }
    }
    if (got >= want) {
        printf("%.1f\n", (double)got / (double)(mp_clock_us() - start));
        rc = 0;
    } else if (mp_tunnel_failed(p->tunnel, &p->err) == 0) {
        mp_fail(&p->err, MP_FAULT_FAILED, "only %lld bytes of %lld: %s", got, want,
                n < 0 ? strerror(errno) : "end");
    }
out:
    free(buf);
    close(fd);
    return rc;
}

static int do_beside(struct probe *p, char **arg)
{
    char *pump[] = {arg[0], (char[]){"0"}};
    int idle = connect_raw(p), rc;

    usleep(300000); /* until nothing more fits into its buffers */
    rc = do_pump(p, pump);
    close(idle);
    return rc;
}

static int do_push(struct probe *p, char **arg)
{
    enum { SIZE = 251 * 1024 };
    unsigned char *buf = malloc(SIZE);
    long long left = atoll(arg[0]) << 20;
    int fd = connect_raw(p);
    ssize_t n = 0;

    for (size_t i = 0; i < SIZE; i++)
        buf[i] = (unsigned char)(i % 251);
    for (size_t at = 0; left > 0; left -= n, at = (at + (size_t)n) % SIZE) {
        size_t most = SIZE - at;

        n = send(fd, buf + at, (long long)most < left ? most : (size_t)left,
                 MSG_NOSIGNAL);
        if (n < 0)
            break;
    }
    shutdown(fd, SHUT_WR);
    while (n >= 0 && (n = recv(fd, buf, SIZE, 0)) > 0)
        fwrite(buf, 1, (size_t)n, stdout);
    if (n < 0 && mp_tunnel_failed(p->tunnel, &p->err) == 0)
        mp_fail(&p->err, MP_FAULT_FAILED, "%s", strerror(errno));
    free(buf);
    close(fd);
    return n < 0 ? -1 : 0;
}

static const struct action {
    const char *name;
    int n_args;
    int (*run)(struct probe *p, char **arg);
} actions[] = {{"sql", 2, do_sql},   {"many", 2, do_many}, {"cancel", 1, do_cancel},
               {"hold", 1, do_hold}, {"pump", 2, do_pump}, {"beside", 1, do_beside},
               {"push", 1, do_push}};

int main(int argc, char **argv)
{
    struct probe p = {.run.stop_fd = -1};
    struct mp_pq_target target;
    const struct action *action = NULL;
    const char *window_text = getenv("TUNNEL_WINDOW");
    unsigned window = window_text != NULL ? (unsigned)atoi(window_text) : 0;
    int rc = -1;

    if (argc == 3 && strcmp(argv[2], "version") == 0)
        return puts(libssh2_version(0)) < 0;
    for (size_t i = 0; argc > 2 && i < sizeof actions / sizeof *actions; i++)
        if (strcmp(argv[2], actions[i].name) == 0 && argc == 3 + actions[i].n_args)
            action = &actions[i];
    if (action == NULL) {
        fputs("usage: tunnel_probe CONFIG ACTION [ARGUMENT]...\n", stderr);
        return 2;
    }
    if (mp_run_init(&p.run, "probe", &p.err) == 0 &&
        mp_backends_settings(&p.settings, argv[1], NULL, 0, &p.err) == 0) {
        mp_pq_target_direct(mp_settings_section(&p.settings, "database"), &target);
        if (mp_tunnel_open(mp_settings_section(&p.settings, "ssh"),
                           &(struct mp_tunnel_target){target.host, target.port, window},
                           &p.run, &p.tunnel, &p.err) == 0)
            rc = action->run(&p, argv + 3);
        mp_tunnel_close(p.tunnel);
        mp_settings_free(&p.settings);
    }
    mp_run_close(&p.run);
    if (rc < 0)
        fprintf(stderr, "tunnel_probe: %s\n", p.err.text);
    return rc < 0 ? mp_fault_exit_status(p.err.fault) : 0;
}
