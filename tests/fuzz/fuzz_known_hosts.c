/* SPDX-License-Identifier: MIT
 * fuzz_known_hosts.c - a known_hosts file: what it revokes is revoked, what it knows is
 * on a plain line.  The first byte chooses the port. */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "backends/ssh/known_hosts.h"
#include "fuzz.h"

static void check_entries(const struct mp_known_hosts *kh)
{
    for (size_t i = 0; i < kh->n; i++) {
        const struct mp_known_host *e = &kh->entries[i], *which = NULL;
        enum mp_host_verdict v = mp_known_hosts_check(kh, e->blob, e->blob_len, &which);

        FUZZ_CHECK(e->marker != MP_HOST_REVOKE || v == MP_HOST_REVOKED);
        FUZZ_CHECK(v != MP_HOST_KNOWN || which->marker == MP_HOST_PLAIN);
        mp_known_hosts_has_type(kh, e->type);
    }
    mp_known_hosts_has_ca(kh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_known_hosts kh;
    struct mp_error err = {0};
    char path[64];
    int fd;

    if (size < 1 || (fd = memfd_create("known_hosts", MFD_CLOEXEC)) < 0)
        return 0;
    FUZZ_CHECK(write(fd, data + 1, size - 1) == (ssize_t)size - 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (mp_known_hosts_init(&kh, "Bastion.example", data[0] % 2 ? 22 : 2222, &err) == 0 &&
        mp_known_hosts_read(&kh, path, 0, &err) == 0) {
        check_entries(&kh);
        mp_known_hosts_check(&kh, data, size, NULL);
    }
    mp_known_hosts_free(&kh);
    close(fd);
    return 0;
}
