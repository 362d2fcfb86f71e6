/* SPDX-License-Identifier: MIT
 * flaw_job.c - a job's samples as a collector would leave them, with one flaw planted.
 *
 * usage: flaw_job SEED NODES SECONDS GPUS POWER FLAW STRENGTH [HOW-MANY-NODES] >in.csv
 *
 * POWER is flat, ramp, sine, walk, steps, or a trace (t_s,w0,w1,...).  Every 5.00 to
 * 5.05 s from a random phase all sensors of a node are read, the GPUs two seconds later;
 * stamps are cut to the second and values to the watt.  On standard error: the true kWh
 * of the total, CPU, memory, fan and GPUs.  The same arguments give the same bytes. */
#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START = 1760497200, MOST_COLUMNS = 64, MOST_GPUS = 8 };
enum role { INPUT, OUTPUT, CPU, MEMORY, STORAGE, FAN, GPU, N_ROLES };

static const char *const metric[N_ROLES] = {
    "SystemInputPower",  "SystemOutputPower", "TotalCPUPower",   "TotalMemoryPower",
    "TotalStoragePower", "TotalFanPower",     "PowerConsumption"};
static const int slot[MOST_GPUS] = {31, 33, 36, 38, 41, 43, 46, 48};

struct trace {
    double *t, *w; /* w[row * columns + column] */
    size_t rows, columns;
};

struct job {
    uint64_t random;
    long nodes, gpus, flawed; /* the first so many nodes have the flaw */
    double seconds, strength;
    const char *power, *flaw;
    struct trace trace;
    double *walk; /* one a second, for all nodes */
};

struct reading {
    long node, gpu;
    enum role role;
    double t;     /* when it was read */
    double stamp; /* what it is said to be of */
    double at;    /* 0..1 of the window */
    bool spiked;  /* this round of the node is one of the spiked ones */
    long round;
};

static double chance(struct job *j)
{
    j->random ^= j->random << 13;
    j->random ^= j->random >> 7;
    j->random ^= j->random << 17;
    return (double)(j->random >> 11) * 0x1p-53;
}

static bool is(const struct job *j, const char *flaw)
{
    return strcmp(j->flaw, flaw) == 0;
}

static void *grown(void *p, size_t n, size_t size)
{
    p = realloc(p, n * size);
    if (p == NULL)
        exit(2);
    return p;
}

static void read_trace(struct job *j)
{
    static char line[65536];
    FILE *f = fopen(j->power, "r");
    struct trace *t = &j->trace;

    if (f == NULL) {
        perror(j->power);
        exit(2);
    }
    while (fgets(line, sizeof line, f) != NULL) {
        char *at = line, *end;
        double row[MOST_COLUMNS + 1];
        size_t n = 0;

        while (n <= MOST_COLUMNS && (row[n] = strtod(at, &end), end != at)) {
            n++;
            at = end + (*end == ',');
        }
        if (n < 2 || (t->columns > 0 && n - 1 != t->columns))
            continue;
        t->columns = n - 1;
        t->t = grown(t->t, t->rows + 1, sizeof *t->t);
        t->w = grown(t->w, (t->rows + 1) * t->columns, sizeof *t->w);
        t->t[t->rows] = row[0];
        memcpy(&t->w[t->rows++ * t->columns], row + 1, t->columns * sizeof *row);
    }
    fclose(f);
}

static double of_trace(const struct trace *t, size_t column, double at)
{
    double length = t->t[t->rows - 1] - t->t[0];
    double want = t->t[0] + fmod(at, length);
    size_t low = 0, high = t->rows - 1;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        *(t->t[middle] <= want ? &low : &high) = middle;
    }
    double share = (want - t->t[low]) / (t->t[high] - t->t[low]);
    return t->w[low * t->columns + column] * (1 - share) +
           t->w[high * t->columns + column] * share;
}

/* The power of a node at a time, the same whenever asked. */
static double power(const struct job *j, long node, double t)
{
    double scale = 0.95 + 0.1 * fmod((double)node * 0.618, 1);
    double shift = fmod((double)node * 7.3, 40);

    if (j->trace.rows > 0)
        return scale * of_trace(&j->trace, (size_t)node % j->trace.columns,
                                t + 13 + (double)(node / (long)j->trace.columns));
    if (strcmp(j->power, "flat") == 0)
        return scale * 650;
    if (strcmp(j->power, "ramp") == 0)
        return scale * (300 + 600 * t / j->seconds);
    if (strcmp(j->power, "sine") == 0)
        return scale * (600 + 250 * sin((t + shift) * M_PI / 90));
    if (strcmp(j->power, "steps") == 0)
        return scale * (fmod(t + shift, 240) < 130 ? 800 : 300);
    size_t second = (size_t)t;
    double part = t - (double)second;
    return scale * (j->walk[second] * (1 - part) + j->walk[second + 1] * part);
}

/* Of a node with GPUs or without. */
static double share(const struct job *j, enum role role, long gpu)
{
    const double with[N_ROLES] = {1, 0.93, 0.14, 0.05, 0.015, 0.06, 0.58};
    const double without[N_ROLES] = {1, 0.93, 0.55, 0.12, 0.03, 0.08, 0};

    if (j->gpus == 0)
        return without[role];
    return role != GPU ? with[role]
                       : with[GPU] / (double)j->gpus * (0.94 + 0.04 * (double)(gpu % 4));
}

static double truth(struct job *j, const struct reading *r, double t)
{
    double w = power(j, r->node, t) * share(j, r->role, r->gpu);

    return r->role == GPU ? w * (1 + 0.03 * sin(t * 1.7 + (double)r->gpu)) : w;
}

static void print(const struct job *j, const struct reading *r, double watts,
                  const char *source, const char *fqdd)
{
    long second = (long)floor(r->stamp);
    bool milli = r->role == GPU;

    if (second < 0 || second > (long)j->seconds)
        return;
    second += 3 * 3600;
    printf("2025-10-15 %02ld:%02ld:%02ld+00,%s-91-%ld,%s,%s,%.0f,%s,%s\n", second / 3600,
           second / 60 % 60, second % 60, j->gpus > 0 ? "rpg" : "rpc", r->node + 1,
           source, fqdd, milli ? rint(watts) * 1000 : rint(watts), milli ? "mW" : "W",
           metric[r->role]);
}

static bool hit(const struct job *j, enum role role, const char *flaw)
{
    static const char *const names[N_ROLES] = {"input",   "output", "cpu", "memory",
                                               "storage", "fan",    "gpu"};
    size_t n = strlen(flaw);

    return strncmp(j->flaw, flaw, n) == 0 && strcmp(j->flaw + n, names[role]) == 0;
}

/* What the sensor says in place of the truth. */
static double spoil(struct job *j, const struct reading *r, double w)
{
    double s = j->strength;

    if (hit(j, r->role, "scale-") && r->gpu <= 0)
        return w * s;
    if (hit(j, r->role, "stuck-") && r->gpu <= 0 && r->at > 1 - s)
        return truth(j, r, (1 - s) * j->seconds);
    if (is(j, "stuck-node") && r->at > 1 - s)
        return truth(j, r, (1 - s) * j->seconds);
    if (hit(j, r->role, "zero-middle-") && r->gpu <= 0 && fabs(r->at - 0.5) < s / 2)
        return 0;
    if (hit(j, r->role, "zero-end-") && r->gpu <= 0 && r->at > 1 - s)
        return 0;
    if (hit(j, r->role, "zero-start-") && r->gpu <= 0 && r->at < s)
        return 0;
    if (hit(j, r->role, "zero-some-") && r->gpu <= 0 && fmod((double)r->round, 1 / s) < 1)
        return 0;
    if (hit(j, r->role, "spike-") && r->gpu <= 0 && r->spiked)
        return 65535;
    if (hit(j, r->role, "tenfold-") && r->gpu <= 0 && r->spiked)
        return 10 * w;
    if (hit(j, r->role, "negative-") && r->spiked)
        return -w;
    if (hit(j, r->role, "terawatt-") && r->spiked)
        return 4e12;
    return w;
}

/* The rows that a reading leaves: none, one or several. */
static void emit(struct job *j, const struct reading *r)
{
    char fqdd[64] = "PowerMetrics";
    const char *source = r->role == GPU ? "gpumetrics" : "powermetrics";
    bool flawed = r->node < j->flawed;
    double w = truth(j, r, r->t), s = j->strength;

    if (r->role == GPU)
        snprintf(fqdd, sizeof fqdd, "Video.Slot.%d-1", slot[r->gpu]);
    if (!flawed) {
        print(j, r, w, source, is(j, "nofqdd") && r->role == GPU ? "" : fqdd);
        return;
    }
    w = spoil(j, r, w);
    if ((is(j, "lost") && chance(j) < s) || (is(j, "gap") && fabs(r->at - 0.5) < s / 2) ||
        (is(j, "slow") && r->round % (long)(s / 5) != 0) ||
        (is(j, "slower") && r->at > 0.5 && r->round % (long)(s / 5) != 0) ||
        (is(j, "gpu-missing") && r->role == GPU && r->gpu < (long)s) ||
        (is(j, "nofqdd-unsteady") && r->role == GPU && chance(j) < s))
        return;
    if (is(j, "twice-all") || (is(j, "twice-source") && r->role == INPUT) ||
        (is(j, "twice-gpu-source") && r->role == GPU))
        print(j, r, w, "rawsensor", fqdd);
    if (is(j, "twice-lossy") && r->role == INPUT && chance(j) > s)
        print(j, r, w, "rawsensor", fqdd);
    if (is(j, "twice-near") && r->role == INPUT)
        print(j, r, w * (1 + s * (chance(j) - 0.5)), source, "Board.Power");
    if (is(j, "twice-fqdd") && r->role == INPUT)
        print(j, r, w, source, "iDRAC.Embedded.1#SystemBoardPwr");
    if (is(j, "total-gpu") && r->role == GPU) {
        double all = 0;

        for (long g = 0; g < j->gpus; g++)
            all += rint(truth(
                j, &(struct reading){.node = r->node, .gpu = g, .role = GPU}, r->t));
        if (r->gpu == 0)
            print(j, r, all, source, "Video.All");
    }
    if (is(j, "total-input") && r->role == INPUT) {
        print(j, r, w * 0.52, source, "PSU.Slot.1");
        print(j, r, w - rint(w * 0.52), source, "PSU.Slot.2");
    }
    if (is(j, "rows-twice"))
        print(j, r, w, source, fqdd);
    if (is(j, "contradict") && r->role == INPUT && chance(j) < s)
        print(j, r, w * 1.3, source, fqdd);
    if (strncmp(j->flaw, "nofqdd", 6) == 0 && r->role == GPU)
        *fqdd = '\0';
    if ((is(j, "rename") && r->role == INPUT) ||
        (is(j, "rename-gpu") && r->role == GPU)) {
        if (r->at > 0.5 - s / 2)
            print(j, r, w, source,
                  r->role == GPU ? r->gpu == 0 ? "GPU.A" : "GPU.B"
                                 : "iDRAC.Embedded.1#SystemBoardPwr");
        if (r->at > 0.5 + s / 2)
            return;
    }
    print(j, r, w, source, fqdd);
}

/* All sensors of a node, over and over. */
static void read_node(struct job *j, long node, double *kwh)
{
    double t = 5 * chance(j), step = j->seconds / 20000 + 0.01;
    long rounds = (long)(j->seconds / 5.03) + 1, spikes = (long)j->strength;
    double shifted = is(j, "clock") && node < j->flawed ? j->strength : 0;

    for (long round = 0; t < j->seconds; round++, t += 5 + 0.05 * chance(j)) {
        bool spiked =
            spikes > 0 && (round * spikes) / rounds != ((round + 1) * spikes) / rounds;

        for (long k = 0; k < N_ROLES - 1 + j->gpus; k++) {
            struct reading r = {.node = node,
                                .role = k < GPU ? (enum role)k : GPU,
                                .gpu = k < GPU ? 0 : k - GPU,
                                .t = k < GPU ? t : t + 2,
                                .at = t / j->seconds,
                                .round = round,
                                .spiked = spiked};

            r.stamp = r.t;
            r.t = fmin(fmax(r.t - shifted, 0), j->seconds); /* the clock is late */
            emit(j, &r);
        }
    }
    for (t = step / 2; t < j->seconds; t += step) {
        double w = power(j, node, t) * step / 3.6e6;

        kwh[INPUT] += w;
        for (int role = CPU; role < GPU; role++)
            kwh[role] += w * share(j, (enum role)role, 0);
        for (long g = 0; g < j->gpus; g++)
            kwh[GPU] += w * share(j, GPU, g);
    }
}

int main(int argc, char **argv)
{
    struct job j = {0};
    double kwh[N_ROLES] = {0};

    if (argc < 8) {
        fputs("usage: flaw_job SEED NODES SECONDS GPUS POWER FLAW STRENGTH [NODES]\n",
              stderr);
        return 2;
    }
    j.random = 0x9E3779B97F4A7C15u * (uint64_t)(strtoul(argv[1], NULL, 10) + 1);
    j.nodes = strtol(argv[2], NULL, 10);
    j.seconds = strtod(argv[3], NULL);
    j.gpus = strtol(argv[4], NULL, 10);
    j.power = argv[5];
    j.flaw = argv[6];
    j.strength = strtod(argv[7], NULL);
    j.flawed = argc > 8 ? strtol(argv[8], NULL, 10) : j.nodes;
    if (strchr(j.power, '/') != NULL || strchr(j.power, '.') != NULL)
        read_trace(&j);
    j.walk = grown(NULL, (size_t)j.seconds + 2, sizeof *j.walk);
    j.walk[0] = 600;
    for (size_t i = 1; i < (size_t)j.seconds + 2; i++)
        j.walk[i] = fmin(fmax(j.walk[i - 1] + 24 * (chance(&j) - 0.5), 220), 950);
    puts("timestamp,hostname,source,fqdd,value,units,metric");
    for (long node = 0; node < j.nodes; node++)
        read_node(&j, node, kwh);
    fprintf(stderr, "%.9g %.9g %.9g %.9g %.9g\n", kwh[INPUT], kwh[CPU], kwh[MEMORY],
            kwh[FAN], kwh[GPU]);
    return 0;
}
