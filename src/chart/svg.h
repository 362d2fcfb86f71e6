/* SPDX-License-Identifier: MIT
 * svg.h - a scene as an SVG element within a page. */
#ifndef MP_CHART_SVG_H
#define MP_CHART_SVG_H

#include <stdio.h>

#include "chart/scene.h"

struct mp_svg {
    const char *name;  /* of the picture: its ids start with it; letters only */
    const char *title; /* what a screen reader says */
    double top;        /* what lies above is left out, and so are head and verdict: the
                          page has its own */
};

/* Colours that must turn in a dark page are classes of their own (.ink, .soft, .paper,
 * .wash, .hatch, .band, .quart, .grid, which the page's style may set).  What belongs to
 * one curve has the class s<index>; what a script stretches when it zooms is .t, what it
 * then hides .x.  A scene of many points is thinned, its extremes kept: below 200 KB
 * whatever the scene.  Errors of writing are left to ferror(out); -1: out of memory. */
int mp_svg_write(const struct mp_scene *scene, const struct mp_svg *svg, FILE *out);

/* Text within HTML or SVG, also in an attribute with double quotes. */
void mp_svg_text(const char *text, FILE *out);

#endif
