/* SPDX-License-Identifier: MIT
 * csv_series.h - which series a line of a raw_power.csv belongs to. */
#ifndef MP_CSV_SERIES_H
#define MP_CSV_SERIES_H

#include "csv_rows.h"
#include "keyset.h"
#include "plan.h"
#include "sample.h"

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

enum { MP_CSV_NOT_PLANNED = -1 };

struct mp_csv_series {
    const struct mp_plan *plan;    /* borrowed */
    struct mp_series_table *table; /* borrowed */
    struct mp_keyset known;        /* (node, metric, source, fqdd); number = series */
};

/* The series of a row, added to the table when it is new, or MP_CSV_NOT_PLANNED for a
 * node or a metric that the plan does not ask for.  `fields` are in the usual order,
 * `place` says where each stands in the file.  Hostnames and metrics are compared without
 * case; the first spelling of a hostname stays.  Units that change within a series are an
 * error. */
int mp_csv_series_find(struct mp_csv_series *s, const struct mp_csv_reader *r,
                       const struct mp_csv_field *const fields[MP_CSV_N_COLUMNS],
                       const int place[MP_CSV_N_COLUMNS], bool naive, long *series,
                       struct mp_error *err);
void mp_csv_series_free(struct mp_csv_series *s);

#endif
