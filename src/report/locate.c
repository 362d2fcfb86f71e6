/* SPDX-License-Identifier: MIT
 * locate.c - which summary.json somebody means. */
#include "config.h"

#include "report/locate.h"

#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "model/job.h"
#include "report/digest.h"

enum { DEPTH_MOST = 4 }; /* how far below the current directory a report is looked for */

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A report, whatever its directory is called: other programs write a summary.json too. */
static bool is_report(const FTSENT *e)
{
    char beside[PATH_MAX];

    if (e->fts_info != FTS_F || strcmp(e->fts_name, "summary.json") != 0)
        return false;
    if (strncmp(e->fts_parent->fts_name, "power_", 6) == 0)
        return true;
    snprintf(beside, sizeof beside, "%.*s/report.txt", (int)e->fts_parent->fts_pathlen,
             e->fts_path);
    return is_file(beside);
}

/* Is it the report of the job called `id`? */
static bool is_of_job(const char *path, const char *id)
{
    struct mp_digest digest = {0};
    bool is = mp_digest_read(&digest, path, NULL) == 0 && digest.id != NULL &&
              strcmp(digest.id, id) == 0;

    mp_digest_free(&digest);
    return is;
}

/* Of the reports below the current directory, or of job `id`'s alone where that is not
 * NULL, the one whose summary was written last; "" for none. */
static void find_newest(const char *id, char path[PATH_MAX])
{
    char *const here[] = {(char *)".", NULL};
    FTS *tree = fts_open(here, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    struct timespec newest = {0};
    FTSENT *e;

    path[0] = '\0';
    while (tree != NULL && (e = fts_read(tree)) != NULL) {
        const struct timespec *t = &e->fts_statp->st_mtim;

        if (e->fts_info == FTS_D && e->fts_level > DEPTH_MOST)
            fts_set(tree, e, FTS_SKIP);
        if (!is_report(e) || t->tv_sec < newest.tv_sec ||
            (t->tv_sec == newest.tv_sec && t->tv_nsec < newest.tv_nsec) ||
            (id != NULL && !is_of_job(e->fts_path, id)))
            continue;
        newest = *t;
        snprintf(path, PATH_MAX, "%s", e->fts_path);
    }
    if (tree != NULL)
        fts_close(tree);
}

int mp_locate_named(const char *report, char path[PATH_MAX], struct mp_error *err)
{
    snprintf(path, PATH_MAX, "%s/summary.json", report);
    if (is_file(path))
        return 0;
    snprintf(path, PATH_MAX, "power_%s/summary.json", report);
    if (is_file(path))
        return 0;
    snprintf(path, PATH_MAX, "%s", report);
    if (is_file(path))
        return 0;
    path[0] = '\0';
    if (mp_job_label_check(report, NULL) == 0)
        find_newest(report, path);
    if (path[0] != '\0')
        return 0;
    return mp_fail(err, MP_FAULT_NO_SAMPLES,
                   "no report: there is neither %s/summary.json nor "
                   "power_%s/summary.json here, nor a report of that job below",
                   report, report);
}

int mp_locate_newest(char path[PATH_MAX], struct mp_error *err)
{
    find_newest(NULL, path);
    if (path[0] != '\0')
        return 0;
    return mp_fail(err, MP_FAULT_NO_SAMPLES,
                   "no report: there is no power_<id>/summary.json below this directory");
}
