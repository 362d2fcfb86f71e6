/* SPDX-License-Identifier: MIT
 * section.c - the keys of [ssh]; REPACSS_* are the names of the Python script's .env. */
#include "config.h"

#include "backends/ssh/section.h"

#define ENV(...) .env = {__VA_ARGS__}
#define RANGE(lo, hi) .min = (lo), .max = (hi)

#define SSH(member, type, ...)                                                           \
    MP_KEY(struct mp_ssh_config, member, #member, type, __VA_ARGS__)

static const struct mp_key ssh_keys[] = {
    SSH(hostname, MP_KEY_STRING, "", ENV("REPACSS_SSH_HOSTNAME"),
        .help = "The SSH server's name or address. Empty: there is none, and backend = "
                "auto has nothing to fall back on."),
    SSH(port, MP_KEY_INT, "22", RANGE(1, 65535), ENV("REPACSS_SSH_PORT"),
        .help = "Its port."),
    SSH(username, MP_KEY_USER, "", ENV("REPACSS_SSH_USERNAME"),
        .help = "Whom to log in as."),
    SSH(key_path, MP_KEY_PATH, "",
        ENV("REPACSS_SSH_KEY_PATH", "REPACSS_SSH_PRIVATE_KEY_PATH"),
        .help = "The private key. Empty: the agent's keys, then the usual files in "
                "~/.ssh."),
    SSH(passphrase, MP_KEY_STRING, "", .secret = true, ENV("REPACSS_SSH_PASSPHRASE"),
        .help = "What opens the private key."),
    SSH(keepalive, MP_KEY_INT, "60", RANGE(1, 3600), .unit = "Seconds",
        ENV("REPACSS_SSH_KEEPALIVE", "REPACSS_SSH_KEEPALIVE_INTERVAL"),
        .help = "How often the server is asked for a sign of life. A network that is "
                "gone is noticed within three times this."),
    SSH(known_hosts, MP_KEY_PATH, "", ENV("REPACSS_SSH_KNOWN_HOSTS"),
        .help = "Where the server's key is looked up. Empty: the user's "
                "~/.ssh/known_hosts and the system's /etc/ssh/ssh_known_hosts. An "
                "unknown or changed key is always refused."),
    SSH(agent, MP_KEY_PATH, "", .word = "none", ENV("REPACSS_SSH_AGENT"),
        .help = "The agent's socket. Empty: SSH_AUTH_SOCK. none: no agent is asked."),
    SSH(connect_timeout, MP_KEY_INT, "10", RANGE(1, 3600), .unit = "Seconds",
        ENV("REPACSS_SSH_CONNECT_TIMEOUT"),
        .help = "How long connecting, the key exchange and the login may each take."),
};

const struct mp_keys mp_ssh_keys = {
    .section = "ssh",
    .help = "The SSH server that the ssh backend goes through.",
    .key = ssh_keys,
    .n = sizeof ssh_keys / sizeof *ssh_keys,
    .size = sizeof(struct mp_ssh_config),
};
