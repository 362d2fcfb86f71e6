/* SPDX-License-Identifier: MIT
 * coverage_bin.c - how often the 95 % interval holds the true energy, on your own traces.
 *
 * usage: coverage TRACE...     (tests/trust/coverage unpacks .gz and calls it)
 *
 * A trace is a CSV of seconds and one or more columns of W, a heading first, at 1 Hz or
 * faster.  Each column is read as the collector reads a node (collector.h), many times
 * over, by windows of several lengths; the energy of the column itself is the truth. */
#include "config.h"

#include "tests/trust/collector.h"

enum { WINDOWS = 200 };

struct tally {
    const char *name;
    int inside, all, none;
    double *halves; /* relative, of each window */
    double *errors;
};

enum kind { RANDOM, AT_STEPS, LOST_10, LOST_30, LONG_GAP, IN_STEP, N_KINDS };

static const double lengths[] = {30, 60, 300, 600};

enum { N_LENGTHS = sizeof lengths / sizeof *lengths };

static void count(struct tally *t, const struct outcome *o)
{
    if (isnan(o->half)) {
        t->none++;
        return;
    }
    if (t->all % 1024 == 0) {
        t->halves = realloc(t->halves, (size_t)(t->all + 1024) * sizeof *t->halves);
        t->errors = realloc(t->errors, (size_t)(t->all + 1024) * sizeof *t->errors);
        if (t->halves == NULL || t->errors == NULL)
            abort();
    }
    t->halves[t->all] = o->half / o->truth;
    t->errors[t->all] = fabs(o->kwh / o->truth - 1);
    t->inside += fabs(o->kwh - o->truth) <= o->half;
    t->all++;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_size);
    return v[n / 2];
}

static void print(struct tally *t)
{
    if (t->all > 0)
        printf("| %-34s | %6d | %5.1f %% | %6.2f %% | %6.2f %% | %5d |\n", t->name,
               t->all, 100.0 * t->inside / t->all, 100 * median(t->errors, t->all),
               100 * median(t->halves, t->all), t->none);
    free(t->halves);
    free(t->errors);
}

/* Where the curve jumps the most within five seconds, of 40 places looked at. */
static double find_step(const struct curve *c, struct dice *d, double room)
{
    double best = -1, at = c->t[0];

    for (int i = 0; i < 40; i++) {
        double t = c->t[0] + dice_roll(d) * room;
        double jump = fabs(curve_at(c, t + 3) - curve_at(c, t - 2));

        if (jump > best) {
            best = jump;
            at = t;
        }
    }
    return at;
}

static void read_windows(const struct curve *c, double length, struct dice *d,
                         struct tally kinds[], struct tally *of_length)
{
    const double room = c->t[c->n - 1] - c->t[0] - length;

    for (int i = 0; room > 0 && i < WINDOWS; i++) {
        struct reading plain = {.lost = 0}, lost10 = {.lost = 0.1},
                       lost30 = {.lost = 0.3};
        double from = c->t[0] + dice_roll(d) * room;
        struct reading gap = {.gap_len = length * (0.1 + 0.3 * dice_roll(d))};
        struct outcome o = collect(c, &plain, d, from, from + length);
        double step;

        count(&kinds[RANDOM], &o);
        count(of_length, &o);
        o = collect(c, &lost10, d, from, from + length);
        count(&kinds[LOST_10], &o);
        o = collect(c, &lost30, d, from, from + length);
        count(&kinds[LOST_30], &o);
        gap.gap_from = from + dice_roll(d) * (length - gap.gap_len);
        o = collect(c, &gap, d, from, from + length);
        if (gap.gap_len > 15)
            count(&kinds[LONG_GAP], &o);
        step = find_step(c, d, room);
        o = collect(c, &plain, d, step, step + length);
        count(&kinds[AT_STEPS], &o);
    }
}

/* The blind spot: a square wave that the collector meets at nearly the same phase. */
static void read_in_step(struct dice *d, struct tally *t)
{
    for (int n = 0; n < 200; n++) {
        struct curve c = {0};
        double period = 5.025 / (1 + (int)(3 * dice_roll(d)));
        double low = 100 + 300 * dice_roll(d);

        for (int i = 0; i < 8000; i++)
            curve_add(&c, i / 10.0, fmod(i / 10.0, period) < period / 2 ? 900 : low);
        for (int i = 0; i < 10; i++) {
            double from = 20 + 100 * dice_roll(d);
            struct reading plain = {.lost = 0};
            struct outcome o = collect(&c, &plain, d, from, from + 600);

            count(t, &o);
        }
        curve_free(&c);
    }
}

int main(int argc, char **argv)
{
    struct tally kinds[N_KINDS] = {{.name = "windows at random"},
                                   {.name = "windows at steps of the load"},
                                   {.name = "10 % of the samples lost"},
                                   {.name = "30 % of the samples lost"},
                                   {.name = "a gap of 10 to 40 % of the window"},
                                   {.name = "load in step with the collector"}};
    struct tally of_length[N_LENGTHS] = {
        {.name = "at random, 30 s"},
        {.name = "at random, 60 s"},
        {.name = "at random, 300 s"},
        {.name = "at random, 600 s"},
    };
    struct dice d = {.state = 88172645463325252u};

    for (int i = 1; i < argc; i++) {
        struct curve curves[CURVES_MAX] = {{0}};
        int n = curve_read(argv[i], curves);

        for (int c = 0; c < n; c++) {
            for (int l = 0; curves[c].n > 1 && l < N_LENGTHS; l++)
                read_windows(&curves[c], lengths[l], &d, kinds, &of_length[l]);
            curve_free(&curves[c]);
        }
    }
    read_in_step(&d, &kinds[IN_STEP]);
    puts("| windows                            |      n | covered | error    | ±        "
         "|  "
         "none |\n| --- | --- | --- | --- | --- | --- |");
    for (int i = 0; i < N_KINDS; i++)
        print(&kinds[i]);
    for (int i = 0; i < N_LENGTHS; i++)
        print(&of_length[i]);
    return 0;
}
