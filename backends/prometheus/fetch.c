/* SPDX-License-Identifier: MIT
 * fetch.c - slices whose width follows what the server holds and what it allows. */
#include "config.h"

#include "backends/prometheus/fetch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/prometheus/ask.h"
#include "backends/prometheus/selector.h"
#include "backends/prometheus/sensors.h"
#include "base/numtext.h"

#define SECOND INT64_C(1000000)

enum {
    SLICE_ROWS = 100000,      /* wanted: what the frame sorts at once */
    SLICE_ROWS_MAX = 4000000, /* refused: memory */
};
static const int64_t WIDTH_MOST = 7 * 24 * 3600 * SECOND;

struct fetch {
    struct mp_prom_http *http;
    const struct mp_plan *plan;
    struct mp_emit *emit;
    const struct mp_run *run;
    struct mp_prom_sensors sensors;
    int64_t width; /* of the next slice, µs */
    int64_t most;  /* that the server allows */
    uint64_t rows; /* of this slice so far */
    uint64_t warnings;
    /* the answer being read */
    uint32_t query;
    int64_t from, until; /* what is kept of it: [from, until) */
    uint32_t set;
};

/* ---- samples ---- */

static int take_labels(void *arg, const struct mp_prom_labels *labels,
                       struct mp_error *err)
{
    struct fetch *f = arg;

    return mp_prom_sensors_set(&f->sensors, f->query, labels, f->emit, &f->set, err);
}

/* Do two label sets speak for one sensor at once? */
static void note_time(struct fetch *f, struct mp_prom_sensor *sensor, int64_t time)
{
    if (sensor->set != f->set) {
        sensor->before_from = sensor->set != MP_PROM_NO_SENSOR ? sensor->from : INT64_MAX;
        sensor->before_to = sensor->to;
        sensor->set = f->set;
        sensor->from = time;
    }
    sensor->to = time;
    if (time >= sensor->before_from && time <= sensor->before_to)
        f->sensors.queries[f->query].mixed = true;
}

static int take_sample(void *arg, int64_t time, const char *text, size_t len,
                       struct mp_error *err)
{
    struct fetch *f = arg;
    uint32_t number = f->sensors.sensor_of[f->set];
    struct mp_sample s = {.time = time,
                          .text = text,
                          .text_len = (uint16_t)len,
                          .series = number,
                          .kind = MP_VALUE_TEXT};

    if (number == MP_PROM_NO_SENSOR || time < f->from || time >= f->until)
        return 0;
    if (mp_number_read(text, len, &s.value) < 0)
        return mp_fail(err, MP_FAULT_FAILED,
                       "%s: a value of %s is %.*s, which is no number",
                       mp_prom_http_name(f->http),
                       f->plan->routes[f->sensors.queries[f->query].route]
                           .metrics[f->sensors.queries[f->query].metric]
                           .name,
                       (int)(len < 40 ? len : 40), text);
    if (++f->rows > SLICE_ROWS_MAX)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "%s: more than %d samples in %.0f s; this is no telemetry of power",
            mp_prom_http_name(f->http), SLICE_ROWS_MAX,
            (double)(f->until - f->from) / 1e6);
    note_time(f, &f->sensors.sensors[number], time);
    return mp_emit_sample(f->emit, &s, err);
}

/* ---- queries ---- */

static const struct mp_metric *metric_of(const struct fetch *f, uint32_t query)
{
    const struct mp_prom_query *q = &f->sensors.queries[query];

    return &f->plan->routes[q->route].metrics[q->metric];
}

static int say_warning(struct fetch *f, uint32_t query, const char *text,
                       struct mp_error *err)
{
    char reason[500];

    if (*text == '\0' || f->warnings++ > 0)
        return 0; /* the first tells what the others would */
    snprintf(reason, sizeof reason, "%s warns, so that samples may be missing: %s",
             mp_prom_http_name(f->http), text);
    return mp_findings_missing(mp_emit_findings(f->emit), NULL, metric_of(f, query)->name,
                               reason, err);
}

/* The form of name{...}[width] at `until`. */
static int make_form(const char *selector, int64_t from, int64_t until, char **form,
                     struct mp_error *err)
{
    int64_t first_ms = from / 1000 - (from < 0) - 1; /* one more, see the header */
    int64_t last_ms = (until + 999) / 1000;
    char *query = NULL;
    char time[32];
    int rc = -1;

    *form = NULL;
    if (asprintf(&query, "%s[%" PRId64 "ms]", selector, last_ms - first_ms) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a query");
    snprintf(time, sizeof time, "%" PRId64 ".%03d", last_ms / 1000,
             (int)(last_ms % 1000));
    if (mp_prom_form_add(form, "query", query, err) == 0 &&
        mp_prom_form_add(form, "time", time, err) == 0)
        rc = 0;
    free(query);
    return rc;
}

static int read_part(struct fetch *f, uint32_t query, char *const *values, size_t n,
                     int64_t from, int64_t until, struct mp_error *err);

/* Half of it, then the other: of the time, or of the nodes where no time is left. */
static int halve(struct fetch *f, uint32_t query, char *const *values, size_t n,
                 int64_t from, int64_t until, const char *why, struct mp_error *err)
{
    int64_t half = from + (until - from) / 2 / SECOND * SECOND;

    if (half > from) {
        f->most = half - from < f->most ? half - from : f->most;
        return read_part(f, query, values, n, from, half, err) < 0
                   ? -1
                   : read_part(f, query, values, n, half, until, err);
    }
    if (n > 1)
        return read_part(f, query, values, n / 2, from, until, err) < 0
                   ? -1
                   : read_part(f, query, values + n / 2, n - n / 2, from, until, err);
    return mp_fail(err, MP_FAULT_FAILED,
                   "%s does not even give a second of %.100s of one node: %s; raise its "
                   "limit",
                   mp_prom_http_name(f->http), metric_of(f, query)->name, why);
}

static int read_part(struct fetch *f, uint32_t query, char *const *values, size_t n,
                     int64_t from, int64_t until, struct mp_error *err)
{
    const struct mp_prom_reader reader = {
        .labels = take_labels, .sample = take_sample, .arg = f};
    struct mp_prom_said said;
    char *selector, *form = NULL;
    int rc = -1;

    selector = mp_prom_selector(metric_of(f, query)->name,
                                f->sensors.queries[query].label, values, n, false);
    if (selector == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a query");
    f->query = query;
    f->from = from;
    f->until = until;
    if (make_form(selector, from, until, &form, err) == 0)
        rc = mp_prom_ask(f->http, f->run, "/api/v1/query", form, &reader, &said, err);
    free(form);
    free(selector);
    if (rc < 0)
        return -1;
    if (said.reply == MP_PROM_TOO_MUCH)
        return halve(f, query, values, n, from, until, said.text, err);
    return say_warning(f, query, said.warning, err);
}

static int read_slice(struct fetch *f, int64_t from, int64_t until, struct mp_error *err)
{
    f->rows = 0;
    for (uint32_t i = 0; i < f->sensors.n_queries; i++) {
        const struct mp_prom_query *q = &f->sensors.queries[i];

        for (size_t at = 0, part; at < q->names.n; at += part) {
            part = mp_prom_names_fit(q->values + at, q->names.n - at);
            if (read_part(f, i, q->values + at, part, from, until, err) < 0)
                return -1;
        }
    }
    return mp_emit_slice(f->emit, until, err);
}

/* ---- slices ---- */

/* A sensor that speaks every second, until it is known. */
static void first_width(struct fetch *f)
{
    f->most = WIDTH_MOST;
    f->width = SLICE_ROWS * SECOND / ((int64_t)f->sensors.n_sensors + 1);
    if (f->width < SECOND)
        f->width = SECOND;
}

static void next_width(struct fetch *f, int64_t width)
{
    double wanted = (double)width * SLICE_ROWS / ((double)f->rows + 1);

    f->width = wanted < 4.0 * (double)width ? (int64_t)wanted : 4 * width;
    if (f->width > f->most)
        f->width = f->most;
    f->width = f->width / SECOND * SECOND;
    if (f->width < SECOND)
        f->width = SECOND;
}

static int say_mixed(struct fetch *f, struct mp_error *err)
{
    for (uint32_t i = 0; i < f->sensors.n_queries; i++) {
        const char *name = metric_of(f, i)->name;
        char reason[600];

        if (!f->sensors.queries[i].mixed)
            continue;
        snprintf(reason, sizeof reason,
                 "several series of %.200s on one node were read as one sensor: name the "
                 "label that tells them apart as sensor_label, or leave one out with a "
                 "selector",
                 name);
        if (mp_findings_missing(mp_emit_findings(f->emit), NULL, name, reason, err) < 0)
            return -1;
    }
    return 0;
}

int mp_prom_fetch(struct mp_prom_http *http, const struct mp_plan *plan,
                  struct mp_emit *emit, struct mp_error *err)
{
    struct fetch f = {.http = http, .plan = plan, .emit = emit, .run = mp_emit_run(emit)};
    int64_t from = plan->start - mp_plan_near(plan);
    int64_t end = plan->end + mp_plan_near(plan) + 1; /* not included */
    int rc = mp_prom_sensors_find(&f.sensors, plan, http, from, end, emit, err);

    first_width(&f);
    while (rc == 0 && from < end) {
        int64_t until = end - from > f.width ? from + f.width : end;

        rc = read_slice(&f, from, until, err);
        next_width(&f, until - from);
        from = until;
    }
    if (rc == 0)
        rc = say_mixed(&f, err);
    mp_prom_sensors_free(&f.sensors);
    return rc;
}
