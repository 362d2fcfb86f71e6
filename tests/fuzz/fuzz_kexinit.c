/* SPDX-License-Identifier: MIT
 * fuzz_kexinit.c - a server's first bytes: always one sound line about them. */
#include "config.h"

#include <string.h>

#include "backends/ssh/kexinit.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LIBSSH2_SESSION *session = libssh2_session_init();
    struct mp_error err = {0};

    if (session == NULL)
        return 0;
    FUZZ_CHECK(mp_kexinit_not_ssh("host", data, size, &err) == -1);
    FUZZ_CHECK(err.fault != MP_FAULT_NONE && strchr(err.text, '\n') == NULL);
    err = (struct mp_error){0};
    if (mp_kexinit_explain(session, "host", data, size, &err) < 0)
        FUZZ_CHECK(strstr(err.text, "algorithm in common") != NULL);
    libssh2_session_free(session);
    return 0;
}
