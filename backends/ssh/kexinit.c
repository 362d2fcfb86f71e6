/* SPDX-License-Identifier: MIT
 * kexinit.c - reading a server's greeting and its KEXINIT packet. */
#include "config.h"

#include "backends/ssh/kexinit.h"
#include "backends/ssh/bytes.h"

#include <stdlib.h>
#include <string.h>

/* Start of the line that begins with "SSH-", or NULL. */
static const unsigned char *greeting(const unsigned char *heard, size_t n)
{
    const unsigned char *line = heard, *end = heard + n;

    while (line != NULL && end - line >= 4) {
        if (memcmp(line, "SSH-", 4) == 0)
            return line;
        line = memchr(line, '\n', (size_t)(end - line));
        if (line != NULL)
            line++;
    }
    return NULL;
}

/* What sshd says instead of a greeting to whom it will not serve just now. */
static int say_turned_away(const char *name, const char *said, struct mp_error *err)
{
    if (strcmp(said, "Not allowed at this time") == 0)
        return mp_fail(
            err, MP_FAULT_TRANSIENT,
            "%s does not serve this machine for a while: it says '%s', as OpenSSH does "
            "after failed logins from an address; the queue tries again; find out who "
            "fails, or exempt this machine there (PerSourcePenaltyExemptList)",
            name, said);
    if (strcmp(said, "Exceeded MaxStartups") == 0)
        return mp_fail(err, MP_FAULT_TRANSIENT,
                       "%s has too many logins under way: it says '%s'; the queue tries "
                       "again (MaxStartups in sshd_config there)",
                       name, said);
    return 0;
}

int mp_kexinit_not_ssh(const char *name, const unsigned char *heard, size_t n,
                       struct mp_error *err)
{
    char said[61];
    size_t len = 0;

    while (len < n && len < sizeof said - 1 && heard[len] != '\r' && heard[len] != '\n') {
        said[len] = heard[len] >= 0x20 && heard[len] < 0x7f ? (char)heard[len] : '?';
        len++;
    }
    said[len] = '\0';
    if (say_turned_away(name, said, err) < 0)
        return -1;
    return mp_fail(
        err, MP_FAULT_FAILED,
        "%s is not an SSH server: it says '%s'; check hostname and port in section "
        "[ssh]",
        name, said);
}

/* Does the comma-separated `list` hold `word`? */
static bool holds(const struct mp_ssh_bytes *list, const char *word)
{
    const unsigned char *p = list->p, *end = p + list->left;
    size_t n = strlen(word);

    while (p < end) {
        const unsigned char *comma = memchr(p, ',', (size_t)(end - p));
        const unsigned char *stop = comma != NULL ? comma : end;

        if ((size_t)(stop - p) == n && memcmp(p, word, n) == 0)
            return true;
        p = stop + 1;
    }
    return false;
}

static bool any_common(LIBSSH2_SESSION *session, int method,
                       const struct mp_ssh_bytes *offer)
{
    const char **ours = NULL;
    int n = libssh2_session_supported_algs(session, method, &ours);
    bool found = n <= 0;

    for (int i = 0; i < n && !found; i++)
        found = holds(offer, ours[i]);
    if (n > 0)
        libssh2_free(session, (void *)ours);
    return found;
}

/* The packet after the greeting: length, padding length,
 * message 20, a cookie, the lists. */
static int find_lists(const unsigned char *heard, size_t n, struct mp_ssh_bytes *lists)
{
    enum { MSG_KEXINIT = 20, COOKIE = 16 };
    const unsigned char *line = greeting(heard, n), *end = heard + n;
    struct mp_ssh_bytes w;
    uint32_t length;
    uint8_t padding, message;

    line = line != NULL ? memchr(line, '\n', (size_t)(end - line)) : NULL;
    if (line == NULL)
        return -1;
    w = (struct mp_ssh_bytes){line + 1, (size_t)(end - line - 1)};
    if (mp_ssh_get_u32(&w, &length) < 0 || mp_ssh_get_u8(&w, &padding) < 0 ||
        mp_ssh_get_u8(&w, &message) < 0 || message != MSG_KEXINIT || w.left < COOKIE)
        return -1;
    *lists = (struct mp_ssh_bytes){w.p + COOKIE, w.left - COOKIE};
    return 0;
}

int mp_kexinit_explain(LIBSSH2_SESSION *session, const char *name,
                       const unsigned char *heard, size_t n, struct mp_error *err)
{
    static const struct {
        int method;
        const char *what;
    } order[] = {
        {LIBSSH2_METHOD_KEX, "key exchange"}, {LIBSSH2_METHOD_HOSTKEY, "host key"},
        {LIBSSH2_METHOD_CRYPT_CS, "cipher"},  {LIBSSH2_METHOD_CRYPT_SC, "cipher"},
        {LIBSSH2_METHOD_MAC_CS, "MAC"},       {LIBSSH2_METHOD_MAC_SC, "MAC"},
    };
    struct mp_ssh_bytes lists, offer;

    if (find_lists(heard, n, &lists) < 0)
        return 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (mp_ssh_get_string(&lists, &offer) < 0)
            return 0;
        if (any_common(session, order[i].method, &offer))
            continue;
        return mp_fail(
            err, MP_FAULT_FAILED,
            "%s and libssh2 %s have no %s algorithm in common; the server offers "
            "%.*s; have its administrator allow more%s",
            name, libssh2_version(0), order[i].what,
            (int)(offer.left < 300 ? offer.left : 300), (const char *)offer.p,
            order[i].method == LIBSSH2_METHOD_HOSTKEY ? " (an ed25519 host key)"
                                                      : " (as OpenSSH does by default)");
    }
    return 0;
}
