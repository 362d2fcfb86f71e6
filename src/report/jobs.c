/* SPDX-License-Identifier: MIT
 * jobs.c - the lines of jobs.csv: first the job itself, a line a node, then the stays. */
#include "config.h"

#include "report/jobs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void put_time(FILE *out, int64_t us)
{
    int64_t fraction = us % 1000000 < 0 ? us % 1000000 + 1000000 : us % 1000000;
    time_t seconds = (time_t)((us - fraction) / 1000000);
    char text[40] = "";
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    fputs(text, out);
    if (fraction > 0)
        fprintf(out, ".%06" PRId64, fraction);
    putc('Z', out);
}

/* Node names are Slurm's, the label is digits: none needs quotes. */
static void put_line(FILE *out, const char *node, const char *job, uint32_t cpus,
                     int64_t from, int64_t until)
{
    fprintf(out, "%s,%s,%" PRIu32 ",", node, job, cpus);
    put_time(out, from);
    putc(',', out);
    put_time(out, until);
    putc('\n', out);
}

int mp_jobs_write(const struct mp_job *job, const struct mp_plan *plan,
                  const struct mp_occupancy *o, int fd, struct mp_error *err)
{
    int copy = dup(fd);
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    bool failed = out == NULL;

    if (out == NULL && copy >= 0)
        close(copy);
    if (out != NULL) {
        fputs("hostname,job,cpus,start,end\n", out);
        for (size_t i = 0; i < o->n_nodes && i < plan->n_nodes; i++)
            if (o->nodes[i].own > 0)
                put_line(out, plan->nodes[i].name, job->label, o->nodes[i].own,
                         plan->start, plan->end);
        for (size_t i = 0; i < o->n_stays; i++) {
            const struct mp_stay *s = &o->stays[i];
            char number[24];

            snprintf(number, sizeof number, "%" PRIu64, s->job);
            put_line(out, plan->nodes[s->node].name, number, s->cpus, s->from, s->until);
        }
        failed = ferror(out) != 0;
        failed = fclose(out) != 0 || failed;
    }
    return failed ? mp_fail(err, MP_FAULT_FAILED, "cannot write jobs.csv: %s",
                            strerror(errno))
                  : 0;
}
