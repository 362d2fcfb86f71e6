/* SPDX-License-Identifier: MIT
 * rawcsv.c - not written yet. */
#include "config.h"

#include "rawcsv.h"

#include <stdlib.h>

int mp_rawcsv_new(struct mp_rawcsv **out, int fd, const char *name, struct mp_error *err)
{
    (void)out;
    (void)fd;
    (void)name;
    return mp_fail(err, MP_FAULT_FAILED, "not written yet");
}

struct mp_sink *mp_rawcsv_sink(struct mp_rawcsv *w)
{
    (void)w;
    return NULL;
}

uint64_t mp_rawcsv_rows(const struct mp_rawcsv *w)
{
    (void)w;
    return 0;
}

void mp_rawcsv_free(struct mp_rawcsv *w)
{
    (void)w;
}
