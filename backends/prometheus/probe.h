/* SPDX-License-Identifier: MIT
 * probe.h - a first configuration from what a server has. */
#ifndef MP_PROM_PROBE_H
#define MP_PROM_PROBE_H

#include <stdio.h>

#include "backends/prometheus/section.h"
#include "base/error.h"
#include "base/run.h"

/* As struct mp_backend_ops has it. */
int mp_prom_probe(const struct mp_prom_config *config, const struct mp_run *run,
                  FILE *out, struct mp_error *err);

#endif
