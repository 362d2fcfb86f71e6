/* SPDX-License-Identifier: MIT
 * sensors.c - from the names in a row to a sensor of the plan. */
#include "config.h"

#include "backends/csv/sensors.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What one series costs in the sinks is bounded, so their number is: far more than any
 * cluster has. */
enum { MAX_SENSORS = 1 << 20 };

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

static bool copy_text(char **to, const char *from)
{
    *to = from != NULL ? strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

static void free_sensor(struct mp_csv_sensor *sensor)
{
    free(sensor->series.hostname);
    free(sensor->series.source);
    free(sensor->series.fqdd);
    free(sensor->series.units);
}

static int add_sensor(struct mp_csv_sensors *s, const struct mp_series *new,
                      const char *key, size_t len, struct mp_error *err)
{
    struct mp_csv_sensor sensor = {
        .series = *new, .index = MP_CSV_NO_SERIES, .near = MP_CSV_NO_SERIES};
    bool copied = copy_text(&sensor.series.hostname, new->hostname);

    sensor.last = INT64_MIN;
    copied = copy_text(&sensor.series.source, new->source) && copied;
    copied = copy_text(&sensor.series.fqdd, new->fqdd) && copied;
    copied = copy_text(&sensor.series.units, new->units) && copied;
    if (copied && s->known.n == s->capacity) {
        size_t capacity = s->capacity > 0 ? 2 * s->capacity : 64;
        struct mp_csv_sensor *grown = realloc(s->all, capacity * sizeof *grown);

        copied = grown != NULL;
        if (grown != NULL) {
            s->all = grown;
            s->capacity = capacity;
        }
    }
    if (!copied || mp_keyset_add(&s->known, key, len, err) < 0) {
        free_sensor(&sensor);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu sensors",
                       s->known.n + 1);
    }
    s->all[s->known.n - 1] = sensor;
    return 0;
}

static int add_or_check(struct mp_csv_sensors *s, const struct mp_series *new,
                        const struct mp_csv_reader *r, const int *place, long *number,
                        struct mp_error *err)
{
    char key[2 * MP_CSV_FIELD_MAX + 16];
    size_t len = identity(new, key);

    *number = mp_keyset_find(&s->known, key, len);
    if (*number >= 0)
        return check_same(&s->all[*number].series, new, r, place, err);
    if (s->known.n >= MAX_SENSORS)
        return mp_csv_fail(r, place[MP_CSV_FQDD], err,
                           "more than %d different sensors; is this column right?",
                           MAX_SENSORS);
    if (add_sensor(s, new, key, len, err) < 0)
        return -1;
    *number = (long)s->known.n - 1;
    return 0;
}

/* ---- which node ---- */

/* Show `hosts` every host of the rest of the file, from the line after the header on. */
static int see_all(struct mp_csv_sensors *s, struct mp_csv_reader *r, int column,
                   struct mp_error *err)
{
    struct mp_keyset seen = {0};
    struct mp_csv_record rec;
    char name[MP_CSV_FIELD_MAX + 1];
    int rc = mp_csv_next(r, &rec, err); /* the header */

    while (rc > 0 && (rc = mp_csv_next(r, &rec, err)) > 0) {
        const struct mp_csv_field *f = &rec.fields[column];
        size_t known = seen.n;

        if ((size_t)column >= rec.n || f->len == 0)
            continue;
        if (mp_keyset_put(&seen, f->text, f->len, err) < 0 ||
            (seen.n > known && mp_hosts_see(&s->hosts, text_of(f, name), err) < 0))
            rc = -1;
    }
    mp_keyset_free(&seen);
    return rc;
}

/* The whole file, with a buffer of its own; `r` then goes on where it was. */
static int look_ahead(struct mp_csv_sensors *s, const struct mp_csv_reader *r, int column,
                      struct mp_error *err)
{
    struct mp_csv_reader again;
    int64_t at = lseek(r->input.fd, 0, SEEK_CUR);
    int rc = -1;

    s->looked_ahead = true;
    if (lseek(r->input.fd, r->input.start, SEEK_SET) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot read %s again", r->name);
    if (mp_csv_open(&again, r->input.fd, r->name, r->input.run, err) == 0) {
        rc = see_all(s, &again, column, err);
        mp_csv_close(&again);
    }
    if (lseek(r->input.fd, at, SEEK_SET) < 0 && rc == 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot read %s again", r->name);
    return rc;
}

/* A stream shows its hosts one by one: rows of one that then turns out to have a rival
 * have been handed on. */
static int check_rivals(const struct mp_csv_sensors *s, const struct mp_csv_reader *r,
                        int column, const char *hostname, struct mp_error *err)
{
    for (size_t i = 0; s->matched && i < s->known.n; i++) {
        const struct mp_series *series = &s->all[i].series;

        if (mp_hosts_find(&s->hosts, series->hostname) != (long)series->node)
            return mp_csv_fail(r, column, err,
                               "%s, after rows of %s, which were taken to be of node %s "
                               "of the job; leave one of the two out, or give a file",
                               hostname, series->hostname,
                               s->plan->nodes[series->node].name);
    }
    return 0;
}

static int find_node(struct mp_csv_sensors *s, const struct mp_csv_reader *r, int column,
                     const char *hostname, long *node, struct mp_error *err)
{
    if (!s->looked_ahead && mp_hosts_see(&s->hosts, hostname, err) < 0)
        return -1;
    if (r->input.regular && !s->looked_ahead && mp_hosts_differs(&s->hosts, hostname) &&
        look_ahead(s, r, column, err) < 0)
        return -1;
    if (!r->input.regular && check_rivals(s, r, column, hostname, err) < 0)
        return -1;
    *node = mp_hosts_find(&s->hosts, hostname);
    s->matched = s->matched || (*node >= 0 && !s->hosts.nodes[*node].exact);
    return 0;
}

int mp_csv_sensor_find(struct mp_csv_sensors *s, const struct mp_csv_reader *r,
                       const struct mp_csv_field *const fields[MP_CSV_N_COLUMNS],
                       const int place[MP_CSV_N_COLUMNS], bool naive, long *number,
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

    *number = MP_CSV_NOT_PLANNED;
    if (new.hostname == NULL || new.metric == NULL)
        return mp_csv_fail(r,
                           place[new.hostname == NULL ? MP_CSV_HOSTNAME : MP_CSV_METRIC],
                           err, "empty");
    long node;
    if (find_node(s, r, place[MP_CSV_HOSTNAME], new.hostname, &node, err) < 0)
        return -1;
    if (node < 0)
        return 0;
    new.node = (uint32_t)node;
    new.route = s->plan->nodes[node].route;
    long metric = find_metric(&s->plan->routes[new.route], new.metric);
    if (metric < 0)
        return 0;
    new.metric_index = (uint32_t)metric;
    new.metric = s->plan->routes[new.route].metrics[metric].name;
    return add_or_check(s, &new, r, place, number, err);
}

int mp_csv_sensor_admit(struct mp_csv_sensors *s, struct mp_csv_sensor *sensor,
                        struct mp_error *err)
{
    uint32_t index;

    mp_csv_beside_tell(s->beside, s->plan, &sensor->series);
    if (mp_emit_admit(s->emit, &sensor->series, &index, err) < 0)
        return -1;
    sensor->index = index;
    if (sensor->near != MP_CSV_NO_SERIES)
        mp_emit_has_inside(s->emit, (uint32_t)sensor->near);
    return 0;
}

int mp_csv_sensor_near(struct mp_csv_sensors *s, struct mp_csv_sensor *sensor,
                       struct mp_error *err)
{
    uint32_t number;

    mp_csv_beside_tell(s->beside, s->plan, &sensor->series);
    if (mp_emit_series(s->emit, &sensor->series, &number, err) < 0)
        return -1;
    sensor->near = number;
    return 0;
}

void mp_csv_sensors_free(struct mp_csv_sensors *s)
{
    for (size_t i = 0; i < s->known.n; i++)
        free_sensor(&s->all[i]);
    free(s->all);
    mp_hosts_free(&s->hosts);
    mp_keyset_free(&s->known);
    s->all = NULL;
}
