/* SPDX-License-Identifier: MIT
 * beside.h - what a report's summary.json knows and the rows of the raw_power.csv beside
 * it do not say: how well the sensors measure and how far they trail, the job, and
 * what its nodes draw without any.  A
 * replay that takes it comes to the same interval and verdict.
 */
#ifndef MP_CSV_BESIDE_H
#define MP_CSV_BESIDE_H

#include <stdbool.h>

#include "base/error.h"
#include "model/job.h"
#include "model/occupancy.h"
#include "model/plan.h"
#include "model/sample.h"

struct mp_csv_beside; /* opaque */

/* NULL where `input` is no raw_power.csv, or has no summary.json of this program beside
 * it, which is no error: such a file says nothing of its sensors. */
struct mp_csv_beside *mp_csv_beside_read(const char *input);
/* Fill in accuracy and lag of a series of the plan; `beside` may be NULL. */
void mp_csv_beside_tell(const struct mp_csv_beside *beside, const struct mp_plan *plan,
                        struct mp_series *series);
/* The database that the rows came from gave a metric several units. */
bool mp_csv_beside_units_contradict(const struct mp_csv_beside *beside);
/* The job of the report beside `input`; *job is the caller's to free, and is left empty
 * where the summary names none. */
int mp_csv_beside_job(const char *input, struct mp_job *job, struct mp_error *err);
/* What the report knew of who was on its nodes, beyond its jobs.csv (which has been read
 * into *o): that nobody else was, and their measured idle power. */
int mp_csv_beside_sharing(const char *input, const struct mp_plan *plan,
                          struct mp_occupancy *o, struct mp_error *err);
void mp_csv_beside_free(struct mp_csv_beside *beside);

#endif
