/* SPDX-License-Identifier: MIT
 * chart_layout.c - not written yet. */
#include "config.h"

#include "chart.h"

#include <stdlib.h>

extern const int mp_chart_layout_todo;

const int mp_chart_layout_todo = 1;
