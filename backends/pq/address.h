/* SPDX-License-Identifier: MIT
 * address.h - the addresses of the database's host, found without libpq.
 *
 * libpq looks a name up without a timeout, and gives an address that does not answer all
 * of the time there is; we know better on both. */
#ifndef MP_PQADDRESS_H
#define MP_PQADDRESS_H

#include "base/error.h"
#include "backends/pq/state.h"
#include "base/run.h"

enum { MP_PQ_MAX_ADDRESSES = 8, MP_PQ_ADDRESS_TEXT = 64 };

struct mp_pqaddresses {
    char text[MP_PQ_MAX_ADDRESSES][MP_PQ_ADDRESS_TEXT];
    int n; /* 0: nothing to look up (a socket, a service, a given address): libpq's affair
            */
};

int mp_pqaddresses_find(struct mp_pqconn *c, const struct mp_run *run, int64_t limit_us,
                        struct mp_pqaddresses *found, struct mp_error *err);

#endif
