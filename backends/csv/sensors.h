/* SPDX-License-Identifier: MIT
 * sensors.h - which sensor a line of a raw_power.csv is of.
 *
 * A sensor of the plan is known from its first row on, but becomes a series only with its
 * first sample inside the window: what has none must not look as if it had. */
#ifndef MP_CSV_SENSORS_H
#define MP_CSV_SENSORS_H

#include "backends/csv/beside.h"
#include "backends/csv/rows.h"
#include "backends/frame/emit.h"
#include "backends/frame/hosts.h"
#include "base/keyset.h"
#include "model/plan.h"
#include "model/sample.h"

/* The columns of raw_power.csv in their usual order. */
enum mp_csv_column {
    MP_CSV_TIMESTAMP,
    MP_CSV_HOSTNAME,
    MP_CSV_SOURCE,
    MP_CSV_FQDD,
    MP_CSV_VALUE,
    MP_CSV_UNITS,
    MP_CSV_METRIC,
    MP_CSV_N_COLUMNS
};

enum { MP_CSV_NOT_PLANNED = -1, MP_CSV_NO_SERIES = -1 };

struct mp_csv_sensor {
    struct mp_series series; /* strings owned, but the metric, which is the plan's */
    long index;              /* in the series table, or MP_CSV_NO_SERIES so far */
    int64_t last;            /* time of its last sample, µs; INT64_MIN so far */
    long near;               /* its number for samples outside the window, or
                                MP_CSV_NO_SERIES so far */
};

struct mp_csv_sensors {
    const struct mp_plan *plan; /* borrowed */
    struct mp_emit *emit;       /* borrowed */
    struct mp_csv_sensor *all;  /* known.n of them */
    size_t capacity;
    const struct mp_csv_beside *beside; /* borrowed; NULL: nothing */
    struct mp_keyset known; /* (node, metric, source, fqdd); same numbers as `all` */
    struct mp_hosts hosts;
    bool looked_ahead; /* `hosts` has seen every host of the file */
    bool matched;      /* some sensor is of a host that is spelled otherwise */
};

/* The number of a row's sensor, or MP_CSV_NOT_PLANNED for a node or a metric that the
 * plan does not ask for.  `fields` are in the usual order, `place` says where each stands
 * in the file.  Hostnames and metrics are compared without case; the first spelling of a
 * hostname stays.  Units that change within a sensor are an error.
 *
 * A host that differs from a node's name by its domain is that node where no other host
 * of the input could be (hosts.h): a file is looked through for others when the first
 * such host comes; in a stream, an other one that comes later is an error. */
int mp_csv_sensor_find(struct mp_csv_sensors *s, const struct mp_csv_reader *r,
                       const struct mp_csv_field *const fields[MP_CSV_N_COLUMNS],
                       const int place[MP_CSV_N_COLUMNS], bool naive, long *number,
                       struct mp_error *err);

/* Give the sensor its series. */
int mp_csv_sensor_admit(struct mp_csv_sensors *s, struct mp_csv_sensor *sensor,
                        struct mp_error *err);
/* Give it a number for samples outside the window. */
int mp_csv_sensor_near(struct mp_csv_sensors *s, struct mp_csv_sensor *sensor,
                       struct mp_error *err);
void mp_csv_sensors_free(struct mp_csv_sensors *s);

#endif
