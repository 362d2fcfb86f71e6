/* SPDX-License-Identifier: MIT
 * options.h - the command line of one command: its own options and those all share.
 *
 * Shared by all: -c/--config FILE, -b/--backend NAME, --input FILE, -v, -q,
 * --version, -h/--help.
 * Not pure: mp_options_parse prints the help or the version when asked for it.
 */
#ifndef MP_OPTIONS_H
#define MP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/settings.h"

/* One long option of a command: exactly one of `value` and `flag` is set. */
struct mp_option {
    const char *name;     /* without the dashes */
    const char *argument; /* "FILE" in the help; NULL for a flag */
    const char *help;     /* one line */
    const char **value;   /* gets the argument, borrowed from argv */
    bool *flag;           /* gets true */
};

enum { MP_OVERRIDES_MAX = 4 };

struct mp_options {
    const char *config; /* --config, or NULL */
    struct mp_override overrides[MP_OVERRIDES_MAX];
    size_t n_overrides;
    int verbose;
    bool quiet;
    bool help;       /* help or version was printed: return 0 at once */
    char **operands; /* what is left of argv; borrowed */
    size_t n_operands;
};

/* What a command says of itself. */
struct mp_usage {
    const char *line; /* "usage: monster-power profile --job-id ID [OPTION...]" */
    const char *text; /* a paragraph, ending in a newline */
    const struct mp_option *options;
    size_t n_options;    /* at most 24 */
    size_t max_operands; /* more is a usage error naming the first one too many */
    bool no_backend; /* the command reads no samples: -b and --input are unknown to it */
};

/* argv[0] is the command's name.  A wrong option is a usage error that names it and the
 * nearest known one. */
int mp_options_parse(int argc, char **argv, const struct mp_usage *usage,
                     struct mp_options *out, struct mp_error *err);

#endif
