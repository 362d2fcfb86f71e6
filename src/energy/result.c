/* SPDX-License-Identifier: MIT
 * result.c - a verdict's name, and what frees a result. */
#include "config.h"

#include "energy/result.h"

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
