/* SPDX-License-Identifier: MIT
 * writer.c - not written yet. */
#include "config.h"

#include "writer.h"

#include <stddef.h>

int mp_spawner_start(struct mp_spawner **out, struct mp_error *err)
{
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

void mp_spawner_stop(struct mp_spawner *s)
{
    (void)s;
}

int mp_writer_start(struct mp_spawner *s, const struct mp_writer_request *request,
                    const struct mp_run *run, struct mp_writer **out, struct mp_error *err)
{
    (void)s;
    (void)request;
    (void)run;
    (void)out;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

struct mp_sink *mp_writer_sink(struct mp_writer *w)
{
    (void)w;
    return NULL;
}

int mp_writer_end(struct mp_writer *w, const struct mp_findings *findings,
                  const char *backend, const char *backend_label, struct mp_error *err)
{
    (void)w;
    (void)findings;
    (void)backend;
    (void)backend_label;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

int mp_writer_fd(const struct mp_writer *w)
{
    (void)w;
    return -1;
}

int mp_writer_wait(struct mp_writer *w, struct mp_writer_result *result,
                   struct mp_error *err)
{
    (void)w;
    (void)result;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

bool mp_writer_directory_failed(const struct mp_writer *w)
{
    (void)w;
    return false;
}

void mp_writer_free(struct mp_writer *w)
{
    (void)w;
}
