/* SPDX-License-Identifier: MIT
 * print.c - rows, then what nobody had, then that it all adds up. */
#include "config.h"

#include "account/print.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"

enum { N_RESTS = 4 };

static const double US_PER_HOUR = 3.6e9;

struct rest {
    const char *key;
    double kwh;
};

/* Rows of their own, so that all rows together are what the nodes drew. */
static void rests(const struct mp_account_rows *r, struct rest out[N_RESTS])
{
    out[0] = (struct rest){"(nobody: idle or drained)", r->nobody_kwh};
    out[1] = (struct rest){"(jobs without a record)", r->no_record_kwh};
    out[2] = (struct rest){"(nodes nobody watches)", r->unknown_kwh};
    out[3] = (struct rest){"(suspect sensors)", r->suspect_kwh};
}

/* ---- a table ---- */

static void table_row(const struct mp_account_row *r, const struct mp_site *site,
                      FILE *out)
{
    char key[256];

    mp_utf8_escape(key, sizeof key, r->key);
    fprintf(out, "%-26s %8" PRIu64 " %12.2f %14.4f %14.4f ", key, r->jobs,
            (double)r->node_us / US_PER_HOUR, r->nodes_kwh, r->share_kwh);
    if (isnan(r->uncertainty_kwh))
        fprintf(out, "%10s", "-");
    else
        fprintf(out, "%10.2g", r->uncertainty_kwh);
    fprintf(out, " %7" PRIu64 " %7" PRIu64, r->valid, r->partial);
    if (!isnan(site->price))
        fprintf(out, " %12.2f", mp_site_cost(site, r->share_kwh));
    if (!isnan(site->carbon_g))
        fprintf(out, " %12.2f", mp_site_carbon(site, r->share_kwh) / 1000);
    putc('\n', out);
}

static void table_rest(const struct rest *r, const struct mp_site *site, FILE *out)
{
    fprintf(out, "%-26s %8s %12s %14s %14.4f %10s %7s %7s", r->key, "", "", "", r->kwh,
            "", "", "");
    if (!isnan(site->price))
        fprintf(out, " %12.2f", mp_site_cost(site, r->kwh));
    if (!isnan(site->carbon_g))
        fprintf(out, " %12.2f", mp_site_carbon(site, r->kwh) / 1000);
    putc('\n', out);
}

static void factors(const struct mp_site *site, FILE *out)
{
    char currency[64];

    mp_utf8_escape(currency, sizeof currency, site->currency);
    if (!isnan(site->price))
        fprintf(out, "cost: %.4g %s a kWh%s", site->price, currency,
                site->has_pue ? "" : "\n");
    if (!isnan(site->price) && site->has_pue)
        fprintf(out, ", PUE %.4g\n", site->pue);
    if (!isnan(site->carbon_g))
        fprintf(out, "carbon: %.4g g CO2 equivalent a kWh%s", site->carbon_g,
                site->has_pue ? "" : "\n");
    if (!isnan(site->carbon_g) && site->has_pue)
        fprintf(out, ", PUE %.4g\n", site->pue);
}

static void print_table(const struct mp_account_rows *r, const char *what,
                        const struct mp_site *site, FILE *out)
{
    struct rest rest[N_RESTS];
    double off = mp_account_rows_sum(r) - r->total_kwh;

    fprintf(out, "%-26s %8s %12s %14s %14s %10s %7s %7s", what, "jobs", "node-hours",
            "nodes' kWh", "share kWh", "+-", "valid", "partial");
    if (!isnan(site->price))
        fprintf(out, " %12s", site->currency[0] != '\0' ? site->currency : "cost");
    if (!isnan(site->carbon_g))
        fprintf(out, " %12s", "kg CO2e");
    putc('\n', out);
    for (size_t i = 0; i < r->n; i++)
        table_row(&r->rows[i], site, out);
    rests(r, rest);
    for (int i = 0; i < N_RESTS; i++)
        if (i == 0 || rest[i].kwh != 0)
            table_rest(&rest[i], site, out);
    fprintf(out, "the shares add up to what the nodes drew, %.6f kWh (off by %.2g)\n",
            r->total_kwh, off);
    factors(site, out);
}

/* ---- CSV ---- */

static void csv_text(const char *text, FILE *out)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    if (quoted)
        putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    if (quoted)
        putc('"', out);
}

static void csv_number(double v, FILE *out)
{
    putc(',', out);
    if (!isnan(v))
        fprintf(out, "%.15g", v);
}

static void csv_line(const char *key, const struct mp_account_row *r, double share,
                     const struct mp_site *site, FILE *out)
{
    csv_text(key, out);
    if (r != NULL) {
        fprintf(out, ",%" PRIu64 ",%.15g,%.15g", r->jobs,
                (double)r->node_us / US_PER_HOUR, r->nodes_kwh);
    } else
        fputs(",,,", out);
    csv_number(share, out);
    csv_number(r != NULL ? r->uncertainty_kwh : NAN, out);
    if (r != NULL)
        fprintf(out, ",%" PRIu64 ",%" PRIu64, r->valid, r->partial);
    else
        fputs(",,", out);
    csv_number(mp_site_cost(site, share), out);
    csv_number(mp_site_carbon(site, share), out);
    putc('\n', out);
}

static void print_csv(const struct mp_account_rows *r, const char *what,
                      const struct mp_site *site, FILE *out)
{
    struct rest rest[N_RESTS];

    fprintf(out,
            "%s,jobs,node_hours,nodes_kwh,share_kwh,uncertainty_kwh,valid,partial,"
            "cost,carbon_g\n",
            what);
    for (size_t i = 0; i < r->n; i++)
        csv_line(r->rows[i].key, &r->rows[i], r->rows[i].share_kwh, site, out);
    rests(r, rest);
    for (int i = 0; i < N_RESTS; i++)
        csv_line(rest[i].key, NULL, rest[i].kwh, site, out);
    csv_line("(total)", NULL, r->total_kwh, site, out);
}

/* ---- JSON ---- */

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *json_row(const struct mp_account_row *r, const char *what,
                        const struct mp_site *site)
{
    char *clean = mp_utf8_clean(r->key);
    json_t *o = json_pack("{s:s?, s:I, s:o, s:o, s:o, s:o, s:I, s:I}", what, clean,
                          "jobs", (json_int_t)r->jobs, "node_hours",
                          number((double)r->node_us / US_PER_HOUR), "nodes_kwh",
                          number(r->nodes_kwh), "share_kwh", number(r->share_kwh),
                          "uncertainty_kwh", number(r->uncertainty_kwh), "valid",
                          (json_int_t)r->valid, "partial", (json_int_t)r->partial);

    free(clean);
    if (!isnan(site->price))
        json_object_set_new(o, "cost", number(mp_site_cost(site, r->share_kwh)));
    if (!isnan(site->carbon_g))
        json_object_set_new(o, "carbon_g", number(mp_site_carbon(site, r->share_kwh)));
    return o;
}

/* One row a line; jansson holds one at a time. */
static int print_json(const struct mp_account_rows *r, const char *what,
                      const struct mp_site *site, FILE *out)
{
    json_t *sums = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "nobody_kwh",
        number(r->nobody_kwh), "no_record_kwh", number(r->no_record_kwh), "unknown_kwh",
        number(r->unknown_kwh), "suspect_kwh", number(r->suspect_kwh), "total_kwh",
        number(r->total_kwh), "off_kwh", number(mp_account_rows_sum(r) - r->total_kwh),
        "price_per_kwh", number(site->price), "currency", site->currency,
        "carbon_g_per_kwh", number(site->carbon_g));
    int rc = sums != NULL ? 0 : -1;

    fputs("{\"rows\": [", out);
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        json_t *row = json_row(&r->rows[i], what, site);

        fputs(i > 0 ? ",\n " : "\n ", out);
        rc = row != NULL ? json_dumpf(row, out, 0) : -1;
        json_decref(row);
    }
    fputs("],\n\"sums\": ", out);
    if (rc == 0)
        rc = json_dumpf(sums, out, 0);
    fputs("}\n", out);
    json_decref(sums);
    return rc;
}

int mp_account_print(const struct mp_account_rows *r, const char *what,
                     enum mp_account_format format, const struct mp_site *site, FILE *out,
                     struct mp_error *err)
{
    int rc = 0;

    if (format == MP_FORMAT_JSON)
        rc = print_json(r, what, site, out);
    else if (format == MP_FORMAT_CSV)
        print_csv(r, what, site, out);
    else
        print_table(r, what, site, out);
    if (rc < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the account");
    return 0;
}
