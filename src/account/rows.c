/* SPDX-License-Identifier: MIT
 * rows.c - from stays to rows. */
#include "config.h"

#include "account/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double WIDTH_TOLERATED = 0.05;

/* What one job came to in one window, over its nodes. */
struct job_sum {
    double nodes_kwh, share_kwh, var;
    uint64_t node_us;
    bool known, counted;
};

static const struct mp_job_record *find_record(const struct mp_job_record *records,
                                               size_t n, uint64_t id)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (records[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return &records[low];
}

static struct mp_account_row *row_of(struct mp_account_rows *r, const char *key,
                                     struct mp_error *err)
{
    long number = mp_keyset_put(&r->keys, key, strlen(key), err);

    if (number < 0)
        return NULL;
    if ((size_t)number == r->n) {
        struct mp_account_row *grown = realloc(r->rows, (r->n + 1) * sizeof *grown);

        if (grown == NULL || (r->rows = grown, grown[r->n] = (struct mp_account_row){0},
                              (grown[r->n].key = strdup(key)) == NULL)) {
            mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu rows", r->n);
            return NULL;
        }
        r->n++;
    }
    return &r->rows[number];
}

/* The half-width of a stay's energy by its sensors, as its job's report has it. */
static double stay_half(const struct mp_giver_part *parts, const struct mp_stay *s,
                        const struct mp_giver_sensor *sensors)
{
    struct mp_budget sum = mp_budget_none();

    for (const struct mp_giver_part *p = parts; p != NULL; p = p->next) {
        struct mp_budget b;

        if (mp_giver_is_suspect(&sensors[p->sensor]))
            continue;
        b = mp_interval_budget(&p->interval, p->first, p->last, s->from, s->until, 1);
        mp_budget_add_together(&sum, &b, 1);
    }
    return mp_budget_interval(&sum, s->from % 1000000 == 0 && s->until % 1000000 == 0)
        .kwh;
}

static void add_stay(struct job_sum *sum, const struct mp_giver_part *parts,
                     const struct mp_stay *s, const struct mp_giver_sensor *sensors)
{
    double kwh = 0, share = 0, half;

    for (const struct mp_giver_part *p = parts; p != NULL; p = p->next) {
        if (mp_giver_is_suspect(&sensors[p->sensor]))
            continue;
        kwh += p->kwh;
        share += p->share_kwh;
    }
    half = parts != NULL ? stay_half(parts, s, sensors) : NAN;
    sum->nodes_kwh += kwh;
    sum->share_kwh += share;
    sum->node_us += (uint64_t)(s->until - s->from);
    half = kwh > 0 ? half * (share / kwh) : half;
    sum->known = (sum->known || !sum->counted) && !isnan(half);
    sum->var += isnan(half) ? 0 : half * half;
    sum->counted = true;
}

static void put(struct mp_account_row *row, const struct job_sum *sum)
{
    double half = sqrt(sum->var);
    bool valid = sum->known && half <= WIDTH_TOLERATED * sum->share_kwh;

    row->jobs++;
    row->node_us += sum->node_us;
    row->nodes_kwh += sum->nodes_kwh;
    row->share_kwh += sum->share_kwh;
    row->var += sum->known ? sum->var : NAN;
    row->valid += valid;
    row->partial += !valid;
}

static const char *key_of(enum mp_account_by by, const struct mp_job_record *record,
                          const char *day, const char *node, char number[24])
{
    const char *key = NULL;

    snprintf(number, 24, "%" PRIu64, record->id);
    switch (by) {
    case MP_BY_USER:
        key = record->user;
        break;
    case MP_BY_ACCOUNT:
        key = record->account;
        break;
    case MP_BY_PARTITION:
        key = record->partition;
        break;
    case MP_BY_NODE:
        return node;
    case MP_BY_DAY:
        return day;
    default:
        return number;
    }
    return key != NULL && key[0] != '\0' ? key : "(none)";
}

/* Stays of one job, and for MP_BY_NODE of one node, stand together in `order`. */
static int add_jobs(struct mp_account_rows *r, enum mp_account_by by, const char *day,
                    const struct mp_giver *g, const struct mp_plan *plan,
                    const struct mp_occupancy *o, const uint32_t *order,
                    const struct mp_job_record *records, size_t n_records,
                    struct mp_error *err)
{
    size_t n_sensors;
    const struct mp_giver_sensor *sensors = mp_giver_sensors(g, &n_sensors);

    for (size_t i = 0, to; i < o->n_stays; i = to) {
        const struct mp_stay *first = &o->stays[order[i]];
        const struct mp_job_record *record = find_record(records, n_records, first->job);
        struct job_sum sum = {0};
        struct mp_account_row *row;
        char number[24];

        for (to = i; to < o->n_stays && o->stays[order[to]].job == first->job &&
                     (by != MP_BY_NODE || o->stays[order[to]].node == first->node);
             to++)
            add_stay(&sum, mp_giver_parts(g, order[to]), &o->stays[order[to]], sensors);
        if (!record->found) {
            r->no_record_kwh += sum.share_kwh;
            continue;
        }
        row = row_of(r, key_of(by, record, day, plan->nodes[first->node].name, number),
                     err);
        if (row == NULL)
            return -1;
        put(row, &sum);
    }
    return 0;
}

static int by_job_and_node(const void *a, const void *b, void *arg)
{
    const struct mp_stay *stays = arg;
    const struct mp_stay *x = &stays[*(const uint32_t *)a],
                         *y = &stays[*(const uint32_t *)b];

    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* What is left of each node when all who were on it have theirs. */
static void add_rest(struct mp_account_rows *r, const struct mp_giver *g,
                     const struct mp_occupancy *o)
{
    size_t n;
    const struct mp_giver_sensor *sensors = mp_giver_sensors(g, &n);

    for (size_t i = 0; i < n; i++) {
        double *rest = mp_giver_is_suspect(&sensors[i])  ? &r->suspect_kwh
                       : o->nodes[sensors[i].node].known ? &r->nobody_kwh
                                                         : &r->unknown_kwh;

        *rest += sensors[i].kwh;
        r->total_kwh += sensors[i].kwh;
    }
    for (size_t i = 0; i < o->n_stays; i++)
        for (const struct mp_giver_part *p = mp_giver_parts(g, i); p != NULL; p = p->next)
            if (!mp_giver_is_suspect(&sensors[p->sensor]))
                *(o->nodes[sensors[p->sensor].node].known ? &r->nobody_kwh
                                                          : &r->unknown_kwh) -=
                    p->share_kwh;
}

int mp_account_rows_add(struct mp_account_rows *r, enum mp_account_by by, const char *day,
                        const struct mp_giver *g, const struct mp_plan *plan,
                        const struct mp_occupancy *o, const struct mp_job_record *records,
                        size_t n_records, struct mp_error *err)
{
    uint32_t *order = calloc(o->n_stays + 1, sizeof *order);
    int rc;

    if (order == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu stays", o->n_stays);
    for (size_t i = 0; i < o->n_stays; i++)
        order[i] = (uint32_t)i;
    if (o->n_stays > 0)
        qsort_r(order, o->n_stays, sizeof *order, by_job_and_node, o->stays);
    rc = add_jobs(r, by, day, g, plan, o, order, records, n_records, err);
    free(order);
    if (rc == 0)
        add_rest(r, g, o);
    return rc;
}

static int by_share(const void *a, const void *b)
{
    const struct mp_account_row *x = a, *y = b;

    if (x->share_kwh != y->share_kwh)
        return x->share_kwh > y->share_kwh ? -1 : 1;
    return strcmp(x->key, y->key);
}

static int by_key(const void *a, const void *b)
{
    const struct mp_account_row *x = a, *y = b;

    return strcmp(x->key, y->key);
}

void mp_account_rows_close(struct mp_account_rows *r, enum mp_account_by by)
{
    for (size_t i = 0; i < r->n; i++)
        r->rows[i].uncertainty_kwh = sqrt(r->rows[i].var);
    if (r->n > 0)
        qsort(r->rows, r->n, sizeof *r->rows, by == MP_BY_DAY ? by_key : by_share);
}

double mp_account_rows_sum(const struct mp_account_rows *r)
{
    double sum = r->nobody_kwh + r->no_record_kwh + r->unknown_kwh + r->suspect_kwh;

    for (size_t i = 0; i < r->n; i++)
        sum += r->rows[i].share_kwh;
    return sum;
}

void mp_account_rows_free(struct mp_account_rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->rows[i].key);
    free(r->rows);
    mp_keyset_free(&r->keys);
    *r = (struct mp_account_rows){0};
}
