/* SPDX-License-Identifier: MIT
 * layout.c - what both pictures share: colours, and the lines at their head. */
#include "config.h"

#include "chart/layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart/ticks.h"
#include "chart/text.h"

enum { MARGIN = 28 };

uint32_t mp_gpu_colour(size_t i, size_t n)
{
    static const int dark[3] = {0x22, 0x4A, 0x12};
    static const int pale[3] = {0xBC, 0xDC, 0x96};
    uint32_t colour = 0;

    for (int c = 0; c < 3; c++) {
        double share = n > 1 ? (double)i / (double)(n - 1) : 0;

        colour = colour << 8 | (uint32_t)lround(dark[c] + share * (pale[c] - dark[c]));
    }
    return colour << 8 | 0xFF;
}

/* ---- the lines at the head ---- */

/* Fill, rim and text of the verdict's box; the word in it says the same. */
static void badge(const struct mp_chart_input *in, const struct mp_measure *measure,
                  struct mp_scene *scene, double *left)
{
    static const struct {
        uint32_t fill, rim, text;
    } looks[] = {
        [MP_VALID] = {0xFFFFFFFF, 0x2E7D32FF, 0x1B5E20FF},
        [MP_PARTIAL] = {0xFFE9A8FF, 0x8A5A00FF, 0x5C3B00FF},
        [MP_SUSPECT] = {0xB3261EFF, 0xB3261EFF, 0xFFFFFFFF},
    };
    const enum mp_verdict verdict = in->energy->verdict;
    const struct mp_text style = {
        .part = MP_PART_BADGE, .colour = looks[verdict].text, .size = 23, .bold = true};
    const char *word = mp_verdict_name(verdict);
    struct mp_mark *rim;
    double w;
    double h;

    measure->text(measure->context, word, style.size, style.bold, &w, &h);
    w = round(w) + 32;
    *left = scene->width - MARGIN - w;
    mp_scene_rectangle(scene, MP_PART_BADGE, looks[verdict].fill, *left, 20, w, 38);
    rim = mp_scene_mark(scene, MP_MARK_STROKE, MP_PART_BADGE, 0, looks[verdict].rim);
    if (!rim)
        return;
    rim->width = 2;
    mp_scene_point(scene, *left, 20);
    mp_scene_point(scene, *left + w, 20);
    mp_scene_point(scene, *left + w, 58);
    mp_scene_point(scene, *left, 58);
    mp_scene_point(scene, *left, 19);
    mp_scene_text(scene, measure, &style, word, *left + 16, 39 - h / 2);
}

static void title(const struct mp_chart_input *in, const struct mp_measure *measure,
                  struct mp_scene *scene, double right)
{
    struct mp_text style = {.part = MP_PART_HEADER,
                            .colour = MP_INK,
                            .size = 31,
                            .bold = true,
                            .max_width = right - MARGIN};
    const double middle = 38;
    char text[160];
    char name[1700];
    double x = MARGIN;
    double w;
    double h;

    snprintf(text, sizeof text, "Job %.100s", in->job->label ? in->job->label : "?");
    mp_text_clean(text, name, sizeof name);
    measure->text(measure->context, name, style.size, true, &w, &h);
    x += mp_scene_text(scene, measure, &style, name, x, middle - h / 2) + 20;
    mp_text_clean(in->job->name, name, sizeof name);
    style.size = 25;
    style.bold = false;
    style.colour = MP_SOFT_INK;
    style.max_width = right - x;
    measure->text(measure->context, name, style.size, false, &w, &h);
    if (style.max_width > 60)
        mp_scene_text(scene, measure, &style, name, x, middle + 2 - h / 2);
}

/* "0.650 ± 0.001 kWh", of shared nodes with the job's share before it. */
static void energy_text(const struct mp_energy_result *energy, char *text, size_t size)
{
    char nodes[64], share[64];

    mp_text_energy(energy->total_kwh, energy->uncertainty.kwh, nodes, sizeof nodes);
    if (isnan(energy->total_kwh))
        snprintf(text, size, "input power not measured");
    else if (energy->shared && !isnan(energy->share.kwh)) {
        mp_text_energy(energy->share.kwh, NAN, share, sizeof share);
        snprintf(text, size, "this job's share %s of %s", share, nodes);
    } else
        snprintf(text, size, "%s", nodes);
}

static void energy_and_window(const struct mp_chart_input *in,
                              const struct mp_measure *measure, bool with_energy,
                              struct mp_scene *scene)
{
    struct mp_text style = {.part = MP_PART_HEADER, .colour = MP_INK, .size = 20};
    const struct mp_energy_result *energy = in->energy;
    const double right = scene->width - MARGIN;
    char number[64];
    char peak[64];
    char window[200];
    char duration[32];
    char text[400];
    double x = MARGIN;

    if (with_energy) {
        style.bold = true;
        energy_text(energy, text, sizeof text);
        x += mp_scene_text(scene, measure, &style, text, x, 66);
        x += 18;
        style.bold = false;
    }
    mp_axis_window(in->job->start, in->job->end, window, sizeof window);
    mp_text_duration(in->job->end - in->job->start, duration, sizeof duration);
    if (with_energy && !isnan(energy->power.mean_w)) {
        mp_text_power(energy->power.mean_w, number, sizeof number);
        mp_text_power(energy->power.max_w, peak, sizeof peak);
        snprintf(text, sizeof text, "mean %s, peak %s  \xC2\xB7  %s: %s", number, peak,
                 duration, window);
    } else
        snprintf(text, sizeof text, "%s: %s", duration, window);
    style.max_width = right - x;
    mp_scene_text(scene, measure, &style, text, x, 66);
}

static void nodes(const struct mp_chart_input *in, const struct mp_measure *measure,
                  struct mp_scene *scene)
{
    const struct mp_text style = {.part = MP_PART_HEADER,
                                  .colour = MP_INK,
                                  .size = 20,
                                  .max_width = scene->width - 2 * MARGIN};
    const size_t n = in->plan->n_nodes + in->plan->n_unrouted;
    const char *list = in->job->nodelist;
    size_t measured = 0;
    char names[1700];
    char count[32];
    char how_many[32];
    char text[1900];
    /* whose power it is, where nobody can say who else was there */
    const char *whole = in->energy->sharing_known ? "" : " (whole nodes)";

    for (size_t i = 0; i < in->energy->n_nodes; i++)
        measured += !isnan(in->energy->nodes[i].energy_kwh);
    if (!list && in->plan->n_nodes > 0)
        list = in->plan->nodes[0].name;
    mp_text_clean(list, names, sizeof names);
    mp_text_number((double)n, 0, count, sizeof count);
    mp_text_number((double)measured, 0, how_many, sizeof how_many);
    if (measured > 0 && measured < n)
        snprintf(text, sizeof text, "%s nodes, %s measured%s: %s", count, how_many, whole,
                 names);
    else
        snprintf(text, sizeof text, "%s node%s%s: %s", count, n == 1 ? "" : "s", whole,
                 names);
    mp_scene_text(scene, measure, &style, text, MARGIN, 94);
}

static void reason(const struct mp_chart_input *in, const struct mp_measure *measure,
                   struct mp_scene *scene)
{
    const struct mp_energy_result *energy = in->energy;
    struct mp_text style = {.part = MP_PART_HEADER, .size = 20, .colour = 0x8A1F11FF};
    char more[64] = "";
    char first[1600];
    char text[1700];
    double w = 0;
    double h;
    double x = MARGIN;

    if (energy->n_reasons == 0)
        return;
    if (energy->n_reasons > 1) {
        snprintf(more, sizeof more, "(and %zu more, see summary.json)",
                 energy->n_reasons - 1);
        measure->text(measure->context, more, style.size, false, &w, &h);
        w += 10;
    }
    mp_text_clean(energy->reasons[0], first, sizeof first);
    snprintf(text, sizeof text, "%s: %s", mp_verdict_name(energy->verdict), first);
    style.max_width = scene->width - 2 * MARGIN - w;
    x += mp_scene_text(scene, measure, &style, text, x, 122) + 10;
    mp_scene_text(scene, measure, &style, more, x, 122);
}

void mp_layout_header(const struct mp_chart_input *in, const struct mp_measure *measure,
                      bool with_energy, struct mp_scene *scene)
{
    double left = scene->width;

    badge(in, measure, scene, &left);
    title(in, measure, scene, left - 20);
    energy_and_window(in, measure, with_energy, scene);
    nodes(in, measure, scene);
    reason(in, measure, scene);
}
