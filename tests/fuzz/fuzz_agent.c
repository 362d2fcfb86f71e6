/* SPDX-License-Identifier: MIT
 * fuzz_agent.c - an agent's answer; the first byte says what was asked. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/ssh/agent.h"
#include "fuzz.h"

static void list(struct mp_agent *agent)
{
    struct mp_agent_keys keys;
    struct mp_error err = {0};

    if (mp_agent_list(agent, &keys, &err) < 0) {
        FUZZ_CHECK(err.fault != MP_FAULT_NONE && keys.n == 0);
        return;
    }
    for (size_t i = 0; i < keys.n; i++)
        FUZZ_CHECK(keys.keys[i].blob_len > strlen(keys.keys[i].type));
    mp_agent_keys_free(&keys);
}

static void sign(struct mp_agent *agent, uint32_t flags)
{
    struct mp_ssh_buf out = {0};
    struct mp_error err = {0};

    if (mp_agent_sign(agent, (const unsigned char *)"key", 3,
                      (const unsigned char *)"data", 4, flags, &out, &err) < 0)
        FUZZ_CHECK(err.fault != MP_FAULT_NONE && out.n == 0);
    mp_ssh_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_agent agent = {.path = "agent"};
    int ends[2];

    if (size < 1 || size > 65536 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        return 0;
    FUZZ_CHECK(write(ends[1], data + 1, size - 1) == (ssize_t)size - 1);
    shutdown(ends[1], SHUT_WR);
    agent.fd = ends[0];
    if (data[0] % 2 == 0)
        list(&agent);
    else
        sign(&agent, data[0] & MP_AGENT_RSA_SHA2_512);
    mp_agent_close(&agent);
    close(ends[1]);
    return 0;
}
