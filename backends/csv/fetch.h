/* SPDX-License-Identifier: MIT
 * fetch.h - the rows of a raw_power.csv as samples of a plan. */
#ifndef MP_CSV_FETCH_H
#define MP_CSV_FETCH_H

#include "backends/csv/rows.h"
#include "backends/csv/sensors.h"
#include "backends/frame/emit.h"
#include "model/plan.h"

/* Where each column stands in the file: place[MP_CSV_VALUE] = 4. */
struct mp_csv_header {
    int place[MP_CSV_N_COLUMNS];
    bool usual; /* all in the usual order */
};

/* Reads the first line; every column of raw_power.csv must
 * be there once, and no other. */
int mp_csv_header_read(struct mp_csv_reader *r, struct mp_csv_header *h,
                       struct mp_error *err);

/* Everything after the header, in the order of the file: rows of other nodes, other
 * metrics or outside the window (but for neighbours, emit.h) are left out.  A file in
 * which the samples of a series are not in order of time is an error. */
int mp_csv_rows(struct mp_csv_reader *r, const struct mp_csv_header *h,
                const struct mp_plan *plan, struct mp_emit *emit, struct mp_error *err);

#endif
