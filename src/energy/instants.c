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

static bool is_near(int64_t heard, int64_t time, int64_t since)
{
    return heard >= time - since && heard <= time + AT_ONCE_US;
}

/* Which roles were heard lately, and up to when that holds unless more are heard. */
static void find_fresh(struct mp_watch *n)
{
    n->fresh = 0;
    n->fresh_until = n->stamp + FRESH_US;
    for (int role = 0; role < MP_ROLE_NONE; role++) {
        int64_t heard = n->heard[role];

        if (is_near(heard, n->stamp, FRESH_US)) {
            n->fresh |= 1U << role;
            if (heard + FRESH_US < n->fresh_until)
                n->fresh_until = heard + FRESH_US;
        }
        if (heard > n->stamp) /* out of order: look again at the next instant */
            n->fresh_until = INT64_MIN;
    }
}

static inline bool is_fresh(const struct mp_watch *n, int role)
{
    return ((n->fresh | n->spoke) >> role & 1) != 0 && !n->by_sensor;
}

/* All parts that the node has were read lately. */
static bool parts_fresh(const struct mp_watch *n)
{
    return n->parts != 0 && (n->parts & ~(n->fresh | n->spoke)) == 0 && !n->by_sensor;
}

/* ... about at the instant that is read. */
static bool parts_at_once(const struct mp_watch *n)
{
    uint32_t others = n->parts & ~n->spoke;

    for (int role = 0; others >> role != 0; role++)
        if ((others >> role & 1) != 0 && !is_near(n->heard[role], n->stamp, AT_ONCE_US))
            return false;
    return n->parts != 0 && !n->by_sensor;
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
    sensor->last[0] = sensor->last[1] = sensor->last[2] = sensor->w = NAN;
    sensor->time = INT64_MIN;
    sensor->busy_before = true; /* as far as is known */
    node->first[sensor->role] = series;
    node->sensors[sensor->role]++;
    if (sensor->role < MP_N_COMPONENTS)
        node->parts |= 1U << sensor->role;
    return 0;
}

/* What else on the node moves with the sensor's power: input and output, each for the
 * other, and the parts for either; input for a part; as it was when the last instant
 * ended, all of whose samples had come.  NaN: nothing that is known now. */
static inline double reference(const struct mp_watch *node, enum mp_role role)
{
    enum mp_role other = role == MP_ROLE_INPUT ? MP_ROLE_OUTPUT : MP_ROLE_INPUT;
    double parts;

    if (node->sensors[other] > 0)
        return is_fresh(node, other) ? node->was[other] : NAN;
    parts = parts_of(node->was);
    if (role != MP_ROLE_INPUT && role != MP_ROLE_OUTPUT)
        parts -= node->was[role];
    return parts > 0 && parts_fresh(node) ? parts : NAN;
}

/* At the end of the last instant; `s` itself read 0 W then, or had not spoken. */
static bool others_busy(const struct mp_watch *node, const struct mp_sensor *s)
{
    double w = 0;

    for (int role = 0; role < MP_ROLE_NONE; role++)
        if (is_fresh(node, role))
            w += node->was[role];
    return !node->by_sensor && w - (s->n > 0 ? s->w : 0) > BUSY_W;
}

/* Zeros are judged by the instants before and after them: not even one that was read
 * while the node's power changed is blamed. */
static void follow_zero(const struct mp_watch *node, struct mp_sensor *s, double w)
{
    bool busy = others_busy(node, s);

    if (s->n > 0 && s->w == 0)
        s->zeros_busy += busy && s->busy_before;
    s->busy_before = busy || s->n == 0;
    s->zeros += w == 0;
}

/* What was beside the reading before this one is known by now. */
static void compare_beside(struct mp_still *still, double beside)
{
    double by = fabs(beside - still->beside);

    if (isnan(still->beside)) {
        still->beside = beside;
    } else if (by > 0.05 * still->beside && by > 5) {
        still->moved++;
        still->far += by > 0.15 * still->beside && by > 25;
    }
}

static void end_still(struct mp_sensor *s, double beside)
{
    compare_beside(&s->still, beside);
    if (s->still.to - s->still.from > s->longest.to - s->longest.from)
        s->longest = s->still;
}

static void follow_still(struct mp_sensor *s, int64_t time, double beside)
{
    struct mp_still *still = &s->still;

    if (still->n > 1)
        compare_beside(still, beside);
    else
        *still = (struct mp_still){.from = s->time, .n = 1, .w = s->w, .beside = beside};
    still->to = time;
    still->n++;
}

static inline void follow_change(struct mp_sensor *s, double beside)
{
    if (s->still.n > 1)
        end_still(s, beside);
    s->still.n = 1;
    s->changes += s->n > 0;
}

/* The middle one of its last three samples is far above its neighbours: by far more than
 * what else moved at that time? */
static void judge_spike(struct mp_sensor *s, double beside)
{
    double middle = s->last[1];
    double by = middle - fmax(s->last[0], s->last[2]);
    double moved = s->beside[1] - fmax(s->beside[0], beside);
    bool alone = !isnan(moved) || by > 0.95 * middle; /* twenty times, unseen */

    if (s->n > 2 && by > 50 && alone && !(moved > 0.3 * by)) {
        s->spikes++;
        s->spike_w += by;
    }
}

static inline void look_for_spike(struct mp_sensor *s, double w, double beside)
{
    if (s->last[1] > 3 * s->last[0] && s->last[1] > 3 * s->last[2])
        judge_spike(s, beside);
    s->beside[0] = s->beside[1];
    s->beside[1] = beside;
    memmove(&s->last[0], &s->last[1], 2 * sizeof s->last[0]);
    s->last[2] = w;
}

/* ---- rounds ---- */

static uint32_t find_twin(const struct mp_instants *in, const struct mp_watch *node,
                          uint32_t i)
{
    const struct mp_sensor *s = &in->sensors[i];

    for (uint32_t k = node->first[s->role]; k != MP_NO_SENSOR;) {
        const struct mp_sensor *other = &in->sensors[k];

        if (other->w == s->w && other != s && other->round == s->round)
            return k;
        k = other->next;
    }
    return MP_NO_SENSOR;
}

static void compare_with_twin(struct mp_instants *in, const struct mp_watch *node,
                              uint32_t i, bool moved)
{
    struct mp_sensor *s = &in->sensors[i];

    if (s->twin == MP_NO_SENSOR || 2 * s->same < s->rounds)
        s->twin = find_twin(in, node, i);
    if (s->twin == MP_NO_SENSOR || in->sensors[s->twin].round != s->round ||
        in->sensors[s->twin].w != s->w)
        return;
    s->same++;
    s->same_moves += moved;
}

/* One reading of each sensor of the node's role has come: how do they compare? */
static void compare_round(struct mp_instants *in, const struct mp_watch *node, int role,
                          unsigned n, double all)
{
    const uint32_t round = node->round[role];
    const bool full = n > 2 && n == node->sensors[role];

    for (uint32_t i = node->first[role]; i != MP_NO_SENSOR; i = in->sensors[i].next) {
        struct mp_sensor *s = &in->sensors[i];
        double w = s->w;

        if (s->round != round || s->n == 0)
            continue;
        s->rounds++;
        compare_with_twin(in, node, i, s->others.n > 0 && s->still.n == 1);
        if (full) {
            s->full++;
            s->is_sum += fabs(2 * w - all) <= 0.02 * w + 0.5 * n;
        }
        add_both(&s->others, w, all - w);
    }
}

static void end_round(struct mp_instants *in, struct mp_watch *node, int role)
{
    uint32_t round = node->round[role];
    double all = 0;
    unsigned n = 0;

    for (uint32_t i = node->first[role]; i != MP_NO_SENSOR; i = in->sensors[i].next) {
        const struct mp_sensor *s = &in->sensors[i];

        if (s->round == round && s->n > 0) {
            all += s->w;
            n++;
        }
    }
    if (n > 1)
        compare_round(in, node, role, n, all);
    node->round[role]++;
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

/* A node's instant is over: of input, output and parts, what do they come to? */
static void end_instant(struct mp_watch *n)
{
    bool input =
        n->n_at[MP_ROLE_INPUT] > 0 && n->n_at[MP_ROLE_INPUT] == n->sensors[MP_ROLE_INPUT];

    if (input && n->n_at[MP_ROLE_OUTPUT] > 0 &&
        n->n_at[MP_ROLE_OUTPUT] == n->sensors[MP_ROLE_OUTPUT])
        compare_input_with_output(n, n->at[MP_ROLE_INPUT], n->at[MP_ROLE_OUTPUT]);
    if (input) {
        compare_input_with_parts(n, n->at[MP_ROLE_INPUT]);
        if (parts_at_once(n)) {
            look_for_peak(n, n->at[MP_ROLE_INPUT]);
            add_to_block(n, n->at[MP_ROLE_INPUT]);
        }
    }
    memcpy(n->was, n->now, sizeof n->was);
    memset(n->at, 0, sizeof n->at);
    memset(n->n_at, 0, sizeof n->n_at);
    n->fresh |= n->spoke;
}

static void next_instant(struct mp_watch *n, int64_t time)
{
    bool back = time < n->stamp;

    n->by_sensor = n->by_sensor || time + AT_ONCE_US < n->stamp;
    end_instant(n);
    n->stamp = time;
    n->spoke = 0;
    if (back || time > n->fresh_until)
        find_fresh(n);
}

/* A further sample of the same time. */
static void amend(struct mp_watch *node, struct mp_sensor *s, double w)
{
    if (node->stamp == s->time)
        node->at[s->role] += w - s->w;
    node->now[s->role] += w - s->w;
    s->sum += w - s->w;
    s->w = s->still.w = w;
}

/* The first sample of its time. */
static inline void take(struct mp_instants *in, struct mp_watch *node,
                        struct mp_sensor *s, int64_t time, double w)
{
    const int role = s->role;
    double beside;

    if (time != node->stamp)
        next_instant(node, time);
    beside = reference(node, role);
    if (w != s->w)
        follow_change(s, beside);
    else
        follow_still(s, time, beside);
    look_for_spike(s, w, beside);
    if (node->sensors[role] > 1 && s->n > 0 && s->round == node->round[role])
        end_round(in, node, role);
    s->round = node->round[role];
    if (w == 0 || s->w == 0)
        follow_zero(node, s, w);
    node->at[role] += w;
    node->n_at[role]++;
    node->now[role] += s->n > 0 ? w - s->w : w;
    node->heard[role] = time;
    node->spoke |= 1U << role;
    s->time = time;
    s->w = w;
    s->sum += w;
    s->n++;
}

int mp_instants_samples(struct mp_instants *in, const struct mp_vertex *v, size_t n,
                        struct mp_error *err)
{
    for (const struct mp_vertex *end = v + n; v < end; v++) {
        struct mp_sensor *s;

        if ((v->series >= in->n_sensors || !in->sensors[v->series].met) &&
            meet(in, v->series, err) < 0)
            return -1;
        s = &in->sensors[v->series];
        if (s->role == MP_ROLE_NONE)
            continue;
        if (s->time == v->time)
            amend(&in->nodes[s->node], s, v->value);
        else
            take(in, &in->nodes[s->node], s, v->time, v->value);
    }
    return 0;
}

void mp_instants_end(struct mp_instants *in)
{
    for (size_t i = 0; in->nodes != NULL && i < in->plan->n_nodes; i++) {
        end_instant(&in->nodes[i]);
        if (in->nodes[i].wholes > 0 && parts_at_once(&in->nodes[i]))
            look_for_peak(&in->nodes[i], in->nodes[i].input_before);
        if (in->nodes[i].most_parts <= PEAK * in->nodes[i].most_input + PEAK_W)
            in->nodes[i].peaks_w = 0; /* it only drew as much later */
        for (int role = 0; role < MP_ROLE_NONE; role++)
            end_round(in, &in->nodes[i], role);
    }
    for (size_t i = 0; i < in->n_sensors; i++) {
        struct mp_sensor *s = &in->sensors[i];
        double beside;

        if (s->n == 0)
            continue;
        beside = reference(&in->nodes[s->node], s->role);
        if (s->w == 0)
            follow_zero(&in->nodes[s->node], s, NAN);
        look_for_spike(s, s->w, beside);
        follow_change(s, beside);
    }
}
