/* SPDX-License-Identifier: MIT
 * fetch.h - the raw samples of a plan, slice by slice of time.
 *
 * A slice is one query a metric, name{...}[width] at its end, for all nodes at once:
 * never query_range, which makes points up.  Prometheus 2 takes the sample on the left
 * border in and Prometheus 3 leaves it out, so each query asks for a millisecond more,
 * and what lies outside the slice is cut off.
 */
#ifndef MP_PROM_FETCH_H
#define MP_PROM_FETCH_H

#include "backends/frame/emit.h"
#include "backends/prometheus/http.h"
#include "base/error.h"
#include "model/plan.h"

int mp_prom_fetch(struct mp_prom_http *http, const struct mp_plan *plan,
                  struct mp_emit *emit, struct mp_error *err);

#endif
