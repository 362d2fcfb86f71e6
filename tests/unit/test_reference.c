/* SPDX-License-Identifier: MIT
 * test_reference.c - agreement with the figures of the Python script that came before, on
 * its own samples (tests/data/reference.txt): to 1e-9, kWh by kWh.
 *
 * Its figures hold the first and the last value to the edges of the window, as ours do.
 * The trapezoids between the samples alone, worked out here as well, are less by up to 1
 * % in ten minutes: an agreement with them would be the fault of an integral that forgets
 * the edges. */
#include "config.h"

#include <stdio.h>

#include "rig.h"

enum { MOST_SERIES = 64, MOST_TOTALS = 32, LINE = 1 << 16 };

struct reference {
    struct rig rig;
    size_t n_series, n_totals;
    double kwh[MOST_SERIES];   /* the script's */
    double inner[MOST_SERIES]; /* trapezoids between samples, kWh */
    double edges[MOST_SERIES]; /* what the flat edges add, kWh */
    struct {
        char name[64];
        double kwh;
    } totals[MOST_TOTALS];
    double seconds;
};

static void near(double got, double want, const char *what)
{
    if (!(fabs(got - want) <= 1e-9 * fabs(want)))
        ck_abort_msg("%s: %.17g is not %.17g", what, got, want);
}

static FILE *open_reference(void)
{
    const char *top = getenv("MP_SRCDIR");
    char path[4096];
    FILE *f;

    snprintf(path, sizeof path, "%s/tests/data/reference.txt", top != NULL ? top : ".");
    f = fopen(path, "r");
    if (f == NULL)
        ck_abort_msg("cannot open %s", path);
    return f;
}

static void start_job(struct reference *ref, const char *line, int nodes)
{
    static char names[][16] = {"rpc-91-1", "rpc-91-2", "rpc-91-3",
                               "rpc-91-4", "rpg-93-1", "rpg-93-2"};
    char *list[7] = {0};
    long start, seconds;

    ck_assert_int_eq(sscanf(line, "job %ld %ld", &start, &seconds), 2);
    ck_assert_int_eq(start * 1000000, RIG_START);
    for (int i = 0; i < nodes; i++)
        list[i] = names[i];
    ref->seconds = (double)seconds;
    rig_open(&ref->rig, ref->seconds, list);
}

static void add_total(struct reference *ref, const char *line)
{
    size_t i = ref->n_totals++;

    ck_assert_uint_lt(i, MOST_TOTALS);
    ck_assert_int_eq(
        sscanf(line, "total Energy_%63s %lf", ref->totals[i].name, &ref->totals[i].kwh),
        2);
}

/* `words`: the line of samples that follows. */
static void add_series(struct reference *ref, const char *line, char *words)
{
    char node[32], metric[64], fqdd[64], units[8];
    double scale, value = 0, t = 0, last = 0, watt, first_t = -1, area = 0;
    uint32_t s;

    ck_assert_int_eq(sscanf(line, "series %31s %63s %63s %7s %lf %lf", node, metric, fqdd,
                            units, &scale, &ref->kwh[ref->n_series]),
                     6);
    s = rig_series(&ref->rig, node, metric, fqdd, units);
    ck_assert_uint_eq(s, ref->n_series);
    watt = strcmp(units, "mW") == 0 ? 1e-3 : 1;
    for (char *word = strtok(words, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        char *colon = strchr(word, ':');
        double step = colon != NULL ? strtod(word, NULL) : 5;

        t += step;
        value += strtod(colon != NULL ? colon + 1 : word, NULL);
        rig_push(&ref->rig, s, t, value * scale);
        if (first_t < 0) {
            first_t = t;
            ref->edges[s] = t * value * scale * watt / RIG_KWH;
        } else {
            area += (value + last) / 2 * step;
        }
        last = value;
    }
    ref->inner[s] = area * scale * watt / RIG_KWH;
    ref->edges[s] += (ref->seconds - t) * value * scale * watt / RIG_KWH;
    ref->n_series++;
}

static void read_job(struct reference *ref, int job, int nodes)
{
    char *line = malloc(LINE), *words = malloc(LINE);
    FILE *f = open_reference();
    int met = 0;

    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(words);
    memset(ref, 0, sizeof *ref);
    while (fgets(line, LINE, f) != NULL) {
        if (strncmp(line, "job", 3) == 0 && ++met == job)
            start_job(ref, line, nodes);
        else if (met == job && strncmp(line, "total", 5) == 0)
            add_total(ref, line);
        else if (met == job && strncmp(line, "series", 6) == 0 &&
                 fgets(words, LINE, f) != NULL)
            add_series(ref, line, words);
    }
    fclose(f);
    free(line);
    free(words);
    rig_end(&ref->rig);
}

static void check_series(const struct reference *ref)
{
    const struct mp_energy_result *r = ref->rig.result;

    for (size_t i = 0; i < ref->n_series; i++) {
        near(r->series[i].energy_kwh, ref->kwh[i], "against the script");
        near(r->series[i].energy_kwh, ref->inner[i] + ref->edges[i], "against the sum");
        ck_assert(ref->edges[i] > 1e-6 * ref->inner[i]);
    }
}

static void check_totals(const struct reference *ref)
{
    const struct mp_energy_result *r = ref->rig.result;
    const struct {
        const char *name;
        double kwh;
    } ours[] = {{"TotalCPUPower", r->components.kwh[MP_ROLE_CPU]},
                {"TotalMemoryPower", r->components.kwh[MP_ROLE_MEMORY]},
                {"TotalStoragePower", r->components.kwh[MP_ROLE_STORAGE]},
                {"TotalFanPower", r->components.kwh[MP_ROLE_FAN]},
                {"SystemInputPower", r->total_kwh},
                {"GPU_total", r->components.kwh[MP_ROLE_GPU]},
                {"PSU_loss", r->components.kwh[MP_ROLE_PSU_LOSS]},
                {"Others", r->components.kwh[MP_ROLE_OTHERS]}};
    size_t compared = 0;

    for (size_t i = 0; i < ref->n_totals; i++) {
        for (size_t j = 0; j < sizeof ours / sizeof *ours; j++) {
            if (strcmp(ref->totals[i].name, ours[j].name) != 0)
                continue;
            near(ours[j].kwh, ref->totals[i].kwh, ours[j].name);
            compared++;
        }
    }
    ck_assert_uint_ge(compared, 7);
}

/* Every figure of a job in which the old script's faults make no difference. */
static void check_job(int job, int nodes, size_t series)
{
    struct reference *ref = malloc(sizeof *ref);

    ck_assert_ptr_nonnull(ref);
    read_job(ref, job, nodes);
    ck_assert_uint_eq(ref->n_series, series);
    check_series(ref);
    check_totals(ref);
    ck_assert_int_eq(ref->rig.result->verdict, MP_VALID);
    rig_close(&ref->rig);
    free(ref);
}

START_TEST(one_node_ten_minutes)
{
    check_job(1, 1, 6);
}
END_TEST

START_TEST(six_nodes_one_hour)
{
    check_job(2, 6, 44);
}
END_TEST

/* It adds up equally named GPUs of different nodes ("Energy_GPU_fqdd_..."): only a sum
 * over nodes of ours agrees with that. */
START_TEST(its_gpus_are_sums_over_nodes)
{
    struct reference *ref = malloc(sizeof *ref);
    int compared = 0;

    ck_assert_ptr_nonnull(ref);
    read_job(ref, 2, 6);
    for (size_t i = 0; i < ref->n_totals; i++) {
        const char *fqdd = ref->totals[i].name + strlen("GPU_fqdd_");
        double sum = 0;

        if (strncmp(ref->totals[i].name, "GPU_fqdd_", 9) != 0)
            continue;
        for (size_t s = 0; s < ref->n_series; s++) {
            if (strcmp(ref->rig.table.series[s].fqdd, fqdd) == 0)
                sum += ref->rig.result->series[s].energy_kwh;
        }
        near(sum, ref->totals[i].kwh, fqdd);
        compared++;
    }
    ck_assert_int_eq(compared, 4);
    rig_close(&ref->rig);
    free(ref);
}
END_TEST

MP_UNIT_MAIN("reference", one_node_ten_minutes, six_nodes_one_hour,
             its_gpus_are_sums_over_nodes)
