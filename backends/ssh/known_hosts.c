/* SPDX-License-Identifier: MIT
 * known_hosts.c - reading known_hosts files line by line. */
#include "config.h"

#include "backends/ssh/known_hosts.h"
#include "backends/ssh/bytes.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHA1_LEN = 20, PATTERN_MAX = 1023, KEY_MAX = 16384 };

int mp_known_hosts_init(struct mp_known_hosts *kh, const char *host, int port,
                        struct mp_error *err)
{
    *kh = (struct mp_known_hosts){.port = port};
    kh->host = strdup(host);
    if (kh->host == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    for (char *c = kh->host; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return 0;
}

static void entry_free(struct mp_known_host *e)
{
    free(e->type);
    free(e->blob);
    free(e->file);
}

void mp_known_hosts_free(struct mp_known_hosts *kh)
{
    for (size_t i = 0; i < kh->n; i++)
        entry_free(&kh->entries[i]);
    free(kh->entries);
    free(kh->host);
    *kh = (struct mp_known_hosts){0};
}

/* `*` and `?`, in time linear in the product: on a mismatch
 * only the last star moves on. */
static bool glob(const char *s, const char *p, size_t np)
{
    const char *end = p + np, *star = NULL, *retry = NULL;

    while (*s != '\0') {
        if (p < end && *p == '*') {
            star = ++p;
            retry = s;
        } else if (p < end && (*p == '?' || tolower((unsigned char)*p) == *s)) {
            p++;
            s++;
        } else if (star != NULL) {
            p = star;
            s = ++retry;
        } else {
            return false;
        }
    }
    while (p < end && *p == '*')
        p++;
    return p == end;
}

/* A comma-separated list of patterns: one must match, none with a `!` may. */
static bool match_patterns(const char *name, const char *list, size_t n)
{
    const char *end = list + n;
    bool found = false;

    while (list < end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma != NULL ? comma : end;
        bool negated = *list == '!';
        const char *pattern = negated ? list + 1 : list;

        if (stop - pattern > PATTERN_MAX)
            return false;
        if (glob(name, pattern, (size_t)(stop - pattern))) {
            if (negated)
                return false;
            found = true;
        }
        list = comma != NULL ? comma + 1 : end;
    }
    return found;
}

/* "|1|" base64 salt "|" base64 HMAC-SHA1(salt, name). */
static bool match_hashed(const char *name, const char *text, size_t n)
{
    unsigned char salt[64], want[64], got[EVP_MAX_MD_SIZE];
    const char *bar;
    size_t salt_chars;
    unsigned int len = 0;

    if (n < 3 || memcmp(text, "|1|", 3) != 0)
        return false;
    text += 3;
    n -= 3;
    bar = memchr(text, '|', n);
    if (bar == NULL)
        return false;
    salt_chars = (size_t)(bar - text);
    /* both are the base64 of 20 bytes */
    if (salt_chars > 28 || n - salt_chars - 1 > 28)
        return false;
    if (mp_base64_decode(text, salt_chars, salt) != SHA1_LEN ||
        mp_base64_decode(bar + 1, n - salt_chars - 1, want) != SHA1_LEN)
        return false;
    if (HMAC(EVP_sha1(), salt, SHA1_LEN, (const unsigned char *)name, strlen(name), got,
             &len) == NULL)
        return false;
    return len == SHA1_LEN && memcmp(got, want, SHA1_LEN) == 0;
}

static bool match_field(const char *name, const char *field, size_t n)
{
    return field[0] == '|' ? match_hashed(name, field, n)
                           : match_patterns(name, field, n);
}

/* Returns whether the field names our host, and as what. */
static bool match_host(const struct mp_known_hosts *kh, const char *field, size_t n,
                       int *with_port)
{
    char *name = NULL;
    bool found = false;

    *with_port = 0;
    if (kh->port != 22) {
        if (asprintf(&name, "[%s]:%d", kh->host, kh->port) < 0)
            return false;
        found = match_field(name, field, n);
        free(name);
        *with_port = found;
    }
    return found || match_field(kh->host, field, n);
}

static size_t blanks(const char *s)
{
    return strspn(s, " \t");
}

static size_t word(const char *s)
{
    return strcspn(s, " \t");
}

/* Skips the marker in front of *line; -1 for one nobody knows. */
static int take_marker(const char **line, enum mp_host_marker *marker)
{
    static const struct {
        const char *word;
        enum mp_host_marker marker;
    } known[] = {{"@cert-authority", MP_HOST_CA}, {"@revoked", MP_HOST_REVOKE}};
    size_t n = word(*line);

    *marker = MP_HOST_PLAIN;
    if (**line != '@')
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].word) == n && memcmp(*line, known[i].word, n) == 0) {
            *marker = known[i].marker;
            *line += n;
            *line += blanks(*line);
            return **line != '@' ? 0 : -1;
        }
    }
    return -1;
}

/* Whether the bytes are a whole key of that type (RFC 4253, 6.6; RFC 5656, 3.1; RFC
 * 8709). */
static bool is_key(const unsigned char *blob, size_t n, const char *type)
{
    static const struct {
        const char *type;
        size_t n_parts, last_len; /* strings or mpints; 0: any length */
    } known[] = {
        {"ssh-ed25519", 1, 32},          {"ssh-rsa", 2, 0},
        {"ecdsa-sha2-nistp256", 2, 65},  {"ecdsa-sha2-nistp384", 2, 97},
        {"ecdsa-sha2-nistp521", 2, 133}, {"ssh-dss", 4, 0},
    };
    struct mp_ssh_bytes w = {blob, n}, part;

    if (mp_ssh_get_string(&w, &part) < 0 || !mp_ssh_bytes_is(&part, type))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].type, type) != 0)
            continue;
        for (size_t j = 0; j < known[i].n_parts; j++)
            if (mp_ssh_get_string(&w, &part) < 0 || part.left == 0)
                return false;
        return w.left == 0 && (known[i].last_len == 0 || part.left == known[i].last_len);
    }
    return false; /* no server that we could talk to has it */
}

enum taken { TAKEN, NOT_A_KEY, NO_MEMORY };

/* TYPE BASE64 [comment] into *e. */
static enum taken take_key(const char *text, struct mp_known_host *e)
{
    size_t type_len = word(text);
    const char *key = text + type_len + blanks(text + type_len);
    size_t key_len = word(key);
    long n;

    if (type_len == 0 || key_len == 0 || key_len > KEY_MAX)
        return NOT_A_KEY;
    e->type = strndup(text, type_len);
    e->blob = malloc(key_len / 4 * 3 + 3);
    if (e->type == NULL || e->blob == NULL)
        return NO_MEMORY;
    n = mp_base64_decode(key, key_len, e->blob);
    if (n < 0)
        return NOT_A_KEY;
    e->blob_len = (size_t)n;
    return is_key(e->blob, e->blob_len, e->type) ? TAKEN : NOT_A_KEY;
}

static enum taken keep(struct mp_known_hosts *kh, const struct mp_known_host *e)
{
    struct mp_known_host *grown = realloc(kh->entries, (kh->n + 1) * sizeof *grown);

    if (grown == NULL)
        return NO_MEMORY;
    kh->entries = grown;
    grown[kh->n++] = *e;
    return TAKEN;
}

/* Only running out of memory is an error: what cannot be read is passed over. */
static int read_line(struct mp_known_hosts *kh, const char *line, const char *path,
                     unsigned number, struct mp_error *err)
{
    struct mp_known_host e = {.line = number};
    enum taken taken;
    size_t n;

    line += blanks(line);
    if (*line == '\0' || *line == '#' || take_marker(&line, &e.marker) < 0)
        return 0;
    n = word(line);
    if (n == 0 || !match_host(kh, line, n, &e.with_port))
        return 0;
    line += n;
    line += blanks(line);
    e.file = strdup(path);
    taken = e.file != NULL ? take_key(line, &e) : NO_MEMORY;
    if (taken == TAKEN)
        taken = keep(kh, &e);
    if (taken != TAKEN)
        entry_free(&e);
    return taken != NO_MEMORY
               ? 0
               : mp_fail(err, MP_FAULT_FAILED, "out of memory for known hosts");
}

int mp_known_hosts_read(struct mp_known_hosts *kh, const char *path, int optional,
                        struct mp_error *err)
{
    FILE *f = NULL;
    struct stat st;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    unsigned number = 0;
    int rc = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 && errno == ENOENT && optional)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0 || (f = fdopen(fd, "r")) == NULL) {
        mp_fail(err, MP_FAULT_USAGE, "cannot read the known_hosts file %s: %s", path,
                strerror(errno));
        goto out;
    }
    if (S_ISCHR(st.st_mode)) { /* /dev/null: nobody is known */
        rc = 0;
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        mp_fail(err, MP_FAULT_USAGE, "the known_hosts file %s is not a file", path);
        goto out;
    }
    while ((n = getline(&line, &room, f)) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (read_line(kh, line, path, ++number, err) < 0)
            goto out;
    }
    rc = ferror(f)
             ? mp_fail(err, MP_FAULT_USAGE, "cannot read the known_hosts file %s: %s",
                       path, strerror(errno))
             : 0;
out:
    free(line);
    if (f != NULL)
        fclose(f);
    else if (fd >= 0)
        close(fd);
    return rc;
}

/* Whether the entry speaks for the host: those under [host]:port, or, where there is
 * none, those under the plain name. */
static bool counts(const struct mp_known_hosts *kh, const struct mp_known_host *e)
{
    if (e->with_port || kh->port == 22)
        return true;
    for (size_t i = 0; i < kh->n; i++)
        if (kh->entries[i].with_port && kh->entries[i].marker == MP_HOST_PLAIN)
            return false;
    return true;
}

static bool same_key(const struct mp_known_host *e, const unsigned char *blob, size_t n)
{
    return e->blob_len == n && memcmp(e->blob, blob, n) == 0;
}

static const struct mp_known_host *find(const struct mp_known_hosts *kh,
                                        enum mp_host_marker marker,
                                        const unsigned char *blob, size_t n)
{
    for (size_t i = 0; i < kh->n; i++) {
        const struct mp_known_host *e = &kh->entries[i];

        if (e->marker == marker && same_key(e, blob, n) &&
            (marker == MP_HOST_REVOKE || counts(kh, e)))
            return e;
    }
    return NULL;
}

enum mp_host_verdict mp_known_hosts_check(const struct mp_known_hosts *kh,
                                          const unsigned char *blob, size_t n,
                                          const struct mp_known_host **which)
{
    struct mp_ssh_bytes w = {blob, n}, type;
    const struct mp_known_host *none;

    which = which != NULL ? which : &none;
    if ((*which = find(kh, MP_HOST_REVOKE, blob, n)) != NULL)
        return MP_HOST_REVOKED;
    if ((*which = find(kh, MP_HOST_PLAIN, blob, n)) != NULL)
        return MP_HOST_KNOWN;
    if (mp_ssh_get_string(&w, &type) < 0)
        return MP_HOST_UNKNOWN;
    for (size_t i = 0; i < kh->n; i++) {
        const struct mp_known_host *e = &kh->entries[i];

        /* another port's server may well have a key of its own */
        if (e->marker == MP_HOST_PLAIN && mp_ssh_bytes_is(&type, e->type) &&
            (kh->port == 22 || e->with_port)) {
            *which = e;
            return MP_HOST_CHANGED;
        }
    }
    return MP_HOST_UNKNOWN;
}

int mp_known_hosts_has_type(const struct mp_known_hosts *kh, const char *type)
{
    for (size_t i = 0; i < kh->n; i++) {
        const struct mp_known_host *e = &kh->entries[i];

        if (e->marker == MP_HOST_PLAIN && counts(kh, e) && strcmp(e->type, type) == 0)
            return 1;
    }
    return 0;
}

int mp_known_hosts_has_ca(const struct mp_known_hosts *kh)
{
    for (size_t i = 0; i < kh->n; i++)
        if (kh->entries[i].marker == MP_HOST_CA)
            return 1;
    return 0;
}
