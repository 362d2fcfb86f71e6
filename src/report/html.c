/* SPDX-License-Identifier: MIT
 * html.c - report.html: what a report says, on one page. */
#include "config.h"

#include "report/html.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chart/svg.h"
#include "chart/text.h"
#include "chart/ticks.h"
#include "chart/view.h"
#include "report/page.h"

/* SHA-256 of page.css and page.js: tests/t/17-html.t says them anew. */
#define STYLE_HASH "zKg7uAYdtaHCCVyta89OV4emFmJ7vNpUY0FFjp1q3ic="
#define SCRIPT_HASH "b10YY7MMdQ4JRnjrbjVFofybFuTAw8xk1km3IPT79i0="

static void put_lines(const char *const *lines, FILE *out)
{
    for (; *lines != NULL; lines++)
        fputs(*lines, out);
}

static void put_clean(const char *text, FILE *out)
{
    char clean[2000];

    mp_text_clean(text, clean, sizeof clean);
    mp_svg_text(clean, out);
}

static void begin_page(const struct mp_html_input *in, FILE *out)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'sha256-" STYLE_HASH "'; script-src 'sha256-" SCRIPT_HASH
          "'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>Job ",
          out);
    put_clean(in->chart->job->label ? in->chart->job->label : "?", out);
    fputs(": power</title>\n<style>", out);
    put_lines(mp_page_style, out);
    fputs("</style>\n</head>\n<body>\n", out);
}

/* ---- the head ---- */

static void put_term(const char *term, const char *what, bool wide, FILE *out)
{
    if (what == NULL || what[0] == '\0')
        return;
    fprintf(out, "<div%s><dt>%s</dt><dd>", wide ? " class=\"wide\"" : "", term);
    put_clean(what, out);
    fputs("</dd></div>\n", out);
}

/* Where others were on the job's nodes: both figures, and which is which. */
static void put_share(const struct mp_energy_result *energy, FILE *out)
{
    const struct mp_share *share = &energy->share;
    char low[64], high[64], text[400];

    if (!energy->shared || isnan(energy->total_kwh))
        return;
    if (isnan(share->kwh)) {
        put_term("Shared nodes", mp_sharing_words(energy), true, out);
        return;
    }
    mp_text_energy(share->kwh, energy->uncertainty.kwh * (share->kwh / energy->total_kwh),
                   text, sizeof text);
    put_term("This job's share", text, false, out);
    mp_text_energy(share->low_kwh, NAN, low, sizeof low);
    mp_text_energy(share->high_kwh, NAN, high, sizeof high);
    snprintf(text, sizeof text, "%s at least, %s at most; %s", low, high,
             mp_sharing_words(energy));
    put_term("Shared nodes", text, true, out);
}

static void put_facts(const struct mp_chart_input *in, FILE *out)
{
    const struct mp_energy_result *energy = in->energy;
    char text[200];
    char other[64];

    fputs("<dl>\n", out);
    put_share(energy, out);
    mp_text_energy(energy->total_kwh, energy->uncertainty.kwh, text, sizeof text);
    put_term(energy->shared ? "Input energy of the whole nodes" : "Input energy",
             isnan(energy->total_kwh) ? "not measured" : text, false, out);
    if (!isnan(energy->uncertainty.kwh)) {
        snprintf(text, sizeof text, "sampling, 95 %%; %s",
                 mp_sensor_words(&energy->uncertainty));
        put_term("Its \xC2\xB1", text, true, out);
    }
    if (!isnan(energy->power.mean_w)) {
        mp_text_power(energy->power.mean_w, text, sizeof text);
        put_term("Mean power", text, false, out);
        mp_text_power(energy->power.min_w, text, sizeof text);
        put_term("Least power", text, false, out);
        mp_text_power(energy->power.max_w, text, sizeof text);
        put_term("Peak power", text, false, out);
    }
    mp_text_duration(in->job->end - in->job->start, text, sizeof text);
    put_term("Duration", text, false, out);
    mp_text_number(energy->coverage * 100, 1, other, sizeof other);
    snprintf(text, sizeof text, "%s %%", other);
    put_term("Coverage by samples", text, false, out);
    put_term("User", in->job->user, false, out);
    put_term("Cluster", in->job->cluster, false, out);
    mp_axis_window(in->job->start, in->job->end, text, sizeof text);
    put_term("Window", text, true, out);
    snprintf(text, sizeof text, "Nodes (%zu)", in->plan->n_nodes + in->plan->n_unrouted);
    put_term(text, in->job->nodelist ? in->job->nodelist : "?", true, out);
    fputs("</dl>\n", out);
}

static void put_head(const struct mp_chart_input *in, FILE *out)
{
    const char *verdict = mp_verdict_name(in->energy->verdict);

    fputs("<header><h1>Job ", out);
    put_clean(in->job->label ? in->job->label : "?", out);
    fputs("<small>", out);
    put_clean(in->job->name, out);
    fprintf(out, "</small></h1>\n<p class=\"verdict %s\">%s</p></header>\n", verdict,
            verdict);
    put_facts(in, out);
    if (in->energy->n_reasons == 0)
        return;
    fprintf(out, "<ul class=\"reasons\" aria-label=\"Why the verdict is %s\">\n",
            verdict);
    for (size_t i = 0; i < in->energy->n_reasons && i < 50; i++) {
        fputs("<li>", out);
        put_clean(in->energy->reasons[i], out);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

/* ---- tables ---- */

static void put_component(const char *name, double kwh, double half, double whole,
                          FILE *out)
{
    char number[64];
    char share[64];

    if (isnan(kwh))
        return;
    mp_text_energy(kwh, half, number, sizeof number);
    mp_text_number(whole > 0 ? kwh / whole * 100 : 0, 1, share, sizeof share);
    fprintf(out, "<tr><td>%s</td><td>%s</td><td>%s %%</td></tr>\n", name, number, share);
}

static void put_components(const struct mp_chart_input *in, FILE *out)
{
    const double *kwh = in->energy->components.kwh;
    const double total = in->energy->total_kwh;
    double sum = 0;

    for (int role = 0; role < MP_N_COMPONENTS; role++)
        sum += isfinite(kwh[role]) ? kwh[role] : 0;
    fputs(
        "<table><thead><tr><th scope=\"col\">Component</th><th scope=\"col\">Energy</th>"
        "<th scope=\"col\">Share</th></tr></thead><tbody>\n",
        out);
    for (int place = 0; place < MP_N_SHOWN; place++) {
        const enum mp_role role = mp_role_shown(place);

        if (role < MP_N_COMPONENTS)
            put_component(mp_role_info(role)->label, kwh[role],
                          in->energy->components.uncertainty_kwh[role], fmax(sum, total),
                          out);
    }
    fputs("</tbody></table>\n", out);
}

static const struct mp_outlier *find_outlier(const struct mp_energy_result *energy,
                                             uint32_t node)
{
    for (size_t i = 0; i < energy->n_outliers; i++)
        if (energy->outliers[i].node == node)
            return &energy->outliers[i];
    return NULL;
}

static void put_node(const struct mp_chart_input *in, uint32_t i, FILE *out)
{
    const struct mp_node_result *node = &in->energy->nodes[i];
    const struct mp_outlier *odd = find_outlier(in->energy, i);
    char text[64];

    fputs("<tr><td>", out);
    put_clean(in->plan->nodes[i].name, out);
    mp_text_energy(node->energy_kwh, node->uncertainty_kwh, text, sizeof text);
    fprintf(out, "</td><td>%s</td>", text);
    if (odd)
        fprintf(out, "<td class=\"odd\">%+.0f %%</td>",
                (node->energy_kwh / odd->median_kwh - 1) * 100);
    else
        fputs("<td></td>", out);
    mp_text_power(node->power.mean_w, text, sizeof text);
    fprintf(out, "<td>%s</td>", text);
    mp_text_power(node->power.max_w, text, sizeof text);
    fprintf(out, "<td>%s</td>", text);
    mp_text_number(node->coverage * 100, 1, text, sizeof text);
    fprintf(out, "<td>%s %%</td></tr>\n", text);
}

enum { NODES_MOST = 1000 };

/* The odd nodes first, then the others, up to NODES_MOST: summary.json has them all. */
static void put_nodes(const struct mp_chart_input *in, FILE *out)
{
    const size_t n = in->plan->n_nodes;
    size_t left = n < NODES_MOST ? n : NODES_MOST;

    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Energy of "
          "each node\"><table><thead><tr><th scope=\"col\">Node</th>"
          "<th scope=\"col\">Energy</th><th scope=\"col\">From the median</th>"
          "<th scope=\"col\">Mean</th><th scope=\"col\">Peak</th>"
          "<th scope=\"col\">Coverage</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < in->energy->n_outliers && left > 0; i++, left--)
        put_node(in, in->energy->outliers[i].node, out);
    for (uint32_t i = 0; i < n && left > 0; i++)
        if (!find_outlier(in->energy, i)) {
            put_node(in, i, out);
            left--;
        }
    fputs("</tbody></table></div>\n", out);
    if (n > NODES_MOST)
        fprintf(out, "<p>%zu more nodes stand in summary.json.</p>\n", n - NODES_MOST);
}

/* ---- what the script reads ---- */

/* Also fit for a script element: no '<'. */
static void put_json_text(const char *text, FILE *out)
{
    char clean[400];

    mp_text_clean(text, clean, sizeof clean);
    fputc('"', out);
    for (const char *p = clean; *p != '\0'; p++)
        if (strchr("\"\\<>&", *p))
            fprintf(out, "\\u%04x", (unsigned)*p);
        else
            fputc(*p, out);
    fputc('"', out);
}

/* Two digits of 64 for each column: shares of 4,094 of `most`; 4,095 for no data. */
static void put_values(const struct mp_track *track, double most, FILE *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (int i = 0; i < MP_COLUMNS; i++) {
        const double mean = (double)track->columns[i].mean;
        unsigned value = 4095;

        if (mp_column_state(track, i) != MP_COLUMN_GONE && isfinite(mean) && most > 0)
            value = (unsigned)lround(fmin(fmax(mean / most, 0), 1) * 4094);
        fputc(digits[value / 64], out);
        fputc(digits[value % 64], out);
    }
}

static void put_track(const struct mp_track *track, int index, const char *name,
                      FILE *out)
{
    double most = 0;

    for (int i = 0; i < MP_COLUMNS; i++)
        if (isfinite((double)track->columns[i].mean))
            most = fmax(most, (double)track->columns[i].mean);
    fputs("{\"name\":", out);
    put_json_text(name, out);
    /* milliwatts: whole numbers, whatever the locale's point */
    fprintf(out, ",\"index\":%d,\"max\":%.0fe-3,\"v\":\"", index, fmin(most, 1e12) * 1e3);
    put_values(track, most, out);
    fputs("\"}", out);
}

static void put_series(const struct mp_reduced *reduced, FILE *out)
{
    int gpu = MP_GPU_INDEX;
    const char *separator = "";

    fputs("\"series\":[", out);
    for (size_t i = 0; i < reduced->n_tracks; i++) {
        const struct mp_track *track = reduced->tracks[i];
        const int index = track->kind == MP_TRACK_ROLE  ? (int)track->role
                          : track->kind == MP_TRACK_GPU ? gpu++
                                                        : MP_SPREAD_INDEX;

        fputs(separator, out);
        put_track(track, index,
                  track->kind == MP_TRACK_ROLE  ? mp_role_info(track->role)->label
                  : track->kind == MP_TRACK_GPU ? track->label
                                                : "Mean of the nodes",
                  out);
        separator = ",\n";
    }
    fputs("]", out);
}

static int64_t offset_at(int64_t us)
{
    const time_t t = (time_t)(us / 1000000);
    struct tm tm;

    return localtime_r(&t, &tm) ? (int64_t)tm.tm_gmtoff : 0;
}

static void put_data(const struct mp_chart_input *in, FILE *out)
{
    const struct mp_reduced *reduced = in->reduced;
    struct mp_time_axis time;
    const int64_t end =
        reduced->end > reduced->start ? reduced->end : reduced->start + 1000000;

    mp_axis_time(reduced->start, end, 11, &time);
    fprintf(out,
            "<script type=\"application/json\" id=\"data\">{\"start\":%" PRId64
            ",\"end\":%" PRId64 ",\"zone\":[[%" PRId64 ",%" PRId64 "]",
            reduced->start / 1000, end / 1000, reduced->start / 1000,
            offset_at(reduced->start));
    if (time.n_changes > 0)
        fprintf(out, ",[%" PRId64 ",%" PRId64 "]", time.change / 1000,
                offset_at(time.change));
    fprintf(out,
            "],\n\"columns\":%d,\"left\":%d,\"width\":%d,\"top\":%d,\"bottom\":%d,\n"
            "\"hint\":\"Point at the chart, or focus it and use the arrow keys, for "
            "values; drag, or press +, to look closer; double-click or Escape for the "
            "whole window.\",\n",
            MP_COLUMNS, MP_PLOT_LEFT, MP_COLUMNS, MP_PLOT_TOP, MP_PLOT_BOTTOM);
    put_series(reduced, out);
    fputs("}</script>\n", out);
}

/* ---- the page ---- */

static void put_body(const struct mp_html_input *in, FILE *out)
{
    put_head(in->chart, out);
    fputs("<section><h2>Power over time</h2>\n"
          "<fieldset id=\"tools\" hidden><legend>Curves</legend></fieldset>\n"
          "<div class=\"chart\" tabindex=\"0\" role=\"group\" aria-label=\"Power over "
          "time; with a script, arrow keys read values\">\n",
          out);
    fputs(in->svgs->timeseries, out);
    fputs("</div>\n<p id=\"values\" aria-live=\"polite\"></p></section>\n"
          "<section><h2>Where the energy went</h2>\n<div class=\"energy\">\n",
          out);
    put_components(in->chart, out);
    fputs(in->svgs->pie, out);
    fputs("</div></section>\n", out);
    if (in->svgs->nodes) {
        fputs(
            "<section><h2>Each node over time</h2>\n<div class=\"chart\" tabindex=\"0\" "
            "role=\"group\" aria-label=\"Each node over time\">\n",
            out);
        fputs(in->svgs->nodes, out);
        fputs("</div></section>\n", out);
    }
    fputs("<section><h2>Nodes</h2>\n", out);
    put_nodes(in->chart, out);
    fputs("</section>\n<footer>" PACKAGE_STRING "</footer>\n", out);
}

int mp_html_write(const struct mp_html_input *in, int fd, struct mp_error *err)
{
    const int copy = dup(fd);
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    bool failed;

    if (!out) {
        mp_fail(err, MP_FAULT_FAILED, "cannot write report.html: %s", strerror(errno));
        if (copy >= 0)
            close(copy);
        return -1;
    }
    begin_page(in, out);
    put_body(in, out);
    put_data(in->chart, out);
    fputs("<script>", out);
    put_lines(mp_page_script, out);
    fputs("</script>\n</body>\n</html>\n", out);
    failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed)
        return mp_fail(err, MP_FAULT_FAILED, "cannot write report.html: %s",
                       strerror(errno));
    return 0;
}
