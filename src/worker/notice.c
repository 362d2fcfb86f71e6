/* SPDX-License-Identifier: MIT
 * notice.c - what the owner of a job is told, beside the output, where no report is.
 *
 * What is said must hold nothing of other people and nothing of the site's inside: a
 * reason is passed on as it is only where it is about the job's own entry or comes from
 * the owner's own writer.  All else is in the log, and the owner gets general words. */
#include "config.h"

#include "worker/impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "slurm/jobpath.h"
#include "slurm/nodelist.h"

enum { WIDTH = 78 };

char *mp_attempt_jobdir(const struct mp_attempt *a, struct mp_error *err)
{
    const struct mp_entry *e = &a->entry;
    struct mp_nodelist list = {0};
    struct mp_jobpath_input in = {
        .std_out = e->stdout_path,
        .work_dir = e->work_dir,
        .user = e->user,
        .name = e->name,
        .job_id = (uint32_t)e->job_id,
        .array_job_id = e->array_job > 0 ? (uint32_t)e->array_job : 0,
        .array_task_id = e->array_task > 0 ? (uint32_t)e->array_task : 0,
    };
    char *dir = NULL;

    if (e->uid < 0 || e->gid < 0) {
        mp_fail(err, MP_FAULT_FAILED, "Slurm did not say whose job it is");
        return NULL;
    }
    /* of a list that cannot be read no path needs to hold a node */
    if (e->nodelist != NULL && mp_nodelist_expand(e->nodelist, &list, NULL) == 0)
        in.first_node = list.n > 0 ? list.names[0] : NULL;
    if (mp_jobpath(&in, &dir, err) < 0)
        dir = NULL;
    mp_nodelist_free(&list);
    return dir;
}

bool mp_attempt_goes_beside(const struct mp_attempt *a)
{
    return mp_child_settings(a->child, NULL) < 0 ||
           strcmp(a->child->session.settings.power->place, "beside") == 0;
}

bool mp_attempt_directory(const struct mp_attempt *a, char name[MP_PLACE_SIZE])
{
    const char *pattern;
    const struct mp_entry *e = &a->entry;
    struct mp_nodelist list = {0};
    struct mp_place_job job = {
        .user = e->user,
        .name = e->name,
        .job_id = (uint32_t)e->job_id,
        .array_job_id = e->array_job > 0 ? (uint32_t)e->array_job : 0,
        .array_task_id = e->array_task > 0 ? (uint32_t)e->array_task : 0,
    };

    if (mp_child_settings(a->child, NULL) < 0)
        return false;
    pattern = a->child->session.settings.power->directory;
    if (pattern[0] == '\0')
        return false;
    if (e->nodelist != NULL && mp_nodelist_expand(e->nodelist, &list, NULL) == 0)
        job.first_node = list.n > 0 ? list.names[0] : NULL;
    mp_place_name(name, pattern, &job);
    mp_nodelist_free(&list);
    return true;
}

/* The note's: as the owner alone, so where the owner may write. */
static char *note_place(const struct mp_attempt *a, struct mp_error *err)
{
    char *place;

    if (mp_attempt_goes_beside(a))
        return mp_attempt_jobdir(a, err);
    place = strdup(a->child->session.settings.power->outdir);
    if (place != NULL && place[0] == '/' && a->entry.uid >= 0 && a->entry.gid >= 0)
        return place;
    free(place);
    mp_fail(err, MP_FAULT_FAILED, "there is no outdir, or the job's owner is unknown");
    return NULL;
}

/* Lines of at most WIDTH bytes where there are blanks to break at. */
static void put_wrapped(FILE *out, const char *head, const char *text)
{
    size_t column = 0;

    fprintf(out, "%s\n", head);
    while (*text != '\0') {
        size_t word = strcspn(text, " ");

        if (column > 0 && column + 1 + word > WIDTH) {
            putc('\n', out);
            column = 0;
        }
        column +=
            (size_t)fprintf(out, "%s%.*s", column > 0 ? " " : "  ", (int)word, text);
        text += word + (text[word] == ' ');
    }
    fputs("\n\n", out);
}

struct words {
    const char *why, *what;
};

static const char ask[] =
    "Ask your administrators; the worker's log tells more under the job's number. When "
    "the cause is gone, they can have the report made with `monster-power queue retry` "
    "and this number.";

/* After a failure.  What stands in `why` is told as it is where that is the owner's own
 * affair. */
static struct words words_of(const struct mp_attempt *a, const struct mp_error *why)
{
    static const struct words died = {
        "The process that makes the report ended every time before it was done. Perhaps "
        "memory is short.",
        ask};
    static const struct words directory = {
        "The report could not be written into this directory.",
        "Look whether there is room and whether you may write here. Then ask your "
        "administrators for `monster-power queue retry` and the job's number."};
    static const struct words silent = {
        "No power was measured on the job's nodes between its start and its end, as far "
        "as is known.",
        "A very short job may lie between two samples. Otherwise ask your administrators "
        "whether these nodes are measured."};
    static const struct words away = {
        "The power samples could not be had from where they are kept, however often it "
        "was tried.",
        ask};

    if (a->writer_died || a->entry.interrupted >= MP_INTERRUPTIONS_MAX)
        return died;
    if (a->step == MP_STEP_ENTRY)
        return (struct words){why->text, "Nothing, if the job did not run. If it did, "
                                         "ask your administrators."};
    if (a->step == MP_STEP_START)
        return (struct words){"It is not known when the job started.", ask};
    if (a->step == MP_STEP_PLACE || a->no_directory.text[0] != '\0')
        return directory;
    if (why->fault == MP_FAULT_NO_SAMPLES)
        return silent;
    if (a->step == MP_STEP_WRITE)
        return (struct words){why->text, ask};
    if (a->step == MP_STEP_PLAN)
        return (struct words){"The list of the job's nodes cannot be used.", ask};
    if (a->step == MP_STEP_SOURCE || mp_fault_may_pass(why->fault))
        return away;
    return (struct words){"The power samples could not be read.", ask};
}

static char *compose(const struct mp_attempt *a, const struct words *words)
{
    char head[128], end[64] = "";
    time_t ended = (time_t)a->entry.end;
    struct tm tm;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    if (localtime_r(&ended, &tm) != NULL)
        strftime(end, sizeof end, "%Y-%m-%d %H:%M:%S %z", &tm);
    snprintf(head, sizeof head, "Job %s, ended %s", a->label, end);
    fprintf(out, "No power report is here.\n\n%s\n\n", head);
    put_wrapped(out, "Why:", words->why);
    put_wrapped(out, "What to do:", words->what);
    put_wrapped(out, "If other files of a report are here:",
                "They are of an earlier run or try of this job. This note goes when a "
                "report is made.");
    if (fclose(out) != 0 || size > MP_NOTE_MAX) {
        free(text);
        return NULL;
    }
    return text;
}

static void tell(struct mp_attempt *a, const struct words *words)
{
    struct mp_error err = {0};
    char *jobdir = note_place(a, &err), name[MP_PLACE_SIZE];
    char *text = jobdir != NULL ? compose(a, words) : NULL;
    const struct mp_notice_request request = {
        .label = a->label,
        .directory = mp_attempt_directory(a, name) ? name : NULL,
        .user = a->entry.user,
        .uid = (uid_t)a->entry.uid,
        .gid = (gid_t)a->entry.gid,
        .jobdir = jobdir,
        .text = text,
    };

    if (jobdir != NULL && text == NULL)
        mp_fail(&err, MP_FAULT_FAILED, "out of memory");
    else if (text != NULL && a->stalled)
        mp_fail(&err, MP_FAULT_FAILED, "the owner's writer does not answer");
    else if (text != NULL)
        mp_notice_start(&a->notice, a->child->spawner, &request, &err);
    if (a->notice == NULL)
        mp_log_event(a->child->log, MP_LOG_WARNING, a->label, "no_note", "reason",
                     err.text, NULL);
    free(text);
    free(jobdir);
}

void mp_attempt_tell(struct mp_attempt *a, const struct mp_error *why)
{
    const struct words words = words_of(a, why);

    tell(a, &words);
}

void mp_attempt_tell_path(struct mp_attempt *a, const char *path)
{
    char why[sizeof a->no_directory.text + PATH_MAX + 128];
    const struct words words = {
        why, "Take it from there, perhaps from the machine that runs Slurm's controller. "
             "Before the next job look whether there is room here."};

    snprintf(why, sizeof why,
             "The report is in %s, for here it could not be written: %s.", path,
             a->no_directory.text);
    tell(a, &words);
}
