/* SPDX-License-Identifier: MIT
 * reasons.c - the sentences behind a verdict. */
#include "config.h"

#include "energy/reasons.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES_SHOWN = 4 };

void mp_names_open(struct mp_names *l)
{
    *l = (struct mp_names){.most = NAMES_SHOWN};
    l->stream = open_memstream(&l->text, &l->size);
}

void mp_names_add(struct mp_names *l, const char *fmt, ...)
{
    va_list ap;

    if (l->stream == NULL || l->n++ >= l->most)
        return;
    if (l->n > 1)
        fputs(", ", l->stream);
    va_start(ap, fmt);
    vfprintf(l->stream, fmt, ap);
    va_end(ap);
}

void mp_names_sensor(struct mp_names *l, const struct mp_plan *plan,
                     const struct mp_series *s, const char *fmt, ...)
{
    const struct mp_series *b = l->before;
    bool same = b != NULL && b->node == s->node && b->metric_index == s->metric_index;
    va_list ap;

    l->before = s;
    if (l->stream == NULL || l->n++ >= l->most)
        return;
    if (l->n > 1)
        fputs(", ", l->stream);
    if (!same)
        fprintf(l->stream, "%s %s%s", plan->nodes[s->node].name, s->metric,
                s->fqdd != NULL ? " " : "");
    fputs(s->fqdd != NULL ? s->fqdd : same ? "another" : "", l->stream);
    va_start(ap, fmt);
    vfprintf(l->stream, fmt, ap);
    va_end(ap);
}

int mp_names_close(struct mp_names *l, struct mp_error *err)
{
    bool failed;

    if (l->stream != NULL && l->n > l->most)
        fprintf(l->stream, " and %zu more", l->n - l->most);
    failed = l->stream == NULL || ferror(l->stream) != 0;
    if (l->stream != NULL && fclose(l->stream) != 0)
        failed = true;
    l->stream = NULL;
    if (!failed)
        return 0;
    free(l->text);
    l->text = NULL;
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the verdict");
}

/* Names come from outside; a terminal or a chart must not obey them. */
static void disarm(char *line)
{
    for (; *line != '\0'; line++) {
        if ((unsigned char)*line < 0x20 || *line == 0x7f)
            *line = '?';
    }
}

int mp_reason_give(struct mp_energy_result *r, enum mp_verdict verdict,
                   struct mp_error *err, const char *fmt, ...)
{
    char **grown = realloc(r->reasons, (r->n_reasons + 1) * sizeof *grown);
    char *line = NULL;
    va_list ap;
    int rc;

    if (grown == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the verdict");
    r->reasons = grown;
    va_start(ap, fmt);
    rc = vasprintf(&line, fmt, ap);
    va_end(ap);
    if (rc < 0)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for the verdict");
    disarm(line);
    r->reasons[r->n_reasons++] = line;
    if (verdict > r->verdict)
        r->verdict = verdict;
    return 0;
}

int mp_reason_names(struct mp_energy_result *r, enum mp_verdict verdict,
                    struct mp_names *l, const char *before, const char *after,
                    struct mp_error *err)
{
    int rc = mp_names_close(l, err);

    if (rc == 0 && l->n > 0)
        rc = mp_reason_give(r, verdict, err, "%s%s%s", before, l->text, after);
    free(l->text);
    return rc;
}
