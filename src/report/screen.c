/* SPDX-License-Identifier: MIT
 * screen.c - a digest laid out in columns of text. */
#include "config.h"

#include "report/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "chart/text.h"
#include "model/role.h"

enum { NAMED = 8 };

/* --- one report --------------------------------------------------------------------- */

static void put_job(const struct mp_screen *s, const struct mp_digest *d)
{
    char id[80], name[MP_SHEET_TEXT_MAX], list[MP_SHEET_TEXT_MAX],
        text[MP_SHEET_TEXT_MAX * 2 + 128];
    char from[MP_TIME_TEXT_MAX + 1], to[MP_TIME_TEXT_MAX + 1], length[32];
    int room = mp_sheet_width(s) - mp_sheet_columns_of(s, d->verdict) - 1;

    mp_text_clean(d->id, id, sizeof id);
    mp_text_clean(d->name, name, sizeof name);
    snprintf(text, sizeof text, "Job %s  %s", id, name);
    mp_sheet_left(s, text, room);
    fputc(' ', s->out);
    mp_sheet_verdict(s, d->verdict);
    fputc('\n', s->out);
    mp_sheet_time(d->start, from);
    mp_sheet_time(d->end, to);
    mp_text_duration(d->end - d->start, length, sizeof length);
    if (d->start == d->end)
        snprintf(text, sizeof text, "%s, one instant", from);
    else
        snprintf(text, sizeof text, "%s to %s, %s", from, to, length);
    mp_sheet_put(s, text, mp_sheet_width(s));
    mp_text_clean(d->nodelist, list, sizeof list);
    mp_text_clean(d->user, name, sizeof name);
    snprintf(text, sizeof text, "%s%s%zu node%s: %s", name, name[0] != '\0' ? ", " : "",
             d->n_nodes, d->n_nodes == 1 ? "" : "s", list);
    fputc('\n', s->out);
    mp_sheet_put(s, text, mp_sheet_width(s));
    fputs("\n\n", s->out);
}

static void put_energy(const struct mp_screen *s, const struct mp_digest *d)
{
    char energy[64], mean[32], least[32], most[32], text[512];

    if (isnan(d->kwh)) {
        mp_sheet_labelled(s, "Energy",
                          "not measured: no node has a sample of its input power");
        return;
    }
    mp_text_energy(d->kwh, d->half, energy, sizeof energy);
    snprintf(text, sizeof text, "%s (%s%s%s)", energy,
             isnan(d->half) ? "too few samples for an interval" : "95 %",
             d->sensor != NULL ? "; " : "", d->sensor != NULL ? d->sensor : "");
    mp_sheet_labelled(s, "Energy", text);
    mp_text_power(d->mean_w, mean, sizeof mean);
    mp_text_power(d->min_w, least, sizeof least);
    mp_text_power(d->max_w, most, sizeof most);
    snprintf(text, sizeof text, "%s on average, %s at least, %s at most", mean, least,
             most);
    mp_sheet_labelled(s, "Power", text);
}

/* Both figures, and which is which. */
static void put_share(const struct mp_screen *s, const struct mp_digest *d)
{
    char share[64], low[64], high[64], text[512];

    if (!d->shared || isnan(d->kwh))
        return;
    if (isnan(d->share_kwh)) {
        mp_sheet_labelled(s, "Share",
                          "not known: other jobs were on these nodes, and nobody "
                          "says how many CPUs this one had");
        return;
    }
    mp_text_energy(d->share_kwh, d->half * (d->share_kwh / d->kwh), share, sizeof share);
    mp_text_energy(d->share_low_kwh, NAN, low, sizeof low);
    mp_text_energy(d->share_high_kwh, NAN, high, sizeof high);
    snprintf(text, sizeof text,
             "%s is this job's by CPUs, %s at least, %s at most; the energy above is the "
             "whole nodes', which others shared",
             share, low, high);
    mp_sheet_labelled(s, "Share", text);
}

static void put_site(const struct mp_screen *s, const struct mp_digest *d)
{
    double kwh = d->shared && !isnan(d->share_kwh) ? d->share_kwh : d->kwh;
    char currency[64], pue[40] = "", text[256];

    mp_text_clean(d->site.currency, currency, sizeof currency);
    if (d->site.has_pue)
        snprintf(pue, sizeof pue, ", PUE %.4g", d->site.pue);
    if (!isnan(mp_site_cost(&d->site, kwh))) {
        snprintf(text, sizeof text, "%.2f %s (%.4g a kWh%s)", mp_site_cost(&d->site, kwh),
                 currency, d->site.price, pue);
        mp_sheet_labelled(s, "Cost", text);
    }
    if (!isnan(mp_site_carbon(&d->site, kwh))) {
        double g = mp_site_carbon(&d->site, kwh);

        snprintf(text, sizeof text, "%.3g %s CO2 equivalent (%.4g g a kWh%s)",
                 g < 1000 ? g : g / 1000, g < 1000 ? "g" : "kg", d->site.carbon_g, pue);
        mp_sheet_labelled(s, "Carbon", text);
    }
}

static void put_component(const struct mp_screen *s, const struct mp_digest *d,
                          enum mp_role role, int tenths)
{
    int room = mp_sheet_width(s) - MP_SHEET_INDENT - 6 - 26, n = tenths * room / 1000;
    char energy[64];

    mp_text_energy(d->components[role], d->halves[role], energy, sizeof energy);
    mp_sheet_left(s, mp_role_info(role)->label, MP_SHEET_INDENT - 1);
    fputc(' ', s->out);
    mp_sheet_left(s, energy, 22);
    fprintf(s->out, " %5.1f %%%s", tenths / 10.0, n > 0 ? " " : "");
    for (; n > 0; n--)
        fputs(s->utf8 ? "\u2588" : "#", s->out);
    fputc('\n', s->out);
}

/* In the order and with the shares of the ring. */
static void put_components(const struct mp_screen *s, const struct mp_digest *d)
{
    enum mp_role roles[MP_N_COMPONENTS];
    double kwh[MP_N_COMPONENTS];
    int tenths[MP_N_COMPONENTS];
    size_t n = 0;

    for (int place = 0; place < MP_N_SHOWN; place++) {
        enum mp_role role = mp_role_shown(place);

        if (role >= MP_N_COMPONENTS || isnan(d->components[role]))
            continue;
        roles[n] = role;
        kwh[n++] = d->components[role];
    }
    mp_text_shares(kwh, n, tenths);
    if (n > 0)
        fputc('\n', s->out);
    for (size_t i = 0; i < n; i++)
        put_component(s, d, roles[i], tenths[i]);
}

/* Eight heights from 0 to the highest mean; a blank is a gap. */
static void put_line(const struct mp_screen *s, const struct mp_digest *d)
{
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char ascii[] = "_.-=+*%@";
    size_t room = (size_t)(mp_sheet_width(s) - MP_SHEET_INDENT), step = 1;
    double most = 0;
    char text[64];

    for (size_t i = 0; i < d->n_line; i++)
        most = fmax(most, d->line[i]);
    if (!(most > 0))
        return;
    while (d->n_line / step > room)
        step++;
    fprintf(s->out, "\n%-*s", MP_SHEET_INDENT, "Time");
    for (size_t i = 0; i < d->n_line; i += step) {
        int height = isnan(d->line[i]) ? -1 : (int)fmin(7, d->line[i] / most * 8);

        if (height < 0)
            fputc(' ', s->out);
        else if (s->utf8)
            fputs(blocks[height], s->out);
        else
            fputc(ascii[height], s->out);
    }
    mp_text_power(most, text, sizeof text);
    fprintf(s->out, "\n%*s0 to %s over the window%s\n", MP_SHEET_INDENT, "", text,
            s->utf8 ? "" : ", from _ to @");
}

static int by_energy(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void put_spread(const struct mp_screen *s, const struct mp_digest *d)
{
    double *kwh = calloc(d->n_nodes + 1, sizeof *kwh);
    char least[64], median[64], most[64], text[256];
    size_t n = 0;

    for (size_t i = 0; kwh != NULL && i < d->n_nodes; i++)
        if (!isnan(d->nodes[i].kwh))
            kwh[n++] = d->nodes[i].kwh;
    if (n > 1) {
        qsort(kwh, n, sizeof *kwh, by_energy);
        mp_text_energy(kwh[0], NAN, least, sizeof least);
        mp_text_energy((kwh[(n - 1) / 2] + kwh[n / 2]) / 2, NAN, median, sizeof median);
        mp_text_energy(kwh[n - 1], NAN, most, sizeof most);
        snprintf(text, sizeof text, "%s to %s, the middle one %s", least, most, median);
        fputc('\n', s->out);
        mp_sheet_labelled(s, "Nodes", text);
    }
    free(kwh);
}

static void put_odd(const struct mp_screen *s, const struct mp_digest *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_nodes; i++) {
        const struct mp_digest_node *node = &d->nodes[i];
        char name[256], energy[64], text[512];

        if (isnan(node->median_kwh) || ++n > NAMED)
            continue;
        mp_text_clean(node->name, name, sizeof name);
        mp_text_energy(node->kwh, node->half, energy, sizeof energy);
        snprintf(text, sizeof text, "%s: %s, %.2f times the middle of its kind", name,
                 energy, node->kwh / node->median_kwh);
        mp_sheet_labelled(s, n == 1 ? "Unlike" : "", text);
    }
    if (n > NAMED)
        fprintf(s->out, "%*sand %zu more, see summary.json\n", MP_SHEET_INDENT, "",
                n - NAMED);
}

static void put_reasons(const struct mp_screen *s, const struct mp_digest *d)
{
    char text[MP_SHEET_TEXT_MAX];

    fputc('\n', s->out);
    snprintf(text, sizeof text, "%s; samples stand for %.1f %% of the window", d->verdict,
             floor(1000 * d->coverage) / 10);
    mp_sheet_labelled(s, "Verdict", text);
    for (size_t i = 0; i < d->n_reasons && i < NAMED; i++) {
        mp_text_clean(d->reasons[i], text, sizeof text);
        fprintf(s->out, "%*s", MP_SHEET_INDENT, "- ");
        mp_sheet_wrap(s, text, MP_SHEET_INDENT);
    }
    if (d->n_reasons > NAMED)
        fprintf(s->out, "%*sand %zu more, see summary.json\n", MP_SHEET_INDENT, "",
                d->n_reasons - NAMED);
    if (d->no_rows == NULL)
        return;
    mp_text_clean(d->no_rows, text, sizeof text);
    mp_sheet_labelled(s, "Rows", text);
}

void mp_screen_report(const struct mp_screen *s, const struct mp_digest *d)
{
    put_job(s, d);
    put_energy(s, d);
    put_share(s, d);
    put_site(s, d);
    put_components(s, d);
    put_line(s, d);
    put_spread(s, d);
    put_odd(s, d);
    put_reasons(s, d);
}

/* --- several ------------------------------------------------------------------------ */

/* What fits: at 60 columns no mean, from 90 on the name, from 130 on the nodes. */
struct columns {
    int job, energy, name, nodes; /* 0: not there */
    bool mean;
};

static struct columns table_columns(int width)
{
    enum { FIXED = 1 + 5 + 13 + 1 + 1 + 7, MEAN = 12, NAME_MOST = 32, EXTRA_LEAST = 12 };
    struct columns c = {.job = 11, .energy = 21};
    int left = width - FIXED - c.job - c.energy - MEAN;

    if (left < 0) {
        c.job += left + MEAN;
        return c;
    }
    c.mean = true;
    c.energy += left < 3 ? left : 3;
    left -= c.energy - 21;
    if (left < EXTRA_LEAST) {
        c.job += left;
        return c;
    }
    c.job += 3;
    left -= 3 + 2; /* two blanks before it */
    c.name = left < NAME_MOST ? left : NAME_MOST;
    left -= c.name + 2;
    c.nodes = left >= EXTRA_LEAST ? left : 0;
    c.name += c.nodes == 0 && left > 0 ? left + 2 : 0;
    return c;
}

static void put_table_line(const struct mp_screen *s, const struct columns *c,
                           const char *const cells[8])
{
    mp_sheet_left(s, cells[0], c->job);
    fputc(' ', s->out);
    mp_sheet_right(s, cells[1], 5);
    mp_sheet_right(s, cells[2], 13);
    fputc(' ', s->out);
    mp_sheet_left(s, cells[3], c->energy);
    if (c->mean)
        mp_sheet_right(s, cells[4], 11);
    fputs(c->mean ? "  " : " ", s->out);
    mp_sheet_verdict(s, cells[5]);
    if (c->name > 0) {
        fprintf(s->out, "%*s", 7 - mp_sheet_columns_of(s, cells[5]) + 2, "");
        if (c->nodes > 0)
            mp_sheet_left(s, cells[6], c->name);
        else
            mp_sheet_put(s, cells[6], c->name);
    }
    if (c->nodes > 0) {
        fputs("  ", s->out);
        mp_sheet_put(s, cells[7], c->nodes);
    }
    fputc('\n', s->out);
}

void mp_screen_table(const struct mp_screen *s, const struct mp_digest *d, size_t n)
{
    const struct columns c = table_columns(mp_sheet_width(s));
    struct mp_screen plain = *s;

    plain.colour = false;
    put_table_line(&plain, &c,
                   (const char *const[]){"JOB", "NODES", "LENGTH", "ENERGY", "MEAN",
                                         "VERDICT", "NAME", "NODELIST"});
    for (size_t i = 0; i < n; i++) {
        char id[80], nodes[24], length[32], energy[64], mean[32];
        char name[MP_SHEET_TEXT_MAX], list[MP_SHEET_TEXT_MAX];

        mp_text_clean(d[i].id, id, sizeof id);
        mp_text_clean(d[i].name, name, sizeof name);
        mp_text_clean(d[i].nodelist, list, sizeof list);
        snprintf(nodes, sizeof nodes, "%zu", d[i].n_nodes);
        mp_text_duration(d[i].end - d[i].start, length, sizeof length);
        mp_text_energy(d[i].kwh, d[i].half, energy, sizeof energy);
        mp_text_power(d[i].mean_w, mean, sizeof mean);
        put_table_line(s, &c,
                       (const char *const[]){id, nodes, length, energy, mean,
                                             d[i].verdict, name, list});
    }
}
