/* SPDX-License-Identifier: MIT
 * sensors.h - the server's series that a plan means, and which sensor of which node each
 * is.
 *
 * A label set is a sensor: its node by the node label, its fqdd by the sensor labels.
 * Which labels these are is found out from the series that the window has, unless the
 * route says it.  Label sets that nothing tells apart by then (a scrape through two jobs,
 * a pod that came and went) are one sensor.
 */
#ifndef MP_PROM_SENSORS_H
#define MP_PROM_SENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/frame/emit.h"
#include "backends/frame/hosts.h"
#include "backends/prometheus/answer.h"
#include "backends/prometheus/http.h"
#include "base/error.h"
#include "base/keyset.h"
#include "base/run.h"
#include "model/plan.h"

enum { MP_PROM_NO_SENSOR = UINT32_MAX, MP_PROM_SETS_MAX = 1000000 };

/* One metric of one route. */
struct mp_prom_query {
    uint32_t route, metric;
    const char *label;              /* the node's; borrowed; NULL: no series were found */
    struct mp_keyset names;         /* the values it has for the job's nodes */
    char **values;                  /* names.n, borrowed from there */
    char *fqdd[MP_PROM_LABELS_MAX]; /* the labels that make the fqdd; n_fqdd, owned */
    size_t n_fqdd;
    bool mixed; /* label sets of one sensor had samples at the same time */
};

/* The label sets that spoke for a sensor lately. */
struct mp_prom_sensor {
    uint32_t set;                   /* the label set that spoke last ... */
    int64_t from, to;               /* ... and from when to when */
    int64_t before_from, before_to; /* the one before it */
};

struct mp_prom_sensors {
    const struct mp_plan *plan;
    struct mp_prom_query *queries;
    size_t n_queries;
    struct mp_hosts hosts;
    struct mp_keyset sets; /* number of the query and bytes of the labels */
    uint32_t *sensor_of;   /* sets.n: mp_emit_series' number, or MP_PROM_NO_SENSOR */
    size_t sets_room;
    struct mp_prom_sensor *sensors; /* by that number */
    size_t n_sensors, sensors_room;
};

/* Asks for the label sets that the job's nodes have between `from` and `to`, µs, and
 * names the sensors to `emit`.  *s is to be freed also after -1. */
int mp_prom_sensors_find(struct mp_prom_sensors *s, const struct mp_plan *plan,
                         struct mp_prom_http *http, int64_t from, int64_t to,
                         struct mp_emit *emit, struct mp_error *err);
/* The same, without an emit: which values the node labels have.  Findings are not made.
 */
int mp_prom_sensors_look(struct mp_prom_sensors *s, const struct mp_plan *plan,
                         struct mp_prom_http *http, const struct mp_run *run,
                         int64_t from, int64_t to, struct mp_error *err);

/* The number of a label set of the query, known or new. */
int mp_prom_sensors_set(struct mp_prom_sensors *s, uint32_t query,
                        const struct mp_prom_labels *labels, struct mp_emit *emit,
                        uint32_t *set, struct mp_error *err);
/* Index of the node that a node label's value means, or MP_HOSTS_NONE. */
long mp_prom_sensors_node(const struct mp_prom_sensors *s, const char *value);

void mp_prom_sensors_free(struct mp_prom_sensors *s);

/* The labels that may name a node: what the route says, or those that are tried; ended by
 * NULL. `own` gets the route's. */
enum { MP_PROM_NODE_LABELS = 8 };
int mp_prom_node_labels(const struct mp_route *route, char own[200],
                        const char *labels[MP_PROM_NODE_LABELS], struct mp_error *err);
/* host:9100 without its port. */
void mp_prom_host_of(const char *value, char *host, size_t size);

#endif
