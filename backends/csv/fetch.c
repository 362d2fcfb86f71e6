/* SPDX-License-Identifier: MIT
 * fetch.c - the csv backend's loop over rows.
 *
 * A row of a known sensor is recognised without splitting it: between time and value and
 * after the value it repeats, byte for byte, an earlier row of its sensor, and which
 * sensor comes next is what came next the last time.  Any other row is split into fields,
 * checked, and then remembered for the next time.
 */
#include "config.h"

#include "backends/csv/fetch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/csv/time.h"
#include "base/numtext.h"
#include "report/rawcsv.h"
#include "base/zone.h"

static const char *const column_names[MP_CSV_N_COLUMNS] = {
    "timestamp", "hostname", "source", "fqdd", "value", "units", "metric"};

enum {
    BATCH = 1024,
    MAX_KEYS = 1 << 17, /* rows that repeat none of so many are split each time */
    NO_KEY = -1,
};

/* What the rows of one sensor repeat: ",hostname,source,fqdd," and ",units,metric\n", one
 * after the other the key in the keyset of the same number. */
struct row_key {
    uint32_t before, after; /* lengths */
    uint32_t lines;         /* line breaks in it */
    long sensor;            /* its number, or MP_CSV_NOT_PLANNED */
    long next;              /* the key that came after this one, or NO_KEY */
};

struct rows {
    struct mp_csv_reader *reader;
    const struct mp_csv_header *header;
    const struct mp_plan *plan;
    struct mp_emit *emit;
    struct mp_csv_sensors sensors;
    struct mp_keyset keyset;
    struct row_key *keys; /* keyset.capacity of them */
    size_t keys_capacity;
    long last_key; /* of the row before, or NO_KEY */
    struct mp_csv_times times;
    struct mp_zone zone;
    bool warned_naive;
    struct mp_sample samples[BATCH];
    size_t n;
};

/* One row, as far as the plan is concerned. */
struct row {
    long sensor;
    struct mp_civil time;
    double value;
    const char *text; /* of the value; len 0: NULL */
    uint32_t len;
};

/* ---- header ---- */

static int check_header(const struct mp_csv_reader *r, const struct mp_csv_header *h,
                        struct mp_error *err)
{
    for (int c = 0; c < MP_CSV_N_COLUMNS; c++)
        if (h->place[c] < 0)
            return mp_csv_fail(r, -1, err, "no column \"%s\"; the header must be %s",
                               column_names[c], MP_RAWCSV_HEADER);
    return 0;
}

static int find_column(const struct mp_csv_field *f)
{
    for (int c = 0; c < MP_CSV_N_COLUMNS; c++)
        if (strlen(column_names[c]) == f->len &&
            memcmp(column_names[c], f->text, f->len) == 0)
            return c;
    return -1;
}

int mp_csv_header_read(struct mp_csv_reader *r, struct mp_csv_header *h,
                       struct mp_error *err)
{
    struct mp_csv_record rec;
    int rc = mp_csv_next(r, &rec, err);

    if (rc < 0)
        return -1;
    if (rc == 0)
        return mp_fail(err, MP_FAULT_FAILED, "%s is empty: not even a header", r->name);
    h->usual = true;
    for (int c = 0; c < MP_CSV_N_COLUMNS; c++)
        h->place[c] = -1;
    for (size_t i = 0; i < rec.n; i++) {
        const struct mp_csv_field *f = &rec.fields[i];
        int c = find_column(f);

        if (c < 0)
            return mp_csv_fail(
                r, (int)i, err, "unknown column \"%.*s\"; the header must be %s",
                f->len < 100 ? (int)f->len : 100, f->text, MP_RAWCSV_HEADER);
        if (h->place[c] >= 0)
            return mp_csv_fail(r, (int)i, err, "column \"%s\" twice", column_names[c]);
        h->place[c] = (int)i;
        h->usual = h->usual && c == (int)i;
        r->columns[i] = column_names[c];
    }
    return check_header(r, h, err);
}

/* ---- samples ---- */

static int flush(struct rows *rows, struct mp_error *err)
{
    size_t n = rows->n;

    rows->n = 0;
    return mp_emit_batch(rows->emit, rows->samples, n, err);
}

static int fail_order(struct rows *rows, const struct mp_csv_sensor *sensor, int64_t us,
                      struct mp_error *err)
{
    char now[MP_TIME_TEXT_MAX], last[MP_TIME_TEXT_MAX];
    size_t now_len = mp_time_text(&rows->zone, us, false, now);
    size_t last_len = mp_time_text(&rows->zone, sensor->last, false, last);

    return mp_csv_fail(
        rows->reader, rows->header->place[MP_CSV_TIMESTAMP], err,
        "%.*s comes after %.*s of the same sensor (%s, %s); rows of a sensor must be in "
        "order of time: (head -n 1 F; tail -n +2 F | LC_ALL=C sort -s -t, -k1,1) puts "
        "them so",
        (int)now_len, now, (int)last_len, last, sensor->series.hostname,
        sensor->series.metric);
}

static int fail_naive(struct rows *rows, const struct mp_csv_sensor *sensor,
                      struct mp_error *err)
{
    bool was = sensor->series.naive;

    return mp_csv_fail(rows->reader, rows->header->place[MP_CSV_TIMESTAMP], err,
                       "a time with%s an offset from UTC, while earlier ones of the same "
                       "sensor (%s, %s) are with%s",
                       was ? "" : "out", sensor->series.hostname, sensor->series.metric,
                       was ? "out" : "");
}

/* The instant that a time without an offset means: in the hour that a change of clocks
 * repeats, the first one that is inside the window and not before the row before. */
static int64_t instant_of(struct rows *rows, const struct mp_csv_sensor *sensor,
                          int64_t local_us)
{
    int64_t first, second;

    mp_zone_from_local(&rows->zone, local_us, &first, &second);
    return first < sensor->last || first < rows->plan->start ? second : first;
}

static int warn_naive(struct rows *rows, struct mp_error *err)
{
    if (rows->warned_naive)
        return 0;
    rows->warned_naive = true;
    return mp_findings_warn(mp_emit_findings(rows->emit), err,
                            "%s has times without an offset from UTC; they are taken as "
                            "local time",
                            rows->reader->name);
}

static struct mp_sample sample_of(const struct row *row, int64_t us, uint32_t series)
{
    return (struct mp_sample){
        .time = us,
        .value = row->len > 0 ? row->value : NAN,
        .text = row->text,
        .series = series,
        .text_len = (uint16_t)row->len,
        .kind = row->len > 0 ? MP_VALUE_TEXT : MP_VALUE_NULL,
    };
}

/* A row outside the window, which may stand in where its sensor has none inside. */
static int add_outside(struct rows *rows, const struct row *row, int64_t us,
                       struct mp_error *err)
{
    struct mp_csv_sensor *sensor = &rows->sensors.all[row->sensor];
    int64_t near = mp_plan_borrow(rows->plan);
    struct mp_sample sample;

    if (us < rows->plan->start - near || us > rows->plan->end + near || near == 0 ||
        sensor->index != MP_CSV_NO_SERIES)
        return 0;
    if (sensor->near == MP_CSV_NO_SERIES &&
        mp_csv_sensor_near(&rows->sensors, sensor, err) < 0)
        return -1;
    sample = sample_of(row, us, (uint32_t)sensor->near);
    return mp_emit_sample(rows->emit, &sample, err);
}

/* A counter's neighbours are rows like others. */
static bool is_edge_of_counter(const struct rows *rows,
                               const struct mp_csv_sensor *sensor, int64_t us)
{
    const struct mp_series *s = &sensor->series;
    int64_t near = mp_plan_near(rows->plan);

    return rows->plan->routes[s->route].metrics[s->metric_index].counter &&
           us >= rows->plan->start - near && us <= rows->plan->end + near;
}

static int add_sample(struct rows *rows, const struct row *row, struct mp_error *err)
{
    struct mp_csv_sensor *sensor;
    int64_t us = row->time.us;

    if (row->sensor == MP_CSV_NOT_PLANNED)
        return 0;
    sensor = &rows->sensors.all[row->sensor];
    if (row->time.naive != sensor->series.naive)
        return fail_naive(rows, sensor, err);
    if (row->time.naive)
        us = instant_of(rows, sensor, us);
    if ((us < rows->plan->start || us > rows->plan->end) &&
        !is_edge_of_counter(rows, sensor, us))
        return add_outside(rows, row, us, err);
    if (us < sensor->last)
        return fail_order(rows, sensor, us, err);
    if ((row->time.naive && warn_naive(rows, err) < 0) ||
        (sensor->index == MP_CSV_NO_SERIES &&
         mp_csv_sensor_admit(&rows->sensors, sensor, err) < 0))
        return -1;
    sensor->last = us;
    rows->samples[rows->n++] = sample_of(row, us, (uint32_t)sensor->index);
    return rows->n == BATCH ? flush(rows, err) : 0;
}

/* ---- a row like an earlier one ---- */

/* The value at p, if it is digits with or without a point, or nothing, up to a comma;
 * false where mp_number_read must look. */
static bool quick_value(const char *p, struct row *row)
{
    static const double scale[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *start = p;
    uint64_t digits = 0;
    unsigned d, decimals = 0;

    for (; (d = (unsigned char)*p - '0') <= 9; p++)
        digits = 10 * digits + d;
    if (*p == '.' && p > start) {
        const char *point = p++;

        for (; (d = (unsigned char)*p - '0') <= 9; p++)
            digits = 10 * digits + d;
        decimals = (unsigned)(p - point - 1);
        if (decimals == 0)
            return false;
    }
    row->text = start;
    row->len = (uint32_t)(p - start);
    if (*p != ',' || row->len > 15)
        return false;
    row->value = decimals > 0 ? (double)digits / scale[decimals] : (double)digits;
    return true;
}

/* Take the row at pos if it is one of the sensor expected next: 1; 0: split it. */
static int quick_row(struct rows *rows, struct mp_error *err)
{
    struct mp_csv_reader *r = rows->reader;
    const char *start = r->buffer + r->pos;
    const char *p = start;
    struct row row;

    if (rows->last_key == NO_KEY || rows->keys[rows->last_key].next == NO_KEY)
        return 0;
    long number = rows->keys[rows->last_key].next;
    const struct row_key *key = &rows->keys[number];
    const char *bytes = rows->keyset.keys[number].bytes;
    size_t time_len = mp_csv_time_quick(&rows->times, p);

    if (time_len == 0 || !mp_equal_bytes(p += time_len, bytes, key->before) ||
        !quick_value(p += key->before, &row) ||
        !mp_equal_bytes(p += row.len, bytes + key->before, key->after))
        return 0;
    row.sensor = key->sensor;
    row.time = rows->times.civil;
    r->record_line = r->line;
    if (add_sample(rows, &row, err) < 0)
        return -1;
    r->pos += (size_t)(p + key->after - start);
    r->line += key->lines;
    rows->last_key = number;
    return 1;
}

/* ---- any row ---- */

/* The old script's totals below its samples: ",,,,0.14,kWh,Energy_TotalCPUPower". */
static bool is_summary(const struct mp_csv_field *const f[MP_CSV_N_COLUMNS])
{
    return f[MP_CSV_TIMESTAMP]->len == 0 && f[MP_CSV_HOSTNAME]->len == 0 &&
           f[MP_CSV_UNITS]->len == 3 && memcmp(f[MP_CSV_UNITS]->text, "kWh", 3) == 0 &&
           f[MP_CSV_METRIC]->len > 7 &&
           strncasecmp(f[MP_CSV_METRIC]->text, "energy_", 7) == 0;
}

static int check_shape(const struct rows *rows, const struct mp_csv_record *rec,
                       struct mp_error *err)
{
    if (rec->n == MP_CSV_N_COLUMNS)
        return 0;
    if (!rec->terminated)
        return mp_csv_fail(
            rows->reader, -1, err,
            "the file ends inside this line (%zu of %d columns): it was cut off", rec->n,
            MP_CSV_N_COLUMNS);
    return mp_csv_fail(rows->reader, -1, err, "%zu columns instead of %d", rec->n,
                       MP_CSV_N_COLUMNS);
}

/* A last line without its end is whole only if its last column says so. */
static int check_end(const struct rows *rows, const struct mp_csv_record *rec,
                     const struct mp_csv_field *metric, struct mp_error *err)
{
    if (rec->terminated)
        return 0;
    for (size_t i = 0; i < rows->plan->n_routes; i++) {
        const struct mp_route *route = &rows->plan->routes[i];

        for (size_t m = 0; m < route->n_metrics; m++)
            if (strlen(route->metrics[m].name) == metric->len &&
                strncasecmp(route->metrics[m].name, metric->text, metric->len) == 0)
                return 0;
    }
    return mp_csv_fail(
        rows->reader, -1, err,
        "the file ends inside this line: it was cut off (or, if the line is "
        "whole, lacks the line break at its end)");
}

static int split_value(const struct rows *rows, const struct mp_csv_field *f,
                       struct row *row, struct mp_error *err)
{
    row->text = f->text;
    row->len = f->len;
    if (f->len == 0 && !f->quoted)
        return 0;
    if (f->len == 0 || mp_number_read(f->text, f->len, &row->value) < 0)
        return mp_csv_fail(rows->reader, rows->header->place[MP_CSV_VALUE], err,
                           "\"%.*s\" is not a number", f->len < 100 ? (int)f->len : 100,
                           f->text);
    return 0;
}

static int split_time(struct rows *rows, const struct mp_csv_field *f, struct row *row,
                      struct mp_error *err)
{
    const char *why = mp_csv_time_read(&rows->times, f->text, f->len);

    if (why != NULL)
        return mp_csv_fail(rows->reader, rows->header->place[MP_CSV_TIMESTAMP], err,
                           "\"%.*s\" is not a time: %s", f->len < 100 ? (int)f->len : 100,
                           f->text, why);
    row->time = rows->times.civil;
    return 0;
}

/* The bytes that rows of one sensor repeat, in the usual order of columns: everything but
 * the time and the value.  Their length; 0 if they are too long to be remembered. */
static size_t repeated_bytes(const struct mp_csv_reader *r,
                             const struct mp_csv_record *rec, struct row_key *key,
                             char *out, size_t room)
{
    const struct mp_csv_field *time = &rec->fields[MP_CSV_TIMESTAMP];
    const struct mp_csv_field *value = &rec->fields[MP_CSV_VALUE];
    const char *before = time->raw + time->raw_len;
    const char *after = value->raw + value->raw_len;
    const char *end = r->buffer + r->pos + rec->len;

    key->before = (uint32_t)(value->raw - before);
    key->after = (uint32_t)(end - after);
    key->lines = (uint32_t)rec->lines;
    if (key->before + key->after > room)
        return 0;
    memcpy(out, before, key->before);
    memcpy(out + key->before, after, key->after);
    return key->before + key->after;
}

static int remember_key(struct rows *rows, const char *bytes, size_t len,
                        const struct row_key *key, struct mp_error *err)
{
    if (rows->keyset.n == rows->keys_capacity) {
        size_t capacity = rows->keys_capacity > 0 ? 2 * rows->keys_capacity : 64;
        struct row_key *grown = realloc(rows->keys, capacity * sizeof *grown);

        if (grown == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series",
                           capacity);
        rows->keys = grown;
        rows->keys_capacity = capacity;
    }
    rows->keys[rows->keyset.n] = *key;
    return mp_keyset_add(&rows->keyset, bytes, len, err);
}

/* Which sensor the row is of; remembers its bytes, and that
 * it came after the row before. */
static int split_sensor(struct rows *rows, const struct mp_csv_record *rec,
                        const struct mp_csv_field *const f[MP_CSV_N_COLUMNS],
                        struct row *row, struct mp_error *err)
{
    char bytes[MP_CSV_PAD - MP_CSV_TIME_ROOM - MP_NUMBER_TEXT_MAX];
    struct row_key key = {.next = NO_KEY};
    size_t len = 0;
    long number = NO_KEY;

    if (rows->header->usual)
        len = repeated_bytes(rows->reader, rec, &key, bytes, sizeof bytes);
    if (len > 0)
        number = mp_keyset_find(&rows->keyset, bytes, len);
    if (number != NO_KEY) {
        row->sensor = rows->keys[number].sensor;
    } else {
        if (mp_csv_sensor_find(&rows->sensors, rows->reader, f, rows->header->place,
                               row->time.naive, &row->sensor, err) < 0)
            return -1;
        key.sensor = row->sensor;
        if (len > 0 && rows->keyset.n < MAX_KEYS) {
            if (remember_key(rows, bytes, len, &key, err) < 0)
                return -1;
            number = (long)rows->keyset.n - 1;
        }
    }
    if (rows->last_key != NO_KEY)
        rows->keys[rows->last_key].next = number;
    rows->last_key = number;
    return 0;
}

static int split_row(struct rows *rows, const struct mp_csv_record *rec,
                     struct mp_error *err)
{
    const struct mp_csv_field *f[MP_CSV_N_COLUMNS];
    struct row row;

    if (rec->n == 1 && rec->fields[0].len == 0 && !rec->fields[0].quoted)
        return 0; /* a blank line */
    if (check_shape(rows, rec, err) < 0)
        return -1;
    for (int c = 0; c < MP_CSV_N_COLUMNS; c++)
        f[c] = &rec->fields[rows->header->place[c]];
    if (is_summary(f))
        return 0;
    if (split_time(rows, f[MP_CSV_TIMESTAMP], &row, err) < 0 ||
        split_value(rows, f[MP_CSV_VALUE], &row, err) < 0 ||
        check_end(rows, rec, f[MP_CSV_METRIC], err) < 0 ||
        split_sensor(rows, rec, f, &row, err) < 0)
        return -1;
    return add_sample(rows, &row, err);
}

/* One row, or more bytes: 1; 0 at the end of the input. */
static int step(struct rows *rows, struct mp_error *err)
{
    struct mp_csv_reader *r = rows->reader;
    struct mp_csv_record rec;
    int rc = 0;

    if (r->pos < r->end) {
        if ((rc = quick_row(rows, err)) != 0)
            return rc;
        rc = mp_csv_split(r, &rec, err);
    }
    if (rc > 0) {
        if (split_row(rows, &rec, err) < 0)
            return -1;
        mp_csv_take(r, &rec);
    }
    if (rc != 0)
        return rc;
    if (flush(rows, err) < 0 || mp_csv_fill(r, err) < 0)
        return -1;
    return r->pos < r->end;
}

int mp_csv_rows(struct mp_csv_reader *r, const struct mp_csv_header *h,
                const struct mp_plan *plan, struct mp_emit *emit, struct mp_error *err)
{
    struct rows *rows = calloc(1, sizeof *rows);
    struct mp_csv_beside *beside;
    int rc;

    if (rows == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for reading %s", r->name);
    rows->reader = r;
    rows->header = h;
    rows->plan = plan;
    rows->emit = emit;
    beside = mp_csv_beside_read(r->name);
    if (mp_csv_beside_units_contradict(beside))
        mp_emit_findings(emit)->units_contradict = true;
    rows->sensors = (struct mp_csv_sensors){
        .plan = plan, .emit = emit, .beside = beside, .hosts = {.plan = plan}};
    rows->last_key = NO_KEY;
    mp_zone_init(&rows->zone);
    while ((rc = step(rows, err)) > 0)
        ;
    if (rc == 0)
        rc = mp_hosts_say(&rows->sensors.hosts, r->name, mp_emit_findings(emit), err);
    mp_csv_sensors_free(&rows->sensors);
    mp_csv_beside_free(beside);
    mp_keyset_free(&rows->keyset);
    free(rows->keys);
    free(rows);
    return rc;
}
