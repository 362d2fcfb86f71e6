/* SPDX-License-Identifier: MIT
 * show.c - `monster-power show`: a report on one screen, or several as a table. */
#include "config.h"

#include "cli/command.h"

#include <fts.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/options.h"
#include "report/screen.h"

enum { DEPTH_MOST = 4 }; /* how far below the current directory a report is looked for */

/* --- which report ------------------------------------------------------------------- */

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A directory, a file, or a job's number, whose report lies in the current directory. */
static int find_named(const char *report, char path[PATH_MAX], struct mp_error *err)
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
    return mp_fail(err, MP_FAULT_NO_SAMPLES,
                   "no report: there is neither %s/summary.json nor "
                   "power_%s/summary.json here",
                   report, report);
}

static bool is_report(const FTSENT *e)
{
    return e->fts_info == FTS_F && strcmp(e->fts_name, "summary.json") == 0 &&
           strncmp(e->fts_parent->fts_name, "power_", 6) == 0;
}

/* The one whose summary was written last. */
static int find_newest(char path[PATH_MAX], struct mp_error *err)
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
            (t->tv_sec == newest.tv_sec && t->tv_nsec < newest.tv_nsec))
            continue;
        newest = *t;
        snprintf(path, PATH_MAX, "%s", e->fts_path);
    }
    if (tree != NULL)
        fts_close(tree);
    if (path[0] != '\0')
        return 0;
    return mp_fail(err, MP_FAULT_NO_SAMPLES,
                   "no report: there is no power_<id>/summary.json below this directory");
}

/* --- how it is shown ---------------------------------------------------------------- */

static struct mp_screen find_screen(void)
{
    bool terminal = isatty(STDOUT_FILENO) == 1;
    const char *columns = getenv("COLUMNS");
    struct mp_screen s = {.out = stdout, .width = MP_SCREEN_USUAL};
    struct winsize size;

    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        s.width = size.ws_col;
    else if (columns != NULL && atoi(columns) > 0)
        s.width = atoi(columns);
    setlocale(LC_CTYPE, "");
    s.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    s.colour = terminal && getenv("NO_COLOR") == NULL;
    return s;
}

static int print_json(const char *path, struct mp_error *err)
{
    FILE *in = fopen(path, "re");
    char buffer[BUFSIZ];
    size_t n;

    if (in == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot read %s", path);
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, n, stdout);
    fclose(in);
    return 0;
}

static int show(char paths[][PATH_MAX], size_t n, struct mp_error *err)
{
    struct mp_digest *digests = calloc(n, sizeof *digests);
    struct mp_screen screen = find_screen();
    int rc = 0;

    if (digests == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu reports", n);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = mp_digest_read(&digests[i], paths[i], err);
    if (rc == 0 && n == 1)
        mp_screen_report(&screen, digests);
    else if (rc == 0)
        mp_screen_table(&screen, digests, n);
    for (size_t i = 0; i < n; i++)
        mp_digest_free(&digests[i]);
    free(digests);
    return rc;
}

static int find_all(const struct mp_options *options, char paths[][PATH_MAX],
                    struct mp_error *err)
{
    if (options->n_operands == 0)
        return find_newest(paths[0], err);
    for (size_t i = 0; i < options->n_operands; i++)
        if (find_named(options->operands[i], paths[i], err) < 0)
            return -1;
    return 0;
}

int mp_cmd_show(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    bool json = false;
    const struct mp_option own[] = {
        {"json", NULL, "the summary.json as it is", NULL, &json},
    };
    const struct mp_usage usage = {
        .line = "usage: monster-power show [ID|DIR...]",
        .text =
            "Shows a report on one screen; several as a table.  ID is a job's number,\n"
            "whose power_<ID>/ lies in the current directory.  Without one: the newest\n"
            "report below it.\n",
        .options = own,
        .n_options = sizeof own / sizeof *own,
        .max_operands = 4096,
        .no_backend = true,
    };
    struct mp_options options;
    char(*paths)[PATH_MAX];
    size_t n;
    int rc;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    n = options.n_operands > 0 ? options.n_operands : 1;
    paths = calloc(n, sizeof *paths);
    if (paths == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for %zu paths", n);
    rc = find_all(&options, paths, err);
    for (size_t i = 0; rc == 0 && json && i < n; i++)
        rc = print_json(paths[i], err);
    if (rc == 0 && !json)
        rc = show(paths, n, err);
    free(paths);
    return rc;
}
