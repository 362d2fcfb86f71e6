# SPDX-License-Identifier: MIT
# tests/ssh.mk - the tests of the ssh backend, which need its library and a real sshd.
MP_SSH_SHELL_TESTS = \
	tests/t/40-ssh-tunnel.t

if WITH_LIBSSH2
check_PROGRAMS += \
	tests/tools/net_peer \
	tests/tools/tunnel_probe
tests_tools_tunnel_probe_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS) $(LIBSSH2_CFLAGS)
TESTS += $(MP_SSH_SHELL_TESTS)
endif
EXTRA_DIST += $(MP_SSH_SHELL_TESTS) tests/lib/sshd.sh
