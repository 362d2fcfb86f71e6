/* SPDX-License-Identifier: MIT
 * summary.c - summary.json.
 *
 * jansson holds one member or one element of the big lists at a time, so that 13,000
 * series need no tree of them all; each stands on a line of its own, for diff and grep.
 * Numbers are printed as the shortest text that reads back as the same double, whatever
 * the locale. */
#include "config.h"

#include "report/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/numtext.h"
#include "base/utf8.h"

struct writer {
    FILE *out;
    bool no_memory;
};

/* jansson's constructors return NULL when memory runs out, and its setters then fail: the
 * first failure is remembered, so that callers need not ask each time. */
static void put(struct writer *w, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        w->no_memory = true;
}

static void append(struct writer *w, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0)
        w->no_memory = true;
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *text(const char *s)
{
    char *clean;
    json_t *json;

    if (s == NULL)
        return json_null();
    clean = mp_utf8_clean(s);
    json = clean != NULL ? json_string(clean) : NULL;
    free(clean);
    return json;
}

/* ISO 8601, UTC; a fraction only where there is one. */
static json_t *instant(int64_t us)
{
    int64_t fraction = us % 1000000 < 0 ? us % 1000000 + 1000000 : us % 1000000;
    time_t seconds = (time_t)((us - fraction) / 1000000);
    char whole[64] = "", all[80];
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL ||
        strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return json_null();
    if (fraction == 0)
        snprintf(all, sizeof all, "%sZ", whole);
    else
        snprintf(all, sizeof all, "%s.%06" PRId64 "Z", whole, fraction);
    return json_string(all);
}

static void print(struct writer *w, const json_t *value);

static void print_object(struct writer *w, const json_t *object)
{
    const char *key, *separator = "";
    json_t *value;

    fputc('{', w->out);
    json_object_foreach((json_t *)object, key, value)
    {
        fprintf(w->out, "%s\"%s\": ", separator, key); /* keys are ours: plain ASCII */
        print(w, value);
        separator = ", ";
    }
    fputc('}', w->out);
}

static void print_array(struct writer *w, const json_t *array)
{
    fputc('[', w->out);
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            fputs(", ", w->out);
        print(w, json_array_get(array, i));
    }
    fputc(']', w->out);
}

/* On one line. */
static void print(struct writer *w, const json_t *value)
{
    char digits[MP_NUMBER_TEXT_MAX];

    if (json_is_object(value))
        print_object(w, value);
    else if (json_is_array(value))
        print_array(w, value);
    else if (json_is_real(value))
        fwrite(digits, 1, mp_float8_text(json_real_value(value), digits), w->out);
    else if (json_dumpf(value, w->out, JSON_ENCODE_ANY) < 0 && !ferror(w->out))
        w->no_memory = true;
}

/* A member of the whole; frees `value`. */
static void member(struct writer *w, const char *key, json_t *value)
{
    fprintf(w->out, ",\n  \"%s\": ", key);
    print(w, value);
    json_decref(value);
}

/* The same, one member of it to a line. */
static void open_member(struct writer *w, const char *name, json_t *object)
{
    const char *key, *separator = "";
    json_t *value;

    fprintf(w->out, ",\n  \"%s\": {", name);
    json_object_foreach(object, key, value)
    {
        fprintf(w->out, "%s\n    \"%s\": ", separator, key);
        print(w, value);
        separator = ",";
    }
    fputs("\n  }", w->out);
    json_decref(object);
}

static void begin_list(struct writer *w, const char *name)
{
    fprintf(w->out, ",\n  \"%s\": [", name);
}

/* One element to a line; frees it. */
static void element(struct writer *w, size_t i, json_t *value)
{
    fputs(i > 0 ? ",\n    " : "\n    ", w->out);
    print(w, value);
    json_decref(value);
}

static void end_list(struct writer *w, size_t n)
{
    fputs(n > 0 ? "\n  ]" : "]", w->out);
}

static json_t *components(struct writer *w, const double values[MP_N_COMPONENTS])
{
    json_t *o = json_object();

    for (int i = 0; i < MP_N_COMPONENTS; i++)
        put(w, o, mp_role_name((enum mp_role)i), number(values[i]));
    return o;
}

static json_t *power(struct writer *w, const struct mp_power *p)
{
    json_t *o = json_object();

    put(w, o, "mean", number(p->mean_w));
    put(w, o, "min", number(p->min_w));
    put(w, o, "max", number(p->max_w));
    return o;
}

/* What only the backend knows, and a replay of its samples cannot. */
static json_t *backend_findings(struct writer *w, const struct mp_findings *f)
{
    json_t *list = json_array();

    for (size_t i = 0; f != NULL && i < f->n_warnings; i++)
        append(w, list, text(f->warnings[i]));
    for (size_t i = 0; f != NULL && i < f->n_missing; i++) {
        const struct mp_missing *m = &f->missing[i];
        char *line;

        if (asprintf(&line, "%s%s%s: %s", m->node != NULL ? m->node : "",
                     m->node != NULL && m->metric != NULL ? " " : "",
                     m->metric != NULL ? m->metric : "", m->reason) < 0) {
            w->no_memory = true;
            break;
        }
        append(w, list, text(line));
        free(line);
    }
    return list;
}

void mp_raw_file_reason(const struct mp_raw_file *raw, char *out, size_t size)
{
    if (raw->name != NULL)
        snprintf(out, size, "%s", "");
    else if (raw->limit == 0)
        snprintf(out, size, "not kept, as configured (raw = none)");
    else
        snprintf(out, size, "not kept: %" PRIu64 " are more than raw_limit, %" PRIu64,
                 raw->rows, raw->limit);
}

/* Why there is no file stands where a program that looks for one finds it. */
static json_t *raw_file(struct writer *w, const struct mp_raw_file *raw)
{
    json_t *o = json_object();
    char why[120];

    mp_raw_file_reason(raw, why, sizeof why);
    put(w, o, "file", text(raw->name));
    put(w, o, "rows", count(raw->rows));
    put(w, o, "reason", why[0] != '\0' ? text(why) : json_null());
    return o;
}

static void write_provenance(struct writer *w, const struct mp_summary_input *in)
{
    fputs("{\n  \"schema\": 1", w->out);
    member(w, "program", text(PACKAGE_STRING));
    member(w, "backend", text(in->backend));
    member(w, "database", text(in->backend_label));
    member(w, "backend_findings", backend_findings(w, in->findings));
    member(w, "raw", raw_file(w, &in->raw));
}

static void write_job(struct writer *w, const struct mp_summary_input *in)
{
    const struct mp_job *job = in->job;
    json_t *o = json_object(), *nodes = json_array();

    for (size_t i = 0; i < in->plan->n_nodes; i++)
        append(w, nodes, text(in->plan->nodes[i].name));
    put(w, o, "id", text(job->label));
    put(w, o, "cluster", text(job->cluster));
    put(w, o, "user", text(job->user));
    put(w, o, "name", text(job->name));
    put(w, o, "nodelist", text(job->nodelist));
    put(w, o, "nodes", nodes);
    put(w, o, "start", instant(in->plan->start));
    put(w, o, "end", instant(in->plan->end));
    put(w, o, "seconds", number((double)(in->plan->end - in->plan->start) / 1e6));
    put(w, o, "restart_count", count(job->restart_count));
    put(w, o, "suspended", job->suspended > 0 ? instant(job->suspended) : json_null());
    open_member(w, "job", o);
}

static void write_verdict(struct writer *w, const struct mp_energy_result *e)
{
    member(w, "verdict", text(mp_verdict_name(e->verdict)));
    begin_list(w, "reasons");
    for (size_t i = 0; i < e->n_reasons; i++)
        element(w, i, text(e->reasons[i]));
    end_list(w, e->n_reasons);
}

static json_t *dropped(struct writer *w, const struct mp_series_result *r)
{
    json_t *o = json_object();

    put(w, o, "null", count(r->dropped_null));
    put(w, o, "nan", count(r->dropped_nan));
    put(w, o, "negative", count(r->dropped_negative));
    put(w, o, "implausible", count(r->dropped_implausible));
    put(w, o, "repeated", count(r->dropped_repeated));
    return o;
}

/* Why there is no interval; NULL: there is one, or no energy either. */
static char *lack_of_samples(struct writer *w, const struct mp_summary_input *in)
{
    const struct mp_energy_result *e = in->energy;
    const struct mp_series *first = NULL;
    bool borrowed = false;
    size_t n = 0;
    char *line;

    for (size_t k = 0; k < e->n_series && isnan(e->uncertainty.kwh); k++) {
        const struct mp_series *s = &in->series->series[e->order[k]];

        if (!e->series[e->order[k]].usable ||
            !isnan(e->series[e->order[k]].uncertainty_kwh) ||
            in->plan->routes[s->route].metrics[s->metric_index].role != MP_ROLE_INPUT)
            continue;
        first = first != NULL ? first : s;
        borrowed = borrowed || e->series[e->order[k]].borrowed > 0;
        n++;
    }
    if (first == NULL)
        return NULL;
    if (asprintf(&line, "fewer than three samples of %s of %s%s%s", first->metric,
                 in->plan->nodes[first->node].name,
                 n > 1 ? " and of other series of the total" : "",
                 borrowed ? "; none lies in the window, the last before and the first "
                            "after it stand in"
                          : "") >= 0)
        return line;
    w->no_memory = true;
    return NULL;
}

static json_t *uncertainty(struct writer *w, const struct mp_summary_input *in)
{
    const struct mp_uncertainty *u = &in->energy->uncertainty;
    json_t *o = json_object(), *share = json_object();
    char *why = lack_of_samples(w, in);

    for (int i = 0; i < MP_N_BY; i++)
        put(w, share, mp_uncertainty_name((enum mp_uncertainty_part)i),
            isnan(u->kwh) ? json_null() : number(u->share[i]));
    put(w, o, "level", number(0.95));
    put(w, o, "percent", number(100 * u->kwh / in->energy->total_kwh));
    put(w, o, "covers",
        text("what the samples do not show: between them, at the edges, in gaps, their "
             "resolution, and the whole seconds of the job's start and end"));
    put(w, o, "sensor_accuracy", text(mp_sensor_words(u)));
    put(w, o, "share", share);
    put(w, o, "reason", text(why));
    free(why);
    return o;
}

/* Whole watts: it is for a line of 64 characters. */
static json_t *line(struct writer *w, const struct mp_energy_result *e)
{
    json_t *list = json_array();

    for (size_t i = 0; i < e->n_line; i++)
        append(w, list, number(round(e->line[i])));
    return list;
}

static json_t *sharing(struct writer *w, const struct mp_energy_result *e)
{
    json_t *o = json_object();

    put(w, o, "known", json_boolean(e->sharing_known));
    put(w, o, "shared", json_boolean(e->shared));
    put(w, o, "share_kwh", number(e->share.kwh));
    put(w, o, "share_uncertainty_kwh",
        number(e->uncertainty.kwh * (e->share.kwh / e->total_kwh)));
    put(w, o, "share_low_kwh", number(e->share.low_kwh));
    put(w, o, "share_high_kwh", number(e->share.high_kwh));
    put(w, o, "rule", text(mp_sharing_words(e)));
    return o;
}

static bool has_site(const struct mp_site *site)
{
    return site != NULL && (!isnan(site->price) || !isnan(site->carbon_g));
}

/* Of the job's own energy. */
static json_t *site(struct writer *w, const struct mp_summary_input *in)
{
    const struct mp_site *s = in->site;
    double kwh = mp_headline_kwh(in->energy);
    json_t *o = json_object();

    put(w, o, "of_kwh", number(kwh));
    put(w, o, "pue", s->has_pue ? number(s->pue) : json_null());
    put(w, o, "price_per_kwh", number(s->price));
    put(w, o, "currency", s->currency[0] != '\0' ? text(s->currency) : json_null());
    put(w, o, "cost", number(mp_site_cost(s, kwh)));
    put(w, o, "carbon_g_per_kwh", number(s->carbon_g));
    put(w, o, "carbon_g", number(mp_site_carbon(s, kwh)));
    return o;
}

static void write_totals(struct writer *w, const struct mp_summary_input *in)
{
    const struct mp_energy_result *e = in->energy;
    struct mp_series_result all = {0};
    json_t *o = json_object();

    for (size_t i = 0; i < e->n_series; i++) {
        all.dropped_null += e->series[i].dropped_null;
        all.dropped_nan += e->series[i].dropped_nan;
        all.dropped_negative += e->series[i].dropped_negative;
        all.dropped_implausible += e->series[i].dropped_implausible;
        all.dropped_repeated += e->series[i].dropped_repeated;
    }
    put(w, o, "total", number(e->total_kwh));
    put(w, o, "uncertainty", number(e->uncertainty.kwh));
    put(w, o, "idle", number(e->idle_kwh));
    put(w, o, "components", components(w, e->components.kwh));
    put(w, o, "components_uncertainty", components(w, e->components.uncertainty_kwh));
    put(w, o, "excess", number(e->excess_kwh));
    open_member(w, "energy_kwh", o);
    open_member(w, "sharing", sharing(w, e));
    if (has_site(in->site))
        open_member(w, "site", site(w, in));
    open_member(w, "uncertainty", uncertainty(w, in));
    o = power(w, &e->power);
    put(w, o, "grid_s", number(e->grid_s));
    put(w, o, "line", line(w, e));
    member(w, "power_w", o);
    member(w, "coverage", number(e->coverage));
    member(w, "samples", count(e->samples));
    member(w, "dropped", dropped(w, &all));
}

static json_t *node_json(struct writer *w, const struct mp_summary_input *in, size_t i)
{
    const struct mp_node_result *n = &in->energy->nodes[i];
    const struct mp_plan_node *planned = &in->plan->nodes[i];
    json_t *o = json_object();

    put(w, o, "name", text(planned->name));
    put(w, o, "route", text(in->plan->routes[planned->route].name));
    put(w, o, "energy_kwh", number(n->energy_kwh));
    put(w, o, "uncertainty_kwh", number(n->uncertainty_kwh));
    put(w, o, "components", components(w, n->components.kwh));
    put(w, o, "components_uncertainty_kwh", components(w, n->components.uncertainty_kwh));
    put(w, o, "output_kwh", number(n->output_kwh));
    put(w, o, "excess_kwh", number(n->excess_kwh));
    put(w, o, "share_kwh", number(n->share.kwh));
    put(w, o, "share_low_kwh", number(n->share.low_kwh));
    put(w, o, "share_high_kwh", number(n->share.high_kwh));
    put(w, o, "neighbours", count(n->neighbours));
    put(w, o, "idle_kwh", number(n->idle_kwh));
    put(w, o, "idle_w", number(n->idle_w));
    put(w, o, "idle_measured", json_boolean(n->idle_measured));
    put(w, o, "power_w", power(w, &n->power));
    put(w, o, "coverage", number(n->coverage));
    put(w, o, "samples", count(n->samples));
    return o;
}

static json_t *gaps_json(struct writer *w, const struct mp_series_result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n_gaps; i++) {
        json_t *pair = json_array();

        append(w, pair, instant(r->gaps[i].start));
        append(w, pair, instant(r->gaps[i].end));
        append(w, list, pair);
    }
    return list;
}

static json_t *series_json(struct writer *w, const struct mp_summary_input *in, size_t i)
{
    const struct mp_series *s = &in->series->series[i];
    const struct mp_series_result *r = &in->energy->series[i];
    const struct mp_metric *m = &in->plan->routes[s->route].metrics[s->metric_index];
    const double accuracy = mp_series_accuracy(s, m);
    json_t *o = json_object();

    put(w, o, "node", text(in->plan->nodes[s->node].name));
    put(w, o, "metric", text(s->metric));
    put(w, o, "role", text(mp_role_name(m->role)));
    put(w, o, "source", text(s->source));
    put(w, o, "fqdd", text(s->fqdd));
    put(w, o, "units", text(s->units));
    put(w, o, "samples", count(r->samples));
    put(w, o, "borrowed", count(r->borrowed));
    put(w, o, "energy_kwh", number(r->energy_kwh));
    put(w, o, "uncertainty_kwh", number(r->uncertainty_kwh));
    put(w, o, "accuracy_percent", number(accuracy > 0 ? accuracy : NAN));
    put(w, o, "lag_s", number((double)mp_series_lag(s, m) / 1e6));
    put(w, o, "mean_w", number(r->mean_w));
    put(w, o, "min_w", number(r->min_w));
    put(w, o, "max_w", number(r->max_w));
    put(w, o, "coverage", number(r->coverage));
    put(w, o, "interval_s", number(r->interval_s));
    put(w, o, "longest_gap_s", number(r->longest_gap_s));
    put(w, o, "gaps", gaps_json(w, r));
    put(w, o, "zeros", count(r->zeros));
    put(w, o, "dropped", dropped(w, r));
    return o;
}

static json_t *missing_json(struct writer *w, const struct mp_missing *m)
{
    json_t *o = json_object();

    put(w, o, "node", text(m->node));
    put(w, o, "metric", text(m->metric));
    put(w, o, "reason", text(m->reason));
    return o;
}

static json_t *outlier_json(struct writer *w, const struct mp_summary_input *in,
                            const struct mp_outlier *outlier)
{
    const struct mp_plan_node *planned = &in->plan->nodes[outlier->node];
    json_t *o = json_object();

    put(w, o, "node", text(planned->name));
    put(w, o, "route", text(in->plan->routes[planned->route].name));
    put(w, o, "energy_kwh", number(in->energy->nodes[outlier->node].energy_kwh));
    put(w, o, "median_kwh", number(outlier->median_kwh));
    return o;
}

static void write_lists(struct writer *w, const struct mp_summary_input *in)
{
    const struct mp_energy_result *e = in->energy;
    size_t n = 0;

    begin_list(w, "nodes");
    for (size_t i = 0; i < e->n_nodes; i++)
        element(w, i, node_json(w, in, i));
    end_list(w, e->n_nodes);
    begin_list(w, "outliers");
    for (size_t i = 0; i < e->n_outliers; i++)
        element(w, i, outlier_json(w, in, &e->outliers[i]));
    end_list(w, e->n_outliers);
    begin_list(w, "series");
    for (size_t i = 0; i < e->n_series; i++) {
        if (e->series[e->order[i]].samples > 0)
            element(w, n++, series_json(w, in, e->order[i]));
    }
    end_list(w, n);
    begin_list(w, "missing");
    for (size_t i = 0; i < e->n_missing; i++)
        element(w, i, missing_json(w, &e->missing[i]));
    end_list(w, e->n_missing);
    fputs("\n}\n", w->out);
}

int mp_summary_write(const struct mp_summary_input *in, int fd, struct mp_error *err)
{
    int copy = dup(fd);
    struct writer w = {.out = copy >= 0 ? fdopen(copy, "w") : NULL};
    bool failed;

    if (w.out == NULL) {
        mp_fail(err, MP_FAULT_FAILED, "cannot write summary.json: %s", strerror(errno));
        if (copy >= 0)
            close(copy);
        return -1;
    }
    write_provenance(&w, in);
    write_job(&w, in);
    write_verdict(&w, in->energy);
    member(&w, "units_contradict",
           json_boolean(in->findings != NULL && in->findings->units_contradict));
    write_totals(&w, in);
    write_lists(&w, in);
    failed = fflush(w.out) != 0 || ferror(w.out) != 0;
    if (failed)
        mp_fail(err, MP_FAULT_FAILED, "cannot write summary.json: %s", strerror(errno));
    if (fclose(w.out) != 0 && !failed) {
        failed = true;
        mp_fail(err, MP_FAULT_FAILED, "cannot write summary.json: %s", strerror(errno));
    }
    if (failed)
        return -1;
    return w.no_memory ? mp_fail(err, MP_FAULT_FAILED, "out of memory for summary.json")
                       : 0;
}
