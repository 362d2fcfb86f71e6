/* SPDX-License-Identifier: MIT
 * jobpath.c - expanding the filename pattern of a job's standard output.
 *
 * Observed on Slurm 22.05 (tests/unit/test_jobpath.c has the names it made): a backslash
 * anywhere turns expansion off, is dropped, and the character after it kept; of an
 * unknown conversion with a width only the width's last digit stays; %a of a job that is
 * no array task is 4294967294.  %b (the array task modulo 10) came with 24.05.
 */
#include "config.h"

#include "slurm/jobpath.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 10 };

struct out {
    char *text; /* PATH_MAX bytes */
    size_t n;
    bool overflow;
};

static void add(struct out *out, const char *text, size_t n)
{
    if (n >= PATH_MAX - out->n) {
        out->overflow = true;
        return;
    }
    memcpy(out->text + out->n, text, n);
    out->n += n;
}

static void add_number(struct out *out, int width, uint32_t number)
{
    char text[WIDTH_MAX + 12];

    add(out, text,
        (size_t)snprintf(text, sizeof text, "%0*lu", width, (unsigned long)number));
}

static void add_text(struct out *out, const char *text)
{
    if (text != NULL)
        add(out, text, strlen(text));
}

/* One conversion; false where Slurm knows none of that letter. */
static bool convert(struct out *out, char letter, int width,
                    const struct mp_jobpath_input *in)
{
    const uint32_t no_val = 0xfffffffe; /* what Slurm prints of an unset number */
    bool array = in->array_job_id != 0;

    switch (letter) {
    case 'j':
    case 'J': /* the batch step's number is not printed */
        add_number(out, width, in->job_id);
        return true;
    case 'A':
        add_number(out, width, array ? in->array_job_id : in->job_id);
        return true;
    case 'a':
        add_number(out, width, array ? in->array_task_id : no_val);
        return true;
    case 'b':
        add_number(out, width, (array ? in->array_task_id : no_val) % 10);
        return true;
    case 'n':
    case 't':
        add_number(out, width, 0); /* the batch script runs on node 0 as task 0 */
        return true;
    case 's':
        add_text(out, "batch");
        return true;
    case 'N':
        if (in->first_node != NULL)
            add(out, in->first_node, strcspn(in->first_node, "."));
        return true;
    case 'u':
        add_text(out, in->user);
        return true;
    case 'x':
        add_text(out, in->name);
        return true;
    default:
        return false;
    }
}

static void expand(struct out *out, const char *p, const struct mp_jobpath_input *in)
{
    while (*p != '\0') {
        size_t plain = strcspn(p, "%"), digits;
        unsigned long width;

        add(out, p, plain);
        p += plain;
        if (*p == '\0')
            return;
        if (p[1] == '%') {
            add(out, "%", 1);
            p += 2;
            continue;
        }
        digits = strspn(p + 1, "0123456789");
        width = strtoul(p + 1, NULL, 10);
        if (digits == 0)
            width = 0;
        if (convert(out, p[1 + digits], width > WIDTH_MAX ? WIDTH_MAX : (int)width, in)) {
            p += digits + 2;
        } else {
            add(out, p + digits, 1);
            p += digits + 1;
        }
    }
}

static void strip_backslashes(struct out *out, const char *p)
{
    for (; *p != '\0'; p++) {
        if (*p == '\\' && *++p == '\0')
            return;
        add(out, p, 1);
    }
}

static int work_dir(const struct mp_jobpath_input *in, char **dir, struct mp_error *err)
{
    if (in->work_dir == NULL || in->work_dir[0] != '/' ||
        strlen(in->work_dir) >= PATH_MAX)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "neither the job's output nor its work directory is a usable path");
    *dir = strdup(in->work_dir);
    return *dir != NULL ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory for a path");
}

int mp_jobpath(const struct mp_jobpath_input *in, char **dir, struct mp_error *err)
{
    struct out out = {0};
    char *slash;

    if (in->std_out == NULL || in->std_out[0] != '/')
        return work_dir(in, dir, err);
    out.text = malloc(PATH_MAX);
    if (out.text == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a path");
    if (strchr(in->std_out, '\\') != NULL)
        strip_backslashes(&out, in->std_out);
    else
        expand(&out, in->std_out, in);
    if (out.overflow) {
        free(out.text);
        return mp_fail(err, MP_FAULT_FAILED, "the path of the job's output is too long");
    }
    out.text[out.n] = '\0';
    slash = strrchr(out.text, '/'); /* the text starts with one */
    slash[slash == out.text ? 1 : 0] = '\0';
    if (strcmp(out.text, "/dev") == 0) {
        free(out.text);
        return work_dir(in, dir, err);
    }
    *dir = out.text;
    return 0;
}
