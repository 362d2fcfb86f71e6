/* SPDX-License-Identifier: MIT
 * sample.h - one power reading, and the series it belongs to.
 *
 * A series is what one sensor says: (node, metric, source, fqdd).  The backend adds a
 * series to the table when it meets its first row, and from then on a sample names it by
 * its index.  Sinks meet a new series by an index they have not seen before.
 */
#ifndef MP_SAMPLE_H
#define MP_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/plan.h"

/* How raw_power.csv prints the value.  The number for arithmetic is always `value`, and
 * it is the number that the printed text says, so that a replay computes with the same:
 * for a real, mp_float4_value() of it (base/numtext.h), not the float widened. */
enum mp_value_kind {
    MP_VALUE_NULL,   /* SQL NULL: an empty field; `value` is NaN */
    MP_VALUE_INT,    /* a whole number with |value| < 2^53 */
    MP_VALUE_FLOAT4, /* real: the shortest text that reads back as the same float */
    MP_VALUE_FLOAT8, /* double precision: the same for double */
    MP_VALUE_TEXT, /* exactly text[0 .. text_len); numeric, bigint beyond 2^53, replay */
};

enum { MP_VALUE_TEXT_MAX = UINT16_MAX }; /* bytes of a value that is text */

struct mp_sample {
    int64_t time;      /* µs since the Unix epoch, UTC */
    double value;      /* in the series' units as stored (not yet W); NaN for NULL */
    const char *text;  /* kind TEXT only: borrowed until the sink's batch call returns */
    uint32_t series;   /* index into struct mp_series_table */
    uint16_t text_len; /* bytes of text */
    uint8_t kind;      /* enum mp_value_kind */
};

struct mp_series {
    char *hostname; /* as the database spells it; owned, never NULL */
    char *source;   /* owned; NULL for SQL NULL */
    char *fqdd;     /* owned; NULL for SQL NULL */
    char *metric;   /* as the configuration spells it; owned, never NULL */
    char *units;    /* "W", "mW", "kW", ...; owned; NULL where the database has none */
    uint32_t node;  /* index into mp_plan.nodes */
    uint32_t route; /* index into mp_plan.routes */
    uint32_t metric_index; /* index into mp_route.metrics */
    double accuracy; /* of the sensor, % of the reading, by the database; 0: unknown */
    int64_t lag;     /* µs that its readings trail, as a report replayed had it */
    bool naive; /* the column is timestamp without time zone: printed with no offset */
};

/* Owned by whoever started the fetch; the backend appends, sinks only read.  `series` may
 * move when it grows: never keep a pointer into it across a batch. */
struct mp_series_table {
    struct mp_series *series;
    size_t n;
    size_t capacity;
};

/* Append a copy of *s (its strings are duplicated); *index gets its place. */
int mp_series_add(struct mp_series_table *table, const struct mp_series *s,
                  uint32_t *index, struct mp_error *err);
void mp_series_table_free(struct mp_series_table *table);

/* Of its sensor, % of the reading; 0: unknown.  The configuration's word is the first. */
double mp_series_accuracy(const struct mp_series *s, const struct mp_metric *m);
/* µs by which its readings trail; likewise. */
int64_t mp_series_lag(const struct mp_series *s, const struct mp_metric *m);

/* The factor that makes W of a value in these units: exactly "W", "mW" or "kW" (case
 * matters: MW is a megawatt), or the word in any case, with or without its s: "Watts" is
 * what MonSTer writes in its pull mode.  False for any other unit and for NULL. */
bool mp_units_to_watt(const char *units, double *factor);
/* The same of a counter, to J: J, kJ, MJ, mJ, uJ, Wh or kWh, or joule, with or without
 * its s, in any case. */
bool mp_units_to_joule(const char *units, double *factor);

/* What could not be read although the plan asks for it: the report is made from the rest
 * and its verdict says so. */
struct mp_missing {
    char *node;   /* owned; NULL: the metric is missing for all nodes of the route */
    char *metric; /* owned; NULL: everything of the node is missing */
    char *reason; /* owned; one line: "table idrac.totalfanpower does not exist" */
};

struct mp_findings {
    struct mp_missing *missing;
    size_t n_missing;
    char **warnings; /* owned lines for the user and for summary.json's reasons */
    size_t n_warnings;
    bool units_contradict; /* of some metric; one of the warnings says which */
};

int mp_findings_missing(struct mp_findings *f, const char *node, const char *metric,
                        const char *reason, struct mp_error *err);
int mp_findings_warn(struct mp_findings *f, struct mp_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void mp_findings_free(struct mp_findings *f);

#endif
