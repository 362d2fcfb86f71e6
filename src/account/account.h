/* SPDX-License-Identifier: MIT
 * account.h - a cluster's energy over a window, given to whose it was.
 *
 * One pass over the input power of all nodes, day by day, so that a connection that
 * breaks costs a day; who was there and whose the jobs are comes from the backend's
 * occupants and describe.
 */
#ifndef MP_ACCOUNT_H
#define MP_ACCOUNT_H

#include "account/rows.h"
#include "backends/backend.h"

struct mp_account_request {
    int64_t start, end;   /* µs since the epoch */
    const char *nodelist; /* Slurm's expression; NULL: all nodes that the source knows */
    enum mp_account_by by;
    /* Told before each day is read; may be NULL. */
    void (*progress)(void *arg, int64_t day, int64_t start, int64_t end);
    void *arg;
};

/* *rows is the caller's to free, also after -1.  run->deadline_us is set anew for each
 * day. */
int mp_account_make(struct mp_backend *b, const struct mp_settings *settings,
                    struct mp_run *run, const struct mp_account_request *request,
                    struct mp_account_rows *rows, struct mp_error *err);

#endif
