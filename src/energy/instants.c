/* SPDX-License-Identifier: MIT
 * instants.c - sensors, instants and rounds of nodes, one sample after the other. */
#include "config.h"

#include "energy/instants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What was last heard longer ago says nothing of now; and what was heard later, in a file
 * that is sorted by sensor, neither. */
#define FRESH_US INT64_C(180000000)
#define AT_ONCE_US INT64_C(15000000)

/* Parts so far above all that the node has drawn are no matter of when they were read. */
static const double PEAK = 1.5, PEAK_W = 20;

enum { BLOCK = 12 }; /* instants, a minute of them mostly */

static const double BUSY_W = 5; /* others that read more than this are at work */

int mp_instants_begin(struct mp_instants *in, const struct mp_plan *plan,
                      const struct mp_series_table *table, struct mp_error *err)
{
    *in = (struct mp_instants){.plan = plan, .table = table};
    in->nodes = calloc(plan->n_nodes + 1, sizeof *in->nodes);
    if (in->nodes == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu nodes",
                       plan->n_nodes);
    for (size_t i = 0; i < plan->n_nodes; i++) {
        in->nodes[i].stamp = INT64_MIN;
        for (int role = 0; role < MP_N_ROLES; role++) {
            in->nodes[i].first[role] = MP_NO_SENSOR;
            in->nodes[i].heard[role] = INT64_MIN;
        }
    }
    return 0;
}

void mp_instants_free(struct mp_instants *in)
{
    free(in->sensors);
    free(in->nodes);
    *in = (struct mp_instants){0};
}

/* The parts of a node, of sums by role. */
static double parts_of(const double w[MP_N_ROLES])
{
    return w[MP_ROLE_CPU] + w[MP_ROLE_MEMORY] + w[MP_ROLE_STORAGE] + w[MP_ROLE_FAN] +
           w[MP_ROLE_GPU];
}

static bool is_fresh(const struct mp_watch *n, int role, int64_t time, int64_t since)
{
    return !n->by_sensor && n->sensors[role] > 0 && n->heard[role] >= time - since &&
           n->heard[role] <= time + AT_ONCE_US;
}

/* All parts that the node has were read about now. */
static bool parts_fresh(const struct mp_watch *n, int64_t time, int64_t since)
{
    bool any = false;

    for (int role = 0; role < MP_N_COMPONENTS; role++) {
        if (n->sensors[role] > 0 && !is_fresh(n, role, time, since))
            return false;
        any = any || n->sensors[role] > 0;
    }
    return any;
}

static void add_both(struct mp_both *b, double x, double y)
{
    double dx = x - b->x, dy = y - b->y, n = (double)++b->n;

    b->x += dx / n;
    b->y += dy / n;
    b->xx += dx * (x - b->x);
    b->yy += dy * (y - b->y);
    b->xy += dx * (y - b->y);
}

/* ---- sensors ---- */

static int grow(struct mp_instants *in, struct mp_error *err)
{
    size_t n = in->table->n;
    struct mp_sensor *grown = realloc(in->sensors, n * sizeof *grown);

    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu series", n);
    memset(grown + in->n_sensors, 0, (n - in->n_sensors) * sizeof *grown);
    in->sensors = grown;
    in->n_sensors = n;
    return 0;
}

static int meet(struct mp_instants *in, uint32_t series, struct mp_error *err)
{
    const struct mp_series *s = &in->table->series[series];
    struct mp_sensor *sensor;
    struct mp_watch *node;

    if (series >= in->n_sensors && grow(in, err) < 0)
        return -1;
    sensor = &in->sensors[series];
    node = &in->nodes[s->node];
    sensor->met = true;
    sensor->node = s->node;
    sensor->role = (uint8_t)in->plan->routes[s->route].metrics[s->metric_index].role;
    sensor->twin = MP_NO_SENSOR;
    sensor->next = node->first[sensor->role];
    sensor->last[0] = sensor->last[1] = sensor->last[2] = NAN;
    node->first[sensor->role] = series;
    node->sensors[sensor->role]++;
    return 0;
}

/* What else on the node moves with the sensor's power: input and output, each for the
 * other, and the parts for either; input for a part; as it was when the last instant
 * ended, all of whose samples had come.  NaN: nothing that is known now. */
static double reference(const struct mp_watch *node, enum mp_role role)
{
    enum mp_role other = role == MP_ROLE_INPUT ? MP_ROLE_OUTPUT : MP_ROLE_INPUT;
    double parts;

    if (node->by_sensor)
        return NAN;
    if (node->sensors[other] > 0)
        return is_fresh(node, other, node->stamp, FRESH_US) ? node->was[other] : NAN;
    parts = parts_of(node->was);
    if (role != MP_ROLE_INPUT && role != MP_ROLE_OUTPUT)
        parts -= node->was[role];
    return parts > 0 && parts_fresh(node, node->stamp, FRESH_US) ? parts : NAN;
}

/* At the end of the last instant; `s` itself read 0 W then, or had not spoken. */
static bool others_busy(const struct mp_watch *node, const struct mp_sensor *s)
{
    double w = 0;

    if (node->by_sensor)
        return false;
    for (int role = 0; role < MP_ROLE_NONE; role++)
        if (is_fresh(node, role, node->stamp, FRESH_US))
            w += node->was[role];
    return w - (s->n > 0 ? s->w : 0) > BUSY_W;
}

/* Zeros are judged by the instants before and after them: not even one that was read
 * while the node's power changed is blamed. */
static void follow_zero(const struct mp_watch *node, struct mp_sensor *s, double w)
{
    bool busy;

    if (s->w != 0 && w != 0)
        return;
    busy = others_busy(node, s);
    if (s->n > 0 && s->w == 0)
        s->zeros_busy += busy && s->busy_before;
    s->busy_before = busy || s->n == 0;
    s->zeros += w == 0;
}

static void end_still(struct mp_sensor *s)
{
    if (s->still.to - s->still.from > s->longest.to - s->longest.from)
        s->longest = s->still;
}

/* What was beside the sample before this one is known by now. */
static void follow_still(struct mp_sensor *s, int64_t time, double w, double beside)
{
    struct mp_still *still = &s->still;

    if (s->n > 0 && isnan(still->beside)) {
        still->beside = beside;
    } else if (s->n > 0) {
        double by = fabs(beside - still->beside);

        if (by > 0.05 * still->beside && by > 5) {
            still->moved++;
            still->far += by > 0.15 * still->beside && by > 25;
        }
    }
    if (s->n > 0 && w == s->w) {
        still->to = time;
        still->n++;
        return;
    }
    s->changes += s->n > 0;
    end_still(s);
    *still = (struct mp_still){.from = time, .to = time, .n = 1, .w = w, .beside = NAN};
}

/* The middle one of its last three samples stands alone above its neighbours, by far more
 * than what else moved at that time. */
static void look_for_spike(struct mp_sensor *s, double w, double beside)
{
    double middle = s->last[1];

    if (middle > 3 * s->last[0] && middle > 3 * s->last[2]) {
        double by = middle - fmax(s->last[0], s->last[2]);
        double moved = s->beside[1] - fmax(s->beside[0], beside);
        bool alone = !isnan(moved) || by > 0.95 * middle; /* twenty times, unseen */

        if (s->n > 2 && by > 50 && alone && !(moved > 0.3 * by)) {
            s->spikes++;
            s->spike_w += by;
        }
    }
    s->beside[0] = s->beside[1];
    s->beside[1] = beside;
    s->last[0] = s->last[1];
    s->last[1] = s->last[2];
    s->last[2] = w;
}

/* ---- rounds ---- */

static uint32_t find_twin(const struct mp_instants *in, const struct mp_watch *node,
                          uint32_t i)
{
    const struct mp_sensor *s = &in->sensors[i];

    for (uint32_t k = node->first[s->role]; k != MP_NO_SENSOR; k = in->sensors[k].next)
        if (k != i && in->sensors[k].round == s->round && in->sensors[k].n > 0 &&
            in->sensors[k].round_w == s->round_w)
            return k;
    return MP_NO_SENSOR;
}

static void compare_with_twin(struct mp_instants *in, const struct mp_watch *node,
                              uint32_t i, bool moved)
{
    struct mp_sensor *s = &in->sensors[i];

    if (s->twin == MP_NO_SENSOR || 2 * s->same < s->rounds)
        s->twin = find_twin(in, node, i);
    if (s->twin == MP_NO_SENSOR || in->sensors[s->twin].round != s->round ||
        in->sensors[s->twin].round_w != s->round_w)
        return;
    s->same++;
    s->same_moves += moved;
}

/* One reading of each sensor of the node's role has come: how do they compare? */
static void end_round(struct mp_instants *in, struct mp_watch *node, int role)
{
    uint32_t round = node->round[role];
    double all = 0;
    unsigned n = 0;

    for (uint32_t i = node->first[role]; i != MP_NO_SENSOR; i = in->sensors[i].next) {
        if (in->sensors[i].round == round && in->sensors[i].n > 0) {
            all += in->sensors[i].round_w;
            n++;
        }
    }
    for (uint32_t i = node->first[role]; n > 1 && i != MP_NO_SENSOR;
         i = in->sensors[i].next) {
        struct mp_sensor *s = &in->sensors[i];
        double w = s->round_w;

        if (s->round != round || s->n == 0)
            continue;
        s->rounds++;
        compare_with_twin(in, node, i, s->others.n > 0 && s->still.n == 1);
        if (n > 2 && n == node->sensors[role]) {
            s->full++;
            s->is_sum += fabs(2 * w - all) <= 0.02 * w + 0.5 * n;
        }
        add_both(&s->others, w, all - w);
    }
    node->round[role]++;
}

static void follow_round(struct mp_instants *in, struct mp_watch *node,
                         struct mp_sensor *s, double w)
{
    if (node->sensors[s->role] > 1 && s->n > 0 && s->round == node->round[s->role])
        end_round(in, node, s->role);
    s->round = node->round[s->role];
    s->round_w = w;
}

/* ---- instants ---- */

static void compare_input_with_output(struct mp_watch *n, double in, double out)
{
    n->pairs++;
    n->pair_w += in;
    if (out > 1.01 * in + 2) {
        n->output_above++;
        n->above_w += out - in;
    }
    n->loss_high += in - out > 0.25 * in && in - out > 15;
    if (in > 1.5 * out + 20) {
        n->spikes++;
        n->spike_w += in - out;
    }
}

static void compare_input_with_parts(struct mp_watch *n, double in)
{
    double parts = parts_of(n->at);

    n->wholes++;
    n->whole_w += in;
    if (parts > 1.05 * in + 5) {
        n->parts_above++;
        n->parts_above_w += parts - in;
    }
}

/* Parts that were read at other instants than the input may belong to what it was before
 * or has become, but not to what it never was ... */
static void look_for_peak(struct mp_watch *n, double in)
{
    double parts = parts_of(n->now);

    n->most_input = in > n->most_input ? in : n->most_input;
    n->most_parts = parts > n->most_parts ? parts : n->most_parts;
    if (n->wholes > 1 && parts > PEAK * n->most_input + PEAK_W) {
        n->peaks++;
        n->peaks_w += parts - fmax(in, n->input_before);
    }
    n->input_before = in;
}

/* ... and not for long. */
static void add_to_block(struct mp_watch *n, double in)
{
    n->block_w += in;
    n->block_parts_w += parts_of(n->now);
    if (++n->in_block < BLOCK)
        return;
    n->blocks++;
    if (n->block_parts_w > 1.1 * n->block_w + 5 * BLOCK) {
        n->blocks_above++;
        n->blocks_above_w += n->block_parts_w - n->block_w;
    }
    n->in_block = 0;
    n->block_w = n->block_parts_w = 0;
}

static void end_instant(struct mp_watch *n)
{
    bool input =
        n->n_at[MP_ROLE_INPUT] > 0 && n->n_at[MP_ROLE_INPUT] == n->sensors[MP_ROLE_INPUT];

    if (input && n->n_at[MP_ROLE_OUTPUT] > 0 &&
        n->n_at[MP_ROLE_OUTPUT] == n->sensors[MP_ROLE_OUTPUT])
        compare_input_with_output(n, n->at[MP_ROLE_INPUT], n->at[MP_ROLE_OUTPUT]);
    if (input) {
        compare_input_with_parts(n, n->at[MP_ROLE_INPUT]);
        if (parts_fresh(n, n->stamp, AT_ONCE_US)) {
            look_for_peak(n, n->at[MP_ROLE_INPUT]);
            add_to_block(n, n->at[MP_ROLE_INPUT]);
        }
    }
    memcpy(n->was, n->now, sizeof n->was);
    memset(n->at, 0, sizeof n->at);
    memset(n->n_at, 0, sizeof n->n_at);
}

/* A further sample of the same time. */
static void amend(struct mp_watch *node, struct mp_sensor *s, double w)
{
    if (node->stamp == s->time)
        node->at[s->role] += w - s->w;
    node->now[s->role] += w - s->w;
    s->sum += w - s->w;
    s->w = s->round_w = s->still.w = w;
}

int mp_instants_sample(struct mp_instants *in, uint32_t series, int64_t time, double w,
                       struct mp_error *err)
{
    struct mp_sensor *s;
    struct mp_watch *node;
    double beside;

    if ((series >= in->n_sensors || !in->sensors[series].met) &&
        meet(in, series, err) < 0)
        return -1;
    s = &in->sensors[series];
    if (s->role == MP_ROLE_NONE)
        return 0;
    node = &in->nodes[s->node];
    if (s->n > 0 && s->time == time) {
        amend(node, s, w);
        return 0;
    }
    node->by_sensor = node->by_sensor || time + AT_ONCE_US < node->stamp;
    if (time != node->stamp)
        end_instant(node);
    node->stamp = time;
    beside = reference(node, s->role);
    follow_still(s, time, w, beside);
    look_for_spike(s, w, beside);
    follow_round(in, node, s, w);
    follow_zero(node, s, w);
    node->at[s->role] += w;
    node->n_at[s->role]++;
    node->now[s->role] += w - (s->n > 0 ? s->w : 0);
    node->heard[s->role] = time;
    s->time = time;
    s->w = w;
    s->sum += w;
    s->n++;
    return 0;
}

void mp_instants_end(struct mp_instants *in)
{
    for (size_t i = 0; in->nodes != NULL && i < in->plan->n_nodes; i++) {
        end_instant(&in->nodes[i]);
        if (in->nodes[i].wholes > 0 &&
            parts_fresh(&in->nodes[i], in->nodes[i].stamp, AT_ONCE_US))
            look_for_peak(&in->nodes[i], in->nodes[i].input_before);
        if (in->nodes[i].most_parts <= PEAK * in->nodes[i].most_input + PEAK_W)
            in->nodes[i].peaks_w = 0; /* it only drew as much later */
        for (int role = 0; role < MP_ROLE_NONE; role++)
            end_round(in, &in->nodes[i], role);
    }
    for (size_t i = 0; i < in->n_sensors; i++) {
        struct mp_sensor *s = &in->sensors[i];
        double beside = s->n > 0 ? reference(&in->nodes[s->node], s->role) : NAN;

        if (s->n > 0)
            follow_zero(&in->nodes[s->node], s, NAN);
        look_for_spike(s, s->w, beside);
        follow_still(s, s->time, NAN, beside);
    }
}
