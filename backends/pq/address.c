/* SPDX-License-Identifier: MIT
 * address.c - looking the database's host up. */
#include "config.h"

#include "backends/pq/address.h"

#include <poll.h>
#include <string.h>

#include "backends/pq/wait.h"
#include "base/lookup.h"

static bool has_name(const struct mp_pqconn *c)
{
    const char *host = c->target->host;

    return c->target->hostaddr == NULL && c->config->service[0] == '\0' &&
           host[0] != '\0' && host[0] != '/' && host[0] != '@' &&
           strchr(host, ',') == NULL;
}

static void take(const struct addrinfo *list, struct mp_pqaddresses *found)
{
    for (; list != NULL && found->n < MP_PQ_MAX_ADDRESSES; list = list->ai_next)
        if (getnameinfo(list->ai_addr, list->ai_addrlen, found->text[found->n],
                        MP_PQ_ADDRESS_TEXT, NULL, 0, NI_NUMERICHOST) == 0)
            found->n++;
}

static int unknown(struct mp_pqconn *c, int code, struct mp_error *err)
{
    c->retry = code == EAI_AGAIN ? MP_PQRETRY_REACH : MP_PQRETRY_NEVER;
    return mp_fail(
        err, MP_FAULT_TRANSIENT,
        "database %s, connecting: could not translate host name \"%s\" to address: "
        "%s; check host in section [database]",
        c->database, c->target->host, gai_strerror(code));
}

int mp_pqaddresses_find(struct mp_pqconn *c, const struct mp_run *run, int64_t limit_us,
                        struct mp_pqaddresses *found, struct mp_error *err)
{
    const struct addrinfo *list = NULL;
    struct mp_lookup *lookup;
    int code;
    int rc;

    found->n = 0;
    if (!has_name(c))
        return 0;
    lookup = mp_lookup_start(c->target->host, c->target->port);
    if (lookup == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory for a name lookup");
    rc = mp_pqwait(c, run, mp_lookup_fd(lookup), POLLIN, limit_us, err);
    if (rc > 0) {
        code = mp_lookup_result(lookup, &list);
        take(code == 0 ? list : NULL, found);
        rc = found->n > 0 ? 0 : unknown(c, code != 0 ? code : EAI_NONAME, err);
    } else if (rc == 0)
        rc = unknown(c, EAI_AGAIN, err);
    mp_lookup_release(lookup);
    return rc;
}
