# SPDX-License-Identifier: MIT
# tests/ssh.mk - the tests of the ssh backend, which need its library and a real sshd.
MP_SSH_SHELL_TESTS = \
	tests/t/40-ssh-tunnel.t \
	tests/t/41-known-hosts.t \
	tests/t/42-ssh-login.t \
	tests/t/43-ssh-failures.t \
	tests/t/44-ssh-netlab.t \
	tests/t/45-ssh-session.t

if WITH_LIBSSH2
MP_SSH_TOOLS = \
	tests/tools/known_hosts_match \
	tests/tools/net_peer \
	tests/tools/tunnel_probe
check_PROGRAMS += $(MP_SSH_TOOLS)
tests_tools_tunnel_probe_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS) $(LIBSSH2_CFLAGS)
TESTS += $(MP_SSH_SHELL_TESTS)
if HAVE_CHECK
check_PROGRAMS += tests/unit/test_sshkeys
tests_unit_test_sshkeys_CPPFLAGS = $(AM_CPPFLAGS) $(LIBSSH2_CFLAGS) $(LIBCRYPTO_CFLAGS)
TESTS += tests/unit/test_sshkeys
endif
endif
EXTRA_DIST += $(MP_SSH_SHELL_TESTS) tests/lib/sshd.sh
EXTRA_DIST += tests/bench/bench-ssh
