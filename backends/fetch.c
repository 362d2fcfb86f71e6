/* SPDX-License-Identifier: MIT
 * fetch.c - a backend's fetch inside the frame that all of them share. */
#include "config.h"

#include "backends/backend.h"

int mp_backend_fetch(struct mp_backend *b, const struct mp_plan *plan,
                     const struct mp_run *run, struct mp_series_table *series,
                     struct mp_findings *findings, struct mp_sink *sink,
                     struct mp_error *err)
{
    struct mp_emit *emit = NULL;
    int rc = -1;

    if (mp_emit_new(&emit, plan, run, series, findings, sink, err) == 0 &&
        b->ops->fetch(b, plan, emit, err) == 0)
        rc = mp_emit_finish(emit, err);
    mp_emit_free(emit);
    return rc;
}
