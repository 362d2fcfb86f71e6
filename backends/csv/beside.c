/* SPDX-License-Identifier: MIT
 * beside.c - the series of a summary.json, by name, and its job. */
#include "config.h"

#include "backends/csv/beside.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mp_csv_beside {
    bool units_contradict;
    json_t *series; /* name_of() -> element of the summary's "series" */
};

/* Node, metric, source and FQDD as one text, to be freed; NULL: out of memory. */
static char *name_of(const char *node, const char *metric, const char *source,
                     const char *fqdd)
{
    char *name;

    if (asprintf(&name, "%s\n%s\n%c%s\n%c%s", node, metric, source != NULL ? '=' : '-',
                 source != NULL ? source : "", fqdd != NULL ? '=' : '-',
                 fqdd != NULL ? fqdd : "") < 0)
        return NULL;
    return name;
}

static void index_series(struct mp_csv_beside *b, json_t *list)
{
    size_t i;
    json_t *one;

    json_array_foreach(list, i, one)
    {
        const char *node = json_string_value(json_object_get(one, "node"));
        const char *metric = json_string_value(json_object_get(one, "metric"));
        char *name =
            node != NULL && metric != NULL
                ? name_of(node, metric, json_string_value(json_object_get(one, "source")),
                          json_string_value(json_object_get(one, "fqdd")))
                : NULL;

        if (name != NULL)
            json_object_set(b->series, name, one);
        free(name);
    }
}

/* NULL: there is none. */
static json_t *summary_beside(const char *input)
{
    static const char raw[] = "raw_power.csv", *const packed[] = {"", ".zst", ".gz"};
    const char *slash = strrchr(input, '/');
    const int folder = slash != NULL ? (int)(slash + 1 - input) : 0;
    json_t *summary;
    char *path;
    bool ours = false;

    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        ours = ours || (strncmp(input + folder, raw, sizeof raw - 1) == 0 &&
                        strcmp(input + folder + sizeof raw - 1, packed[i]) == 0);
    if (!ours || asprintf(&path, "%.*ssummary.json", folder, input) < 0)
        return NULL;
    summary = json_load_file(path, 0, NULL);
    free(path);
    return summary;
}

struct mp_csv_beside *mp_csv_beside_read(const char *input)
{
    struct mp_csv_beside *b = NULL;
    json_t *summary = summary_beside(input);

    if (json_is_array(json_object_get(summary, "series")))
        b = calloc(1, sizeof *b);
    if (b != NULL && (b->series = json_object()) != NULL)
        index_series(b, json_object_get(summary, "series"));
    if (b != NULL)
        b->units_contradict = json_is_true(json_object_get(summary, "units_contradict"));
    json_decref(summary);
    return b;
}

bool mp_csv_beside_units_contradict(const struct mp_csv_beside *beside)
{
    return beside != NULL && beside->units_contradict;
}

/* A number of the element, 0 where it is none or out of range. */
static double number_of(const json_t *one, const char *key, double most)
{
    double v = json_number_value(json_object_get(one, key));

    return v > 0 && v <= most ? v : 0;
}

void mp_csv_beside_tell(const struct mp_csv_beside *beside, const struct mp_plan *plan,
                        struct mp_series *series)
{
    const json_t *one;
    char *name;

    if (beside == NULL)
        return;
    name = name_of(plan->nodes[series->node].name, series->metric, series->source,
                   series->fqdd);
    if (name == NULL)
        return;
    one = json_object_get(beside->series, name);
    series->accuracy = number_of(one, "accuracy_percent", MP_ACCURACY_MAX);
    series->lag = llround(number_of(one, "lag_s", MP_LAG_MAX_US / 1e6) * 1e6);
    free(name);
}

static const char *text_at(const json_t *job, const char *key)
{
    return json_string_value(json_object_get(job, key));
}

/* 0 where it is none. */
static int64_t time_at(const json_t *job, const char *key)
{
    const char *text = text_at(job, key);
    int64_t us;

    return text != NULL && mp_time_parse(text, key, &us, &(struct mp_error){0}) == 0 ? us
                                                                                     : 0;
}

static char *copy_at(const json_t *job, const char *key, bool *failed)
{
    const char *text = text_at(job, key);
    char *copy = text != NULL ? strdup(text) : NULL;

    *failed = *failed || (text != NULL && copy == NULL);
    return copy;
}

int mp_csv_beside_job(const char *input, struct mp_job *job, struct mp_error *err)
{
    json_t *summary = summary_beside(input);
    const json_t *from = json_object_get(summary, "job");
    double restarts = number_of(from, "restart_count", UINT32_MAX);
    bool failed = false;

    *job = (struct mp_job){0};
    if (text_at(from, "id") != NULL && text_at(from, "nodelist") != NULL &&
        mp_job_label_check(text_at(from, "id"), &(struct mp_error){0}) == 0)
        *job = (struct mp_job){
            .label = copy_at(from, "id", &failed),
            .cluster = copy_at(from, "cluster", &failed),
            .user = copy_at(from, "user", &failed),
            .name = copy_at(from, "name", &failed),
            .nodelist = copy_at(from, "nodelist", &failed),
            .start = time_at(from, "start"),
            .end = time_at(from, "end"),
            .restart_count = (uint32_t)restarts,
            .suspended = time_at(from, "suspended"),
        };
    json_decref(summary);
    if (!failed)
        return 0;
    mp_job_free(job);
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the job");
}

int mp_csv_beside_sharing(const char *input, const struct mp_plan *plan,
                          struct mp_occupancy *o, struct mp_error *err)
{
    json_t *summary = summary_beside(input), *one;
    size_t i;
    int rc = 0;

    if (o->n_nodes == 0 &&
        json_is_true(json_object_get(json_object_get(summary, "sharing"), "known"))) {
        rc = mp_occupancy_init(o, plan->n_nodes, err);
        for (size_t k = 0; k < o->n_nodes; k++)
            o->nodes[k].known = true;
    }
    json_array_foreach(json_object_get(summary, "nodes"), i, one)
    {
        const char *name = text_at(one, "name");
        long node = name != NULL ? mp_plan_find_node(plan, name) : -1;

        if (node >= 0 && (size_t)node < o->n_nodes &&
            json_is_true(json_object_get(one, "idle_measured")))
            o->nodes[node].idle_w = number_of(one, "idle_w", 1e6);
    }
    json_decref(summary);
    return rc;
}

void mp_csv_beside_free(struct mp_csv_beside *beside)
{
    if (beside == NULL)
        return;
    json_decref(beside->series);
    free(beside);
}
