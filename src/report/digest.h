/* SPDX-License-Identifier: MIT
 * digest.h - what of a report fits on one screen, from its summary.json or from the
 * result that is about to become one: both come to the same.
 */
#ifndef MP_DIGEST_H
#define MP_DIGEST_H

#include <stdbool.h>

#include "base/error.h"
#include "config/site.h"
#include "energy/result.h"
#include "report/summary.h"

/* Energies are kWh, NaN where nothing measured them; half-widths are those of the 95 %
 * intervals, NaN for none. */
struct mp_digest_node {
    char *name, *route; /* owned; route NULL: nobody said */
    double kwh, half;
    double components[MP_N_COMPONENTS];
    double median_kwh; /* of its route, for one that differs; else NaN */
};

/* Strings are owned; NULL where nobody said. */
struct mp_digest {
    char *id, *user, *name, *nodelist, *verdict;
    char *sensor;  /* what the ± says of the sensors' own accuracy */
    char *no_rows; /* why raw_power.csv is not there; NULL where it is */
    char **reasons;
    size_t n_reasons;
    int64_t start, end; /* µs since the epoch */
    double kwh, half;
    double by_sensor; /* part of `half` that is the sensors' class: 0 to 1 */
    bool shared; /* others were on the nodes: of kwh these are the job's, NaN: unknown */
    double share_kwh, share_low_kwh, share_high_kwh;
    struct mp_site site;
    double components[MP_N_COMPONENTS], halves[MP_N_COMPONENTS];
    double mean_w, min_w, max_w;
    double line[MP_LINE_COLUMNS]; /* W; NaN: a gap */
    size_t n_line;
    double coverage;
    struct mp_digest_node *nodes;
    size_t n_nodes;
};

/* Either fills *d, which is to be freed also after -1. */
int mp_digest_make(struct mp_digest *d, const struct mp_summary_input *in,
                   struct mp_error *err);
/* `path` is a summary.json, at most 64 MiB.  What is not there or of another type is as
 * if nobody had said it, but for id, window and verdict. */
int mp_digest_read(struct mp_digest *d, const char *path, struct mp_error *err);
void mp_digest_free(struct mp_digest *d);

#endif
