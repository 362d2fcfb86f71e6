/* SPDX-License-Identifier: MIT
 * probe.c - `monster-power probe`: a first configuration from what is there. */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "backends/backend.h"
#include "base/run.h"
#include "config/options.h"
#include "config/settings.h"

enum { OVERRIDES_MAX = 12 };

static const char usage_text[] =
    "Looks at a Prometheus server (--url) or at the databases of a PostgreSQL server "
    "and\n"
    "prints sections of a configuration, with comments where it could not decide.  What\n"
    "--config, the environment and the options below say is used to get there; secrets\n"
    "are taken from there and not printed.  Try what it prints with\n"
    "`monster-power config -c FILE` and `monster-power check -c FILE`.\n";

struct way {
    const char *url, *username, *cafile;
    const char *host, *port, *user, *database;
};

static void override(struct mp_override *list, size_t *n, const char *section,
                     const char *key, const char *value, const char *option)
{
    if (value != NULL)
        list[(*n)++] = (struct mp_override){section, key, value, option};
}

static size_t overrides_of(const struct mp_options *options, const struct way *w,
                           struct mp_override *list)
{
    size_t n = 0;

    for (; n < options->n_overrides; n++)
        list[n] = options->overrides[n];
    if (w->url != NULL)
        override(list, &n, "power", "backend", "prometheus", "--url");
    override(list, &n, "prometheus", "url", w->url, "--url");
    override(list, &n, "prometheus", "username", w->username, "--username");
    override(list, &n, "prometheus", "cafile", w->cafile, "--cafile");
    override(list, &n, "database", "host", w->host, "--host");
    override(list, &n, "database", "port", w->port, "--port");
    override(list, &n, "database", "user", w->user, "--user");
    override(list, &n, "database", "default", w->database, "--database");
    return n;
}

static int look(const struct mp_settings *settings, struct mp_error *err)
{
    struct mp_run run = {.stop_fd = -1};
    char *text = NULL;
    size_t size;
    FILE *out;
    int rc;

    if (mp_run_init(&run, "probe", err) < 0)
        return -1;
    run.purpose = "probe";
    out = open_memstream(&text, &size);
    rc = out != NULL ? mp_backend_probe(settings, &run, out, err)
                     : mp_fail(err, MP_FAULT_FAILED, "out of memory");
    if (out != NULL && fclose(out) != 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "out of memory");
    if (rc == 0)
        fputs(text, stdout); /* all or nothing */
    free(text);
    mp_run_close(&run);
    return rc;
}

int mp_cmd_probe(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    struct way w = {.url = NULL};
    const struct mp_option own[] = {
        {"url", "URL", "a Prometheus server, as [prometheus] url", &w.url, NULL},
        {"username", "NAME", "whom to log in there as", &w.username, NULL},
        {"cafile", "FILE", "who may have signed its certificate", &w.cafile, NULL},
        {"host", "HOST", "the database's server, as [database] host", &w.host, NULL},
        {"port", "PORT", "its port", &w.port, NULL},
        {"user", "NAME", "whom to log in there as", &w.user, NULL},
        {"database", "NAME", "look at this database only", &w.database, NULL},
    };
    const struct mp_usage usage = {
        .line = "usage: monster-power probe [--url URL | --host HOST] [OPTION...]",
        .text = usage_text,
        .options = own,
        .n_options = sizeof own / sizeof *own,
    };
    struct mp_override overrides[OVERRIDES_MAX];
    struct mp_settings settings;
    struct mp_options options;
    size_t n;
    int rc;

    (void)exit_status;
    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    n = overrides_of(&options, &w, overrides);
    if (mp_backends_settings(&settings, options.config, overrides, n, err) < 0)
        return -1;
    rc = look(&settings, err);
    mp_settings_free(&settings);
    return rc;
}
