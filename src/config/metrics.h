/* SPDX-License-Identifier: MIT
 * metrics.h - the lists of a [route]: its metrics, and what is said of each of them.
 *
 * A list is items separated by commas, an item a name and a word behind its last colon.
 * A name may hold a PromQL selector: what stands in braces or double quotes separates
 * nothing. */
#ifndef MP_CONFIG_METRICS_H
#define MP_CONFIG_METRICS_H

#include <stdbool.h>

#include "base/error.h"
#include "model/plan.h"

enum { MP_METRIC_NAME_MAX = 400 }; /* bytes of a name with its selector */

enum mp_route_note {
    MP_NOTE_ACCURACY,
    MP_NOTE_LAG,
    MP_NOTE_UNITS,
    MP_NOTE_KIND,
    MP_N_ROUTE_NOTES
};

/* Metrics that a word stands for (struct mp_route_map) are all taken, but for those the
 * route has already; elsewhere a metric that stands twice is an error. */
int mp_metrics_add(struct mp_route *route, const char *list, bool from_map,
                   const char *where, struct mp_error *err);
void mp_metrics_clear(struct mp_route *route);

/* What a list says of the route's metrics.  A name without a selector means every metric
 * of that name.  `from_map`: metrics that have a value keep it, and unknown ones do not
 * matter. */
int mp_metrics_note(struct mp_route *route, enum mp_route_note note, const char *list,
                    bool from_map, const char *where, struct mp_error *err);

#endif
