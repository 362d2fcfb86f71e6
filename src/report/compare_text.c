/* SPDX-License-Identifier: MIT
 * compare_text.c - a comparison as text: who, a table, and what it means in words. */
#include "config.h"

#include "report/compare_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "chart/text.h"

enum { NAMED = 8, FULL_WIDTH = 78, FIGURE_MAX = 72 };

/* How a figure of the table is written. */
enum unit { KWH, WATT, SECONDS };

static void figure(enum unit unit, double v, char *out, size_t size)
{
    if (unit == KWH)
        mp_text_energy(v, NAN, out, size);
    else if (unit == WATT)
        mp_text_power(v, out, size);
    else if (isnan(v))
        snprintf(out, size, "-");
    else if (fabs(v) < 1)
        snprintf(out, size, "%.2g s", v);
    else
        mp_text_duration((int64_t)(v * 1e6), out, size);
}

/* With its sign. */
static void change(enum unit unit, double v, char *out, size_t size)
{
    char number[FIGURE_MAX - 8];

    figure(unit, fabs(v), number, sizeof number);
    snprintf(out, size, "%s%s", v > 0 ? "+" : v < 0 ? "-" : "", number);
}

static void width(enum unit unit, double v, char *out, size_t size)
{
    char number[FIGURE_MAX - 8];

    if (unit == KWH)
        mp_text_energy_width(v, number, sizeof number);
    else if (unit == WATT)
        mp_text_power(v, number, sizeof number);
    else
        snprintf(number, sizeof number, "%.2g s", v);
    snprintf(out, size, "%s%s", isnan(v) ? "" : "\u00b1 ", isnan(v) ? "-" : number);
}

static void percent(double v, char *out, size_t size)
{
    if (isnan(v))
        snprintf(out, size, "-");
    else if (fabs(v) >= 9999.5)
        snprintf(out, size, "%+.1e %%", v);
    else
        snprintf(out, size, "%+.*f %%", fabs(v) < 99.95 ? 1 : 0, v);
}

static const char *beyond_word(enum mp_beyond b)
{
    static const char *const words[] = {"?", "same", "more", "less"};

    return words[b];
}

/* --- the table ---------------------------------------------------------------------- */

static bool is_narrow(const struct mp_screen *s)
{
    return mp_sheet_width(s) < FULL_WIDTH;
}

/* On a screen narrower than FULL_WIDTH without the per cent. */
static void put_cells(const struct mp_screen *s, const char *label,
                      const char *const cells[5], const char *word)
{
    static const int wide[] = {13, 13, 13, 10, 13}, narrow[] = {11, 11, 12, 0, 11};

    mp_sheet_left(s, label, 9);
    for (int i = 0; i < 5; i++)
        if (i != 3 || !is_narrow(s))
            mp_sheet_right(s, cells[i], is_narrow(s) ? narrow[i] : wide[i]);
    fprintf(s->out, "%s%s\n", word[0] != '\0' ? "  " : "", word);
}

static void put_row(const struct mp_screen *s, const char *label, enum unit unit,
                    const struct mp_difference *d)
{
    char a[FIGURE_MAX], b[FIGURE_MAX], diff[FIGURE_MAX], may[FIGURE_MAX], pct[32];

    figure(unit, d->a, a, sizeof a);
    figure(unit, d->b, b, sizeof b);
    change(unit, mp_difference_of(d), diff, sizeof diff);
    percent(mp_difference_percent(d), pct, sizeof pct);
    width(unit, d->may_be, may, sizeof may);
    put_cells(s, label, (const char *const[]){a, b, diff, pct, may},
              beyond_word(d->beyond));
}

static int by_excess(const void *x, const void *y)
{
    const struct mp_compared_node *a = *(const struct mp_compared_node *const *)x;
    const struct mp_compared_node *b = *(const struct mp_compared_node *const *)y;
    const double ea = fabs(mp_difference_of(&a->kwh)) / a->kwh.may_be;
    const double eb = fabs(mp_difference_of(&b->kwh)) / b->kwh.may_be;

    if (isnan(ea) || isnan(eb))
        return (isnan(ea) != 0) - (isnan(eb) != 0);
    return ea != eb ? (ea < eb) - (ea > eb) : (a > b) - (a < b);
}

/* All of a few; of many those that differ most. */
static void put_nodes(const struct mp_screen *s, const struct mp_comparison *c)
{
    const struct mp_compared_node **order = malloc((c->n_nodes + 1) * sizeof *order);
    size_t beyond = 0;

    for (size_t i = 0; order != NULL && i < c->n_nodes; i++) {
        order[i] = &c->nodes[i];
        beyond += order[i]->kwh.beyond == MP_BEYOND_MORE ||
                  order[i]->kwh.beyond == MP_BEYOND_LESS;
    }
    if (order != NULL && c->n_nodes > NAMED)
        qsort(order, c->n_nodes, sizeof *order, by_excess);
    if (order != NULL && c->n_nodes > 0)
        fprintf(s->out, "\n%s\n", c->matched ? "Each node" : "Nodes, by their energy");
    for (size_t i = 0; order != NULL && i < c->n_nodes && i < NAMED; i++) {
        char name[128];

        mp_text_clean(order[i]->name, name, sizeof name);
        put_row(s, name, KWH, &order[i]->kwh);
    }
    if (c->n_nodes > NAMED)
        fprintf(s->out, "%*sof %zu nodes; %zu differ by more than they may\n",
                MP_SHEET_INDENT, "", c->n_nodes, beyond);
    free(order);
}

static void put_table(const struct mp_screen *s, const struct mp_comparison *c)
{
    put_cells(s, "", (const char *const[]){"A", "B", "B - A", "of A", "may be"}, "");
    put_row(s, c->share ? "Share" : "Energy", KWH, &c->energy);
    put_row(s, "Power", WATT, &c->mean_w);
    put_row(s, "Length", SECONDS, &c->seconds);
    if (c->share)
        put_row(s, "Nodes'", KWH, &c->nodes_energy);
    fputc('\n', s->out);
    for (int place = 0; place < MP_N_SHOWN; place++) {
        enum mp_role role = mp_role_shown(place);

        if (role < MP_N_COMPONENTS &&
            !(isnan(c->components[role].a) && isnan(c->components[role].b)))
            put_row(s, mp_role_info(role)->label, KWH, &c->components[role]);
    }
    put_nodes(s, c);
}

/* --- who ---------------------------------------------------------------------------- */

static void put_who(const struct mp_screen *s, char letter, const struct mp_digest *d)
{
    char id[80], name[MP_SHEET_TEXT_MAX], list[MP_SHEET_TEXT_MAX],
        from[MP_TIME_TEXT_MAX + 1];
    char text[2 * MP_SHEET_TEXT_MAX + 128];

    mp_text_clean(d->id, id, sizeof id);
    mp_text_clean(d->name, name, sizeof name);
    mp_text_clean(d->nodelist, list, sizeof list);
    snprintf(text, sizeof text, "%c: job %s  %s", letter, id, name);
    mp_sheet_left(s, text, mp_sheet_width(s) - mp_sheet_columns_of(s, d->verdict) - 1);
    fputc(' ', s->out);
    mp_sheet_verdict(s, d->verdict);
    mp_sheet_time(d->start, from);
    snprintf(text, sizeof text, "\n   %s, %zu node%s: %s", from, d->n_nodes,
             d->n_nodes == 1 ? "" : "s", list);
    mp_sheet_put(s, text, mp_sheet_width(s) + 1);
    fputc('\n', s->out);
}

/* --- in words ----------------------------------------------------------------------- */

static void put_answer(const struct mp_screen *s, const struct mp_comparison *c)
{
    const struct mp_difference *e = &c->energy;
    char diff[64], may[64], pct[32], text[512];

    mp_text_energy(fabs(mp_difference_of(e)), NAN, diff, sizeof diff);
    mp_text_energy_width(e->may_be, may, sizeof may);
    percent(mp_difference_percent(e), pct, sizeof pct);
    if (isnan(e->a) || isnan(e->b))
        snprintf(text, sizeof text, "the energy of %s is not measured",
                 !isnan(e->b)  ? "A"
                 : isnan(e->a) ? "neither"
                               : "B");
    else if (e->beyond == MP_BEYOND_UNKNOWN)
        snprintf(text, sizeof text,
                 "%s (%s) apart; whether that is a difference nobody can tell, for too "
                 "few samples give no interval",
                 diff, pct);
    else if (e->beyond == MP_WITHIN)
        snprintf(text, sizeof text,
                 "no difference: %s (%s) is within the %s that there may be by chance",
                 diff, pct, may);
    else
        snprintf(text, sizeof text,
                 "B took %s: %s (%s), beyond the %s that there may be by chance",
                 beyond_word(e->beyond), diff, pct, may);
    mp_sheet_labelled(s, "Answer", text);
    if (e->beyond > MP_WITHIN && c->mean_w.beyond == MP_WITHIN &&
        c->seconds.beyond > MP_WITHIN) {
        snprintf(text, sizeof text, "its power was the same, it ran %s",
                 c->seconds.beyond == MP_BEYOND_MORE ? "longer" : "less long");
        mp_sheet_labelled(s, "", text);
    }
}

/* What "may be" is made of. */
static void put_may_be(const struct mp_screen *s, const struct mp_comparison *c,
                       const struct mp_digest *a, const struct mp_digest *b)
{
    char samples[64], nodes[64], text[768];
    int n;

    mp_text_energy_width(c->by_samples, samples, sizeof samples);
    mp_text_energy_width(c->by_nodes, nodes, sizeof nodes);
    snprintf(text, sizeof text, "%s from the samples, as both intervals have it (95 %%)",
             isnan(c->by_samples) ? "unknown" : samples);
    mp_sheet_labelled(s, "May be", text);
    if (c->matched) {
        mp_sheet_labelled(s, "",
                          "both ran on the same nodes, so that no difference "
                          "between nodes is in it");
        return;
    }
    n = snprintf(text, sizeof text, "%s since they ran on different nodes, ", nodes);
    if (c->common > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "%zu of %zu and %zu in common, ",
                      c->common, a->n_nodes, b->n_nodes);
    if (c->spread_of > 0)
        snprintf(
            text + n, sizeof text - (size_t)n,
            "and nodes of one kind differ by %.1f %% (standard deviation, robust, of "
            "the %zu in these reports)",
            100 * c->spread, c->spread_of);
    else
        snprintf(text + n, sizeof text - (size_t)n,
                 "and nodes of one kind are taken to differ by %.1f %% (an assumption: "
                 "too few nodes are in these reports to tell)",
                 100 * c->spread);
    mp_sheet_labelled(s, "", text);
    if (a->n_nodes != b->n_nodes)
        mp_sheet_labelled(s, "", "the jobs had different numbers of nodes");
}

static void put_sharing(const struct mp_screen *s, const struct mp_comparison *c)
{
    char guess[64], text[512];

    if (c->share_unknown)
        mp_sheet_labelled(s, "Share",
                          "others were on these nodes, and a job's share is not known: "
                          "the whole nodes are compared");
    if (!c->share)
        return;
    mp_text_energy_width(c->by_guess, guess, sizeof guess);
    snprintf(text, sizeof text,
             "others were on these nodes: compared is what the jobs had by CPUs, and %s "
             "of what there may be is that guess; parts and nodes are whole nodes'",
             guess);
    mp_sheet_labelled(s, "Share", text);
}

static void put_doubts(const struct mp_screen *s, char letter, const struct mp_digest *d)
{
    char reason[MP_SHEET_TEXT_MAX], text[MP_SHEET_TEXT_MAX + 200], label[16];

    snprintf(label, sizeof label, "Beware");
    if (isnan(d->half) && !isnan(d->kwh)) {
        snprintf(text, sizeof text,
                 "%c has no interval: fewer than three samples of a series", letter);
        mp_sheet_labelled(s, label, text);
    }
    if (strcmp(d->verdict, "valid") == 0)
        return;
    mp_text_clean(d->n_reasons > 0 ? d->reasons[0] : "", reason, sizeof reason);
    snprintf(text, sizeof text,
             "%c is %.20s, and may be further off than its interval: %s%s", letter,
             d->verdict, reason,
             d->n_reasons > 1 ? "; see `monster-power show` for more" : "");
    mp_sheet_labelled(s, label, text);
}

static void put_odd(const struct mp_screen *s, char letter, const struct mp_digest *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_nodes; i++) {
        char name[256], text[512];

        if (isnan(d->nodes[i].median_kwh) || ++n > 2)
            continue;
        mp_text_clean(d->nodes[i].name, name, sizeof name);
        snprintf(text, sizeof text, "%c's %s has %.2f times the middle of its kind",
                 letter, name, d->nodes[i].kwh / d->nodes[i].median_kwh);
        mp_sheet_labelled(s, "Unlike", text);
    }
}

void mp_compare_text(const struct mp_screen *s, const struct mp_comparison *c,
                     const struct mp_digest *a, const struct mp_digest *b)
{
    put_who(s, 'A', a);
    put_who(s, 'B', b);
    fputc('\n', s->out);
    put_table(s, c);
    fputc('\n', s->out);
    put_answer(s, c);
    put_may_be(s, c, a, b);
    put_sharing(s, c);
    put_odd(s, 'A', a);
    put_odd(s, 'B', b);
    put_doubts(s, 'A', a);
    put_doubts(s, 'B', b);
}
