/* SPDX-License-Identifier: MIT
 * evaluate.h - from what was added up of the samples to results and a verdict: series,
 * their quality (quality.h), nodes and job (components.h), what is missing and what
 * cannot be true.
 */
#ifndef MP_EVALUATE_H
#define MP_EVALUATE_H

#include "base/error.h"
#include "energy/energy.h"
#include "energy/result.h"
#include "model/sample.h"

/* After the end of the samples, while their plan and series table still live.  Owned by
 * `e`.  What `findings` say is missing lowers the verdict; their texts, which differ from
 * backend to backend, are no part of the result, so that a replay comes to the same. */
int mp_energy_result(struct mp_energy *e, const struct mp_findings *findings,
                     const struct mp_energy_result **out, struct mp_error *err);

#endif
