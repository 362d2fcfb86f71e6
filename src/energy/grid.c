/* SPDX-License-Identifier: MIT
 * grid.c - the instants of a grid. */
#include "config.h"

#include "energy/grid.h"

#include <stdlib.h>

int mp_grid_init(struct mp_grid *g, int64_t start, int64_t end, int64_t most)
{
    const int64_t second = 1000000;
    int64_t window = end - start;

    g->start = start;
    g->step = (window / second / most + 1) * second;
    g->n = (size_t)(window / g->step) + 1;
    g->off = false;
    g->w = calloc(g->n, sizeof *g->w);
    return g->w != NULL ? 0 : -1;
}

void mp_grid_free(struct mp_grid *g)
{
    free(g->w);
    g->w = NULL;
}
