/* SPDX-License-Identifier: MIT
 * rows.c - the sessions of an instance, and a fetch over all databases of a plan. */
#include "config.h"

#include "backends/pq/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/pq/conn.h"
#include "backends/pq/copy.h"
#include "backends/pq/pool.h"
#include "backends/pq/statement.h"
#include "backends/pq/tables.h"

void mp_pq_target_direct(const struct mp_database_config *config,
                         struct mp_pq_target *target)
{
    *target = (struct mp_pq_target){
        .host = config->host, .port = config->port, .carrier_fd = -1};
}

static int set_servicefile(const struct mp_database_config *config, struct mp_error *err)
{
    if (config->servicefile[0] == '\0')
        return 0;
    /* libpq has no parameter for it before version 18 */
    if (setenv("PGSERVICEFILE", config->servicefile, 1) == 0)
        return 0;
    return mp_fail(err, MP_FAULT_FAILED, "cannot pass on servicefile %s",
                   config->servicefile);
}

/* A database that does not exist, or that this user may not use, still shows that the
 * server is there and lets us in; whether a job needs it, fetch will say. */
static bool server_let_us_in(const struct mp_pqconn *c)
{
    return strcmp(c->sqlstate, "3D000") == 0 || strcmp(c->sqlstate, "42501") == 0;
}

static int open_any(struct mp_pq *pq, const struct mp_run *run, struct mp_error *err)
{
    if (pq->n_conns == 0)
        return mp_fail(err, MP_FAULT_USAGE, "no [route] section names a database");
    for (size_t i = 0; i < pq->n_conns; i++) {
        if (mp_pqconn_open(&pq->conns[i], run, err) == 0)
            return 0;
        if (!server_let_us_in(&pq->conns[i]))
            return -1;
    }
    return -1;
}

int mp_pq_open(const struct mp_database_config *config, const struct mp_route *routes,
               size_t n_routes, const struct mp_pq_target *target,
               const struct mp_run *run, struct mp_pq **out, struct mp_error *err)
{
    struct mp_pq *pq = calloc(1, sizeof *pq);
    int rc = -1;

    *out = NULL;
    if (pq == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for connections");
    pq->config = config;
    pq->routes = routes;
    pq->n_routes = n_routes;
    pq->target = *target;
    if (set_servicefile(config, err) == 0 && mp_pqpool_init(pq, err) == 0)
        rc = open_any(pq, run, err);
    if (rc == 0)
        *out = pq;
    else
        mp_pq_close(pq);
    return rc;
}

void mp_pq_close(struct mp_pq *pq)
{
    if (pq == NULL)
        return;
    for (size_t i = 0; i < pq->n_conns; i++)
        mp_pqconn_close(&pq->conns[i]);
    free(pq->conns);
    free(pq);
}

/* ---- fetch ---- */

/* One database of the plan. */
struct source {
    struct mp_pqconn *conn;
    struct mp_pqtables tables;
    struct mp_pqcopy copy;
    bool empty;       /* nothing to read there */
    size_t statement; /* the first slice of the COPY that is being read */
    bool asked;       /* that one has been sent */
};

struct fetch {
    struct mp_pq *pq;
    const struct mp_plan *plan;
    const struct mp_run *run;
    struct mp_emit *emit;
    struct source *sources;
    size_t n_sources;
    struct mp_pqslices slices;
};

/* How many (node, table) pairs the plan asks this database for. */
static uint64_t count_pairs(const struct mp_plan *plan, const struct mp_pqtables *t)
{
    uint64_t pairs = 0;

    for (size_t n = 0; n < t->nodes.n; n++)
        for (size_t a = 0; a < t->n_tables; a++)
            pairs += t->table[a].route == plan->nodes[t->nodes.names[n].node].route;
    return pairs;
}

static int look_at_databases(struct fetch *f, struct mp_error *err)
{
    uint64_t pairs = 0;

    f->sources = calloc(f->pq->n_conns + 1, sizeof *f->sources);
    if (f->sources == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for connections");
    for (size_t i = 0; i < f->pq->n_conns; i++) {
        struct source *s = &f->sources[f->n_sources];

        if (!mp_pqpool_planned(f->pq, f->plan, i))
            continue;
        s->conn = &f->pq->conns[i];
        f->n_sources++;
        if (mp_pqconn_begin(s->conn, f->run, err) < 0 ||
            mp_pqtables_read(s->conn, f->run, f->plan, mp_emit_findings(f->emit),
                             &s->tables, err) < 0)
            return -1;
        pairs += count_pairs(f->plan, &s->tables);
    }
    mp_pqslices_choose(&f->slices, f->plan, pairs);
    return 0;
}

/* Sent together, they keep the server at work from slice to slice; their text grows with
 * nodes times slices. */
enum { STATEMENTS_AT_ONCE = 16 };

static int ask(struct fetch *f, struct source *s, struct mp_error *err)
{
    char *sql = NULL;
    int rc =
        mp_pqstatement_make(s->conn->pg, f->plan, &s->tables, &f->slices, s->statement,
                            STATEMENTS_AT_ONCE, &s->copy.layout, &sql, err);

    s->empty = rc == 0 && sql == NULL;
    if (sql != NULL)
        rc = mp_pqconn_copy(s->conn, f->run, sql, err);
    s->asked = rc == 0;
    s->copy.limit = mp_pqstatement_end(&s->tables, &f->slices, s->statement);
    free(sql);
    return rc;
}

/* All servers begin to work before the first row is read from any. */
static int start_copies(struct fetch *f, struct mp_error *err)
{
    for (size_t i = 0; i < f->n_sources; i++) {
        struct source *s = &f->sources[i];

        s->copy.plan = f->plan;
        s->copy.tables = &s->tables;
        s->copy.emit = f->emit;
        if (ask(f, s, err) < 0)
            return -1;
    }
    return 0;
}

/* A connection that broke in the middle: slices that were whole have been handed on, and
 * the statements begin anew at this one, in a new transaction.  The dimensions read first
 * still hold. */
static int resume(struct fetch *f, struct source *s, size_t slice, struct mp_error *err)
{
    mp_pqconn_close(s->conn);
    mp_pqcopy_restart(&s->copy);
    s->asked = false;
    s->statement = slice;
    if (mp_pqconn_begin(s->conn, f->run, err) < 0)
        return -1;
    return mp_pqtables_set_zone(s->conn, f->run, &s->tables, err);
}

/* Up to where the slice is whole. */
static int read_until_whole(struct fetch *f, struct source *s, size_t slice,
                            struct mp_error *err)
{
    while (s->statement <= slice) {
        int rc = s->asked ? 0 : ask(f, s, err);

        if (rc == 0)
            rc = mp_pqcopy_read(&s->copy, s->conn, f->run, err);
        if (rc <= 0)
            return rc;
        s->statement = s->copy.limit;
        s->asked = mp_pqconn_copying(s->conn);
        s->copy.limit = mp_pqstatement_end(&s->tables, &f->slices, s->statement);
    }
    return 0;
}

/* A server that goes away again and again, without a slice in between, is let go. */
enum { RESUMES = 3 };

static int read_slice(struct fetch *f, struct source *s, size_t slice,
                      struct mp_error *err)
{
    mp_pqcopy_begin(&s->copy, slice, mp_pqslices_span(&f->slices, slice));
    for (int tries = 0; read_until_whole(f, s, slice, err) < 0; tries++)
        if (tries == RESUMES || !mp_pqconn_broke(s->conn) ||
            mp_run_check(f->run, err) < 0 || resume(f, s, slice, err) < 0)
            return -1;
    return 0;
}

/* The frame sorts few samples faster than many: a slice is given in parts. */
enum { SAMPLES_A_PART = 16384 };

static int give_slice(struct fetch *f, size_t slice, struct mp_error *err)
{
    struct mp_pqspan span = mp_pqslices_span(&f->slices, slice);
    int64_t parts = 0;
    bool ordered = true;

    for (size_t i = 0; i < f->n_sources; i++) {
        parts += (int64_t)f->sources[i].copy.samples;
        ordered = ordered && !f->sources[i].copy.unordered;
    }
    parts = ordered ? parts / SAMPLES_A_PART + 1 : 1;
    for (int64_t k = 1; k <= parts; k++) {
        int64_t until = k < parts ? span.lo + (span.hi - span.lo) / parts * k : span.hi;

        for (size_t i = 0; i < f->n_sources; i++)
            if (mp_pqcopy_give(&f->sources[i].copy, until, err) < 0)
                return -1;
        if (mp_emit_slice(f->emit, until, err) < 0)
            return -1;
    }
    return 0;
}

/* Slice after slice, every database's rows of it. */
static int read_slices(struct fetch *f, struct mp_error *err)
{
    for (size_t slice = 0; slice < f->slices.n; slice++) {
        for (size_t i = 0; i < f->n_sources; i++)
            if (!f->sources[i].empty && read_slice(f, &f->sources[i], slice, err) < 0)
                return -1;
        if (give_slice(f, slice, err) < 0)
            return -1;
    }
    return 0;
}

static int end_transactions(struct fetch *f, struct mp_error *err)
{
    for (size_t i = 0; i < f->n_sources; i++)
        if (mp_pqconn_commit(f->sources[i].conn, f->run, err) < 0)
            return -1;
    return 0;
}

/* A session that failed half-way may still be sending: only closing it is sure. */
static void free_fetch(struct fetch *f, bool complete)
{
    for (size_t i = 0; i < f->n_sources; i++) {
        struct source *s = &f->sources[i];

        if (!complete)
            mp_pqconn_close(s->conn);
        mp_pqcopy_free(&s->copy);
        mp_pqtables_free(&s->tables);
    }
    free(f->sources);
}

int mp_pq_fetch(struct mp_pq *pq, const struct mp_plan *plan, struct mp_emit *emit,
                struct mp_error *err)
{
    struct fetch f = {.pq = pq, .plan = plan, .run = mp_emit_run(emit), .emit = emit};
    int rc = -1;

    if (look_at_databases(&f, err) == 0 && start_copies(&f, err) == 0 &&
        read_slices(&f, err) == 0 && end_transactions(&f, err) == 0)
        rc = 0;
    free_fetch(&f, rc == 0);
    return rc;
}
