/* SPDX-License-Identifier: MIT
 * compare_json.c - a comparison as JSON. */
#include "config.h"

#include "report/compare_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "model/role.h"

enum { DIGITS = 10 };

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *text(const char *s)
{
    char *clean = s != NULL ? mp_utf8_clean(s) : NULL;
    json_t *json = clean != NULL ? json_string(clean) : json_null();

    free(clean);
    return json;
}

static const char *word(enum mp_beyond b)
{
    static const char *const words[] = {"unknown", "same", "more", "less"};

    return words[b];
}

static json_t *difference(const struct mp_difference *d)
{
    return json_pack("{so so so so so ss}", "a", number(d->a), "b", number(d->b),
                     "difference", number(mp_difference_of(d)), "percent",
                     number(mp_difference_percent(d)), "may_be", number(d->may_be),
                     "result", word(d->beyond));
}

static json_t *report(const struct mp_digest *d, const char *path)
{
    return json_pack("{so so so so sI}", "summary", text(path), "id", text(d->id), "name",
                     text(d->name), "verdict", text(d->verdict), "nodes",
                     (json_int_t)d->n_nodes);
}

static json_t *may_be(const struct mp_comparison *c)
{
    return json_pack("{so so so so sI sI}", "by_samples_kwh", number(c->by_samples),
                     "by_nodes_kwh", number(c->by_nodes), "by_share_kwh",
                     number(c->by_guess), "node_spread", number(c->spread),
                     "node_spread_of", (json_int_t)c->spread_of, "nodes_in_common",
                     (json_int_t)c->common);
}

static json_t *components(const struct mp_comparison *c)
{
    json_t *o = json_object();

    for (int i = 0; i < MP_N_COMPONENTS; i++)
        if (json_object_set_new(o, mp_role_name((enum mp_role)i),
                                difference(&c->components[i])) < 0) {
            json_decref(o);
            return NULL;
        }
    return o;
}

static json_t *nodes(const struct mp_comparison *c)
{
    json_t *list = json_array();

    for (size_t i = 0; i < c->n_nodes; i++) {
        json_t *n = difference(&c->nodes[i].kwh);

        if (json_object_set_new(n, c->matched ? "name" : "place",
                                text(c->nodes[i].name)) < 0 ||
            json_array_append(list, n) < 0) {
            json_decref(n);
            json_decref(list);
            return NULL;
        }
        json_decref(n);
    }
    return list;
}

int mp_compare_json(FILE *out, const struct mp_comparison *c, const struct mp_digest *a,
                    const char *path_a, const struct mp_digest *b, const char *path_b,
                    struct mp_error *err)
{
    json_t *all = json_pack(
        "{si ss so so ss so so so so so sb so so}", "schema", 1, "program",
        PACKAGE_STRING, "a", report(a, path_a), "b", report(b, path_b), "result",
        word(c->energy.beyond), "compared",
        text(c->share ? "the jobs' shares" : "the whole nodes"), "energy_kwh",
        difference(&c->energy), "mean_w", difference(&c->mean_w), "seconds",
        difference(&c->seconds), "nodes_energy_kwh", difference(&c->nodes_energy),
        "same_nodes", c->matched, "may_be", may_be(c), "components_kwh", components(c));
    int rc = 0;

    if (all == NULL || json_object_set_new(all, "nodes_kwh", nodes(c)) < 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory for the comparison");
    else if (json_dumpf(all, out, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS)) < 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot write the comparison");
    else
        fputc('\n', out);
    json_decref(all);
    return rc;
}
