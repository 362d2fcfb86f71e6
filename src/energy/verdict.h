/* SPDX-License-Identifier: MIT
 * verdict.h - the verdict on a result: after all else of it is there. */
#ifndef MP_VERDICT_H
#define MP_VERDICT_H

#include "base/error.h"
#include "energy/impl.h"
#include "model/sample.h"

/* What is missing, the verdict and its reasons, into the result of `e`.  What `findings`
 * say is missing lowers the verdict. */
int mp_verdict_find(struct mp_energy *e, const struct mp_findings *findings,
                    struct mp_error *err);

#endif
