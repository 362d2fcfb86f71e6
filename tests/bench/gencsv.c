/* SPDX-License-Identifier: MIT
 * gencsv.c - a raw_power.csv of any number of rows for the benchmarks, the same each
 * time.
 *
 * usage: gencsv ROWS [RPC_NODES RPG_NODES] > FILE
 *
 * 16 rpc and 8 rpg nodes unless told otherwise, from 2025-10-15 03:00:00 UTC on: six
 * metrics a node every five seconds, four GPUs a rpg node two seconds later; a sixth
 * second now and then, as real collectors have it; power wanders. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { START = 1760497200 };

struct source {
    const char *metric, *source, *fqdd, *units;
    unsigned base, spread;
};

static const struct source of_rpc[] = {
    {"TotalCPUPower", "powermetrics", "PowerMetrics", "W", 280, 160},
    {"TotalMemoryPower", "powermetrics", "PowerMetrics", "W", 60, 40},
    {"TotalStoragePower", "powermetrics", "PowerMetrics", "W", 8, 6},
    {"TotalFanPower", "powermetrics", "PowerMetrics", "W", 70, 60},
    {"SystemInputPower", "powermetrics", "PowerMetrics", "W", 920, 400},
    {"SystemOutputPower", "powermetrics", "PowerMetrics", "W", 860, 380},
};
static const struct source of_rpg[] = {
    {"TotalCPUPower", "powermetrics", "PowerMetrics", "W", 280, 160},
    {"TotalMemoryPower", "powermetrics", "PowerMetrics", "W", 60, 40},
    {"TotalStoragePower", "powermetrics", "PowerMetrics", "W", 8, 6},
    {"TotalFanPower", "powermetrics", "PowerMetrics", "W", 70, 60},
    {"SystemInputPower", "powermetrics", "PowerMetrics", "W", 1820, 400},
    {"SystemOutputPower", "powermetrics", "PowerMetrics", "W", 1760, 380},
};
static const struct source of_gpu[] = {
    {"PowerConsumption", "gpumetrics", "Video.Slot.31-1", "mW", 62000, 300000},
    {"PowerConsumption", "gpumetrics", "Video.Slot.33-1", "mW", 62000, 300000},
    {"PowerConsumption", "gpumetrics", "Video.Slot.36-1", "mW", 62000, 300000},
    {"PowerConsumption", "gpumetrics", "Video.Slot.38-1", "mW", 62000, 300000},
};

static uint64_t state = 88172645463325252u;

static unsigned noise(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

static long put(long left, time_t t, const struct source *s, size_t n, const char *prefix,
                int rack, int nodes)
{
    char when[32];
    struct tm tm;

    gmtime_r(&t, &tm);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S+00", &tm);
    for (size_t m = 0; m < n; m++)
        for (int i = 1; i <= nodes && left > 0; i++, left--)
            printf("%s,%s-%d-%d,%s,%s,%u,%s,%s\n", when, prefix, rack, i, s[m].source,
                   s[m].fqdd,
                   s[m].base + noise(s[m].spread) / 2 + (unsigned)(t / 60 % 60),
                   s[m].units, s[m].metric);
    return left;
}

int main(int argc, char **argv)
{
    long left = argc > 1 ? atol(argv[1]) : 0;
    int rpc = argc > 3 ? atoi(argv[2]) : 16;
    int rpg = argc > 3 ? atoi(argv[3]) : 8;
    time_t t = START;

    if (left <= 0 || rpc < 0 || rpg < 0 || rpc + rpg == 0) {
        fprintf(stderr, "usage: gencsv ROWS [RPC_NODES RPG_NODES]\n");
        return 2;
    }
    puts("timestamp,hostname,source,fqdd,value,units,metric");
    while (left > 0) {
        left = put(left, t, of_rpc, 6, "rpc", 91, rpc);
        left = put(left, t, of_rpg, 6, "rpg", 93, rpg);
        left = put(left, t + 2, of_gpu, 4, "rpg", 93, rpg);
        t += noise(500) == 0 ? 6 : 5;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
