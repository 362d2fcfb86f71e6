/* SPDX-License-Identifier: MIT
 * interval.h - how far the samples alone pin down the energy: the variance of one series'
 * integral, in one pass and constant memory, and how such variances add up.
 *
 * v_i at t_i are a series' vertices, T is the window, y0 and y1 the first and last value
 * and h their distances to the window's edges; steps above MP_SHORTEST_GAP_US are gaps G
 * with the middle value m_G; m and s² are the mean and variance of the values; q is the
 * step in which they come.
 *
 *     e_i = v_i - (the line from v_(i-1) to v_(i+1) at t_i), w_i = (t_(i+1) - t_(i-1))/2
 *     ρ   = Σ Δv² / Σ Δt                                   over steps that are no gaps
 *     Var = (2/3) Σ (w_i e_i)²                                               sampling
 *         + Σ_edges [ρ h³/3 + (h y/10)²]                                        edges
 *         + min(ρ Σ G³/12, Σ G² (s² + (m_G - m)²))                               gaps
 *         + q² T²/12                                                       resolution
 *         + (y0² + y1² + (y1 - y0)²)/12  clock: the job's start and end are whole s
 *
 * Beyond 15 s an edge is min(ρ h³/3, h² (s² + (y - m)²)) + (1.5 s y)²; where all steps
 * are gaps there is no ρ, and the second term of each min stands alone.  The 95 %
 * interval is 1.96 √Var to either side.  doc/energy.md says on what it was tried, and
 * what it covers.
 */
#ifndef MP_INTERVAL_H
#define MP_INTERVAL_H

#include "energy/result.h"
#include "energy/trace.h"

enum { MP_INTERVAL_LEAST = 3 }; /* samples; fewer have none */

/* One series while it is read; its own units and seconds.  All zero is an empty one. */
struct mp_interval {
    double step, rise; /* between the two newest vertices, s and units; 0 s: none, or a
                          gap */
    uint64_t n;
    double sampling;     /* Σ (w_i e_i)² */
    double moved, steps; /* Σ Δv², Σ Δt */
    double gap2, gap3;   /* Σ G², Σ G³ */
    double gap2_m, gap2_mm; /* Σ G² m_G, Σ G² m_G²; m_G and the next two from `origin` */
    double sum, squares; /* of the values */
    double origin;       /* the first value */
    double per_quantum;  /* 1/q while the values allow; 0: they come in no step */
    double finest;       /* per_quantum is never above */
};

/* `watt`: what 1 W is in the series' units. */
void mp_interval_start(struct mp_interval *s, struct mp_vertex v, double watt);
/* The values come in finer steps than it seemed. */
void mp_interval_refine(struct mp_interval *s, double value);

static inline bool mp_interval_is_whole(double x)
{
    double off = x - (double)(int64_t)(x + 0.5);

    return off < 1e-6 && off > -1e-6;
}

/* Every vertex after the first, with the one before it. */
static inline void mp_interval_add(struct mp_interval *s, const struct mp_vertex *last,
                                   const struct mp_vertex *v)
{
    double dt = (double)(v->time - last->time) * 1e-6;
    double dv = v->value - last->value;
    double d = v->value - s->origin;

    s->n++;
    s->sum += d;
    s->squares += d * d;
    if (!mp_interval_is_whole(v->value * s->per_quantum))
        mp_interval_refine(s, v->value);
    if (v->time - last->time > MP_SHORTEST_GAP_US) {
        double m = d - dv / 2, dt2 = dt * dt;

        s->gap2 += dt2;
        s->gap3 += dt2 * dt;
        s->gap2_m += dt2 * m;
        s->gap2_mm += dt2 * m * m;
        dt = 0;
    } else {
        s->moved += dv * dv;
        s->steps += dt;
        if (s->step > 0) {
            /* w e = (t_(i+1) - t_(i-1))/2 e, with e over the same span: it cancels */
            double we = (s->rise * dt - dv * s->step) / 2;

            s->sampling += we * we;
        }
    }
    s->step = dt;
    s->rise = dv;
}

/* What is known of an energy's error: the variances in kWh² by what they come from; what
 * the job's own start and end add, which is common to all series; what the sensors' class
 * adds, likewise. */
struct mp_budget {
    double var[MP_BY_CLOCK]; /* kWh² */
    double y0, y1;           /* W at the window's edges */
    double sensor;           /* kWh */
    bool known;              /* false: some series of it has too few samples */
    bool sensor_known;       /* false: that of some series is not in `sensor` */
};

/* `first` is the series' first vertex, `last` its last; start and end are the window's.
 * `factor` makes W of its units. */
struct mp_budget mp_interval_budget(const struct mp_interval *s, struct mp_vertex first,
                                    struct mp_vertex last, int64_t start, int64_t end,
                                    double factor);
/* Nothing, which everything can be added to. */
struct mp_budget mp_budget_none(void);
/* Add `sign` times what was read in the same instants: errors may all go one way. */
void mp_budget_add_together(struct mp_budget *sum, const struct mp_budget *b, int sign);
/* Add what was read independently: variances add up. */
void mp_budget_add_apart(struct mp_budget *sum, const struct mp_budget *b);
/* The 95 % interval; `clock`: start and end are whole seconds. */
struct mp_uncertainty mp_budget_interval(const struct mp_budget *b, bool clock);

#endif
