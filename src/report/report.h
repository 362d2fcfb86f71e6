/* SPDX-License-Identifier: MIT
 * report.h - power_<label>/ (or job->directory): all files of a report, put in place
 * whole or not at all.
 *
 * The files are written into a new directory beside the final one, synced, and then the
 * directory takes the final name in one step (an existing report is exchanged with it),
 * so that a reader sees the old report or the new one, never a mix.  Paths are opened as
 * the effective user, with openat and O_NOFOLLOW below `outdir`.
 */
#ifndef MP_REPORT_H
#define MP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/settings.h"
#include "energy/result.h"
#include "model/job.h"
#include "model/occupancy.h"
#include "report/outdir.h"
#include "model/plan.h"
#include "model/sample.h"
#include "model/sink.h"
#include "report/summary.h"

struct mp_report; /* opaque */

/* How the rows are kept. */
enum mp_raw { MP_RAW_CSV, MP_RAW_ZST, MP_RAW_NONE, MP_N_RAW };

/* What a report consists of: all that the configuration says of it. */
struct mp_report_parts {
    bool page; /* report.html */
    enum mp_raw raw;
    uint64_t raw_limit; /* rows; a report of more keeps none */
    struct mp_site site;
};

struct mp_report_parts mp_report_parts(const struct mp_settings *settings);

/* Make the hidden directory in `outdir` and open the raw file.  `job` is borrowed.
 * Where root writes for an owner who cannot, the files become `give_to`'s (else NULL). */
int mp_report_new(struct mp_report **out, const char *outdir, const struct mp_job *job,
                  const struct mp_report_parts *parts,
                  const struct mp_outdir_owner *give_to, struct mp_error *err);
/* Who else was on the nodes; borrowed.  Before the sink's begin; without it nobody
 * knows. */
void mp_report_set_occupancy(struct mp_report *r, const struct mp_occupancy *o);
/* A report of which nothing is kept: for its sink, and what that would have written.  It
 * has no path and cannot be finished. */
int mp_report_rehearse(struct mp_report **out, const struct mp_job *job,
                       struct mp_error *err);
uint64_t mp_report_rows(const struct mp_report *r);
uint64_t mp_report_bytes(const struct mp_report *r); /* of raw_power.csv */
/* The sink a backend (or the reading end of a pipe) fills: raw CSV, energy, reduction. */
struct mp_sink *mp_report_sink(struct mp_report *r);
/* After the sink's end: draw, write summary.json, sync, and put the directory in place.
 * *verdict is for the exit status.  MP_FAULT_NO_SAMPLES where the table is empty. */
int mp_report_finish(struct mp_report *r, const struct mp_plan *plan,
                     const struct mp_series_table *series,
                     const struct mp_findings *findings, const char *backend,
                     const char *backend_label, enum mp_verdict *verdict,
                     struct mp_error *err);
/* What mp_report_finish found; owned by `r`, NULL before. */
const struct mp_energy_result *mp_report_result(const struct mp_report *r);
/* What became of the rows, after mp_report_finish. */
const struct mp_raw_file *mp_report_raw(const struct mp_report *r);
/* As its parts have it. */
const struct mp_site *mp_report_site(const struct mp_report *r);
/* The final directory's path, below outdir. */
const char *mp_report_path(const struct mp_report *r);
/* Removes what was not put in place. */
void mp_report_free(struct mp_report *r);

#endif
