/* SPDX-License-Identifier: MIT
 * synthetic.c - the backend that makes its samples up: power curves in closed form, for
 * tests, benchmarks and demonstrations.
 *
 * A node draws P(t) = f (power + swing g) from the wall, t in seconds since the epoch,
 * x = t / period without its whole part k:
 *
 *     constant  g = 0
 *     ramp      g = 1 - 4 |x - 1/2|       up and down again
 *     sine      g = sin(2 pi x)
 *     steps     g = 1 for x < 1/2, then -1
 *     walk      g = u(k) + x (u(k+1) - u(k)), u(k) in [-1, 1) a hash of seed and k
 *
 * f is 0.96, 0.98, 1, 1.02, 1.04 for the nodes of the job in turn.  So the energy of N
 * nodes, N a multiple of five, over whole periods T is N power T, to which walk adds
 * N swing period (u(0)/2 + u(1) + ... + u(n)/2) over its n periods.  The trapezoids over
 * the samples come to the same where interval divides half a period; for sine they do
 * because the errors of a period cancel.
 *
 * What else a node tells of is a fixed share of P: what the power supplies deliver, the
 * components, each GPU a little more than the one before it.  Every sensor speaks at each
 * multiple of interval, values are rounded to 0.1 W, nothing is missing: a report of it
 * must be valid.  The same moment always has the same values.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/backend.h"

extern const struct mp_backend_ops mp_backend_synthetic;

#define US_PER_S INT64_C(1000000)
static const double PI = 3.14159265358979323846;

/* ---- [synthetic] ---- */

struct config {
    char *curve;
    int power, swing;     /* W */
    int period, interval; /* s */
    int gpus, seed;
};

static const char *const curves[] = {"constant", "ramp", "sine", "steps", "walk", NULL};

static const struct mp_key keys[] = {
    MP_KEY(struct config, curve, "curve", MP_KEY_CHOICE, "sine", .choices = curves,
           .help = "How a node's power changes. walk goes from one random level to the "
                   "next, the same ones each time."),
    MP_KEY(struct config, power, "power", MP_KEY_INT, "600", .min = 1, .max = 100000,
           .unit = "Watts", .help = "What a node draws on average."),
    MP_KEY(struct config, swing, "swing", MP_KEY_INT, "200", .min = 0, .max = 100000,
           .unit = "Watts", .help = "How far it goes above and below; at most power."),
    MP_KEY(struct config, period, "period", MP_KEY_INT, "300", .min = 1, .max = 86400,
           .unit = "Seconds", .help = "How long until the curve comes again."),
    MP_KEY(struct config, interval, "interval", MP_KEY_INT, "5", .min = 1, .max = 3600,
           .unit = "Seconds", .help = "How often each sensor speaks."),
    MP_KEY(struct config, gpus, "gpus", MP_KEY_INT, "4", .min = 1, .max = 64,
           .help = "GPUs of a node whose route has a metric of that role."),
    MP_KEY(struct config, seed, "seed", MP_KEY_INT, "1", .min = 0, .max = 1000000000,
           .help = "Another seed is another walk."),
};

static const struct mp_keys section = {
    .section = "synthetic",
    .help = "The synthetic backend, which makes its samples up.",
    .key = keys,
    .n = sizeof keys / sizeof *keys,
    .size = sizeof(struct config),
};

static const struct mp_keys *const sections[] = {&section, NULL};

/* ---- curves ---- */

/* Level k of a walk, in [-1, 1): splitmix64 of seed and k. */
static double level(const struct config *c, int64_t k)
{
    uint64_t z = ((uint64_t)c->seed << 40 ^ (uint64_t)k) * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) / (double)(UINT64_C(1) << 52) - 1;
}

static double g_of(const struct config *c, int64_t t)
{
    int64_t k = t / c->period;
    double x = (double)(t % c->period) / c->period;

    switch (c->curve[0] == 's' ? c->curve[1] : c->curve[0]) {
    case 'r':
        return 1 - 4 * fabs(x - 0.5);
    case 'i':
        return sin(2 * PI * x);
    case 't':
        return x < 0.5 ? 1 : -1;
    case 'w':
        return level(c, k) + x * (level(c, k + 1) - level(c, k));
    default:
        return 0;
    }
}

/* ---- sensors ---- */

struct sensor {
    uint32_t series; /* as mp_emit_series numbers them */
    double share;    /* of power + swing g */
};

struct fetch {
    const struct config *config;
    const struct mp_plan *plan;
    struct mp_emit *emit;
    struct sensor *sensors;
    size_t n, capacity;
};

/* What a component draws of what the node does, without GPUs and with. */
static double share_of(enum mp_role role, bool with_gpus)
{
    static const double shares[MP_N_ROLES][2] = {
        [MP_ROLE_CPU] = {0.50, 0.20},     [MP_ROLE_MEMORY] = {0.14, 0.06},
        [MP_ROLE_STORAGE] = {0.04, 0.02}, [MP_ROLE_FAN] = {0.10, 0.06},
        [MP_ROLE_GPU] = {0, 0.52},        [MP_ROLE_INPUT] = {1, 1},
        [MP_ROLE_OUTPUT] = {0.93, 0.93},  [MP_ROLE_NONE] = {0.25, 0.25},
    };

    return shares[role][with_gpus];
}

static int count_role(const struct mp_route *route, enum mp_role role)
{
    int n = 0;

    for (size_t m = 0; m < route->n_metrics; m++)
        n += route->metrics[m].role == role;
    return n;
}

static int add_sensor(struct fetch *f, size_t node, uint32_t metric, char *fqdd,
                      double share, struct mp_error *err)
{
    static char source[] = "synthetic", units[] = "W";
    struct mp_series s = {.hostname = f->plan->nodes[node].name,
                          .source = source,
                          .fqdd = fqdd,
                          .units = units,
                          .node = (uint32_t)node,
                          .route = f->plan->nodes[node].route,
                          .metric_index = metric};
    struct sensor *new;

    if (f->n == f->capacity) {
        size_t capacity = f->capacity > 0 ? 2 * f->capacity : 64;

        new = realloc(f->sensors, capacity * sizeof *new);
        if (new == NULL)
            return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu sensors",
                           capacity);
        f->sensors = new;
        f->capacity = capacity;
    }
    new = &f->sensors[f->n++];
    new->share = share;
    return mp_emit_series(f->emit, &s, &new->series, err);
}

/* GPUs differ by up to a fifth around their mean, as no two of them are alike. */
static int add_gpus(struct fetch *f, size_t node, uint32_t metric, double share,
                    struct mp_error *err)
{
    int n = f->config->gpus;
    char fqdd[32];

    for (int i = 0; i < n; i++) {
        double part = (0.8 + 0.4 * (i + 0.5) / n) / n;

        snprintf(fqdd, sizeof fqdd, "GPU.%d", i + 1);
        if (add_sensor(f, node, metric, fqdd, share * part, err) < 0)
            return -1;
    }
    return 0;
}

static int add_node(struct fetch *f, size_t node, struct mp_error *err)
{
    static char fqdd[] = "PowerMetrics";
    const struct mp_route *route = &f->plan->routes[f->plan->nodes[node].route];
    bool with_gpus = count_role(route, MP_ROLE_GPU) > 0;
    double factor = 0.96 + 0.02 * (double)(node % 5);

    for (uint32_t m = 0; m < route->n_metrics; m++) {
        enum mp_role role = route->metrics[m].role;
        double share = factor * share_of(role, with_gpus) / count_role(route, role);
        int rc = role == MP_ROLE_GPU ? add_gpus(f, node, m, share, err)
                                     : add_sensor(f, node, m, fqdd, share, err);

        if (rc < 0)
            return -1;
    }
    return 0;
}

/* ---- the calls ---- */

struct synthetic {
    struct mp_backend backend;
    const struct config *config;
};

static int synthetic_open(const struct mp_backend_config *config,
                          const struct mp_run *run, struct mp_backend **out,
                          struct mp_error *err)
{
    const struct config *c = config->section[0];
    struct synthetic *s;

    (void)run;
    *out = NULL;
    if (c->swing > c->power)
        return mp_fail(err, MP_FAULT_USAGE,
                       "[synthetic] swing = %d: above power (%d), so that a node would "
                       "draw less than nothing",
                       c->swing, c->power);
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    s->backend.ops = &mp_backend_synthetic;
    s->config = c;
    if (asprintf(&s->backend.label, "synthetic: %s, %d W +- %d W", c->curve, c->power,
                 c->swing) < 0) {
        free(s);
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    }
    *out = &s->backend;
    return 0;
}

/* All sensors at t, in seconds. */
static int speak(const struct fetch *f, int64_t t, struct mp_error *err)
{
    double watts = f->config->power + f->config->swing * g_of(f->config, t);

    for (size_t i = 0; i < f->n; i++) {
        struct mp_sample s = {.time = t * US_PER_S,
                              .value = rint(10 * watts * f->sensors[i].share) / 10,
                              .series = f->sensors[i].series,
                              .kind = MP_VALUE_FLOAT8};

        if (mp_emit_sample(f->emit, &s, err) < 0)
            return -1;
    }
    return mp_emit_slice(f->emit, t * US_PER_S + 1, err);
}

static int synthetic_fetch(struct mp_backend *b, const struct mp_plan *plan,
                           struct mp_emit *emit, struct mp_error *err)
{
    const struct config *c = ((struct synthetic *)b)->config;
    struct fetch f = {.config = c, .plan = plan, .emit = emit};
    int64_t step = c->interval * US_PER_S;
    int64_t from = plan->start - mp_plan_near(plan);
    int64_t to = plan->end + mp_plan_near(plan);
    int64_t first = from > 0 ? (from + step - 1) / step * c->interval : 0;
    int rc = 0;

    for (size_t n = 0; n < plan->n_nodes && rc == 0; n++)
        rc = add_node(&f, n, err);
    for (int64_t t = first; t * US_PER_S <= to && rc == 0; t += c->interval)
        rc = speak(&f, t, err);
    free(f.sensors);
    return rc;
}

static void synthetic_close(struct mp_backend *b)
{
    free(b);
}

const struct mp_backend_ops mp_backend_synthetic = {
    .name = "synthetic",
    .summary = "samples made up from power curves in closed form",
    .sections = sections,
    .open = synthetic_open,
    .fetch = synthetic_fetch,
    .close = synthetic_close,
};
