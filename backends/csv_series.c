/* SPDX-License-Identifier: MIT
 * csv_series.c - from the names in a row to an index in the series table. */
#include "config.h"

#include "csv_series.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What one series costs in the sinks is bounded, so their number is: far more than any
 * cluster has sensors. */
enum { MAX_SERIES = 1 << 20 };

/* A field as a C string; NULL for an empty field without quotes. */
struct names {
    char hostname[MP_CSV_FIELD_MAX + 1];
    char source[MP_CSV_FIELD_MAX + 1];
    char fqdd[MP_CSV_FIELD_MAX + 1];
    char units[MP_CSV_FIELD_MAX + 1];
    char metric[MP_CSV_FIELD_MAX + 1];
};

static char *text_of(const struct mp_csv_field *f, char *out)
{
    memcpy(out, f->text, f->len);
    out[f->len] = '\0';
    return f->len > 0 || f->quoted ? out : NULL;
}

static long find_metric(const struct mp_route *route, const char *name)
{
    for (size_t m = 0; m < route->n_metrics; m++)
        if (strcasecmp(route->metrics[m].name, name) == 0)
            return (long)m;
    return -1;
}

/* What tells series apart, as bytes: 1 and the text, or 0 for NULL. */
static size_t put_text(char *p, const char *text)
{
    size_t len = text != NULL ? strlen(text) + 1 : 0;

    *p = text != NULL;
    if (text != NULL)
        memcpy(p + 1, text, len);
    return len + 1;
}

static size_t identity(const struct mp_series *s, char *out)
{
    size_t n = 0;

    memcpy(out, &s->node, sizeof s->node);
    n += sizeof s->node;
    memcpy(out + n, &s->metric_index, sizeof s->metric_index);
    n += sizeof s->metric_index;
    n += put_text(out + n, s->source);
    n += put_text(out + n, s->fqdd);
    return n;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int check_same(const struct mp_series *was, const struct mp_series *is,
                      const struct mp_csv_reader *r, const int *place,
                      struct mp_error *err)
{
    if (!same_text(was->units, is->units))
        return mp_csv_fail(r, place[MP_CSV_UNITS], err,
                           "\"%s\" here and \"%s\" before, for the same sensor (%s, %s)",
                           is->units != NULL ? is->units : "",
                           was->units != NULL ? was->units : "", was->hostname,
                           was->metric);
    return 0;
}

static int add_or_check(struct mp_csv_series *s, const struct mp_series *new,
                        const struct mp_csv_reader *r, const int *place, long *series,
                        struct mp_error *err)
{
    char key[2 * MP_CSV_FIELD_MAX + 16];
    size_t len = identity(new, key);
    uint32_t index;

    *series = mp_keyset_find(&s->known, key, len);
    if (*series >= 0)
        return check_same(&s->table->series[*series], new, r, place, err);
    if (s->table->n >= MAX_SERIES)
        return mp_csv_fail(r, place[MP_CSV_FQDD], err,
                           "more than %d different sensors; is this column right?",
                           MAX_SERIES);
    if (mp_series_add(s->table, new, &index, err) < 0 ||
        mp_keyset_add(&s->known, key, len, err) < 0)
        return -1;
    *series = index;
    return 0;
}

int mp_csv_series_find(struct mp_csv_series *s, const struct mp_csv_reader *r,
                       const struct mp_csv_field *const fields[MP_CSV_N_COLUMNS],
                       const int place[MP_CSV_N_COLUMNS], bool naive, long *series,
                       struct mp_error *err)
{
    struct names n;
    struct mp_series new = {
        .hostname = text_of(fields[MP_CSV_HOSTNAME], n.hostname),
        .source = text_of(fields[MP_CSV_SOURCE], n.source),
        .fqdd = text_of(fields[MP_CSV_FQDD], n.fqdd),
        .units = text_of(fields[MP_CSV_UNITS], n.units),
        .metric = text_of(fields[MP_CSV_METRIC], n.metric),
        .naive = naive,
    };

    *series = MP_CSV_NOT_PLANNED;
    if (new.hostname == NULL || new.metric == NULL)
        return mp_csv_fail(r,
                           place[new.hostname == NULL ? MP_CSV_HOSTNAME : MP_CSV_METRIC],
                           err, "empty");
    long node = mp_plan_find_node(s->plan, new.hostname);
    if (node < 0)
        return 0;
    new.node = (uint32_t)node;
    new.route = s->plan->nodes[node].route;
    long metric = find_metric(&s->plan->routes[new.route], new.metric);
    if (metric < 0)
        return 0;
    new.metric_index = (uint32_t)metric;
    new.metric = s->plan->routes[new.route].metrics[metric].name;
    return add_or_check(s, &new, r, place, series, err);
}

void mp_csv_series_free(struct mp_csv_series *s)
{
    mp_keyset_free(&s->known);
}
