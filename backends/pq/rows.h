/* SPDX-License-Identifier: MIT
 * rows.h - MonSTer's PostgreSQL databases as a source of samples, whatever carries the
 * connection.
 *
 * The direct backend is this and nothing else; the ssh backend is a tunnel in front of
 * it. The calls mean what the functions of the same names in backends/backend.h mean: an
 * instance is opened once and then used for any number of jobs by one thread.
 *
 * One connection for each database of a plan, read at the same time.  Connections are
 * made when they are first needed, kept until close, and made anew where the server
 * dropped them.
 */
#ifndef MP_PQROWS_H
#define MP_PQROWS_H

#include <stdint.h>
#include <stdio.h>

#include "backends/frame/check.h"
#include "backends/frame/emit.h"
#include "backends/pq/target.h"
#include "base/error.h"
#include "base/run.h"
#include "backends/pq/section.h"
#include "model/job.h"
#include "model/occupancy.h"
#include "model/plan.h"

struct mp_pq; /* opaque */

/* The target that [database] names.  With a service, host may be ""
 * and port 0: libpq then takes them from the service's file. */
void mp_pq_target_direct(const struct mp_database_config *config,
                         struct mp_pq_target *target);

/* Connects to one routed database, to say that it works, retrying failures that may pass
 * until run->deadline_us.  `config`, `routes` and `target`'s strings are borrowed until
 * close; the struct itself is copied. */
int mp_pq_open(const struct mp_database_config *config, const struct mp_route *routes,
               size_t n_routes, const struct mp_pq_target *target,
               const struct mp_run *run, struct mp_pq **out, struct mp_error *err);

int mp_pq_fetch(struct mp_pq *pq, const struct mp_plan *plan, struct mp_emit *emit,
                struct mp_error *err);
int mp_pq_find_job(struct mp_pq *pq, const char *label, const struct mp_run *run,
                   struct mp_job *job, struct mp_error *err);
int mp_pq_know_job(struct mp_pq *pq, const struct mp_plan *plan, const struct mp_run *run,
                   struct mp_job *job, struct mp_occupancy *o, struct mp_error *err);
int mp_pq_list_nodes(struct mp_pq *pq, const struct mp_run *run, char ***names, size_t *n,
                     struct mp_error *err);
int mp_pq_occupants(struct mp_pq *pq, const struct mp_plan *plan,
                    const struct mp_run *run, struct mp_occupancy *o,
                    struct mp_error *err);
int mp_pq_describe(struct mp_pq *pq, const struct mp_run *run,
                   struct mp_job_record *records, size_t n, struct mp_error *err);
int mp_pq_caught_up(struct mp_pq *pq, const struct mp_plan *plan,
                    const struct mp_run *run, int *ready, struct mp_error *err);
int mp_pq_check(struct mp_pq *pq, const struct mp_run *run, mp_check_report *report,
                void *arg, struct mp_error *err);

/* Sections for the databases that [database] leads to; only its default, if that is set.
 */
int mp_pq_probe(const struct mp_database_config *config,
                const struct mp_pq_target *target, const struct mp_run *run, FILE *out,
                struct mp_error *err);

/* Cancels what still runs on the server and ends the sessions.  NULL is allowed. */
void mp_pq_close(struct mp_pq *pq);

#endif
