/* SPDX-License-Identifier: MIT
 * hostkey.c - which files, which types, and what to say when the key is not the one. */
#include "config.h"

#include "backends/ssh/hostkey.h"
#include "backends/ssh/bytes.h"
#include "base/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mp_hostkey_known(const struct mp_ssh_config *settings, struct mp_known_hosts *known,
                     struct mp_error *err)
{
    static const char *const usual[] = {"~/.ssh/known_hosts", "~/.ssh/known_hosts2",
                                        "/etc/ssh/ssh_known_hosts",
                                        "/etc/ssh/ssh_known_hosts2"};
    const char *configured = settings->known_hosts;
    const char *const *files = configured[0] != '\0' ? &configured : usual;
    size_t n = configured[0] != '\0' ? 1 : sizeof usual / sizeof *usual;

    if (mp_known_hosts_init(known, settings->hostname, settings->port, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        char *path = mp_home_expand_as_ssh(files[i]);
        int rc = path != NULL
                     ? mp_known_hosts_read(known, path, configured[0] == '\0', err)
                     : mp_fail(err, MP_FAULT_FAILED, "out of memory");

        free(path);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* The type under which known_hosts lists keys that this algorithm signs with. */
static const char *key_type(const char *algorithm)
{
    return strncmp(algorithm, "rsa-sha2-", 9) == 0 ? "ssh-rsa" : algorithm;
}

static void append(char *list, size_t size, const char *algorithm)
{
    size_t n = strlen(list);

    snprintf(list + n, size - n, "%s%s", n > 0 ? "," : "", algorithm);
}

/* Of those in `supported`, the ones that are known (1) or not (0). */
static void append_all(char *list, size_t size, const char **supported, int n,
                       const struct mp_known_hosts *known, int is_known)
{
    static const char *const order[] = {"ssh-ed25519", "ecdsa-", "rsa-sha2-", "ssh-rsa"};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int j = 0; j < n; j++)
            if (strncmp(supported[j], order[i], strlen(order[i])) == 0 &&
                strstr(supported[j], "-cert-") == NULL &&
                mp_known_hosts_has_type(known, key_type(supported[j])) == is_known)
                append(list, size, supported[j]);
}

int mp_hostkey_prefer(struct mp_ssh *ssh, const struct mp_known_hosts *known,
                      struct mp_error *err)
{
    const char **supported = NULL;
    char list[1024] = "";
    int n =
        libssh2_session_supported_algs(ssh->session, LIBSSH2_METHOD_HOSTKEY, &supported);

    /* the known ones first, then the rest, so that an unknown key can be shown */
    append_all(list, sizeof list, supported, n, known, 1);
    append_all(list, sizeof list, supported, n, known, 0);
    if (n > 0)
        libssh2_free(ssh->session, (void *)supported);
    if (n <= 0 ||
        libssh2_session_method_pref(ssh->session, LIBSSH2_METHOD_HOSTKEY, list) != 0)
        return mp_fail(err, MP_FAULT_FAILED, "libssh2 knows no host key algorithm: %s",
                       mp_ssh_error(ssh));
    return 0;
}

struct shown {
    char type[64];
    char fingerprint[MP_FINGERPRINT_MAX];
    char keyscan[1536]; /* the command that adds it */
};

static int describe(const struct mp_ssh_config *settings, const unsigned char *blob,
                    size_t n, struct shown *s)
{
    static const struct {
        const char *type, *option;
    } options[] = {{"ssh-ed25519", "ed25519"}, {"ssh-rsa", "rsa"}};
    struct mp_ssh_bytes w = {blob, n}, type;
    const char *option = "ecdsa";
    char *file = mp_home_expand_as_ssh(
        settings->known_hosts[0] != '\0' ? settings->known_hosts : "~/.ssh/known_hosts");
    char port[16] = "";

    if (file == NULL || mp_ssh_get_string(&w, &type) < 0) {
        free(file);
        return -1;
    }
    snprintf(s->type, sizeof s->type, "%.*s", (int)type.left, (const char *)type.p);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i].type, s->type) == 0)
            option = options[i].option;
    mp_ssh_fingerprint(blob, n, s->fingerprint);
    if (settings->port != 22)
        snprintf(port, sizeof port, " -p %d", settings->port);
    snprintf(s->keyscan, sizeof s->keyscan, "ssh-keyscan%s -t %s %s >> %s", port, option,
             settings->hostname, file);
    free(file);
    return 0;
}

static int say_unknown(const struct mp_ssh *ssh, const struct mp_known_hosts *known,
                       const struct shown *s, struct mp_error *err)
{
    const char *also = "";

    if (mp_known_hosts_has_ca(known))
        also =
            " (its @cert-authority line cannot be used here: host certificates are not "
            "supported, add the host's own key)";
    else if (known->n > 0)
        also = " (known_hosts has only keys of other types or ports for it)";
    return mp_fail(
        err, MP_FAULT_USAGE,
        "the host key of %s is not known%s: %s %s; compare the fingerprint with the "
        "server's own, then add it: %s",
        ssh->name, also, s->type, s->fingerprint, s->keyscan);
}

static int say_changed(const struct mp_ssh *ssh, const struct mp_ssh_config *settings,
                       const struct mp_known_host *which, const struct shown *s,
                       struct mp_error *err)
{
    char old[MP_FINGERPRINT_MAX], host[MP_SSH_NAME_MAX];

    mp_ssh_fingerprint(which->blob, which->blob_len, old);
    if (settings->port == 22)
        snprintf(host, sizeof host, "%s", settings->hostname);
    else
        snprintf(host, sizeof host, "'[%s]:%d'", settings->hostname, settings->port);
    return mp_fail(
        err, MP_FAULT_FAILED,
        "the host key of %s has CHANGED: it shows %s %s, but %s line %u has %s; "
        "somebody may be in between. Only if the server really got a new key: "
        "ssh-keygen -R %s -f %s && %s",
        ssh->name, s->type, s->fingerprint, which->file, which->line, old, host,
        which->file, s->keyscan);
}

int mp_hostkey_check(struct mp_ssh *ssh, const struct mp_ssh_config *settings,
                     const struct mp_known_hosts *known, struct mp_error *err)
{
    const struct mp_known_host *which;
    struct shown shown = {0};
    size_t n = 0;
    int type;
    const unsigned char *blob =
        (const unsigned char *)libssh2_session_hostkey(ssh->session, &n, &type);

    if (blob == NULL || describe(settings, blob, n, &shown) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "%s showed no host key", ssh->name);
    switch (mp_known_hosts_check(known, blob, n, &which)) {
    case MP_HOST_KNOWN:
        return 0;
    case MP_HOST_REVOKED:
        return mp_fail(
            err, MP_FAULT_FAILED,
            "the host key of %s, %s %s, is marked @revoked in %s line %u: whoever "
            "answers there must not be trusted",
            ssh->name, shown.type, shown.fingerprint, which->file, which->line);
    case MP_HOST_CHANGED:
        return say_changed(ssh, settings, which, &shown, err);
    case MP_HOST_UNKNOWN:
        break;
    }
    return say_unknown(ssh, known, &shown, err);
}
