/* SPDX-License-Identifier: MIT
 * jobs.c - the lines of a jobs.csv, each checked. */
#include "config.h"

#include "backends/csv/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/csv/rows.h"
#include "model/job.h"

enum { HOSTNAME, JOB, CPUS, START, END, N_COLUMNS };

static const char *const columns[N_COLUMNS] = {"hostname", "job", "cpus", "start", "end"};

static bool is_ours(const struct mp_csv_record *rec)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (rec->n != N_COLUMNS || rec->fields[i].len != strlen(columns[i]) ||
            memcmp(rec->fields[i].text, columns[i], rec->fields[i].len) != 0)
            return false;
    return true;
}

static void copy(const struct mp_csv_field *f, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)f->len, f->text);
}

/* A whole number from 1 to `most`. */
static bool read_number(const char *text, uint64_t most, uint64_t *n)
{
    char *end;

    errno = 0;
    *n = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *n >= 1 &&
           *n <= most;
}

static int take(struct mp_csv_reader *r, const struct mp_csv_record *rec,
                const char *label, const struct mp_plan *plan, struct mp_occupancy *o,
                struct mp_error *err)
{
    char text[N_COLUMNS][256];
    struct mp_stay stay = {0};
    struct mp_error why = {0};
    uint64_t cpus;
    long node;

    if (rec->n != N_COLUMNS)
        return mp_csv_fail(r, -1, err, "%zu columns, not %d", rec->n, N_COLUMNS);
    for (size_t i = 0; i < N_COLUMNS; i++)
        copy(&rec->fields[i], text[i], sizeof text[i]);
    if (!read_number(text[CPUS], UINT32_MAX, &cpus))
        return mp_csv_fail(r, CPUS, err, "\"%s\" is no number of CPUs", text[CPUS]);
    node = mp_plan_find_node(plan, text[HOSTNAME]);
    if (node < 0)
        return 0;
    if (strcmp(text[JOB], label) == 0) {
        o->nodes[node].own = (uint32_t)cpus;
        return 0;
    }
    if (!read_number(text[JOB], UINT32_MAX, &stay.job))
        return mp_csv_fail(r, JOB, err, "\"%s\" is no job's number", text[JOB]);
    if (mp_time_parse(text[START], "start", &stay.from, &why) < 0)
        return mp_csv_fail(r, START, err, "%s", why.text);
    if (mp_time_parse(text[END], "end", &stay.until, &why) < 0)
        return mp_csv_fail(r, END, err, "%s", why.text);
    stay.node = (uint32_t)node;
    stay.cpus = (uint32_t)cpus;
    return mp_occupancy_add(o, &stay, plan->start, plan->end, err);
}

static int read_lines(struct mp_csv_reader *r, const char *label,
                      const struct mp_plan *plan, struct mp_occupancy *o,
                      struct mp_error *err)
{
    struct mp_csv_record rec;
    int rc = mp_csv_next(r, &rec, err);

    if (rc <= 0 || !is_ours(&rec))
        return rc < 0 ? -1 : 0;
    for (size_t i = 0; i < N_COLUMNS; i++)
        r->columns[i] = columns[i];
    if (mp_occupancy_init(o, plan->n_nodes, err) < 0)
        return -1;
    for (size_t i = 0; i < o->n_nodes; i++)
        o->nodes[i].known = true;
    while ((rc = mp_csv_next(r, &rec, err)) > 0)
        if (take(r, &rec, label, plan, o, err) < 0)
            return -1;
    mp_occupancy_close(o);
    return rc;
}

int mp_csv_jobs_read(const char *input, const char *label, const struct mp_plan *plan,
                     const struct mp_run *run, struct mp_occupancy *o,
                     struct mp_error *err)
{
    const char *slash = strrchr(input, '/');
    struct mp_csv_reader reader = {0};
    char *path;
    int fd, rc = -1;

    if (asprintf(&path, "%.*sjobs.csv", slash != NULL ? (int)(slash + 1 - input) : 0,
                 input) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a path");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        rc = errno == ENOENT || errno == ENOTDIR
                 ? 0
                 : mp_fail(err, MP_FAULT_FAILED, "cannot open %s: %s", path,
                           strerror(errno));
    } else {
        if (mp_csv_open(&reader, fd, path, run, err) == 0)
            rc = read_lines(&reader, label, plan, o, err);
        mp_csv_close(&reader);
        close(fd);
    }
    free(path);
    return rc;
}
