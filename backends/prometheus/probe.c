/* SPDX-License-Identifier: MIT
 * probe.c - which series speak of power, of which nodes, and what they may stand for. */
#include "config.h"

#include "backends/prometheus/probe.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/frame/guess.h"
#include "backends/prometheus/ask.h"
#include "backends/prometheus/check.h"
#include "backends/prometheus/fqdd.h"
#include "backends/prometheus/sensors.h"
#include "base/numtext.h"
#include "config/ini.h"

enum { METRICS_MAX = 64, LOOK_S = 600 };

struct found {
    char name[200];
    size_t series, on[MP_GUESS_GROUPS_MAX]; /* series in all, and of each group */
    char labels[200];                       /* that its series have */
    double low, high;                       /* now */
};

struct probe {
    struct mp_prom_http *http;
    const struct mp_run *run;
    FILE *out;
    struct found metric[METRICS_MAX];
    size_t n;
    size_t left_out; /* metrics beyond METRICS_MAX */
    size_t nameless; /* series whose node is an address only */
    struct mp_guess_groups groups;
    struct found *now; /* being looked at */
    double value;
};

/* ---- looking ---- */

static int take_name(void *arg, const char *name, struct mp_error *err)
{
    struct probe *p = arg;

    (void)err;
    if (!mp_guess_is_power(name) || strlen(name) >= sizeof p->metric[0].name)
        return 0;
    if (p->n == METRICS_MAX) {
        p->left_out++;
        return 0;
    }
    snprintf(p->metric[p->n].name, sizeof p->metric[p->n].name, "%s", name);
    p->n++;
    return 0;
}

static int list_names(struct probe *p, struct mp_error *err)
{
    const struct mp_prom_reader reader = {.text = take_name, .arg = p};
    struct mp_prom_said said;
    char path[120];

    snprintf(path, sizeof path, "/api/v1/label/__name__/values?start=%" PRId64,
             (int64_t)time(NULL) - LOOK_S);
    return mp_prom_ask(p->http, p->run, path, NULL, &reader, &said, err);
}

static void note_label(struct found *f, const char *name)
{
    size_t at = strlen(f->labels), len = strlen(name);
    const char *known = strstr(f->labels, name);

    if (!mp_prom_is_label(name) || strcmp(name, "__name__") == 0 ||
        strcmp(name, "job") == 0 ||
        (known != NULL && (known[len] == ',' || known[len] == '\0')))
        return;
    snprintf(f->labels + at, sizeof f->labels - at, "%s%s", at > 0 ? ", " : "", name);
}

static int take_series(void *arg, const struct mp_prom_labels *labels,
                       struct mp_error *err)
{
    static const struct mp_route none = {.n_own = 0};
    const char *names[MP_PROM_NODE_LABELS];
    struct probe *p = arg;
    int group = MP_GUESS_GROUPS_MAX;
    char own[200], host[512];

    p->now->series++;
    for (size_t i = 0; i < labels->n; i++)
        note_label(p->now, labels->name[i]);
    if (mp_prom_node_labels(&none, own, names, err) < 0)
        return -1;
    for (size_t i = 0; group == MP_GUESS_GROUPS_MAX && names[i] != NULL; i++) {
        const char *value = mp_prom_label(labels, names[i]);

        if (value == NULL)
            continue;
        mp_prom_host_of(value, host, sizeof host);
        group = mp_guess_group(&p->groups, host, err);
    }
    if (group < 0)
        return -1;
    if (group < MP_GUESS_GROUPS_MAX)
        p->now->on[group]++;
    else
        p->nameless++;
    return 0;
}

static int take_value(void *arg, int64_t when, const char *text, size_t len,
                      struct mp_error *err)
{
    struct probe *p = arg;

    (void)when;
    (void)err;
    if (mp_number_read(text, len, &p->value) < 0)
        p->value = NAN;
    return 0;
}

static int ask_value(struct probe *p, const char *function, double *value,
                     struct mp_error *err)
{
    const struct mp_prom_reader reader = {.sample = take_value, .arg = p};
    struct mp_prom_said said;
    char query[300];
    char *form = NULL;
    int rc = -1;

    p->value = NAN;
    snprintf(query, sizeof query, "%s({__name__=\"%s\"})", function, p->now->name);
    if (mp_prom_form_add(&form, "query", query, err) == 0)
        rc = mp_prom_ask(p->http, p->run, "/api/v1/query", form, &reader, &said, err);
    free(form);
    *value = p->value;
    return rc;
}

static int look_at(struct probe *p, struct found *f, struct mp_error *err)
{
    const struct mp_prom_reader reader = {.labels = take_series, .arg = p};
    struct mp_prom_said said;
    char start[32], match[300];
    char *form = NULL;
    int rc = -1;

    p->now = f;
    snprintf(start, sizeof start, "%" PRId64, (int64_t)time(NULL) - LOOK_S);
    snprintf(match, sizeof match, "{__name__=\"%s\"}", f->name);
    if (mp_prom_form_add(&form, "match[]", match, err) == 0 &&
        mp_prom_form_add(&form, "start", start, err) == 0)
        rc = mp_prom_ask(p->http, p->run, "/api/v1/series", form, &reader, &said, err);
    free(form);
    if (rc == 0 &&
        (ask_value(p, "min", &f->low, err) < 0 || ask_value(p, "max", &f->high, err) < 0))
        rc = -1;
    return rc;
}

/* ---- saying ---- */

static bool has_metric(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name))
        if ((at == list || at[-1] == ' ' || at[-1] == ',') &&
            (at[len] == ':' || at[len] == '{'))
            return true;
    return false;
}

/* Roles that the group has already, a bit each. */
static unsigned roles_in(const char *list)
{
    unsigned roles = 0;

    for (int role = 0; role < MP_ROLE_NONE; role++) {
        char word[24];

        snprintf(word, sizeof word, ":%s", mp_role_name((enum mp_role)role));
        if (strstr(list, word) != NULL)
            roles |= 1U << role;
    }
    return roles;
}

/* Exporters that the group has; the first to tell a role is taken. */
static void put_exporters(struct probe *p, size_t group, unsigned *taken)
{
    const struct mp_route_map *m = mp_prom_route_maps;
    char list[200] = "";

    for (; m->key != NULL; m++) {
        bool there = false;
        size_t at = strlen(list);

        for (size_t i = 0; i < p->n; i++)
            there = there || (p->metric[i].on[group] > 0 &&
                              has_metric(m->metrics, p->metric[i].name));
        if (!there)
            continue;
        if ((*taken & roles_in(m->metrics)) != 0) {
            fprintf(p->out,
                    "# %s is there as well, and would count a role twice: choose\n",
                    m->name);
            continue;
        }
        *taken |= roles_in(m->metrics);
        snprintf(list + at, sizeof list - at, "%s%s", at > 0 ? ", " : "", m->name);
    }
    if (list[0] != '\0')
        fprintf(p->out, "exporter = %s\n", list);
}

static bool is_known(const char *name)
{
    for (const struct mp_route_map *m = mp_prom_route_maps; m->key != NULL; m++)
        if (has_metric(m->metrics, name))
            return true;
    return false;
}

static const char *units_in(const char *name)
{
    return strcasestr(name, "milliwatt") != NULL ? "mW"
           : strcasestr(name, "joule") != NULL   ? "J"
           : strcasestr(name, "watt") != NULL    ? "W"
                                                 : NULL;
}

struct lists {
    char metrics[4000], units[2000], kind[1000];
};

static void add(char *list, size_t size, const char *name, const char *word)
{
    size_t at = strlen(list);

    if (at + strlen(name) + strlen(word) + 4 < size)
        snprintf(list + at, size - at, "%s%s:%s", at > 0 ? ", " : "", name, word);
}

/* One that no exporter of ours has: taken where its name says what it is and nothing else
 * tells the same. */
static void put_other(struct probe *p, const struct found *f, size_t group,
                      unsigned *taken, struct lists *lists)
{
    enum mp_role role = MP_ROLE_NONE;
    bool guessed = mp_guess_role(f->name, &role);
    const char *units = units_in(f->name);
    bool clear = guessed && units != NULL && (*taken >> role & 1) == 0;

    fprintf(p->out, "# %s: %zu series (%s), now %.6g to %.6g%s\n", f->name, f->on[group],
            f->labels, f->low, f->high,
            clear           ? ""
            : !guessed      ? "; what does it stand for?"
            : units == NULL ? "; in which units?"
                            : "; something else tells this role");
    if (!clear) {
        fprintf(p->out, "#   metrics = %s:%s\n", f->name,
                guessed ? mp_role_name(role) : "ROLE");
        if (units == NULL)
            fprintf(p->out, "#   units = %s:W\n", f->name);
        return;
    }
    *taken |= 1U << role;
    add(lists->metrics, sizeof lists->metrics, f->name, mp_role_name(role));
    add(lists->units, sizeof lists->units, f->name, units);
    if (strcmp(units, "J") == 0)
        add(lists->kind, sizeof lists->kind, f->name, "counter");
}

static void put_list(FILE *out, const char *key, const char *list)
{
    char *quoted = list[0] != '\0' ? mp_ini_quote(list) : NULL;

    if (quoted != NULL)
        fprintf(out, "%s = %s\n", key, quoted);
    free(quoted);
}

static void put_route(struct probe *p, size_t group)
{
    const struct mp_guess_group *g = &p->groups.group[group];
    static const struct lists empty;
    struct lists lists = empty;
    unsigned taken = 0;

    fprintf(p->out, "\n# %zu node%s: %s%s\n[route %s]\nprefix = %s\n", g->n,
            g->n == 1 ? "" : "s", g->shown, g->n > MP_GUESS_SHOWN ? ", ..." : "",
            g->prefix, g->prefix);
    put_exporters(p, group, &taken);
    for (size_t i = 0; i < p->n; i++)
        if (p->metric[i].on[group] > 0 && !is_known(p->metric[i].name))
            put_other(p, &p->metric[i], group, &taken, &lists);
    put_list(p->out, "metrics", lists.metrics);
    put_list(p->out, "units", lists.units);
    put_list(p->out, "kind", lists.kind);
    if ((taken >> MP_ROLE_INPUT & 1) == 0)
        fputs(
            "# nothing surely tells what the nodes draw (role input): reports will have "
            "no total\n",
            p->out);
}

static void put_sections(struct probe *p, const struct mp_prom_config *c)
{
    fputs("\n[prometheus]\n", p->out);
    put_list(p->out, "url", c->url);
    put_list(p->out, "username", c->username);
    put_list(p->out, "cafile", c->cafile);
    put_list(p->out, "proxy", c->proxy);
    if (c->password[0] != '\0')
        fputs("# password = as it was given\n", p->out);
    if (c->bearer_token[0] != '\0')
        fputs("# bearer_token = as it was given\n", p->out);
    if (c->headers[0] != '\0')
        fputs("# headers = as they were given\n", p->out);
    for (size_t i = 0; i < p->groups.n; i++)
        put_route(p, i);
    if (p->nameless > 0)
        fprintf(
            p->out,
            "\n# %zu series name their node in no label that is tried, or by its address "
            "only: node_label\n# of a route names the label\n",
            p->nameless);
    if (p->left_out > 0)
        fprintf(p->out, "\n# %zu more metrics speak of power and were not looked at\n",
                p->left_out);
}

/* A name that is none of PromQL's would be code in the queries above. */
static void drop_odd(struct probe *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->n; i++)
        if (p->metric[i].name[strspn(
                p->metric[i].name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_:")] == '\0')
            p->metric[kept++] = p->metric[i];
    p->n = kept;
}

int mp_prom_probe(const struct mp_prom_config *config, const struct mp_run *run,
                  FILE *out, struct mp_error *err)
{
    struct probe *p = calloc(1, sizeof *p);
    int rc = -1;

    if (p == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    p->run = run;
    p->out = out;
    if (mp_prom_http_open(config, &p->http, err) == 0 &&
        mp_prom_greet(p->http, run, err) == 0)
        rc = list_names(p, err);
    drop_odd(p);
    for (size_t i = 0; rc == 0 && i < p->n; i++)
        rc = look_at(p, &p->metric[i], err);
    if (rc == 0 && p->groups.n == 0)
        rc = mp_fail(err, MP_FAULT_NO_SAMPLES,
                     "%s has no series that speak of the power of nodes in the last %d "
                     "minutes (looked for watt, power, joule and energy in names)",
                     mp_prom_http_name(p->http), LOOK_S / 60);
    if (rc == 0)
        put_sections(p, config);
    mp_prom_http_close(p->http);
    mp_guess_groups_free(&p->groups);
    free(p);
    return rc;
}
