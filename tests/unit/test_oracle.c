/* SPDX-License-Identifier: MIT
 * test_oracle.c - random series, some of them nasty, against a plain computation over all
 * their samples at once: energy, extremes, median, gaps, coverage, every chart column. */
#include "config.h"

#include "energy/quality.h"
#include "rig.h"

enum { MOST = 4000, CASES = 400 };

struct points {
    size_t n;
    double t[MOST], v[MOST]; /* seconds, W */
    int at_last;             /* samples of the last time */
};

static char rpc1[] = "rpc-91-1", rpc2[] = "rpc-91-2";
static char *const nodes[] = {rpc1, rpc2, NULL};

/* The same numbers in every run. */
static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void near(double got, double want, double tolerance, int number, const char *what)
{
    if (!(fabs(got - want) <= tolerance) && !(isnan(got) && isnan(want)))
        ck_abort_msg("case %d, %s: %.17g is not %.17g", number, what, got, want);
}

/* Feed a random series; what counts of it goes into *p. */
static void feed(struct rig *rig, uint32_t s, double seconds, uint64_t *state,
                 struct points *p)
{
    const double steps[] = {0.2, 1, 5, 5.002, 20, 60};
    double step = steps[(int)(uniform(state) * 6)];
    double jitter = uniform(state) < 0.5 ? 0 : 0.3 * step;
    double holes = uniform(state) < 0.5 ? 0 : 0.02;
    double t = uniform(state) * (uniform(state) < 0.2 ? seconds : step);

    p->n = 0;
    for (int k = 0; k < MOST && t <= seconds; k++) {
        double v = floor(uniform(state) * 2000) / 8;
        double at = (double)llround(t * 1e6) / 1e6; /* as the sink sees it */

        if (at > seconds)
            break;
        if (uniform(state) < 0.01) {
            rig_push_null(rig, s, at);
        } else if (uniform(state) < 0.01) {
            rig_push(rig, s, at, -v - 1);
        } else {
            rig_push(rig, s, at, v);
            if (p->n > 0 && p->t[p->n - 1] == at) { /* their mean */
                double *mean = &p->v[p->n - 1];

                *mean += (v - *mean) / ++p->at_last;
            } else {
                p->t[p->n] = at;
                p->v[p->n++] = v;
                p->at_last = 1;
            }
        }
        if (uniform(state) < 0.02)
            continue; /* the next has the same time */
        t += step + jitter * (uniform(state) - 0.5);
        if (uniform(state) < holes)
            t += uniform(state) * seconds / 5;
    }
}

/* The polyline, flat beyond its ends. */
static double at(const struct points *p, double t)
{
    size_t i = 1;

    if (t <= p->t[0])
        return p->v[0];
    while (i < p->n && p->t[i] < t)
        i++;
    if (i == p->n)
        return p->v[p->n - 1];
    return p->v[i - 1] +
           (p->v[i] - p->v[i - 1]) * (t - p->t[i - 1]) / (p->t[i] - p->t[i - 1]);
}

/* J between two times; extremes there. */
static double area(const struct points *p, double from, double to, double *min,
                   double *max)
{
    double joules = 0, t = from, v = at(p, from);

    *min = *max = v;
    for (size_t i = 0; i <= p->n; i++) {
        double next = i < p->n ? p->t[i] : to, w;

        if (next <= from || next > to)
            continue;
        w = at(p, next);
        joules += (v + w) / 2 * (next - t);
        *min = fmin(*min, w);
        *max = fmax(*max, w);
        t = next;
        v = w;
    }
    *min = fmin(*min, at(p, to));
    *max = fmax(*max, at(p, to));
    return joules + (v + at(p, to)) / 2 * (to - t);
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median_step(const struct points *p)
{
    static double steps[MOST];

    if (p->n < 2)
        return NAN;
    for (size_t i = 1; i < p->n; i++)
        steps[i - 1] = p->t[i] - p->t[i - 1];
    qsort(steps, p->n - 1, sizeof *steps, ascending);
    return (steps[(p->n - 2) / 2] + steps[(p->n - 1) / 2]) / 2;
}

static int64_t step(const struct points *p, size_t i) /* µs */
{
    return llround(p->t[i + 1] * 1e6) - llround(p->t[i] * 1e6);
}

/* The median of up to three steps from..to, the shorter of two. */
static int64_t usual(const struct points *p, size_t from, size_t to)
{
    int64_t least = INT64_MAX, most = 0, sum = 0;

    for (size_t i = from; i < to; i++) {
        least = step(p, i) < least ? step(p, i) : least;
        most = step(p, i) > most ? step(p, i) : most;
        sum += step(p, i);
    }
    return to == from ? 0 : to - from < 3 ? least : sum - least - most;
}

/* A step is a gap above 15 s and above three times what is usual before or after it, or
 * above 0.4 of the job; with fewer than three steps, above 15 s. */
static double coverage(const struct points *p, double seconds)
{
    size_t n = p->n - 1;
    double most = fmax(15, 0.4 * seconds), head = 15, tail = 15, uncovered = 0;

    if (n >= MP_MIN_STEPS) {
        head = fmax(15, fmin(most, 3e-6 * (double)usual(p, 0, 3)));
        tail = fmax(15, fmin(most, 3e-6 * (double)usual(p, n - 3, n)));
    }
    for (size_t i = 0; i < n; i++) {
        int64_t before = usual(p, i < 3 ? 0 : i - 3, i),
                after = usual(p, i + 1, i + 4 < n ? i + 4 : n);
        int64_t limit = 3 * (before > after ? before : after);
        double seconds_long = (double)step(p, i) / 1e6;

        if (step(p, i) > 15000000 &&
            (step(p, i) > limit || seconds_long > most || n < MP_MIN_STEPS))
            uncovered += seconds_long;
    }
    uncovered += fmax(0, p->t[0] - head) + fmax(0, seconds - p->t[n] - tail);
    return 1 - uncovered / seconds;
}

static double longest(const struct points *p, double seconds)
{
    double most = fmax(p->t[0], seconds - p->t[p->n - 1]);

    for (size_t i = 1; i < p->n; i++)
        most = fmax(most, p->t[i] - p->t[i - 1]);
    return most;
}

static void check_series(const struct mp_series_result *r, const struct points *p,
                         double seconds, int number)
{
    double min, max, interval = median_step(p), listed = 0;

    near(r->energy_kwh, area(p, 0, seconds, &min, &max) / RIG_KWH, 1e-12 * seconds,
         number, "energy");
    near(r->min_w, min, 1e-9, number, "min");
    near(r->max_w, max, 1e-9, number, "max");
    /* 32 classes of steps: their means are as far off as the jitter is wide over 16 */
    near(r->interval_s, interval, 0.03 * interval + 1e-6, number, "interval");
    near(r->longest_gap_s, longest(p, seconds), 2e-6, number, "longest gap");
    near(r->coverage, coverage(p, seconds), 1e-6, number, "coverage");
    for (size_t i = 0; i < r->n_gaps; i++)
        listed += (double)(r->gaps[i].end - r->gaps[i].start) / 1e6;
    if (r->n_gaps < MP_LONG_STEPS)
        near(1 - listed / seconds, r->coverage, 1e-9, number, "listed gaps");
}

/* A column's times are cut to the microsecond. */
static void check_columns(const struct mp_reduced *d, const struct points *p, int number)
{
    const struct mp_track *t = d->tracks[0];
    int64_t window = d->end - d->start;

    ck_assert_int_eq(t->kind, MP_TRACK_ROLE);
    for (int c = 0; c < MP_COLUMNS; c++) {
        double from = (double)(window * c / MP_COLUMNS) / 1e6;
        double to = (double)(window * (c + 1) / MP_COLUMNS) / 1e6, min, max;
        double mean = area(p, from, to, &min, &max) / (to - from);

        near((double)t->columns[c].mean, mean, 1e-3, number, "column's mean");
        near((double)t->columns[c].min, min, 1e-3, number, "column's min");
        near((double)t->columns[c].max, max, 1e-3, number, "column's max");
    }
}

START_TEST(one_series)
{
    static struct points p;
    uint64_t state = 1;

    for (int i = 0; i < CASES; i++) {
        double seconds = ceil(exp(uniform(&state) * 9)); /* 1 s .. 2 h */
        struct rig rig;
        uint32_t s;

        rig_open(&rig, seconds, nodes);
        s = rig_series(&rig, rpc1, "SystemInputPower", NULL, "W");
        feed(&rig, s, seconds, &state, &p);
        rig_end(&rig);
        if (p.n > 0) {
            check_series(&rig.result->series[s], &p, seconds, i);
            check_columns(rig.reduced, &p, i);
        }
        rig_close(&rig);
    }
}
END_TEST

/* The sum of two: on the grid, and means per column. */
START_TEST(two_series)
{
    static struct points p[2];
    uint64_t state = 2;

    for (int i = 0; i < CASES / 4; i++) {
        double seconds = ceil(exp(uniform(&state) * 8)), least = INFINITY,
               most = -INFINITY;
        struct rig rig;

        rig_open(&rig, seconds, nodes);
        for (int n = 0; n < 2; n++) {
            uint32_t s = rig_series(&rig, nodes[n], "SystemInputPower", NULL, "W");

            feed(&rig, s, seconds, &state, &p[n]);
        }
        rig_end(&rig);
        for (int t = 0; t <= (int)seconds && p[0].n > 0 && p[1].n > 0; t++) {
            least = fmin(least, at(&p[0], t) + at(&p[1], t));
            most = fmax(most, at(&p[0], t) + at(&p[1], t));
        }
        if (p[0].n > 0 && p[1].n > 0) {
            near(rig.result->power.min_w, least, 1e-6, i, "least sum");
            near(rig.result->power.max_w, most, 1e-6, i, "largest sum");
        }
        rig_close(&rig);
    }
}
END_TEST

MP_UNIT_MAIN("oracle", one_series, two_series)
