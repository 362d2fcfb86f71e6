/* SPDX-License-Identifier: MIT
 * components.c - sums over series, nodes and the grid. */
#include "config.h"

#include "energy/components.h"

#include <math.h>
#include <stdlib.h>

#include "energy/impl.h"

/* One node's series, summed by role. */
struct by_role {
    double kwh[MP_N_ROLES];
    struct mp_budget budget[MP_N_ROLES];
};

/* Slurm's start and end are whole seconds; what a user asks for need not be. */
static bool whole_seconds(const struct mp_plan *plan)
{
    return plan->start % 1000000 == 0 && plan->end % 1000000 == 0;
}

static struct mp_budget series_budget(const struct mp_energy *e, size_t i)
{
    const struct mp_acc *a = &e->accs[i];
    const double accuracy = mp_series_accuracy(&e->table->series[i], mp_metric_of(e, i));
    struct mp_budget b = mp_interval_budget(&a->interval, a->first, a->last,
                                            e->plan->start, e->plan->end, a->factor);

    if (e->traces->series[i].counter) /* it misses nothing between its samples */
        b.var[MP_BY_SAMPLING] = b.var[MP_BY_GAPS] = b.var[MP_BY_RESOLUTION] = 0;
    b.sensor = accuracy / 100 * e->result.series[i].energy_kwh;
    b.sensor_known = accuracy > 0;
    return b;
}

/* All parts are read in the same instants as the input. */
static struct mp_budget others_budget(const struct by_role *r,
                                      const struct mp_components *c)
{
    /* input - parts - (input - output): the input's own error is not in it */
    const bool loss = c->kwh[MP_ROLE_PSU_LOSS] > 0;
    struct mp_budget b = r->budget[loss ? MP_ROLE_OUTPUT : MP_ROLE_INPUT];

    for (int i = 0; i < MP_ROLE_PSU_LOSS; i++)
        if (!isnan(r->kwh[i]))
            mp_budget_add_together(&b, &r->budget[i], -1);
    return b;
}

static void node_uncertainty(struct by_role *r, struct mp_node_result *n, bool clock)
{
    struct mp_components *c = &n->components;

    r->budget[MP_ROLE_PSU_LOSS] = r->budget[MP_ROLE_INPUT];
    mp_budget_add_together(&r->budget[MP_ROLE_PSU_LOSS], &r->budget[MP_ROLE_OUTPUT], -1);
    r->budget[MP_ROLE_OTHERS] = others_budget(r, c);
    for (int i = 0; i < MP_N_COMPONENTS; i++)
        c->uncertainty_kwh[i] =
            isnan(c->kwh[i]) ? NAN : mp_budget_interval(&r->budget[i], clock).kwh;
    n->uncertainty_kwh = isnan(n->energy_kwh)
                             ? NAN
                             : mp_budget_interval(&r->budget[MP_ROLE_INPUT], clock).kwh;
}

static void node_pie(const struct by_role *r, struct mp_node_result *n)
{
    double *part = n->components.kwh;
    double measured = 0;

    for (int i = 0; i < MP_N_COMPONENTS; i++)
        part[i] = r->kwh[i]; /* NaN where no metric has the role */
    part[MP_ROLE_PSU_LOSS] = r->kwh[MP_ROLE_INPUT] - r->kwh[MP_ROLE_OUTPUT];
    if (part[MP_ROLE_PSU_LOSS] < 0)
        part[MP_ROLE_PSU_LOSS] = 0;
    n->energy_kwh = r->kwh[MP_ROLE_INPUT];
    n->output_kwh = r->kwh[MP_ROLE_OUTPUT];
    if (isnan(n->energy_kwh))
        return;
    for (int i = 0; i < MP_N_COMPONENTS; i++)
        mp_add_measured(&measured, part[i]);
    part[MP_ROLE_OTHERS] = fmax(0, n->energy_kwh - measured);
    n->excess_kwh = fmax(0, measured - n->energy_kwh);
}

static void add_input(struct mp_node_result *n, const struct mp_series_result *s)
{
    mp_add_measured(&n->power.mean_w, s->mean_w);
    mp_add_measured(&n->power.min_w, s->min_w);
    mp_add_measured(&n->power.max_w, s->max_w);
    n->coverage = n->n_inputs == 0 ? s->coverage : fmin(n->coverage, s->coverage);
    n->n_inputs++;
}

static void clear_nodes(struct mp_energy_result *r, struct by_role *roles)
{
    for (size_t i = 0; i < r->n_nodes; i++) {
        r->nodes[i] =
            (struct mp_node_result){.power = {NAN, NAN, NAN}, .energy_kwh = NAN};
        for (int role = 0; role < MP_N_ROLES; role++) {
            roles[i].kwh[role] = NAN;
            roles[i].budget[role] = mp_budget_none();
        }
    }
}

/* A counter knows better than the power beside it. */
static bool is_counted(const struct mp_energy *e, uint32_t node, enum mp_role role)
{
    for (size_t i = 0; e->plan->counters && i < e->result.n_series; i++)
        if (e->table->series[i].node == node && mp_metric_of(e, i)->counter &&
            mp_metric_of(e, i)->role == role && e->result.series[i].usable)
            return true;
    return false;
}

/* Nodes' energies as shares of the job. */
static void node_share(const struct mp_energy *e, size_t i, double share, double alone)
{
    struct mp_node_result *n = &e->result.nodes[i];
    const struct mp_crowd *c = e->crowds != NULL ? &e->crowds[i] : NULL;
    double together, idle;

    n->share = (struct mp_share){n->energy_kwh, n->energy_kwh, n->energy_kwh};
    n->idle_kwh =
        fmin(n->energy_kwh, n->idle_w * (double)(e->plan->end - e->plan->start) / 3.6e12);
    if (c == NULL || c->n == 0)
        return;
    n->neighbours = (uint32_t)c->n_jobs;
    n->neighbour = c->job;
    n->share = (struct mp_share){NAN, NAN, NAN};
    if (!(c->own > 0) || isnan(n->energy_kwh))
        return;
    together = n->energy_kwh - alone;
    idle = fmin(together, n->idle_w * c->shared / 3.6e12);
    n->share.kwh = share;
    n->share.low_kwh = fmin(share, alone + idle * (c->weighted / c->shared));
    n->share.high_kwh = fmax(share, n->share.low_kwh + together - idle);
}

/* What the node draws without a job: as measured then, or the lowest tenth of what it
 * drew. */
static void node_idle(const struct mp_energy *e, size_t i, double lowest)
{
    struct mp_node_result *n = &e->result.nodes[i];
    const struct mp_occupancy *o = e->occupancy;

    n->idle_measured = o != NULL && i < o->n_nodes && o->nodes[i].idle_w > 0;
    n->idle_w = n->idle_measured ? o->nodes[i].idle_w : lowest;
}

static int share_nodes(struct mp_energy *e, struct mp_error *err)
{
    struct mp_energy_result *r = &e->result;
    struct sums {
        double area, share, alone, lowest;
    } *sums = calloc(r->n_nodes + 1, sizeof *sums);

    if (sums == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes", r->n_nodes);
    for (size_t i = 0; i < r->n_nodes; i++)
        sums[i].lowest = NAN;
    for (size_t k = 0; k < r->n_series; k++) {
        size_t i = r->order[k];
        const struct mp_acc *a = i < e->n_accs ? &e->accs[i] : NULL;
        struct sums *s = &sums[e->table->series[i].node];

        if (!r->series[i].usable || a == NULL || !a->on_grid)
            continue;
        s->area += mp_to_watt(a, (a->area2.high + a->area2.low) / 2 / 3.6e12);
        s->share += mp_to_watt(a, (a->share2.high + a->share2.low) / 2 / 3.6e12);
        s->alone += mp_to_watt(a, (a->alone2.high + a->alone2.low) / 2 / 3.6e12);
        mp_add_measured(&s->lowest, mp_lowest_tenth(a->lowest));
    }
    for (size_t i = 0; i < r->n_nodes; i++) {
        /* a counter may know the energy better than the power that is divided */
        double better = sums[i].area > 0 ? r->nodes[i].energy_kwh / sums[i].area : 1;

        node_idle(e, i, sums[i].lowest);
        node_share(e, i, sums[i].share * better, sums[i].alone * better);
    }
    free(sums);
    return 0;
}

/* One node whose share nobody knows makes the job's unknown. */
static void share_job(struct mp_energy *e)
{
    struct mp_energy_result *r = &e->result;
    bool unknown = false;

    r->share = (struct mp_share){NAN, NAN, NAN};
    r->idle_kwh = NAN;
    r->sharing_known = e->occupancy != NULL && mp_occupancy_is_known(e->occupancy);
    for (size_t i = 0; i < r->n_nodes; i++) {
        const struct mp_node_result *n = &r->nodes[i];

        mp_add_measured(&r->idle_kwh, n->idle_kwh);
        mp_add_measured(&r->share.kwh, n->share.kwh);
        mp_add_measured(&r->share.low_kwh, n->share.low_kwh);
        mp_add_measured(&r->share.high_kwh, n->share.high_kwh);
        r->shared = r->shared || n->neighbours > 0;
        unknown = unknown || (isnan(n->share.kwh) && !isnan(n->energy_kwh));
    }
    if (unknown)
        r->share = (struct mp_share){NAN, NAN, NAN};
}

static void sum_nodes(struct mp_energy *e, struct by_role *roles)
{
    struct mp_energy_result *r = &e->result;
    const bool clock = whole_seconds(e->plan);

    clear_nodes(r, roles);
    for (size_t k = 0; k < r->n_series; k++) {
        size_t i = r->order[k];
        struct mp_series_result *s = &r->series[i];
        uint32_t node = e->table->series[i].node;
        enum mp_role role = mp_metric_of(e, i)->role;
        struct mp_budget budget;

        r->nodes[node].samples += s->samples;
        if (!s->usable)
            continue;
        budget = series_budget(e, i);
        s->uncertainty_kwh = mp_budget_interval(&budget, clock).kwh;
        if (!mp_metric_of(e, i)->counter && is_counted(e, node, role))
            continue;
        mp_add_measured(&roles[node].kwh[role], s->energy_kwh);
        mp_budget_add_together(&roles[node].budget[role], &budget, 1);
        if (role == MP_ROLE_INPUT)
            add_input(&r->nodes[node], s);
    }
    for (size_t i = 0; i < r->n_nodes; i++) {
        node_pie(&roles[i], &r->nodes[i]);
        node_uncertainty(&roles[i], &r->nodes[i], clock);
    }
}

static void sum_job(struct mp_energy_result *r)
{
    for (size_t i = 0; i < r->n_nodes; i++) {
        const struct mp_node_result *n = &r->nodes[i];

        mp_add_measured(&r->total_kwh, n->energy_kwh);
        mp_add_measured(&r->power.mean_w, n->power.mean_w);
        for (int c = 0; c < MP_N_COMPONENTS; c++)
            mp_add_measured(&r->components.kwh[c], n->components.kwh[c]);
        r->excess_kwh += n->excess_kwh;
        r->coverage += n->coverage / (double)r->n_nodes;
    }
}

/* Nodes are read independently of each other. */
static struct mp_uncertainty job_interval(const struct mp_energy *e,
                                          const struct by_role *roles, enum mp_role role)
{
    const struct mp_energy_result *r = &e->result;
    struct mp_budget sum = mp_budget_none();
    bool any = false;

    for (size_t i = 0; i < r->n_nodes; i++) {
        double kwh = role < MP_N_COMPONENTS ? r->nodes[i].components.kwh[role]
                                            : r->nodes[i].energy_kwh;

        if (isnan(kwh))
            continue;
        any = true;
        mp_budget_add_apart(&sum, &roles[i].budget[role]);
    }
    sum.known = sum.known && any;
    return mp_budget_interval(&sum, whole_seconds(e->plan));
}

static void job_uncertainty(struct mp_energy *e, const struct by_role *roles)
{
    for (int c = 0; c < MP_N_COMPONENTS; c++)
        e->result.components.uncertainty_kwh[c] =
            job_interval(e, roles, (enum mp_role)c).kwh;
    e->result.uncertainty = job_interval(e, roles, MP_ROLE_INPUT);
}

/* Extremes of the job's input power, see energy.h. */
static void job_extremes(struct mp_energy *e)
{
    struct mp_energy_result *r = &e->result;
    size_t nodes = 0, inputs = 0, only = 0;

    for (size_t i = 0; i < r->n_nodes; i++) {
        inputs += r->nodes[i].n_inputs;
        nodes += r->nodes[i].n_inputs > 0;
        if (r->nodes[i].n_inputs > 0)
            only = i;
    }
    if (inputs == 0)
        return;
    if (inputs == 1) {
        r->power = r->nodes[only].power;
        return;
    }
    r->power.min_w = r->power.max_w = e->grid.w[0];
    for (size_t k = 1; k < e->grid.n; k++) {
        r->power.min_w = fmin(r->power.min_w, e->grid.w[k]);
        r->power.max_w = fmax(r->power.max_w, e->grid.w[k]);
    }
    if (nodes == 1)
        r->nodes[only].power = r->power;
}

int mp_components_sum(struct mp_energy *e, struct mp_error *err)
{
    struct mp_energy_result *r = &e->result;
    struct by_role *roles = calloc(r->n_nodes + 1, sizeof *roles);

    if (roles == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes", r->n_nodes);
    r->total_kwh = NAN;
    for (int i = 0; i < MP_N_COMPONENTS; i++)
        r->components.kwh[i] = NAN;
    r->power = (struct mp_power){NAN, NAN, NAN};
    r->grid_s = (double)e->grid.step / 1e6;
    sum_nodes(e, roles);
    if (share_nodes(e, err) < 0) {
        free(roles);
        return -1;
    }
    sum_job(r);
    share_job(e);
    job_uncertainty(e, roles);
    job_extremes(e);
    free(roles);
    return 0;
}
