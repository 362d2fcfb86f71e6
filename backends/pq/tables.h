/* SPDX-License-Identifier: MIT
 * tables.h - what one database holds of a plan: its metric tables with their columns'
 * types, and the dimensions that give ids their names.
 *
 * Read anew for each fetch, inside the transaction that then reads the samples, in at
 * most five statements however many nodes there are, and a sixth where public.nodes does
 * not have some of them under their names (frame/hosts.h).  Duplicate rows in a dimension
 * never multiply samples: an id has one name (the first in byte order; a warning says so
 * where they differ), a metric one unit.
 */
#ifndef MP_PQTABLES_H
#define MP_PQTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/plan.h"
#include "backends/pq/conn.h"
#include "base/run.h"
#include "model/sample.h"

enum mp_pqtype {
    MP_PQ_UNKNOWN,
    MP_PQ_INT2,
    MP_PQ_INT4,
    MP_PQ_INT8,
    MP_PQ_FLOAT4,
    MP_PQ_FLOAT8,
    MP_PQ_NUMERIC,
    MP_PQ_TEXT,
    MP_PQ_TIMESTAMPTZ,
    MP_PQ_TIMESTAMP, /* without time zone: meant in the process's own zone */
};

bool mp_pqtype_is_id(enum mp_pqtype type); /* smallint, integer or bigint */

enum mp_pqcolumn {
    MP_PQ_TIME,
    MP_PQ_NODE,
    MP_PQ_SOURCE,
    MP_PQ_FQDD,
    MP_PQ_VALUE,
    MP_PQ_N_COLUMNS
};

/* A metric's table.  Its number in mp_pqtables.table is what the rows carry as metric. */
struct mp_pqtable {
    uint32_t route;                 /* index into mp_plan.routes */
    uint32_t metric;                /* index into mp_route.metrics */
    const char *schema;             /* the route's; borrowed from the plan */
    char *name;                     /* lower case of the metric's name */
    char *columns[MP_PQ_N_COLUMNS]; /* as spelled there; NULL: no such column (source and
                                       fqdd only) */
    enum mp_pqtype types[MP_PQ_N_COLUMNS];
    char *units;     /* from metrics_definition; NULL: none */
    double accuracy; /* likewise, % of the reading; 0: unknown */
};

/* id -> name, sorted by id, each id once. */
struct mp_pqname {
    int64_t id;
    char *name;    /* NULL: SQL NULL */
    uint32_t node; /* nodes only: index into mp_plan.nodes */
};

struct mp_pqdim {
    struct mp_pqname *names;
    size_t n;
};

struct mp_pqtables {
    struct mp_pqtable *table; /* those that exist, in order of route and metric */
    size_t n_tables;
    struct mp_pqdim nodes, sources, fqdds;
    bool compressed; /* some chunk may be: it is unpacked whole whatever is read of it */
    bool sliceable;  /* every table has an index that finds a span of time */
};

/* Tables that do not exist and nodes that public.nodes does not know go to `findings`. An
 * error: a schema, column or permission that is missing, a type we cannot read. */
int mp_pqtables_read(struct mp_pqconn *c, const struct mp_run *run,
                     const struct mp_plan *plan, struct mp_findings *findings,
                     struct mp_pqtables *t, struct mp_error *err);
/* What mp_pqtables_read does to its transaction, for another one. */
int mp_pqtables_set_zone(struct mp_pqconn *c, const struct mp_run *run,
                         const struct mp_pqtables *t, struct mp_error *err);
void mp_pqtables_free(struct mp_pqtables *t);

/* NULL where the id is not there. */
const struct mp_pqname *mp_pqdim_find(const struct mp_pqdim *dim, int64_t id);

/* The database that a route's samples are in; "": none is configured. */
const char *mp_pq_database_of(const struct mp_route *route);

/* '{"a","b"}': the text form of text[], for a parameter; freed by the caller.  NULL and
 * what is not UTF-8, and so can be in no database, become NULL elements. */
char *mp_pq_text_array(const char *const *items, size_t n);

/* Schema and name of every table or view that looks like a metric's and may be read. */
extern const char mp_pq_metric_tables_sql[];

#endif
