/* SPDX-License-Identifier: MIT
 * options.c - getopt_long driven by a command's table, and its help text. */
#include "config.h"

#include "config/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

enum { OPTIONS_MAX = 24, VERSION_CODE = 256, OWN_BASE = 1000 };

static const struct {
    const char *name, *argument, *help;
    int code;
    bool for_backend;
} common[] = {
    {"config", "FILE",
     "configuration to use instead of " MP_SYSCONFDIR "/monster-power.ini", 'c', false},
    {"backend", "NAME", "auto, or one that `monster-power backends` lists", 'b', true},
    {"input", "FILE", "what the csv backend reads; - is standard input", 'i', true},
    {"verbose", NULL, "say more on standard error", 'v', false},
    {"quiet", NULL, "say nothing but errors", 'q', false},
    {"version", NULL, "the version", VERSION_CODE, false},
    {"help", NULL, "this text", 'h', false},
};

enum { N_COMMON = sizeof common / sizeof *common };

static void print_option(int code, const char *name, const char *argument,
                         const char *help)
{
    char left[64];

    snprintf(left, sizeof left, "%c%c%s --%s%s%s", code < 256 && code != 'i' ? '-' : ' ',
             code < 256 && code != 'i' ? code : ' ',
             code < 256 && code != 'i' ? "," : " ", name, argument != NULL ? " " : "",
             argument != NULL ? argument : "");
    printf("  %-26s %s\n", left, help);
}

static void print_help(const struct mp_usage *usage)
{
    printf("%s\n\n%s\noptions:\n", usage->line, usage->text);
    for (size_t i = 0; i < usage->n_options; i++)
        print_option(OWN_BASE, usage->options[i].name, usage->options[i].argument,
                     usage->options[i].help);
    for (size_t i = 0; i < N_COMMON; i++)
        if (!common[i].for_backend || !usage->no_backend)
            print_option(common[i].code, common[i].name, common[i].argument,
                         common[i].help);
}

static void add_override(struct mp_options *out, const char *section, const char *key,
                         const char *value, const char *option)
{
    out->overrides[out->n_overrides++] =
        (struct mp_override){section, key, value, option};
}

/* The csv backend is meant where an input is named; --backend given as well decides. */
static void apply_input(struct mp_options *out, const char *backend, const char *input)
{
    if (input != NULL)
        add_override(out, "csv", "input", input, "--input");
    if (backend != NULL)
        add_override(out, "power", "backend", backend, "--backend");
    else if (input != NULL)
        add_override(out, "power", "backend", "csv", "--input");
}

static int unknown_option(char **argv, const struct option *known, size_t n,
                          struct mp_error *err)
{
    const char *names[OPTIONS_MAX + N_COMMON];
    const char *word = argv[optind - 1];

    /* A bad short option in a cluster leaves optind on the cluster. */
    if (optopt != 0 && optopt < OWN_BASE && (word[0] != '-' || word[1] != '-'))
        return mp_fail(err, MP_FAULT_USAGE,
                       "%s: no option -%c; `monster-power %s --help` lists them", argv[0],
                       optopt, argv[0]);
    for (size_t i = 0; i < n; i++)
        names[i] = known[i].name;
    return mp_fail(err, MP_FAULT_USAGE,
                   "%s: no option %s%s; `monster-power %s --help` lists them", argv[0],
                   word, mp_suggest(word + strspn(word, "-"), names, n, "--", "").text,
                   argv[0]);
}

static size_t known_options(const struct mp_usage *usage, struct option *known)
{
    size_t n = 0;

    for (size_t i = 0; i < usage->n_options && n < OPTIONS_MAX; i++)
        known[n++] = (struct option){
            usage->options[i].name,
            usage->options[i].argument != NULL ? required_argument : no_argument, NULL,
            OWN_BASE + (int)i};
    for (size_t i = 0; i < N_COMMON; i++)
        if (!common[i].for_backend || !usage->no_backend)
            known[n++] = (struct option){common[i].name,
                                         common[i].argument != NULL ? required_argument
                                                                    : no_argument,
                                         NULL, common[i].code};
    known[n] = (struct option){0};
    return n;
}

static void take_own(const struct mp_option *option)
{
    if (option->argument != NULL)
        *option->value = optarg;
    else
        *option->flag = true;
}

int mp_options_parse(int argc, char **argv, const struct mp_usage *usage,
                     struct mp_options *out, struct mp_error *err)
{
    struct option known[OPTIONS_MAX + N_COMMON + 1];
    size_t n = known_options(usage, known);
    const char *backend = NULL, *input = NULL;
    int c;

    *out = (struct mp_options){0};
    opterr = 0;
    optind = 0; /* glibc: start afresh */
    while ((c = getopt_long(argc, argv, usage->no_backend ? ":c:vqh" : ":c:b:vqh", known,
                            NULL)) != -1) {
        if (c >= OWN_BASE)
            take_own(&usage->options[c - OWN_BASE]);
        else if (c == 'c')
            out->config = optarg;
        else if (c == 'b')
            backend = optarg;
        else if (c == 'i')
            input = optarg;
        else if (c == 'v')
            out->verbose++;
        else if (c == 'q')
            out->quiet = true;
        else if (c == 'h') {
            out->help = true;
            print_help(usage);
            return 0;
        } else if (c == VERSION_CODE) {
            out->help = true;
            puts(PACKAGE_STRING);
            return 0;
        } else if (c == ':')
            return mp_fail(err, MP_FAULT_USAGE, "%s: option %s needs a value", argv[0],
                           argv[optind - 1]);
        else
            return unknown_option(argv, known, n, err);
    }
    apply_input(out, backend, input);
    out->operands = argv + optind;
    out->n_operands = (size_t)(argc - optind);
    if (out->n_operands > usage->max_operands)
        return mp_fail(err, MP_FAULT_USAGE, "%s: unexpected word %s", argv[0],
                       out->operands[usage->max_operands]);
    return 0;
}
