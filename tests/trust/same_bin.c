/* SPDX-License-Identifier: MIT
 * same_bin.c - how often `compare` raises a false alarm: pairs of reports of one and the
 * same load, read as the collector reads it (collector.h), through the program's own
 * energy code and its comparison.
 *
 * usage: same.bin TRACE...     (tests/trust/same unpacks .gz and calls it)
 *
 * Kinds of pairs, all without a difference to find: one window read twice; the odd and
 * the even samples of one reading; windows side by side whose true energy is the same
 * within 0.05 %; the same window on nodes of which each draws its own 2 % more or less.
 * To show that the bound is no blindfold, the first again with B drawing 5 % more.
 * The exit status is 1 where more than 5 % of any kind are false alarms. */
#include "config.h"

#include "report/compare.h"
#include "tests/trust/collector.h"

enum { WINDOWS = 60, NODES_MOST = 8, SYNTHETIC = 12 };

enum kind {
    TWICE,
    LOST,
    ODD_EVEN,
    ADJACENT,
    OTHER_NODE,
    OTHER_NODES,
    FIVE_MORE,
    N_KINDS
};

static const double lengths[] = {60, 300, 600};

enum { N_LENGTHS = sizeof lengths / sizeof *lengths };

static const double NODES_DIFFER = 0.02, MORE = 1.05, STATIONARY = 0.0005;

struct tally {
    const char *name;
    int all, alarms, none;
    double may_be; /* sum of what may be, of A */
};

/* A report of some nodes. */
struct report {
    struct mp_digest_node nodes[NODES_MOST];
    char names[NODES_MOST][16];
    struct mp_digest d;
};

static void report_start(struct report *r, double from, double to)
{
    *r =
        (struct report){.d = {.nodes = r->nodes,
                              .start = (COLLECTOR_START + (int64_t)floor(from)) * 1000000,
                              .end = (COLLECTOR_START + (int64_t)floor(to)) * 1000000}};
    for (int k = 0; k < MP_N_COMPONENTS; k++)
        r->d.components[k] = r->d.halves[k] = NAN;
}

/* Another node; nodes are independent, as energy/interval.h has them. */
static void report_add(struct report *r, int number, const struct outcome *o,
                       double times)
{
    struct mp_digest_node *n = &r->nodes[r->d.n_nodes];
    char *name = r->names[r->d.n_nodes++];

    snprintf(name, sizeof r->names[0], "n%d", number);
    *n = (struct mp_digest_node){
        .name = name, .kwh = times * o->kwh, .half = times * o->half, .median_kwh = NAN};
    for (int k = 0; k < MP_N_COMPONENTS; k++)
        n->components[k] = NAN;
    r->d.kwh += n->kwh;
    r->d.half = hypot(r->d.half, n->half);
}

static void count(struct tally *t, const struct report *a, const struct report *b)
{
    struct mp_comparison c;
    struct mp_error err = {0};

    if (mp_compare(&c, &a->d, &b->d, &err) < 0)
        abort();
    if (c.energy.beyond == MP_BEYOND_UNKNOWN)
        t->none++;
    else {
        t->all++;
        t->alarms += c.energy.beyond != MP_WITHIN;
        t->may_be += c.energy.may_be / c.energy.a;
    }
    mp_comparison_free(&c);
}

static struct report read_one(const struct curve *c, const struct reading *how,
                              struct dice *d, double from, double to, double times)
{
    struct outcome o = collect(c, how, d, from, to);
    struct report r;

    report_start(&r, from, to);
    report_add(&r, 1, &o, times);
    r.d.nodes = NULL; /* set where it lies in the end */
    return r;
}

static void count_one(struct tally *t, struct report a, struct report b)
{
    a.d.nodes = a.nodes;
    b.d.nodes = b.nodes;
    for (size_t i = 0; i < NODES_MOST; i++) {
        a.nodes[i].name = a.names[i];
        b.nodes[i].name = b.names[i];
    }
    count(t, &a, &b);
}

/* Odd and even samples of one reading: the dice fall the same way twice. */
static void read_odd_even(const struct curve *c, struct dice *d, double from, double to,
                          struct tally *t)
{
    struct reading odd = {.keep = 1}, even = {.keep = 2};
    struct dice again = *d;
    struct report a = read_one(c, &odd, &again, from, to, 1);

    count_one(t, a, read_one(c, &even, d, from, to, 1));
}

static void read_adjacent(const struct curve *c, struct dice *d, double from, double len,
                          struct tally *t)
{
    struct reading plain = {.lost = 0};
    double middle = from + len, to = from + 2 * len;
    double first = curve_upto(c, middle) - curve_upto(c, from);
    double second = curve_upto(c, to) - curve_upto(c, middle);
    struct report a;

    if (to > c->t[c->n - 1] || fabs(second / first - 1) > STATIONARY)
        return;
    a = read_one(c, &plain, d, from, middle, 1);
    count_one(t, a, read_one(c, &plain, d, middle, to, 1));
}

/* The same load on `n` nodes and on `n` others. */
static void read_nodes(const struct curve *c, struct dice *d, double from, double to,
                       int n, struct tally *t)
{
    struct reading plain = {.lost = 0};
    struct report a, b;

    report_start(&a, from, to);
    report_start(&b, from, to);
    for (int i = 0; i < 2 * n; i++) {
        struct outcome o = collect(c, &plain, d, from, to);

        report_add(i < n ? &a : &b, i, &o, 1 + NODES_DIFFER * dice_normal(d));
    }
    count(t, &a, &b);
}

static void read_windows(const struct curve *c, double len, struct dice *d,
                         struct tally kinds[N_KINDS])
{
    const double room = c->t[c->n - 1] - c->t[0] - len;
    struct reading plain = {.lost = 0}, lost = {.lost = 0.1};

    for (int i = 0; room > 0 && i < WINDOWS; i++) {
        double from = c->t[0] + dice_roll(d) * room, to = from + len;
        struct report a = read_one(c, &plain, d, from, to, 1);

        count_one(&kinds[TWICE], a, read_one(c, &plain, d, from, to, 1));
        count_one(&kinds[FIVE_MORE], a, read_one(c, &plain, d, from, to, MORE));
        count_one(&kinds[LOST], a, read_one(c, &lost, d, from, to, 1));
        read_odd_even(c, d, from, to, &kinds[ODD_EVEN]);
        read_adjacent(c, d, from, len, &kinds[ADJACENT]);
        read_nodes(c, d, from, to, 1, &kinds[OTHER_NODE]);
        read_nodes(c, d, from, to, NODES_MOST, &kinds[OTHER_NODES]);
    }
}

/* Steady with noise, phases of a minute or two, or both, in half an hour. */
static void make_curve(struct curve *c, struct dice *d, int which)
{
    double period = 60 + 60 * dice_roll(d), noise = which % 3 == 1 ? 0 : 8, drift = 0;

    for (int i = 0; i < 18000; i++) {
        double t = i / 10.0;

        drift = 0.98 * drift + noise * dice_normal(d);
        curve_add(c, t,
                  600 + drift + (which % 3 > 0 ? 150 * sin(2 * M_PI * t / period) : 0));
    }
}

static void read_curve(struct curve *c, struct dice *d, struct tally kinds[N_KINDS])
{
    for (int l = 0; c->n > 1 && l < N_LENGTHS; l++)
        read_windows(c, lengths[l], d, kinds);
    curve_free(c);
}

static int print(const struct tally kinds[N_KINDS])
{
    int rc = 0;

    puts("| pairs                              |      n | alarms   | may be   |  none |\n"
         "| --- | --- | --- | --- | --- |");
    for (int i = 0; i < N_KINDS; i++) {
        const struct tally *t = &kinds[i];

        if (t->all == 0)
            continue;
        printf("| %-34s | %6d | %6.2f %% | %6.2f %% | %5d |\n", t->name, t->all,
               100.0 * t->alarms / t->all, 100 * t->may_be / t->all, t->none);
        if (i != FIVE_MORE && 20 * t->alarms > t->all)
            rc = 1;
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct tally kinds[N_KINDS] = {
        {.name = "a window read twice"},  {.name = "... 10 % of B's samples lost"},
        {.name = "odd and even samples"}, {.name = "side by side, same true energy"},
        {.name = "on another node"},      {.name = "8 nodes, 8 other nodes"},
        {.name = "(B draws 5 % more)"}};
    struct dice d = {.state = 88172645463325252u};

    for (int i = 1; i < argc; i++) {
        struct curve curves[CURVES_MAX] = {{0}};
        int n = curve_read(argv[i], curves);

        for (int c = 0; c < n; c++)
            read_curve(&curves[c], &d, kinds);
    }
    for (int i = 0; argc < 2 && i < SYNTHETIC; i++) {
        struct curve c = {0};

        make_curve(&c, &d, i);
        read_curve(&c, &d, kinds);
    }
    return print(kinds);
}
