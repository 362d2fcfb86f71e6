/* SPDX-License-Identifier: MIT
 * ask.h - a question to the server, and patience with one that is busy. */
#ifndef MP_PROM_ASK_H
#define MP_PROM_ASK_H

#include <stdint.h>

#include "backends/prometheus/answer.h"
#include "backends/prometheus/http.h"
#include "base/error.h"
#include "base/run.h"

enum mp_prom_reply {
    MP_PROM_ANSWERED,
    MP_PROM_TOO_MUCH, /* nothing was read: ask for less */
};

struct mp_prom_said {
    enum mp_prom_reply reply;
    uint64_t samples;
    char text[400];    /* why it was too much */
    char warning[400]; /* "": none; the answer may be incomplete */
    char version[64];
};

/* Posts `form` to `path`, or gets it where that is NULL; what is answered goes to
 * `reader`.  A server that is busy is asked again, with pauses from half a second to ten,
 * until the run's deadline, or for two minutes where there is none. */
int mp_prom_ask(struct mp_prom_http *http, const struct mp_run *run, const char *path,
                const char *form, const struct mp_prom_reader *reader,
                struct mp_prom_said *said, struct mp_error *err);

#endif
