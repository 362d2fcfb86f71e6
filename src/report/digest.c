/* SPDX-License-Identifier: MIT
 * digest.c - one screen's worth of a result, or of the summary.json made of it. */
#include "config.h"

#include "report/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUMMARY_MAX = 64 * 1024 * 1024 };

static int copy(char **to, const char *from, struct mp_error *err)
{
    if (from == NULL)
        return 0;
    *to = strdup(from);
    return *to != NULL ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory");
}

/* Room for the lists; their elements are all empty then. */
static int make_room(struct mp_digest *d, size_t nodes, size_t reasons,
                     struct mp_error *err)
{
    d->nodes = calloc(nodes + 1, sizeof *d->nodes);
    d->reasons = calloc(reasons + 1, sizeof *d->reasons);
    if (d->nodes == NULL || d->reasons == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes", nodes);
    return 0;
}

/* --- from the result ---------------------------------------------------------------- */

static int make_nodes(struct mp_digest *d, const struct mp_summary_input *in,
                      struct mp_error *err)
{
    const struct mp_energy_result *r = in->energy;

    for (size_t i = 0; i < r->n_nodes; i++) {
        const struct mp_plan_node *planned = &in->plan->nodes[i];
        struct mp_digest_node *n = &d->nodes[d->n_nodes++];

        *n = (struct mp_digest_node){.kwh = r->nodes[i].energy_kwh,
                                     .half = r->nodes[i].uncertainty_kwh,
                                     .median_kwh = NAN};
        memcpy(n->components, r->nodes[i].components.kwh, sizeof n->components);
        if (copy(&n->name, planned->name, err) < 0 ||
            copy(&n->route, in->plan->routes[planned->route].name, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->n_outliers; i++)
        d->nodes[r->outliers[i].node].median_kwh = r->outliers[i].median_kwh;
    return 0;
}

static int make_texts(struct mp_digest *d, const struct mp_summary_input *in,
                      struct mp_error *err)
{
    const struct mp_energy_result *r = in->energy;
    char no_rows[120];

    mp_raw_file_reason(&in->raw, no_rows, sizeof no_rows);
    if (copy(&d->no_rows, no_rows[0] != '\0' ? no_rows : NULL, err) < 0 ||
        copy(&d->id, in->job->label, err) < 0 || copy(&d->user, in->job->user, err) < 0 ||
        copy(&d->name, in->job->name, err) < 0 ||
        copy(&d->nodelist, in->job->nodelist, err) < 0 ||
        copy(&d->verdict, mp_verdict_name(r->verdict), err) < 0 ||
        copy(&d->sensor, mp_sensor_words(&r->uncertainty), err) < 0)
        return -1;
    for (size_t i = 0; i < r->n_reasons; i++)
        if (copy(&d->reasons[d->n_reasons++], r->reasons[i], err) < 0)
            return -1;
    return 0;
}

int mp_digest_make(struct mp_digest *d, const struct mp_summary_input *in,
                   struct mp_error *err)
{
    const struct mp_energy_result *r = in->energy;

    *d = (struct mp_digest){
        .start = in->plan->start,
        .end = in->plan->end,
        .kwh = r->total_kwh,
        .half = r->uncertainty.kwh,
        .by_sensor = r->uncertainty.share[MP_BY_SENSOR],
        .shared = r->shared,
        .share_kwh = r->share.kwh,
        .share_low_kwh = r->share.low_kwh,
        .share_high_kwh = r->share.high_kwh,
        .site = in->site != NULL ? *in->site : mp_site_none(),
        .mean_w = r->power.mean_w,
        .min_w = r->power.min_w,
        .max_w = r->power.max_w,
        .n_line = r->n_line,
        .coverage = r->coverage,
    };
    memcpy(d->components, r->components.kwh, sizeof d->components);
    memcpy(d->halves, r->components.uncertainty_kwh, sizeof d->halves);
    for (size_t i = 0; i < r->n_line; i++)
        d->line[i] = round(r->line[i]); /* as summary.json has it */
    if (make_room(d, r->n_nodes, r->n_reasons, err) < 0 || make_texts(d, in, err) < 0 ||
        make_nodes(d, in, err) < 0)
        return -1;
    return 0;
}

/* --- from summary.json -------------------------------------------------------------- */

static double number_of(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int read_job(struct mp_digest *d, const json_t *all, const char *path,
                    struct mp_error *err)
{
    const json_t *job = json_object_get(all, "job");
    const char *start = text_of(job, "start"), *end = text_of(job, "end");

    if (text_of(job, "id") == NULL || start == NULL || end == NULL ||
        text_of(all, "verdict") == NULL)
        return mp_fail(
            err, MP_FAULT_USAGE,
            "%s is no summary of a report: it lacks job.id, job.start, job.end "
            "or verdict",
            path);
    if (mp_time_parse(start, path, &d->start, err) < 0 ||
        mp_time_parse(end, path, &d->end, err) < 0)
        return -1;
    if (copy(&d->id, text_of(job, "id"), err) < 0 ||
        copy(&d->user, text_of(job, "user"), err) < 0 ||
        copy(&d->name, text_of(job, "name"), err) < 0 ||
        copy(&d->nodelist, text_of(job, "nodelist"), err) < 0)
        return -1;
    if (copy(&d->no_rows, text_of(json_object_get(all, "raw"), "reason"), err) < 0)
        return -1;
    return copy(&d->verdict, text_of(all, "verdict"), err);
}

static void read_energy(struct mp_digest *d, const json_t *all)
{
    const json_t *energy = json_object_get(all, "energy_kwh");
    const json_t *parts = json_object_get(energy, "components");
    const json_t *halves = json_object_get(energy, "components_uncertainty");
    const json_t *power = json_object_get(all, "power_w");
    const json_t *line = json_object_get(power, "line");
    const json_t *share = json_object_get(json_object_get(all, "uncertainty"), "share");

    d->kwh = number_of(energy, "total");
    d->half = number_of(energy, "uncertainty");
    d->by_sensor = number_of(share, mp_uncertainty_name(MP_BY_SENSOR));
    d->by_sensor = d->by_sensor >= 0 && d->by_sensor <= 1 ? d->by_sensor : 0;
    for (int i = 0; i < MP_N_COMPONENTS; i++) {
        d->components[i] = number_of(parts, mp_role_name((enum mp_role)i));
        d->halves[i] = number_of(halves, mp_role_name((enum mp_role)i));
    }
    d->mean_w = number_of(power, "mean");
    d->min_w = number_of(power, "min");
    d->max_w = number_of(power, "max");
    d->coverage = number_of(all, "coverage");
    for (; d->n_line < json_array_size(line) && d->n_line < MP_LINE_COLUMNS;
         d->n_line++) {
        const json_t *w = json_array_get(line, d->n_line);

        d->line[d->n_line] = json_is_number(w) ? json_number_value(w) : NAN;
    }
}

static void read_share(struct mp_digest *d, const json_t *all)
{
    const json_t *sharing = json_object_get(all, "sharing");
    const json_t *site = json_object_get(all, "site");
    const char *currency = text_of(site, "currency");

    d->shared = json_is_true(json_object_get(sharing, "shared"));
    d->share_kwh = number_of(sharing, "share_kwh");
    d->share_low_kwh = number_of(sharing, "share_low_kwh");
    d->share_high_kwh = number_of(sharing, "share_high_kwh");
    d->site = mp_site_none();
    d->site.price = number_of(site, "price_per_kwh");
    d->site.carbon_g = number_of(site, "carbon_g_per_kwh");
    d->site.has_pue = !isnan(number_of(site, "pue"));
    if (d->site.has_pue)
        d->site.pue = number_of(site, "pue");
    if (currency != NULL)
        snprintf(d->site.currency, sizeof d->site.currency, "%s", currency);
}

static struct mp_digest_node *find_node(struct mp_digest *d, const char *name)
{
    for (size_t i = 0; name != NULL && i < d->n_nodes; i++)
        if (strcmp(d->nodes[i].name, name) == 0)
            return &d->nodes[i];
    return NULL;
}

static int read_node(struct mp_digest_node *node, const json_t *n, struct mp_error *err)
{
    const json_t *parts = json_object_get(n, "components");

    *node = (struct mp_digest_node){.kwh = number_of(n, "energy_kwh"),
                                    .half = number_of(n, "uncertainty_kwh"),
                                    .median_kwh = NAN};
    for (int i = 0; i < MP_N_COMPONENTS; i++)
        node->components[i] = number_of(parts, mp_role_name((enum mp_role)i));
    if (copy(&node->name, text_of(n, "name"), err) < 0)
        return -1;
    return copy(&node->route, text_of(n, "route"), err);
}

static int read_lists(struct mp_digest *d, const json_t *all, struct mp_error *err)
{
    const json_t *nodes = json_object_get(all, "nodes");
    const json_t *reasons = json_object_get(all, "reasons");
    const json_t *odd = json_object_get(all, "outliers");

    if (make_room(d, json_array_size(nodes), json_array_size(reasons), err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const char *reason = json_string_value(json_array_get(reasons, i));

        if (reason != NULL && copy(&d->reasons[d->n_reasons++], reason, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        const json_t *n = json_array_get(nodes, i);

        if (text_of(n, "name") != NULL && read_node(&d->nodes[d->n_nodes++], n, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < json_array_size(odd); i++) {
        const json_t *o = json_array_get(odd, i);
        struct mp_digest_node *n = find_node(d, text_of(o, "node"));

        if (n != NULL)
            n->median_kwh = number_of(o, "median_kwh");
    }
    return copy(&d->sensor,
                text_of(json_object_get(all, "uncertainty"), "sensor_accuracy"), err);
}

static json_t *load(const char *path, struct mp_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    json_error_t why;
    json_t *all = NULL;

    if (fd < 0 || fstat(fd, &st) < 0)
        mp_fail(err, MP_FAULT_USAGE, "cannot read %s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size > SUMMARY_MAX)
        mp_fail(err, MP_FAULT_USAGE, "%s is no file of at most %d MiB", path,
                SUMMARY_MAX / 1024 / 1024);
    else if ((all = json_loadfd(fd, JSON_REJECT_DUPLICATES, &why)) == NULL)
        mp_fail(err, MP_FAULT_USAGE, "%s:%d: %s", path, why.line, why.text);
    if (fd >= 0)
        close(fd);
    return all;
}

int mp_digest_read(struct mp_digest *d, const char *path, struct mp_error *err)
{
    json_t *all = load(path, err);
    int rc = -1;

    *d = (struct mp_digest){0};
    if (all != NULL && read_job(d, all, path, err) == 0 && read_lists(d, all, err) == 0) {
        read_energy(d, all);
        read_share(d, all);
        rc = 0;
    }
    json_decref(all);
    return rc;
}

void mp_digest_free(struct mp_digest *d)
{
    for (size_t i = 0; i < d->n_nodes; i++) {
        free(d->nodes[i].name);
        free(d->nodes[i].route);
    }
    for (size_t i = 0; i < d->n_reasons; i++)
        free(d->reasons[i]);
    free(d->nodes);
    free(d->reasons);
    free(d->id);
    free(d->user);
    free(d->name);
    free(d->nodelist);
    free(d->verdict);
    free(d->sensor);
    free(d->no_rows);
    *d = (struct mp_digest){0};
}
