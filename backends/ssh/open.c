/* SPDX-License-Identifier: MIT
 * open.c - the way from nothing to a session that is logged in. */
#include "config.h"

#include "backends/ssh/open.h"
#include "backends/ssh/auth.h"
#include "backends/ssh/hostkey.h"

#include <sys/prctl.h>

static int hand_shake_and_log_in(struct mp_ssh *ssh, const struct mp_ssh_config *settings,
                                 const struct mp_limit *limit, struct mp_error *err)
{
    struct mp_known_hosts known;
    int rc = mp_hostkey_known(settings, &known, err);

    if (rc == 0)
        rc = mp_hostkey_prefer(ssh, &known, err);
    if (rc == 0)
        rc = mp_ssh_connect(settings->hostname, settings->port, ssh->name, limit,
                            &ssh->fd, err);
    ssh->limit = limit;
    if (rc == 0)
        rc = mp_ssh_handshake(ssh, limit, err);
    if (rc == 0)
        rc = mp_hostkey_check(ssh, settings, &known, err);
    if (rc == 0)
        rc = mp_ssh_log_in(ssh, settings, limit, err);
    ssh->limit = NULL;
    mp_known_hosts_free(&known);
    return rc;
}

int mp_ssh_open(const struct mp_ssh_config *settings, const struct mp_run *run,
                struct mp_ssh **out, struct mp_error *err)
{
    struct mp_limit limit = {.run = run,
                             .until_us = mp_clock_us() +
                                         (int64_t)settings->connect_timeout * 1000000};
    int rc = -1;

    *out = NULL;
    if (settings->hostname[0] == '\0')
        return mp_fail(err, MP_FAULT_USAGE,
                       "the ssh backend needs a hostname in section [ssh]");
    /* a key, its passphrase, what an agent says: none of it in a core file */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (mp_ssh_new(settings, out, err) == 0)
        rc = hand_shake_and_log_in(*out, settings, &limit, err);
    if (rc < 0) {
        mp_ssh_close(*out);
        *out = NULL;
    }
    return rc;
}
