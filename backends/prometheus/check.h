/* SPDX-License-Identifier: MIT
 * check.h - is the server there, and has it what the routes ask for? */
#ifndef MP_PROM_CHECK_H
#define MP_PROM_CHECK_H

#include "backends/frame/check.h"
#include "backends/prometheus/http.h"
#include "base/error.h"
#include "base/run.h"
#include "model/plan.h"

/* It answers and lets us in. */
int mp_prom_greet(struct mp_prom_http *http, const struct mp_run *run,
                  struct mp_error *err);

/* As struct mp_backend_ops has it. */
int mp_prom_caught_up(struct mp_prom_http *http, const struct mp_plan *plan,
                      const struct mp_run *run, int *ready, struct mp_error *err);

struct mp_prom_checked {
    struct mp_prom_http *http;
    const struct mp_prom_config *config;
    const struct mp_route *routes;
    size_t n_routes;
    const struct mp_run *run;
};

int mp_prom_check(const struct mp_prom_checked *what, mp_check_report *report, void *arg,
                  struct mp_error *err);

#endif
