/* SPDX-License-Identifier: MIT
 * wait.c - one descriptor, the run's end and the carrier. */
#include "config.h"

#include "backends/pq/wait.h"

#include <poll.h>

#include "base/wait.h"

int mp_pqwait(struct mp_pqconn *c, const struct mp_run *run, int fd, short events,
              int64_t limit_us, struct mp_error *err)
{
    struct pollfd fds[2 + 1] = {
        {.fd = fd, .events = events},
        {.fd = c->target->carrier_failed != NULL ? c->target->carrier_fd : -1,
         .events = POLLIN},
    };

    for (;;) {
        int rc = mp_wait(run, fds, 2, limit_us, err);

        if (rc <= 0)
            return rc;
        if (fds[1].revents != 0 && c->target->carrier_failed(c->target->arg, err) < 0)
            return -1;
        if (fds[0].revents != 0)
            return 1;
        fds[1].fd = -1; /* it woke us for nothing: do not spin */
        fds[1].revents = 0;
    }
}
