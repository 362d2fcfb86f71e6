/* SPDX-License-Identifier: MIT
 * compare.c - two reports: what differs by more than it may by chance. */
#include "config.h"

#include "report/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double NORMAL = 1.96;         /* 97.5 % of a normal distribution */
static const double MAD_TO_SIGMA = 1.4826; /* of a normal distribution */
static const double FREEDOM = 0.4;         /* of a node, for a median */
/* Where no report says how nodes differ; of parts more, for in a node they even out. */
static const double ASSUMED_NODE = 0.025, ASSUMED_PART = 0.05;

/* Which figure of a node. */
enum { WHOLE = -1 }; /* else a component */

/* One of the two. */
struct side {
    const struct mp_digest *d;
    bool *common; /* per node: the other one had it too */
};

static double node_value(const struct mp_digest_node *n, int which)
{
    return which == WHOLE ? n->kwh : n->components[which];
}

/* --- small arithmetic --------------------------------------------------------------- */

double mp_difference_percent(const struct mp_difference *d)
{
    return d->a != 0 ? 100 * (d->b - d->a) / fabs(d->a) : NAN;
}

static struct mp_difference difference(double a, double b, double may_be)
{
    struct mp_difference d = {a, b, may_be, MP_BEYOND_UNKNOWN};

    if (isnan(b - a) || isnan(may_be))
        return d;
    if (fabs(b - a) <= may_be)
        d.beyond = MP_WITHIN;
    else
        d.beyond = b > a ? MP_BEYOND_MORE : MP_BEYOND_LESS;
    return d;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double middle_of(const double *sorted, size_t n)
{
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* 97.5 % of Student's t, to 1 % from 3 degrees on and too large below 1.2 (Abramowitz and
 * Stegun, 26.7.5). */
static double student(double freedom)
{
    const double z = NORMAL, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;

    return z + (z3 + z) / (4 * freedom) +
           (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * pow(freedom, 3));
}

/* --- which nodes are the same ------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct mp_digest_node *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static const struct mp_digest_node **sorted_by_name(const struct mp_digest *d)
{
    const struct mp_digest_node **list = malloc((d->n_nodes + 1) * sizeof *list);

    for (size_t i = 0; list != NULL && i < d->n_nodes; i++)
        list[i] = &d->nodes[i];
    if (list != NULL)
        qsort(list, d->n_nodes, sizeof *list, by_name);
    return list;
}

/* One list of names against the other. */
static size_t mark_common(struct side *s, const struct mp_digest *other,
                          const struct mp_digest_node *const *names)
{
    size_t n = 0;

    for (size_t i = 0; i < s->d->n_nodes; i++) {
        const struct mp_digest_node *node = &s->d->nodes[i];

        s->common[i] = bsearch(&node, names, other->n_nodes, sizeof *names, by_name);
        n += s->common[i];
    }
    return n;
}

/* --- how nodes differ --------------------------------------------------------------- */

static bool same_route(const struct mp_digest_node *a, const struct mp_digest_node *b)
{
    return a->route == NULL || b->route == NULL || strcmp(a->route, b->route) == 0;
}

/* The middle of what the node's kind has in its report; `room` is for all its nodes. */
static double kind_middle(const struct mp_digest *d, const struct mp_digest_node *node,
                          int which, double *room, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < d->n_nodes; i++)
        if (same_route(&d->nodes[i], node) && !isnan(node_value(&d->nodes[i], which)))
            room[(*n)++] = node_value(&d->nodes[i], which);
    qsort(room, *n, sizeof *room, ascending);
    return *n > 0 ? middle_of(room, *n) : NAN;
}

/* First of its route in the list? */
static bool begins_kind(const struct mp_digest *d, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_route(&d->nodes[i], &d->nodes[at]))
            return false;
    return true;
}

struct spread {
    double *away; /* |e - m|/m, room for all nodes of both */
    double *room; /* likewise */
    size_t n, kinds;
};

static void add_distances(struct spread *s, const struct mp_digest *d, int which)
{
    for (size_t k = 0; k < d->n_nodes; k++) {
        double m;
        size_t n;

        if (!begins_kind(d, k))
            continue;
        m = kind_middle(d, &d->nodes[k], which, s->room, &n);
        if (n < 2 || !(m > 0))
            continue;
        s->kinds++;
        for (size_t i = 0; i < n; i++)
            s->away[s->n++] = fabs(s->room[i] - m) / m;
    }
}

struct measured {
    double s, t;
    size_t of;
};

static struct measured measure_spread(struct spread *s, const struct mp_digest *a,
                                      const struct mp_digest *b, int which)
{
    struct measured m = {which == WHOLE ? ASSUMED_NODE : ASSUMED_PART, NORMAL, 0};

    s->n = s->kinds = 0;
    add_distances(s, a, which);
    add_distances(s, b, which);
    if (s->n < s->kinds + MP_COMPARE_LEAST)
        return m;
    qsort(s->away, s->n, sizeof *s->away, ascending);
    m.s = MAD_TO_SIGMA * middle_of(s->away + s->kinds, s->n - s->kinds);
    m.t = student(FREEDOM * (double)(s->n - s->kinds));
    m.of = s->n;
    return m;
}

/* Half-width, in kWh, of what the nodes that only this one had may add. */
static double squared_by_nodes(const struct side *side, int which,
                               const struct measured *m)
{
    double sum = 0;

    for (size_t i = 0; i < side->d->n_nodes; i++) {
        const struct mp_digest_node *n = &side->d->nodes[i];
        double e = node_value(n, which), away = m->s * e;

        if (side->common[i] || isnan(e))
            continue;
        if (which == WHOLE && !isnan(n->median_kwh))
            away = e - n->median_kwh;
        sum += away * away;
    }
    return m->t * m->t * sum;
}

static double by_nodes(const struct side sides[2], int which, const struct measured *m,
                       double scale_a, double scale_b)
{
    return sqrt(squared_by_nodes(&sides[0], which, m) * scale_a * scale_a +
                squared_by_nodes(&sides[1], which, m) * scale_b * scale_b);
}

/* --- the figures -------------------------------------------------------------------- */

/* The job's share, where that is compared, else its nodes' energy; as a part of it. */
static double share_of(const struct mp_comparison *c, const struct mp_digest *d)
{
    return c->share && d->shared ? d->share_kwh / d->kwh : 1;
}

static double half_of(const struct mp_comparison *c, const struct mp_digest *d)
{
    return d->half * (c->matched ? 1 - d->by_sensor : 1);
}

static double guess_below(const struct mp_digest *d)
{
    return d->shared && d->share_low_kwh < d->share_kwh ? d->share_kwh - d->share_low_kwh
                                                        : 0;
}

static double guess_above(const struct mp_digest *d)
{
    return d->shared && d->share_high_kwh > d->share_kwh
               ? d->share_high_kwh - d->share_kwh
               : 0;
}

static double seconds_of(const struct mp_digest *d)
{
    return (double)(d->end - d->start) / 1e6;
}

/* Slurm cuts start and end to whole seconds: each is off by 0 to 1 s. */
static double seconds_half(const struct mp_digest *d)
{
    return d->start % 1000000 == 0 && d->end % 1000000 == 0 ? NORMAL * sqrt(1.0 / 6) : 0;
}

static void compare_energy(struct mp_comparison *c, const struct side sides[2],
                           const struct measured *m)
{
    const struct mp_digest *a = sides[0].d, *b = sides[1].d;
    const double part_a = share_of(c, a), part_b = share_of(c, b);
    const double half_a = half_of(c, a), half_b = half_of(c, b);
    const double hours_a = seconds_of(a) / 3600, hours_b = seconds_of(b) / 3600;
    const double ea = part_a * a->kwh, eb = part_b * b->kwh;
    const bool up = eb > ea;
    double guess_a = 0, guess_b = 0, mean_may;

    c->nodes_energy = difference(
        a->kwh, b->kwh, hypot(hypot(half_a, half_b), by_nodes(sides, WHOLE, m, 1, 1)));
    if (c->share) {
        guess_a = up ? guess_above(a) : guess_below(a);
        guess_b = up ? guess_below(b) : guess_above(b);
    }
    c->by_samples = hypot(part_a * half_a, part_b * half_b);
    c->by_nodes = by_nodes(sides, WHOLE, m, part_a, part_b);
    c->by_guess = guess_a + guess_b;
    c->energy = difference(ea, eb, hypot(c->by_samples, c->by_nodes) + c->by_guess);
    mean_may = hypot(hypot(part_a * half_a / hours_a, part_b * half_b / hours_b),
                     by_nodes(sides, WHOLE, m, part_a / hours_a, part_b / hours_b)) +
               guess_a / hours_a + guess_b / hours_b;
    if (hours_a > 0 && hours_b > 0)
        c->mean_w = difference(1000 * ea / hours_a, 1000 * eb / hours_b, 1000 * mean_may);
    else
        c->mean_w = difference(a->mean_w, b->mean_w, NAN);
    c->seconds =
        difference(seconds_of(a), seconds_of(b), hypot(seconds_half(a), seconds_half(b)));
}

static void compare_components(struct mp_comparison *c, const struct side sides[2],
                               struct spread *room)
{
    const struct mp_digest *a = sides[0].d, *b = sides[1].d;

    for (int i = 0; i < MP_N_COMPONENTS; i++) {
        struct measured m = measure_spread(room, a, b, i);
        double apart = by_nodes(sides, i, &m, 1, 1);

        c->components[i] = difference(a->components[i], b->components[i],
                                      hypot(hypot(a->halves[i], b->halves[i]), apart));
    }
}

/* --- node by node ------------------------------------------------------------------- */

static void match_nodes(struct mp_comparison *c, const struct mp_digest *a,
                        const struct mp_digest_node *const *names)
{
    for (size_t i = 0; i < a->n_nodes; i++) {
        const struct mp_digest_node *na = &a->nodes[i];
        const struct mp_digest_node *const *nb =
            bsearch(&na, names, a->n_nodes, sizeof *names, by_name);

        if (nb != NULL)
            c->nodes[c->n_nodes++] = (struct mp_compared_node){
                na->name, difference(na->kwh, (*nb)->kwh, hypot(na->half, (*nb)->half))};
    }
}

static int by_energy(const void *a, const void *b)
{
    const struct mp_digest_node *const *x = a, *const *y = b;

    return ((*x)->kwh > (*y)->kwh) - ((*x)->kwh < (*y)->kwh);
}

/* A node at a place, between two where there is none. */
struct placed {
    double kwh, half, by_spread; /* by_spread: of one node, in s */
};

/* 1.2533: a median's standard deviation is that over √n. */
static struct placed place(const struct mp_digest_node *const *sorted, size_t n,
                           int which)
{
    const struct mp_digest_node *low = sorted[which == 2   ? n - 1
                                              : which == 1 ? (n - 1) / 2
                                                           : 0];
    const struct mp_digest_node *high = which == 1 ? sorted[n / 2] : low;
    struct placed p = {(low->kwh + high->kwh) / 2, (low->half + high->half) / 2, 0};

    p.by_spread = p.kwh * (which == 1 && n > 2 ? 1.2533 / sqrt((double)n) : 1);
    return p;
}

static const struct mp_digest_node **sorted_by_energy(const struct mp_digest *d,
                                                      size_t *n)
{
    const struct mp_digest_node **list = malloc((d->n_nodes + 1) * sizeof *list);

    *n = 0;
    for (size_t i = 0; list != NULL && i < d->n_nodes; i++)
        if (!isnan(d->nodes[i].kwh))
            list[(*n)++] = &d->nodes[i];
    if (list != NULL)
        qsort(list, *n, sizeof *list, by_energy);
    return list;
}

static int place_nodes(struct mp_comparison *c, const struct side sides[2],
                       const struct measured *m, struct mp_error *err)
{
    static const char *const names[] = {"least", "middle", "most"};
    size_t na, nb;
    const struct mp_digest_node **a = sorted_by_energy(sides[0].d, &na);
    const struct mp_digest_node **b = sorted_by_energy(sides[1].d, &nb);
    int rc = 0;

    if (a == NULL || b == NULL)
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory for the nodes");
    for (int i = 0; rc == 0 && i < 3 && na > 0 && nb > 0; i++) {
        struct placed pa, pb;

        if (i != 1 && na < 2 && nb < 2)
            continue;
        pa = place(a, na, i);
        pb = place(b, nb, i);
        c->nodes[c->n_nodes++] = (struct mp_compared_node){
            names[i], difference(pa.kwh, pb.kwh,
                                 hypot(hypot(pa.half, pb.half),
                                       m->t * m->s * hypot(pa.by_spread, pb.by_spread)))};
    }
    free(a);
    free(b);
    return rc;
}

/* --- all of it ---------------------------------------------------------------------- */

static int compare_all(struct mp_comparison *c, struct side sides[2], struct spread *room,
                       const struct mp_digest_node *const *names_a,
                       const struct mp_digest_node *const *names_b, struct mp_error *err)
{
    const struct mp_digest *a = sides[0].d, *b = sides[1].d;
    struct measured m = measure_spread(room, a, b, WHOLE);

    c->common = mark_common(&sides[0], b, names_b);
    mark_common(&sides[1], a, names_a);
    c->matched = c->common == a->n_nodes && a->n_nodes == b->n_nodes;
    c->spread = c->matched ? 0 : m.s;
    c->spread_of = c->matched ? 0 : m.of;
    c->share = a->shared || b->shared;
    c->share_unknown =
        (a->shared && isnan(a->share_kwh)) || (b->shared && isnan(b->share_kwh));
    c->share = c->share && !c->share_unknown;
    compare_energy(c, sides, &m);
    compare_components(c, sides, room);
    if (!c->matched)
        return place_nodes(c, sides, &m, err);
    match_nodes(c, a, names_b);
    return 0;
}

int mp_compare(struct mp_comparison *c, const struct mp_digest *a,
               const struct mp_digest *b, struct mp_error *err)
{
    const size_t n = a->n_nodes + b->n_nodes + 1;
    struct side sides[2] = {{a, calloc(n, sizeof(bool))}, {b, calloc(n, sizeof(bool))}};
    struct spread room = {.away = calloc(n, sizeof *room.away),
                          .room = calloc(n, sizeof *room.room)};
    const struct mp_digest_node **names_a = sorted_by_name(a);
    const struct mp_digest_node **names_b = sorted_by_name(b);
    int rc;

    *c = (struct mp_comparison){.nodes = calloc(n + 3, sizeof *c->nodes)};
    if (sides[0].common == NULL || sides[1].common == NULL || room.away == NULL ||
        room.room == NULL || names_a == NULL || names_b == NULL || c->nodes == NULL)
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes", n);
    else
        rc = compare_all(c, sides, &room, names_a, names_b, err);
    free(sides[0].common);
    free(sides[1].common);
    free(room.away);
    free(room.room);
    free(names_a);
    free(names_b);
    return rc;
}

void mp_comparison_free(struct mp_comparison *c)
{
    free(c->nodes);
    *c = (struct mp_comparison){0};
}
