/* SPDX-License-Identifier: MIT
 * selector.h - PromQL: the series of a metric that certain nodes have.
 *
 * Names are made harmless twice, for the regular expression and for the text it stands
 * in, so that no nodelist makes PromQL. */
#ifndef MP_PROM_SELECTOR_H
#define MP_PROM_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* VictoriaMetrics takes 16 KiB of query; the metric and the rest need some. */
enum { MP_PROM_NAMES_BYTES = 12 * 1024 };

/* How many of names[0 .. n) go into one selector; at least 1. */
size_t mp_prom_names_fit(char *const *names, size_t n);

/* name{selector,label=~"a|b"}, anchored by PromQL; the caller frees it.  `nodes`: names
 * are those of nodes, in any case, with or without a domain and a port; else values as
 * they stand.  Names that are no UTF-8 are left out; NULL where none is left, or out of
 * memory. */
char *mp_prom_selector(const char *metric, const char *label, char *const *names,
                       size_t n, bool nodes);

#endif
