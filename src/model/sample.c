/* SPDX-License-Identifier: MIT
 * sample.c - the series table, units, and what could not be read. */
#include "config.h"

#include "model/sample.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int dup_or_null(char **dst, const char *src)
{
    *dst = src != NULL ? strdup(src) : NULL;
    return src != NULL && *dst == NULL ? -1 : 0;
}

static void series_free(struct mp_series *s)
{
    free(s->hostname);
    free(s->source);
    free(s->fqdd);
    free(s->metric);
    free(s->units);
}

int mp_series_add(struct mp_series_table *table, const struct mp_series *s,
                  uint32_t *index, struct mp_error *err)
{
    struct mp_series copy = *s;

    if (table->n == table->capacity) {
        size_t capacity = table->capacity > 0 ? 2 * table->capacity : 64;
        struct mp_series *grown = realloc(table->series, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series",
                           capacity);
        table->series = grown;
        table->capacity = capacity;
    }
    copy.hostname = copy.source = copy.fqdd = copy.metric = copy.units = NULL;
    if (dup_or_null(&copy.hostname, s->hostname) < 0 ||
        dup_or_null(&copy.source, s->source) < 0 ||
        dup_or_null(&copy.fqdd, s->fqdd) < 0 ||
        dup_or_null(&copy.metric, s->metric) < 0 ||
        dup_or_null(&copy.units, s->units) < 0) {
        series_free(&copy);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a series");
    }
    *index = (uint32_t)table->n;
    table->series[table->n++] = copy;
    return 0;
}

void mp_series_table_free(struct mp_series_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        series_free(&table->series[i]);
    free(table->series);
    *table = (struct mp_series_table){0};
}

double mp_series_accuracy(const struct mp_series *s, const struct mp_metric *m)
{
    return m->accuracy > 0 ? m->accuracy : s->accuracy;
}

int64_t mp_series_lag(const struct mp_series *s, const struct mp_metric *m)
{
    return m->lag > 0 ? m->lag : s->lag;
}

struct unit {
    const char *symbol, *word;
    double factor;
};

static bool find_unit(const char *units, const struct unit *known, size_t n_known,
                      double *factor)
{
    for (size_t i = 0; units != NULL && i < n_known; i++) {
        size_t n = strlen(known[i].word);

        if (strcmp(units, known[i].symbol) == 0 ||
            (strncasecmp(units, known[i].word, n) == 0 &&
             (units[n] == '\0' || strcasecmp(units + n, "s") == 0))) {
            *factor = known[i].factor;
            return true;
        }
    }
    return false;
}

bool mp_units_to_watt(const char *units, double *factor)
{
    static const struct unit known[] = {
        {"W", "watt", 1.0}, {"mW", "milliwatt", 1e-3}, {"kW", "kilowatt", 1e3}};

    return find_unit(units, known, sizeof known / sizeof *known, factor);
}

bool mp_units_to_joule(const char *units, double *factor)
{
    static const struct unit known[] = {
        {"J", "joule", 1.0},
        {"kJ", "kilojoule", 1e3},
        {"MJ", "megajoule", 1e6},
        {"mJ", "millijoule", 1e-3},
        {"uJ", "microjoule", 1e-6},
        {"Wh", "watthour", 3600},
        {"kWh", "kilowatthour", 3.6e6},
    };

    return find_unit(units, known, sizeof known / sizeof *known, factor);
}

int mp_findings_missing(struct mp_findings *f, const char *node, const char *metric,
                        const char *reason, struct mp_error *err)
{
    struct mp_missing m = {0};
    struct mp_missing *grown = realloc(f->missing, (f->n_missing + 1) * sizeof *grown);

    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED,
                       "out of memory for the list of missing data");
    f->missing = grown;
    if (dup_or_null(&m.node, node) < 0 || dup_or_null(&m.metric, metric) < 0 ||
        dup_or_null(&m.reason, reason) < 0) {
        free(m.node);
        free(m.metric);
        free(m.reason);
        return mp_fail(err, MP_FAULT_FAILED,
                       "out of memory for the list of missing data");
    }
    f->missing[f->n_missing++] = m;
    return 0;
}

int mp_findings_warn(struct mp_findings *f, struct mp_error *err, const char *fmt, ...)
{
    char **grown = realloc(f->warnings, (f->n_warnings + 1) * sizeof *grown);
    char *line = NULL;
    va_list ap;
    int rc;

    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a warning");
    f->warnings = grown;
    va_start(ap, fmt);
    rc = vasprintf(&line, fmt, ap);
    va_end(ap);
    if (rc < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a warning");
    f->warnings[f->n_warnings++] = line;
    return 0;
}

void mp_findings_free(struct mp_findings *f)
{
    for (size_t i = 0; i < f->n_missing; i++) {
        free(f->missing[i].node);
        free(f->missing[i].metric);
        free(f->missing[i].reason);
    }
    for (size_t i = 0; i < f->n_warnings; i++)
        free(f->warnings[i]);
    free(f->missing);
    free(f->warnings);
    *f = (struct mp_findings){0};
}
