/* SPDX-License-Identifier: MIT
 * known_hosts.h - is this the server's key?  OpenSSH's known_hosts format, from sshd(8),
 * "SSH_KNOWN_HOSTS FILE FORMAT".
 *
 * Read here rather than by libssh2, whose own reader ignores @revoked, mixes up ports and
 * gives up at the first line it cannot read.  Matching is ssh's: names are compared in
 * lower case, patterns with `*`, `?` and `!`, hashed names (|1|salt|HMAC-SHA1),
 * `[host]:port` for any port but 22; where `[host]:port` is not in the files at all,
 * plain `host` counts. Lines that cannot be read are skipped, as ssh does.
 */
#ifndef MP_KNOWN_HOSTS_H
#define MP_KNOWN_HOSTS_H

#include <stddef.h>

#include "base/error.h"

enum mp_host_marker { MP_HOST_PLAIN, MP_HOST_CA, MP_HOST_REVOKE };

/* A line that is about our host. */
struct mp_known_host {
    enum mp_host_marker marker;
    int with_port;       /* matched as [host]:port */
    char *type;          /* "ssh-ed25519"; owned */
    unsigned char *blob; /* the public key as it stands on the wire; owned */
    size_t blob_len;
    char *file; /* where it stands; owned */
    unsigned line;
};

struct mp_known_hosts {
    char *host; /* in lower case */
    int port;
    struct mp_known_host *entries;
    size_t n;
};

/* For the server `host` at `port`; nothing read yet. */
int mp_known_hosts_init(struct mp_known_hosts *kh, const char *host, int port,
                        struct mp_error *err);
/* Add what `path` says about the host.  A file that is not there is no error when
 * `optional`; one that cannot be read is always one. */
int mp_known_hosts_read(struct mp_known_hosts *kh, const char *path, int optional,
                        struct mp_error *err);
void mp_known_hosts_free(struct mp_known_hosts *kh);

enum mp_host_verdict {
    MP_HOST_KNOWN,   /* this very key */
    MP_HOST_UNKNOWN, /* no key of this type */
    MP_HOST_CHANGED, /* another key of this type */
    MP_HOST_REVOKED, /* this very key, marked @revoked */
};

/* What the files say about the key; *which (may be NULL) is the line that says so, NULL
 * for UNKNOWN.  @cert-authority lines vouch for nothing here. */
enum mp_host_verdict mp_known_hosts_check(const struct mp_known_hosts *kh,
                                          const unsigned char *blob, size_t n,
                                          const struct mp_known_host **which);

/* Does a key of this type stand for the host (no marker)? */
int mp_known_hosts_has_type(const struct mp_known_hosts *kh, const char *type);
/* Is there a @cert-authority line for the host? */
int mp_known_hosts_has_ca(const struct mp_known_hosts *kh);

#endif
