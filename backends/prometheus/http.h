/* SPDX-License-Identifier: MIT
 * http.h - one server's API: forms posted over one kept connection.
 *
 * Nothing is followed to another host, no proxy is used but the configured one, and a
 * certificate is always checked.  Every wait ends with the run, and with the timeout of
 * [prometheus].
 */
#ifndef MP_PROM_HTTP_H
#define MP_PROM_HTTP_H

#include <stddef.h>

#include "backends/prometheus/section.h"
#include "base/error.h"
#include "base/run.h"

struct mp_prom_http; /* opaque */

/* What came of a request, beyond its success. */
enum mp_prom_outcome {
    MP_PROM_DONE,   /* 200 */
    MP_PROM_BUSY,   /* 429, 502, 503: later, perhaps */
    MP_PROM_LARGE,  /* 413, 414, 504 (a proxy's time is over): ask for less */
    MP_PROM_DENIED, /* 400, 422: not like this; the body says why */
};

/* Gets the body in pieces, of whatever outcome but a failure.  -1 ends the request. */
typedef int mp_prom_body(void *arg, const char *data, size_t n, struct mp_error *err);

/* `config` is borrowed until close. */
int mp_prom_http_open(const struct mp_prom_config *config, struct mp_prom_http **out,
                      struct mp_error *err);
/* POST `form` (already encoded) to <url>`path`; GET where it is NULL.  -1: nobody there,
 * not admitted, broken off, another answer than the API gives. */
int mp_prom_http_post(struct mp_prom_http *h, const struct mp_run *run, const char *path,
                      const char *form, mp_prom_body *body, void *arg,
                      enum mp_prom_outcome *outcome, struct mp_error *err);
/* After MP_PROM_BUSY: how long the server asks to be left alone, s; 0: not said. */
int mp_prom_http_retry_after(const struct mp_prom_http *h);
/* host:port, for messages. */
const char *mp_prom_http_name(const struct mp_prom_http *h);
void mp_prom_http_close(struct mp_prom_http *h); /* NULL is allowed */

/* Appends name=value to a form, encoded; *form is NULL at first and the caller's to free.
 */
int mp_prom_form_add(char **form, const char *name, const char *value,
                     struct mp_error *err);

#endif
