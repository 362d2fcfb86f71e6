/* SPDX-License-Identifier: MIT
 * estimate.c - two short stretches and a long one, read as a report reads them and thrown
 * away. */
#include "config.h"

#include "session/estimate.h"

#include <math.h>

#include "backends/backend.h"
#include "report/report.h"

enum { N_STRETCHES = 3, SHARE = 20, ENOUGH_SHORT = 3 };
static const int64_t LONGEST_US = INT64_C(600) * 1000000;
/* Too long for neighbours outside it to be read as well, and like all that are read a
 * multiple of the intervals at which sensors are read. */
static const int64_t SHORTEST_US = 2 * MP_NEAR_US;

struct stretch {
    double at;  /* its middle, as a share of the window */
    int64_t us; /* its length */
    double rows, bytes, seconds;
};

static int read_stretch(struct mp_session *s, struct stretch *stretch,
                        struct mp_error *err)
{
    struct mp_plan plan = s->plan; /* borrows all it points to */
    struct mp_series_table series = {0};
    struct mp_findings findings = {0};
    struct mp_report *report = NULL;
    int64_t began = mp_clock_us(), length = s->plan.end - s->plan.start;
    int rc = -1;

    plan.start += (int64_t)(stretch->at * (double)(length - stretch->us));
    plan.end = plan.start + stretch->us - (stretch->us < length); /* half open */
    if (mp_report_rehearse(&report, &s->job, err) < 0 ||
        mp_backend_fetch(s->backend, &plan, &s->run, &series, &findings,
                         mp_report_sink(report), err) < 0)
        goto out;
    stretch->rows = (double)mp_report_rows(report);
    stretch->bytes = (double)mp_report_bytes(report);
    stretch->seconds = (double)(mp_clock_us() - began) / 1e6;
    rc = 0;
out:
    mp_report_free(report);
    mp_findings_free(&findings);
    mp_series_table_free(&series);
    return rc;
}

/* a + b rows through the shorter and the longer stretch, for `rows`. */
static double seconds_for(const struct stretch *shorter, const struct stretch *longer,
                          double rows)
{
    double more = longer->rows - shorter->rows;
    double each = more > 0 ? (longer->seconds - shorter->seconds) / more : 0;

    if (!(each > 0))
        return longer->seconds / longer->rows * rows;
    return fmax(0, shorter->seconds - each * shorter->rows) + each * rows;
}

/* The long one comes last, when all is connected; of a small job it will do alone. */
static size_t choose(int64_t length, struct stretch all[N_STRETCHES])
{
    int64_t most = length < SHORTEST_US ? length : SHORTEST_US;
    int64_t longest = length / SHARE / SHORTEST_US * SHORTEST_US;

    if (longest < ENOUGH_SHORT * SHORTEST_US) {
        all[0] = (struct stretch){.at = 0.5, .us = most};
        return 1;
    }
    if (longest > LONGEST_US)
        longest = LONGEST_US;
    all[0] = (struct stretch){.at = 0.25, .us = SHORTEST_US};
    all[1] = (struct stretch){.at = 0.75, .us = SHORTEST_US};
    all[2] = (struct stretch){.at = 0.5, .us = longest};
    return N_STRETCHES;
}

int mp_session_estimate(struct mp_session *s, struct mp_estimate *e, struct mp_error *err)
{
    const int64_t length = s->plan.end - s->plan.start;
    struct stretch all[N_STRETCHES];
    size_t n = choose(length, all);
    double rows = 0, bytes = 0, scale;

    *e = (struct mp_estimate){0};
    for (size_t i = 0; i < n; i++) {
        if (read_stretch(s, &all[i], err) < 0)
            return -1;
        rows += all[i].rows;
        bytes += all[i].bytes;
        e->read_us += all[i].us;
    }
    if (all[n - 1].rows == 0)
        return mp_fail(err, MP_FAULT_NO_SAMPLES,
                       "no power samples of %s in the minutes that were read (%s)",
                       s->job.nodelist, s->backend->label);
    scale = e->read_us > 0 ? (double)length / (double)e->read_us : 1;
    e->rows = rows * scale;
    e->bytes = bytes * scale;
    e->seconds = seconds_for(&all[n > 1 ? 1 : 0], &all[n - 1], e->rows);
    return 0;
}
