/* SPDX-License-Identifier: MIT
 * chart_cases.h - jobs of every size and with every flaw, for the pictures' tests and for
 * the gallery (chart_demo). */
#ifndef MP_TEST_CHART_CASES_H
#define MP_TEST_CHART_CASES_H

#include <stdio.h>
#include <time.h>

#include "chart/chart.h"
#include "rig.h"

enum chart_flaw {
    CASE_SILENT = 1 << 0,     /* the last node sends nothing */
    CASE_GAP = 1 << 1,        /* the first node is silent from 40 % to 55 % */
    CASE_ALL_GAP = 1 << 2,    /* all nodes are, from 40 % to 55 % */
    CASE_SPIKE = 1 << 3,      /* one input sample is 3 times the others, at 70 % */
    CASE_GLITCH = 1 << 4,     /* one input sample is 60 times the others, at 70 % */
    CASE_ONE_SAMPLE = 1 << 5, /* a single sample per series, in the middle */
    CASE_ABOVE = 1 << 6,      /* components come to more than the input */
    CASE_NO_INPUT = 1 << 7,   /* neither input nor output */
    CASE_ZERO = 1 << 8,       /* every value is 0 */
    CASE_TINY = 1 << 9,       /* all components but one are very small */
    CASE_NOTHING = 1 << 10,   /* no sample at all */
    CASE_DENSE = 1 << 12,     /* 24 samples to a column, and noisier */
    CASE_SUPPLIES = 1 << 14,  /* two power supplies a node; the second has no gap */
    CASE_OFFSET = 1 << 13,    /* each node is read 1.5 s after the one before */
    CASE_ODD = 1 << 15,       /* every 19th node from the 8th on draws 40 % less */
    CASE_GPU_GAP = 1 << 11,   /* the first GPU is silent from 20 % to 35 % */
};

struct chart_case {
    const char *name; /* of the files */
    const char *job_name;
    int nodes, gpus; /* gpus: per node; nodes with GPUs are rpg */
    double seconds;
    double watt; /* input of one node */
    int flaws;
};

static const struct chart_case chart_cases[] = {
    {"one_node", "train.sh", 1, 0, 3600, 640, CASE_SPIKE},
    {"gap_and_spike", "a gap and a spike", 1, 0, 3600, 640, CASE_ALL_GAP | CASE_SPIKE},
    {"glitch", "one absurd reading", 1, 0, 7200, 640, CASE_GLITCH},
    {"four_gpus", "4 GPUs", 1, 4, 3600, 2100, CASE_GPU_GAP},
    {"one_gpu", "1 GPU", 1, 1, 1200, 900, 0},
    {"sixteen_gpus", "16 GPUs", 1, 16, 7200, 9800, 0},
    {"sixty_four_gpus", "64 GPUs", 1, 64, 7200, 30000, CASE_ALL_GAP},
    {"three_nodes", "three nodes, one with a gap", 3, 0, 7200, 640,
     CASE_GAP | CASE_SPIKE},
    {"silent_node", "one of four nodes is silent", 4, 0, 7200, 640, CASE_SILENT},
    {"a_day_of_24", "24 nodes, 24 h", 24, 0, 86400, 640,
     CASE_SPIKE | CASE_GAP | CASE_ODD},
    {"thousand_nodes", "1,000 nodes", 1000, 0, 43200, 640,
     CASE_GAP | CASE_SPIKE | CASE_SILENT | CASE_ODD},
    {"thousand_gpu_nodes", "3 MW", 1000, 4, 86400, 3000, 0},
    {"ten_seconds", "ten seconds", 1, 0, 10, 640, 0},
    {"one_second", "one second", 2, 0, 1, 640, 0},
    {"five_minutes", "five minutes", 2, 0, 300, 640, 0},
    {"seven_hours", "seven hours", 2, 0, 25200, 640, 0},
    {"two_days", "two days", 2, 0, 172800, 640, 0},
    {"thirty_days", "30 days, the clocks change", 2, 4, 2592000, 2100, CASE_SPIKE},
    {"dense", "30 days, a sample every 90 s", 1, 4, 2592000, 2100,
     CASE_DENSE | CASE_SPIKE},
    {"a_year", "a year", 2, 0, 31536000, 640, 0},
    {"one_sample", "a single sample", 1, 0, 600, 640, CASE_ONE_SAMPLE},
    {"milliwatts", "0.3 W", 1, 0, 10, 0.3, 0},
    {"above_input", "components above the input", 1, 4, 3600, 2100, CASE_ABOVE},
    {"no_input", "no input power", 2, 4, 3600, 2100, CASE_NO_INPUT | CASE_GAP},
    {"zero", "zero", 1, 0, 3600, 0, CASE_ZERO},
    {"tiny_slices", "many tiny slices", 1, 4, 3600, 2100, CASE_TINY},
    {"nothing", "nothing measured", 2, 0, 3600, 640, CASE_NOTHING},
    {"chinese", NULL, 2, 4, 3600, 2100, 0},
    {"arabic", NULL, 2, 4, 3600, 2100, 0},
    {"emoji", NULL, 1, 0, 3600, 640, 0},
    {"hostile", NULL, 2, 0, 3600, 640, 0},
    {"common_gap", "three nodes silent at once", 3, 0, 3333, 640, CASE_ALL_GAP},
    {"two_supplies", "one of six supplies silent", 3, 0, 7200, 640,
     CASE_GAP | CASE_SUPPLIES},
    {"staggered_gap", "one after the other", 3, 0, 3333, 640, CASE_ALL_GAP | CASE_OFFSET},
};

enum { N_CHART_CASES = sizeof chart_cases / sizeof *chart_cases };

/* What a picture is drawn from, and all that keeps it alive. */
struct chart_job {
    struct rig rig;
    struct mp_job job;
    char **names;
    char label[16], name[2000], nodelist[6000];
    struct mp_chart_input input;
};

static inline void chart_case_name(const struct chart_case *c, char *out, size_t size)
{
    const char *unit = c->job_name;
    size_t used = 0;

    if (strcmp(c->name, "chinese") == 0)
        unit = "大规模语言模型训练任务";
    else if (strcmp(c->name, "arabic") == 0)
        unit = "تدريب النموذج الكبير ";
    else if (strcmp(c->name, "emoji") == 0)
        unit = "🚀🔥 run 👩‍🔬 ";
    else if (strcmp(c->name, "hostile") == 0)
        unit =
            "<b>&amp;</b>\n\033[31m\xff\xfe \xe2\x80\xae evil e\xcc\x81\xcc\x81\xcc\x81"
            "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81 %s%n ";
    do
        used += (size_t)snprintf(out + used, size - used, "%s", unit);
    while (unit != c->job_name && used < 1100 && used + strlen(unit) < size);
}

static inline double chart_noise(unsigned *state)
{
    *state = *state * 1103515245U + 12345U;
    return (double)(*state >> 8 & 0xFFFF) / 65536 - 0.5;
}

/* One series: `share` of the node's power, breathing and noisy. */
static inline void chart_feed(struct chart_job *j, const struct chart_case *c, int node,
                              const char *metric, const char *fqdd, double watt, int gap)
{
    const int steps = c->nodes >= 1000 ? 288 : c->flaws & CASE_DENSE ? 28800 : 720;
    const double noise = c->flaws & CASE_DENSE ? 0.3 : 0.06;
    const double step = fmax(c->seconds / steps, c->seconds < 5 ? 0.5 : 5);
    const bool input = strcmp(metric, "SystemInputPower") == 0;
    const bool milli = fqdd && strncmp(fqdd, "Video", 5) == 0;
    unsigned state = (unsigned)node * 7919U + (unsigned)metric[5] * 31U +
                     (fqdd ? (unsigned)fqdd[strlen(fqdd) - 1] : 0);
    uint32_t series =
        rig_series(&j->rig, j->names[node], metric, fqdd, milli ? "mW" : "W");

    for (long k = 0; (double)k * step <= c->seconds; k++) {
        double at = (double)k * step / c->seconds;
        double load = 0.75 + 0.2 * sin(at * 23 + node % 7) + noise * chart_noise(&state);
        bool high = fabs(at - 0.7) * c->seconds < step / 2;
        double when = at * c->seconds + (c->flaws & CASE_OFFSET ? node * 1.5 : 0);

        if (gap && at > (gap > 1 ? 0.2 : 0.4) && at < (gap > 1 ? 0.35 : 0.55))
            continue;
        if ((c->flaws & CASE_ONE_SAMPLE) && fabs(at - 0.5) * c->seconds > step * 0.4)
            continue;
        if (input && high && node == 0)
            load *= c->flaws & CASE_SPIKE ? 3 : c->flaws & CASE_GLITCH ? 60 : 1;
        rig_push(&j->rig, series, when, watt * load * (milli ? 1e3 : 1));
    }
}

static inline void chart_feed_node(struct chart_job *j, const struct chart_case *c,
                                   int node)
{
    const double tiny = c->flaws & CASE_TINY ? 0.01 : 1;
    const double above = c->flaws & CASE_ABOVE ? 1.4 : 1;
    const double w = c->watt * (c->flaws & CASE_ODD && node % 19 == 7 ? 0.6 : 1);
    const int gap = (c->flaws & CASE_ALL_GAP) || ((c->flaws & CASE_GAP) && node == 0);
    const double gpu_share = c->gpus > 0 ? 0.55 : 0;
    char fqdd[32];

    chart_feed(j, c, node, "TotalCPUPower", "PowerMetrics",
               w * tiny * (c->gpus ? 0.16 : 0.48) * above, gap);
    chart_feed(j, c, node, "TotalMemoryPower", "PowerMetrics", w * tiny * 0.1 * above,
               gap);
    chart_feed(j, c, node, "TotalStoragePower", "PowerMetrics", w * tiny * 0.012, gap);
    chart_feed(j, c, node, "TotalFanPower", "PowerMetrics", w * tiny * 0.09, gap);
    for (int g = 0; g < c->gpus; g++) {
        snprintf(fqdd, sizeof fqdd, "Video.Slot.%d-1", 31 + g);
        chart_feed(j, c, node, "PowerConsumption", fqdd,
                   w * gpu_share / c->gpus * (0.7 + 0.6 * g / c->gpus) * above,
                   gap                                   ? gap
                   : g == 0 && (c->flaws & CASE_GPU_GAP) ? 2
                                                         : 0);
    }
    if (c->flaws & CASE_NO_INPUT)
        return;
    chart_feed(j, c, node, "SystemInputPower", "PowerMetrics", w, gap);
    if (c->flaws & CASE_SUPPLIES)
        chart_feed(j, c, node, "SystemInputPower", "PSU.2", w, 0);
    chart_feed(j, c, node, "SystemOutputPower", "PowerMetrics",
               w * (c->flaws & CASE_TINY ? 0.999 : 0.94), gap);
}

static inline void chart_case_open(struct chart_job *j, const struct chart_case *c)
{
    memset(j, 0, sizeof *j);
    j->names = calloc((size_t)c->nodes + 1, sizeof *j->names);
    ck_assert_ptr_nonnull(j->names);
    for (int i = 0; i < c->nodes; i++)
        ck_assert_int_gt(asprintf(&j->names[i], "%s-%d-%d", c->gpus ? "rpg" : "rpc",
                                  91 + i / 20, i % 20 + 1),
                         0);
    rig_open(&j->rig, c->seconds, j->names);
    for (int i = 0; i < c->nodes && !(c->flaws & CASE_NOTHING); i++)
        if (!((c->flaws & CASE_SILENT) && i == c->nodes - 1))
            chart_feed_node(j, c, i);
    rig_end(&j->rig);
    chart_case_name(c, j->name, sizeof j->name);
    snprintf(j->label, sizeof j->label, "48813%02d", (int)(c - chart_cases));
    snprintf(j->nodelist, sizeof j->nodelist, "%s", j->names[0]);
    for (int i = 0, used = 0; c->nodes > 1 && i < c->nodes && used < 5000; i += 20)
        used += snprintf(j->nodelist + used, sizeof j->nodelist - (size_t)used,
                         "%s%s-%d-[1-%d]", i ? "," : "", c->gpus ? "rpg" : "rpc",
                         91 + i / 20, c->nodes - i < 20 ? c->nodes - i : 20);
    j->job = (struct mp_job){.label = j->label,
                             .name = j->name,
                             .nodelist = j->nodelist,
                             .start = j->rig.plan.start,
                             .end = j->rig.plan.end};
    j->input = (struct mp_chart_input){.job = &j->job,
                                       .plan = &j->rig.plan,
                                       .series = &j->rig.table,
                                       .energy = j->rig.result,
                                       .reduced = j->rig.reduced};
}

static inline void chart_case_close(struct chart_job *j)
{
    for (size_t i = 0; j->names[i]; i++)
        free(j->names[i]);
    free(j->names);
    rig_close(&j->rig);
}

static inline const struct chart_case *chart_case_find(const char *name)
{
    for (size_t i = 0; i < N_CHART_CASES; i++)
        if (strcmp(chart_cases[i].name, name) == 0)
            return &chart_cases[i];
    ck_abort_msg("no case is called %s", name);
    return NULL;
}

#endif
