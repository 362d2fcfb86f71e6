/* SPDX-License-Identifier: MIT
 * job.h - what slurm.jobs says of a job whose window is known already. */
#ifndef MP_PQJOB_H
#define MP_PQJOB_H

#include <stdbool.h>
#include <stdint.h>

#include "backends/pq/conn.h"
#include "model/plan.h"

struct mp_pqjob_facts {
    bool found;
    int64_t id;        /* its number; where not found, the one that the label has */
    int64_t cpus;      /* of the whole job; 0: unknown */
    int64_t suspended; /* µs since the epoch; 0: never, or unknown */
};

/* Of the run that the plan's window belongs to; a row of another run is passed over.
 * What `facts` has already of another database stays. */
int mp_pqjob_facts(struct mp_pqconn *c, const struct mp_run *run, const char *label,
                   const struct mp_plan *plan, struct mp_pqjob_facts *facts,
                   struct mp_error *err);

#endif
