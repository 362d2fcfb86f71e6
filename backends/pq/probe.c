/* SPDX-License-Identifier: MIT
 * probe.c - a first configuration from what a PostgreSQL server has: databases, schemas
 * with metric tables, units, and the nodes that lately had samples. */
#include "config.h"

#include "backends/pq/rows.h"

#include <stdlib.h>
#include <string.h>

#include "backends/frame/guess.h"
#include "backends/pq/conn.h"
#include "backends/pq/tables.h"
#include "config/ini.h"
#include "model/sample.h"

enum { DATABASES_MAX = 64, TABLES_MAX = 200, LIST_BYTES = 4000 };

struct probe {
    struct mp_pqconn conn;
    const struct mp_run *run;
    FILE *out;
    size_t routes;
    char used[64][64]; /* names of routes so far */
};

static const char units_sql[] =
    "SELECT DISTINCT ON (lower(metric_id)) metric_id, units FROM "
    "public.metrics_definition"
    " ORDER BY lower(metric_id), units IS NULL, units, metric_id";

static int query(struct probe *p, const char *what, const char *sql, const char *columns,
                 PGresult **res, struct mp_error *err)
{
    return mp_pqconn_query(&p->conn, p->run, what, sql, 0, NULL,
                           &(struct mp_pqshape){.columns = columns}, res, err);
}

static int nodes_of(struct probe *p, const char *schema, const char *table,
                    struct mp_guess_groups *groups, struct mp_error *err)
{
    char *s = PQescapeIdentifier(p->conn.pg, schema, strlen(schema));
    char *t = PQescapeIdentifier(p->conn.pg, table, strlen(table));
    PGresult *res = NULL;
    char *sql = NULL;
    int rc = -1;

    if (s == NULL || t == NULL ||
        asprintf(&sql,
                 "SELECT DISTINCT h.hostname FROM public.nodes h JOIN %s.%s m ON"
                 " m.nodeid = h.nodeid WHERE m.\"timestamp\" > (SELECT"
                 " max(\"timestamp\") - interval '10 min' FROM %s.%s) ORDER BY 1",
                 s, t, s, t) < 0)
        mp_fail(err, MP_FAULT_FAILED, "out of memory");
    else
        rc = query(p, "looking which nodes have samples", sql, "S", &res, err);
    for (int i = 0; rc == 0 && i < PQntuples(res); i++)
        if (!PQgetisnull(res, i, 0) &&
            mp_guess_group(groups, PQgetvalue(res, i, 0), err) < 0)
            rc = -1;
    PQclear(res);
    free(sql);
    PQfreemem(s);
    PQfreemem(t);
    return rc;
}

/* The row of `units` for a table, or -1. */
static int definition_of(const PGresult *units, const char *table)
{
    for (int i = 0; i < PQntuples(units); i++)
        if (!PQgetisnull(units, i, 0) && strcasecmp(PQgetvalue(units, i, 0), table) == 0)
            return i;
    return -1;
}

/* What the tables of a schema come to. */
struct metrics {
    char list[LIST_BYTES];
    char notes[LIST_BYTES];
    unsigned taken;    /* roles, a bit each */
    const char *input; /* a table to look at for nodes; borrowed */
};

static void append(char *text, size_t size, const char *separator, const char *a,
                   const char *b, const char *c)
{
    size_t at = strlen(text);

    if (at + strlen(a) + strlen(b) + strlen(c) + 4 < size)
        snprintf(text + at, size - at, "%s%s%s%s", at > 0 ? separator : "", a, b, c);
}

static void take_table(struct metrics *m, const char *table, const PGresult *units)
{
    int row = definition_of(units, table);
    const char *name = row >= 0 ? PQgetvalue(units, row, 0) : table;
    const char *unit =
        row >= 0 && !PQgetisnull(units, row, 1) ? PQgetvalue(units, row, 1) : NULL;
    enum mp_role role = MP_ROLE_NONE;
    double factor;
    bool watt = mp_units_to_watt(unit, &factor);

    if ((!watt && (unit != NULL || !mp_guess_is_power(table))) ||
        !mp_guess_is_plain(name))
        return;
    /* MonSTer's one name that says nothing of what it measures */
    if (strcasecmp(table, "powerconsumption") == 0)
        role = MP_ROLE_GPU;
    else if (!mp_guess_role(table, &role) || (m->taken >> role & 1) != 0) {
        append(m->notes, sizeof m->notes, "\n", "# not decided: metrics = ", name,
               ":ROLE");
        return;
    }
    m->taken |= 1U << role;
    m->input = m->input == NULL || role == MP_ROLE_INPUT ? table : m->input;
    append(m->list, sizeof m->list, ", ", name, ":", mp_role_name(role));
    if (unit == NULL)
        append(m->notes, sizeof m->notes, "\n", "# no unit is known: units = ", name,
               ":W");
}

/* A route's name of its own: the prefix, else with the database behind it. */
static const char *route_name(struct probe *p, const char *prefix, char *name,
                              size_t size)
{
    snprintf(name, size, "%s", prefix);
    for (size_t i = 0; i < p->routes && i < 64; i++)
        if (strcmp(p->used[i], prefix) == 0)
            snprintf(name, size, "%.40s-%.20s", prefix, p->conn.database);
    if (p->routes < 64)
        snprintf(p->used[p->routes], sizeof p->used[0], "%s", prefix);
    p->routes++;
    return name;
}

static void put_route(struct probe *p, const struct mp_guess_group *g, const char *schema,
                      const struct metrics *m)
{
    bool again = false;
    char name[80];

    for (size_t i = 0; i < p->routes && i < 64; i++)
        again = again || strcmp(p->used[i], g->prefix) == 0;
    route_name(p, g->prefix, name, sizeof name);
    fprintf(p->out, "\n# %zu node%s had samples lately: %s%s\n", g->n,
            g->n == 1 ? "" : "s", g->shown, g->n > MP_GUESS_SHOWN ? ", ..." : "");
    if (again)
        fputs("# an earlier route has this prefix: choose one of them\n", p->out);
    fprintf(p->out, "%s[route %s]\n%sprefix = %s\n%sdatabase = %s\n%sschema = %s\n",
            again ? "#" : "", name, again ? "#" : "", g->prefix, again ? "#" : "",
            p->conn.database, again ? "#" : "", schema);
    fprintf(p->out, "%smetrics = %s\n", again ? "#" : "", m->list);
    if (m->notes[0] != '\0')
        fprintf(p->out, "%s\n", m->notes);
    if ((m->taken >> MP_ROLE_INPUT & 1) == 0)
        fputs(
            "# nothing surely tells what the nodes draw (role input): reports will have "
            "no total\n",
            p->out);
}

static int look_at_schema(struct probe *p, const char *schema, const PGresult *tables,
                          const PGresult *units, struct mp_error *err)
{
    struct mp_guess_groups groups = {.n = 0};
    struct metrics m = {.taken = 0};
    int rc = 0;

    for (int i = 0; i < PQntuples(tables); i++)
        if (strcmp(PQgetvalue(tables, i, 0), schema) == 0)
            take_table(&m, PQgetvalue(tables, i, 1), units);
    if (m.input != NULL && mp_guess_is_plain(schema))
        rc = nodes_of(p, schema, m.input, &groups, err);
    for (size_t i = 0; rc == 0 && i < groups.n; i++)
        put_route(p, &groups.group[i], schema, &m);
    mp_guess_groups_free(&groups);
    return rc;
}

static int look_at_tables(struct probe *p, struct mp_error *err)
{
    PGresult *tables = NULL, *units = NULL;
    const char *last = "";
    int rc = -1;

    if (query(p, "listing tables", mp_pq_metric_tables_sql, "ss", &tables, err) == 0 &&
        (PQntuples(tables) == 0 || query(p, "reading public.metrics_definition",
                                         units_sql, "SS", &units, err) == 0))
        rc = 0;
    for (int i = 0; rc == 0 && i < PQntuples(tables); i++) {
        const char *schema = PQgetvalue(tables, i, 0);

        if (strcmp(schema, last) != 0)
            rc = look_at_schema(p, schema, tables, units, err);
        last = schema;
    }
    PQclear(tables);
    PQclear(units);
    return rc;
}

/* A database that is none of MonSTer's, or not for us, is passed over with a comment. */
static int look_at_database(struct probe *p, const char *database, struct mp_error *err)
{
    struct mp_error why = {0};
    char text[600];
    int rc = 0;

    if (!mp_guess_is_plain(database))
        return 0;
    p->conn.database = database;
    if (mp_pqconn_open(&p->conn, p->run, &why) < 0 || look_at_tables(p, &why) < 0) {
        mp_guess_comment(why.text, text, sizeof text);
        fprintf(p->out, "\n# database %s was passed over: %s\n", database, text);
        rc = why.fault == MP_FAULT_STOPPED ? -1 : 0;
        if (rc < 0)
            *err = why;
    }
    mp_pqconn_close(&p->conn);
    return rc;
}

static int list_databases(struct probe *p, char names[DATABASES_MAX][64], size_t *n,
                          struct mp_error *err)
{
    PGresult *res = NULL;
    int rc = -1;

    if (mp_pqconn_open(&p->conn, p->run, err) == 0)
        rc =
            query(p, "listing databases",
                  "SELECT datname FROM pg_database WHERE datallowconn AND NOT"
                  " datistemplate AND has_database_privilege(datname, 'CONNECT') ORDER BY"
                  " 1",
                  "s", &res, err);
    for (int i = 0; rc == 0 && i < PQntuples(res) && *n < DATABASES_MAX; i++)
        snprintf(names[(*n)++], 64, "%s", PQgetvalue(res, i, 0));
    PQclear(res);
    mp_pqconn_close(&p->conn);
    return rc;
}

static void put_text(FILE *out, const char *key, const char *value)
{
    char *quoted = value[0] != '\0' ? mp_ini_quote(value) : NULL;

    if (quoted != NULL)
        fprintf(out, "%s = %s\n", key, quoted);
    free(quoted);
}

static void put_database(FILE *out, const struct mp_database_config *c)
{
    fputs("\n[database]\n", out);
    put_text(out, "host", c->host);
    fprintf(out, "port = %d\n", c->port);
    put_text(out, "user", c->user);
    if (c->password[0] != '\0')
        fputs("# password = as it was given\n", out);
    fprintf(out, "sslmode = %s\n", c->sslmode);
    put_text(out, "sslrootcert", c->sslrootcert);
}

int mp_pq_probe(const struct mp_database_config *config,
                const struct mp_pq_target *target, const struct mp_run *run, FILE *out,
                struct mp_error *err)
{
    struct probe *p = calloc(1, sizeof *p);
    char(*names)[64] = calloc(DATABASES_MAX, sizeof *names);
    size_t n = 0;
    int rc =
        p != NULL && names != NULL ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory");

    if (rc < 0)
        goto out;
    p->run = run;
    p->out = out;
    p->conn = (struct mp_pqconn){.config = config, .target = target};
    if (config->database[0] != '\0')
        snprintf(names[n++], sizeof *names, "%s", config->database);
    p->conn.database = "postgres"; /* there is one on every server */
    if (n == 0 && list_databases(p, names, &n, err) < 0)
        rc = -1;
    if (rc == 0)
        put_database(out, config);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = look_at_database(p, names[i], err);
    if (rc == 0 && p->routes == 0)
        rc = mp_fail(
            err, MP_FAULT_NO_SAMPLES,
            "no database at %s has metric tables with samples of nodes that may be "
            "read",
            config->host);
out:
    free(names);
    free(p);
    return rc;
}
