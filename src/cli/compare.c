/* SPDX-License-Identifier: MIT
 * compare.c - `monster-power compare A B`: what differs between two reports. */
#include "config.h"

#include "cli/command.h"

#include <math.h>

#include "cli/terminal.h"
#include "config/options.h"
#include "report/compare.h"
#include "report/compare_json.h"
#include "report/compare_text.h"
#include "report/locate.h"

enum { EXIT_MORE = 5, EXIT_LESS = 6 };

struct pair {
    char paths[2][PATH_MAX];
    struct mp_digest digests[2];
    struct mp_comparison comparison;
};

static int read_pair(struct pair *p, char **names, struct mp_error *err)
{
    for (int i = 0; i < 2; i++)
        if (mp_locate_named(names[i], p->paths[i], err) < 0 ||
            mp_digest_read(&p->digests[i], p->paths[i], err) < 0)
            return -1;
    return mp_compare(&p->comparison, &p->digests[0], &p->digests[1], err);
}

static int print_pair(const struct pair *p, bool json, struct mp_error *err)
{
    struct mp_screen screen = mp_terminal_screen();

    if (json)
        return mp_compare_json(stdout, &p->comparison, &p->digests[0], p->paths[0],
                               &p->digests[1], p->paths[1], err);
    mp_compare_text(&screen, &p->comparison, &p->digests[0], &p->digests[1]);
    return 0;
}

static int compare(char **names, bool json, int *exit_status, struct mp_error *err)
{
    struct pair p = {0};
    const struct mp_difference *e = &p.comparison.energy;
    int rc = read_pair(&p, names, err);

    if (rc == 0)
        rc = print_pair(&p, json, err);
    if (rc == 0 && (isnan(e->a) || isnan(e->b)))
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot compare: no energy in %s",
                     p.paths[isnan(e->a) ? 0 : 1]);
    if (rc == 0 && e->beyond == MP_BEYOND_MORE)
        *exit_status = EXIT_MORE;
    if (rc == 0 && e->beyond == MP_BEYOND_LESS)
        *exit_status = EXIT_LESS;
    mp_comparison_free(&p.comparison);
    mp_digest_free(&p.digests[0]);
    mp_digest_free(&p.digests[1]);
    return rc;
}

int mp_cmd_compare(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    bool json = false;
    const struct mp_option own[] = {
        {"json", NULL, "every figure, as JSON", NULL, &json},
    };
    const struct mp_usage usage = {
        .line = "usage: monster-power compare A B",
        .text =
            "Shows what differs between two reports, and by more than it may by chance:\n"
            "what the samples leave open, and, on different nodes, how nodes differ.  A\n"
            "and B are jobs' numbers, whose reports lie below the current directory,\n"
            "directories, or summary.json files.  Exit status: 0 no difference that the\n"
            "reports can tell, 5 B took more energy, 6 B took less.\n",
        .options = own,
        .n_options = sizeof own / sizeof *own,
        .max_operands = 2,
        .no_backend = true,
    };
    struct mp_options options;

    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    if (options.n_operands < 2)
        return mp_fail(err, MP_FAULT_USAGE,
                       "compare needs two reports; `monster-power compare --help` says "
                       "how to name them");
    return compare(options.operands, json, exit_status, err);
}
