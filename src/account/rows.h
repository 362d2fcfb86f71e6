/* SPDX-License-Identifier: MIT
 * rows.h - the rows of an account: what jobs, users, nodes or days had, and what nobody
 * had, so that they add up to what the nodes drew.
 */
#ifndef MP_ACCOUNT_ROWS_H
#define MP_ACCOUNT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "account/giver.h"
#include "base/error.h"
#include "base/keyset.h"
#include "model/job.h"

enum mp_account_by {
    MP_BY_JOB,
    MP_BY_USER,
    MP_BY_ACCOUNT,
    MP_BY_PARTITION,
    MP_BY_NODE,
    MP_BY_DAY,
    MP_N_ACCOUNT_BY
};

/* kWh.  `uncertainty_kwh` is of `share_kwh`, NaN where a job has too few samples. */
struct mp_account_row {
    char *key; /* owned */
    uint64_t jobs, node_us;
    double nodes_kwh, share_kwh, uncertainty_kwh;
    uint64_t valid, partial; /* jobs whose ± is within 5 % of their energy; others */
    double var;              /* while it is added up: of the uncertainty, kWh² */
};

struct mp_account_rows {
    struct mp_account_row *rows;
    size_t n;
    struct mp_keyset keys;
    double nobody_kwh;    /* of nodes that somebody watches, while no job was on them */
    double no_record_kwh; /* of jobs of which slurm.jobs knows nothing */
    double unknown_kwh;   /* of nodes of which nobody says who was on them */
    double suspect_kwh;   /* of sensors whose figures cannot be true */
    double total_kwh;     /* what the nodes drew */
};

/* Adds what `g` has given; `records` are in order of their ids.  `day` is the key for
 * MP_BY_DAY. */
int mp_account_rows_add(struct mp_account_rows *r, enum mp_account_by by, const char *day,
                        const struct mp_giver *g, const struct mp_plan *plan,
                        const struct mp_occupancy *o, const struct mp_job_record *records,
                        size_t n_records, struct mp_error *err);
/* After the last one: sums become intervals, rows are sorted, the largest share first
 * (days by date). */
void mp_account_rows_close(struct mp_account_rows *r, enum mp_account_by by);
/* All rows together; what it is off total_kwh is rounding. */
double mp_account_rows_sum(const struct mp_account_rows *r);
void mp_account_rows_free(struct mp_account_rows *r);

#endif
