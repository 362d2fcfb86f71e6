/* SPDX-License-Identifier: MIT
 * rules.h - what the rules of the verdict share: each looks at the results and at what
 * the sensors said of one another, and gives its reasons.
 *
 * Everything is worked out from the plan and the samples alone, so that a replay of
 * raw_power.csv comes to the same sentences as the database did. */
#ifndef MP_RULES_H
#define MP_RULES_H

#include "energy/impl.h"
#include "energy/reasons.h"

struct mp_rules {
    struct mp_energy *e; /* its result gets reasons, missing and verdict */
    struct mp_energy_result *r;
    struct mp_error *err;
};

/* missing.c: nodes, metrics and sensors without a usable sample. */
int mp_rule_missing(const struct mp_rules *q);
/* twice.c: one quantity under several names, several under one. */
int mp_rule_twice(const struct mp_rules *q);
/* zeros.c: 0 W that cannot be. */
int mp_rule_zeros(const struct mp_rules *q);
/* frozen.c: sensors that repeat their last value. */
int mp_rule_frozen(const struct mp_rules *q);
/* sums.c: input, output and parts that do not add up; spikes. */
int mp_rule_sums(const struct mp_rules *q);
/* counters.c: a counter and a power that do not agree. */
int mp_rule_counters(const struct mp_rules *q);
/* units.c: values in other units than they are said to be in. */
int mp_rule_units(const struct mp_rules *q);

static inline const struct mp_series *mp_series_of(const struct mp_rules *q, size_t i)
{
    return &q->e->table->series[i];
}

static inline enum mp_role mp_role_of(const struct mp_rules *q, size_t i)
{
    return mp_metric_of(q->e, i)->role;
}

/* What was seen of a series, or NULL. */
static inline const struct mp_sensor *mp_sensor_of(const struct mp_rules *q, size_t i)
{
    const struct mp_instants *in = &q->e->instants;

    return i < in->n_sensors && in->sensors[i].n > 0 ? &in->sensors[i] : NULL;
}

/* Of the node's energy as far as it is measured: the share of so many kWh, in %. */
static inline double mp_percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 100;
}

#endif
