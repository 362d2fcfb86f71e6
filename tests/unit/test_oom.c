/* SPDX-License-Identifier: MIT
 * test_oom.c - each allocation of the energy, the reduction and summary.json fails once,
 * in turn: an error with a text, nothing leaked, nothing half-freed (leaks show under
 * --enable-sanitizers or valgrind).
 *
 * The linker's --wrap puts these in front of the program's own calls; those of libc
 * itself (strdup, open_memstream) are not met. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "oom.h"
#include "rig.h"
#include "report/summary.h"

static char rpc1[] = "rpc-91-1", rpg1[] = "rpg-93-1", rpg2[] = "rpg-93-2",
            stranger[] = "x-1";

static int feed(struct rig *rig)
{
    for (int n = 0; n < 6; n++) {
        for (int t = 0; t <= 3600; t += n % 2 == 1 ? 5 : 90) {
            double at = t + (double)(t * 7919 % 101) / 1e4;

            if (rig_try(rig, (uint32_t)n, at, n == 4 ? -1 : 100) < 0)
                return -1;
        }
    }
    return mp_sink_end(&rig->traces.sink, &rig->err);
}

static int run(struct rig *rig, int fd)
{
    static char label[] = "1", name[] = "\xff\xfe";
    struct mp_job job = {.label = label, .name = name, .nodelist = name};
    struct mp_summary_input in = {.job = &job,
                                  .plan = &rig->plan,
                                  .series = &rig->table,
                                  .findings = &rig->findings,
                                  .backend = "csv",
                                  .backend_label = "csv"};

    if (mp_energy_new(&rig->energy, &rig->err) < 0 ||
        mp_reduce_new(&rig->reduce, &rig->err) < 0)
        return -1;
    mp_traces_init(&rig->traces,
                   (struct mp_follower *[]){mp_energy_follower(rig->energy),
                                            mp_reduce_follower(rig->reduce)},
                   2);
    if (mp_sink_begin(&rig->traces.sink, &rig->plan, &rig->table, &rig->err) < 0)
        return -1;
    if (feed(rig) < 0 ||
        mp_energy_result(rig->energy, &rig->findings, &rig->result, &rig->err) < 0 ||
        mp_reduce_result(rig->reduce, rig->result, &rig->reduced, &rig->err) < 0)
        return -1;
    in.energy = rig->result;
    return mp_summary_write(&in, fd, &rig->err);
}

static void prepare(struct rig *rig)
{
    static char *names[] = {rpc1, rpg1, rpg2, stranger};

    *rig = (struct rig){0};
    ck_assert_int_eq(mp_plan_make(&rig->plan, names, 4, rig_routes(), 2, RIG_START,
                                  RIG_START + INT64_C(3601000000), &rig->err),
                     0);
    rig_series(rig, rpc1, "SystemInputPower", NULL, "W");
    rig_series(rig, rpg1, "SystemInputPower", "A", "W");
    rig_series(rig, rpg1, "PowerConsumption", "A", "mW");
    rig_series(rig, rpg1, "PowerConsumption", "B", "mW");
    rig_series(rig, rpg2, "PowerConsumption", "A", "mW");
    rig_series(rig, rpg2, "TotalCPUPower", "A", NULL);
    ck_assert_int_eq(mp_findings_missing(&rig->findings, rpc1, NULL, "gone", &rig->err),
                     0);
}

START_TEST(each_allocation_fails_once)
{
    FILE *f = tmpfile();
    long n = 0;
    int rc = -1;

    ck_assert_ptr_nonnull(f);
    json_set_alloc_funcs(__wrap_malloc, free);
    while (rc < 0) {
        struct rig rig;
        long left;

        ck_assert_int_lt(++n, 20000);
        prepare(&rig);
        countdown = n;
        rc = run(&rig, fileno(f));
        left = countdown;
        countdown = 0;                 /* libcheck allocates, too */
        ck_assert(rc < 0 || left > 0); /* no failure went unnoticed */
        if (rc < 0)
            ck_assert_str_ne(rig.err.text, "");
        rig_close(&rig);
    }
    ck_assert_int_gt(n, 200);
    fclose(f);
}
END_TEST

MP_UNIT_MAIN("oom", each_allocation_fails_once)
