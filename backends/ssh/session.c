/* SPDX-License-Identifier: MIT
 * session.c - making a session, waiting for it, its key exchange, its end. */
#include "config.h"

#include "backends/ssh/session.h"
#include "backends/ssh/kexinit.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *mp_ssh_error(struct mp_ssh *ssh)
{
    char *text = NULL;

    libssh2_session_last_error(ssh->session, &text, NULL, 0);
    return text != NULL && text[0] != '\0' ? text : "no reason given";
}

/* --- libssh2's callbacks --- */

/* libssh2 reads lines before the greeting without end, and any packets before the one it
 * waits for.  ssh(1) takes 1024 lines; what is said up to the first channel is some 10
 * KiB, with a long banner more. */
enum { LINES_MAX = 1024, UNGREETED_MAX = 64 * 1024, LOGIN_MAX = 1024 * 1024 };

static void look_for_greeting(struct mp_ssh *ssh, const unsigned char *p, size_t n)
{
    static const char word[] = "SSH-";

    for (size_t i = 0; i < n && !ssh->greeted; i++) {
        if (p[i] == '\n') {
            ssh->lines++;
            ssh->line_at = 0;
        } else if (ssh->line_at < sizeof word - 1 && p[i] == word[ssh->line_at]) {
            ssh->greeted = ++ssh->line_at == sizeof word - 1;
        } else {
            ssh->line_at = sizeof word;
        }
    }
}

static bool is_too_much(const struct mp_ssh *ssh)
{
    if (!ssh->greeted && (ssh->lines > LINES_MAX || ssh->bytes_in > UNGREETED_MAX))
        return true;
    return ssh->limit != NULL && ssh->bytes_in > LOGIN_MAX;
}

static bool is_over(const struct mp_limit *limit)
{
    return limit != NULL &&
           (mp_clock_us() >= limit->until_us || mp_run_check(limit->run, NULL) < 0);
}

static ssize_t on_receive(libssh2_socket_t fd, void *buf, size_t n, int flags,
                          void **abstract)
{
    struct mp_ssh *ssh = *abstract;
    ssize_t got;

    if (ssh->bytes_max != 0 && ssh->bytes_in >= ssh->bytes_max)
        return -EAGAIN;
    if (is_over(ssh->limit)) /* whoever waits next is told */
        return -EAGAIN;
    got = recv(fd, buf, n, flags);
    if (got > 0) {
        size_t room = sizeof ssh->heard - ssh->n_heard;
        size_t keep = (size_t)got < room ? (size_t)got : room;

        memcpy(ssh->heard + ssh->n_heard, buf, keep);
        ssh->n_heard += keep;
        ssh->bytes_in += (uint64_t)got;
        ssh->heard_us = mp_clock_us();
        look_for_greeting(ssh, buf, (size_t)got);
        ssh->too_much = is_too_much(ssh);
        if (ssh->too_much)
            return -EMSGSIZE;
    } else if (got == 0 && n > 0) {
        ssh->closed = true;
    } else if (errno == EINTR || errno == EWOULDBLOCK) {
        return -EAGAIN;
    } else {
        ssh->receive_errno = errno;
        return -errno;
    }
    return got;
}

static void on_disconnect(LIBSSH2_SESSION *session, int reason, const char *message,
                          int message_len, const char *language, int language_len,
                          void **abstract)
{
    struct mp_ssh *ssh = *abstract;

    (void)session;
    (void)reason;
    (void)language;
    (void)language_len;
    snprintf(ssh->goodbye, sizeof ssh->goodbye, "%.*s", message_len, message);
}

int mp_ssh_wait(struct mp_ssh *ssh, const struct mp_limit *limit, struct mp_error *err)
{
    int directions = libssh2_session_block_directions(ssh->session);
    short events = 0;

    if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
        events |= POLLOUT;
    if (directions & LIBSSH2_SESSION_BLOCK_INBOUND || events == 0)
        events |= POLLIN;
    return mp_limit_wait(limit, ssh->fd, events, err);
}

int mp_ssh_broken(struct mp_ssh *ssh, struct mp_error *err)
{
    if (ssh->too_much)
        return mp_fail(err, MP_FAULT_FAILED,
                       "%s sends far more than an SSH server does before a login (%llu "
                       "bytes); check hostname and port in section [ssh]",
                       ssh->name, (unsigned long long)ssh->bytes_in);
    if (ssh->goodbye[0] != '\0')
        return mp_fail(err, MP_FAULT_TRANSIENT,
                       "the SSH connection to %s broke: the server "
                       "ended it, saying: %s",
                       ssh->name, ssh->goodbye);
    if (ssh->receive_errno != 0)
        return mp_fail(err, MP_FAULT_TRANSIENT, "the SSH connection to %s broke: %s",
                       ssh->name, strerror(ssh->receive_errno));
    if (ssh->closed)
        return mp_fail(
            err, MP_FAULT_TRANSIENT,
            "the SSH connection to %s broke: the server closed it (sshd stopped or "
            "was killed there?)",
            ssh->name);
    return mp_fail(err, MP_FAULT_TRANSIENT, "the SSH connection to %s broke: %s",
                   ssh->name, mp_ssh_error(ssh));
}

/* --- key exchange --- */

static int handshake_timeout(struct mp_ssh *ssh, struct mp_error *err)
{
    if (ssh->n_heard == 0)
        return mp_fail(
            err, MP_FAULT_TRANSIENT,
            "%s accepts connections but says nothing: it hangs, or is not an SSH "
            "server (connect_timeout in section [ssh])",
            ssh->name);
    if (!ssh->greeted)
        return mp_kexinit_not_ssh(ssh->name, ssh->heard, ssh->n_heard, err);
    return mp_fail(err, MP_FAULT_TRANSIENT,
                   "%s greets as an SSH server and then says nothing more: it hangs "
                   "(connect_timeout in section [ssh])",
                   ssh->name);
}

int mp_ssh_handshake(struct mp_ssh *ssh, const struct mp_limit *limit,
                     struct mp_error *err)
{
    int rc;

    while ((rc = libssh2_session_handshake(ssh->session, ssh->fd)) ==
           LIBSSH2_ERROR_EAGAIN) {
        rc = mp_ssh_wait(ssh, limit, err);
        if (rc == MP_WAIT_TIMEOUT)
            return handshake_timeout(ssh, err);
        if (rc < 0)
            return -1;
    }
    if (rc == 0)
        return 0;
    if (ssh->n_heard > 0 && !ssh->greeted)
        return mp_kexinit_not_ssh(ssh->name, ssh->heard, ssh->n_heard, err);
    if (ssh->n_heard == 0 && ssh->closed)
        return mp_fail(
            err, MP_FAULT_TRANSIENT,
            "%s closes the connection without a word: not an SSH server, or one that "
            "turns this machine away (MaxStartups, hosts.deny)",
            ssh->name);
    if (!ssh->too_much &&
        mp_kexinit_explain(ssh->session, ssh->name, ssh->heard, ssh->n_heard, err) < 0)
        return -1;
    return mp_fail_in(mp_ssh_broken(ssh, err) < 0 ? err : NULL, "key exchange");
}

/* --- opening and closing --- */

static int set_user(struct mp_ssh *ssh, const struct mp_ssh_config *settings,
                    struct mp_error *err)
{
    struct passwd pw, *found = NULL;
    char buf[4096];

    if (settings->username[0] != '\0') {
        ssh->user = strdup(settings->username);
    } else {
        if (getpwuid_r(geteuid(), &pw, buf, sizeof buf, &found) != 0 || found == NULL)
            return mp_fail(err, MP_FAULT_USAGE,
                           "the current user has no name; set username in section [ssh]");
        ssh->user = strdup(found->pw_name);
    }
    return ssh->user != NULL ? 0 : mp_fail(err, MP_FAULT_FAILED, "out of memory");
}

int mp_ssh_new(const struct mp_ssh_config *settings, struct mp_ssh **out,
               struct mp_error *err)
{
    struct mp_ssh *ssh = calloc(1, sizeof *ssh);

    *out = ssh;
    if (ssh == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    ssh->fd = -1;
    if (settings->port == 22)
        snprintf(ssh->name, sizeof ssh->name, "%s", settings->hostname);
    else
        snprintf(ssh->name, sizeof ssh->name, "%s:%d", settings->hostname,
                 settings->port);
    ssh->library = libssh2_init(0) == 0;
    ssh->session = ssh->library ? libssh2_session_init_ex(NULL, NULL, NULL, ssh) : NULL;
    if (ssh->session == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot start libssh2");
    libssh2_session_set_blocking(ssh->session, 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wpedantic"
    libssh2_session_callback_set(ssh->session, LIBSSH2_CALLBACK_RECV, (void *)on_receive);
    libssh2_session_callback_set(ssh->session, LIBSSH2_CALLBACK_DISCONNECT,
                                 (void *)on_disconnect);
#pragma GCC diagnostic pop
    return set_user(ssh, settings, err);
}

void mp_ssh_close(struct mp_ssh *ssh)
{
    if (ssh == NULL)
        return;
    if (ssh->session != NULL) {
        if (ssh->fd >= 0 && !ssh->closed)
            libssh2_session_disconnect(ssh->session, "monster-power is done");
        /* non-blocking and closed below: what EAGAIN leaves, the second call frees */
        if (ssh->fd >= 0)
            shutdown(ssh->fd, SHUT_RDWR);
        for (int i = 0;
             i < 100 && libssh2_session_free(ssh->session) == LIBSSH2_ERROR_EAGAIN;)
            i++;
    }
    if (ssh->library)
        libssh2_exit();
    if (ssh->fd >= 0)
        close(ssh->fd);
    free(ssh->user);
    free(ssh);
}
