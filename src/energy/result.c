/* SPDX-License-Identifier: MIT
 * result.c - names of verdicts and of an interval's parts, and what frees a result. */
#include "config.h"

#include "energy/result.h"

#include <math.h>
#include <stdlib.h>

const char *mp_verdict_name(enum mp_verdict v)
{
    switch (v) {
    case MP_VALID:
        return "valid";
    case MP_PARTIAL:
        return "partial";
    case MP_SUSPECT:
        break;
    }
    return "suspect";
}

const char *mp_uncertainty_name(enum mp_uncertainty_part part)
{
    static const char *const names[MP_N_BY] = {
        [MP_BY_SAMPLING] = "sampling", [MP_BY_EDGES] = "edges",
        [MP_BY_GAPS] = "gaps",         [MP_BY_RESOLUTION] = "resolution",
        [MP_BY_CLOCK] = "clock",       [MP_BY_SENSOR] = "sensor",
    };

    return names[part];
}

const char *mp_sensor_words(const struct mp_uncertainty *u)
{
    if (u->sensor_known)
        return "sensor accuracy included";
    return u->share[MP_BY_SENSOR] > 0
               ? "sensor accuracy, typically 2-5 %, included only as far as it is known"
               : "sensor accuracy, typically 2-5 %, not included";
}

void mp_energy_result_free(struct mp_energy_result *r)
{
    struct mp_findings missing = {.missing = r->missing, .n_missing = r->n_missing};

    mp_findings_free(&missing);
    for (size_t i = 0; i < r->n_reasons; i++)
        free(r->reasons[i]);
    free(r->reasons);
    free(r->series);
    free(r->order);
    free(r->nodes);
    free(r->outliers);
    free(r->all_gaps);
    *r = (struct mp_energy_result){0};
}

double mp_headline_kwh(const struct mp_energy_result *r)
{
    return r->shared && !isnan(r->share.kwh) ? r->share.kwh : r->total_kwh;
}

const char *mp_sharing_words(const struct mp_energy_result *r)
{
    if (r->shared && isnan(r->share.kwh))
        return "other jobs were on these nodes, and nobody says how many CPUs this one "
               "had: all figures are the whole nodes'";
    if (r->shared)
        return "the nodes' power divided by CPUs in use at each instant; low: of what is "
               "above idle power nothing while others were there, high: all of it";
    if (!r->sharing_known)
        return "who else was on the nodes is not known: all figures are the whole nodes'";
    return "no other job was on the nodes";
}
