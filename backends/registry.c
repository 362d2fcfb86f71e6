/* SPDX-License-Identifier: MIT
 * registry.c - the table of backends, and the choice of one. */
#include "config.h"

#include "backends/backend.h"

#include <stdlib.h>
#include <string.h>

extern const struct mp_backend_ops mp_backend_csv;
#ifdef HAVE_LIBPQ
extern const struct mp_backend_ops mp_backend_direct;
#define MP_DIRECT_OPS (&mp_backend_direct)
#else
#define MP_DIRECT_OPS NULL
#endif
#ifdef HAVE_LIBSSH2
extern const struct mp_backend_ops mp_backend_ssh;
#define MP_SSH_OPS (&mp_backend_ssh)
#else
#define MP_SSH_OPS NULL
#endif

static const struct mp_backend_entry entries[] = {
    {"direct", "PostgreSQL/TimescaleDB, connected to directly", MP_DIRECT_OPS,
     "--with-libpq"},
    {"ssh", "the same database through an SSH server", MP_SSH_OPS,
     "--with-libpq --with-libssh2"},
    {"csv", "replay of a raw_power.csv, for working offline", &mp_backend_csv, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct mp_backend_entry *mp_backends(void)
{
    return entries;
}

static int open_named(const char *name, const struct mp_settings *settings,
                      const struct mp_run *run, struct mp_backend **out,
                      struct mp_error *err)
{
    for (const struct mp_backend_entry *e = entries; e->name != NULL; e++) {
        if (strcmp(e->name, name) != 0)
            continue;
        if (e->ops == NULL)
            return mp_fail(err, MP_FAULT_USAGE,
                           "backend %s is known but not built into this program; "
                           "configure it with %s",
                           name, e->needs);
        return e->ops->open(settings, run, out, err);
    }
    return mp_fail(err, MP_FAULT_USAGE, "no backend is called %s", name);
}

/* The database reached directly within auto_probe_ms, or else through SSH.  Only a
 * failure to reach it, or a pg_hba.conf that does not admit this machine, makes us look
 * for another way: a database that says no to a wrong password, say, would say the same
 * there. */
static int open_auto(const struct mp_settings *settings, const struct mp_run *run,
                     struct mp_backend **out, struct mp_error *err)
{
    int64_t probe_end = mp_clock_us() + (int64_t)settings->power->auto_probe_ms * 1000;
    struct mp_run probe = *run;
    struct mp_error direct = {0};

    if (settings->ssh.hostname[0] == '\0')
        return open_named("direct", settings, run, out, err);
    if (probe_end < probe.deadline_us)
        probe.deadline_us = probe_end;
    if (open_named("direct", settings, &probe, out, &direct) == 0)
        return 0;
    if (direct.fault != MP_FAULT_TRANSIENT || mp_run_check(run, err) < 0) {
        *err = direct;
        return -1;
    }
    if (open_named("ssh", settings, run, out, err) == 0)
        return 0;
    return mp_fail(err, err->fault, "%s (and not reached directly either: %s)", err->text,
                   direct.text);
}

int mp_backend_open(const struct mp_settings *settings, const struct mp_run *run,
                    struct mp_backend **out, struct mp_error *err)
{
    *out = NULL;
    if (strcmp(settings->power->backend, "auto") != 0)
        return open_named(settings->power->backend, settings, run, out, err);
    return open_auto(settings, run, out, err);
}

void mp_backend_close(struct mp_backend *b)
{
    if (b == NULL)
        return;
    free(b->label);
    b->label = NULL;
    b->ops->close(b);
}
