# SPDX-License-Identifier: MIT
# tests/trust.mk - the writer and its trust boundary (doc/design-trust.md).
MP_TRUST_SHELL_TESTS = \
	tests/t/60-trust.t \
	tests/t/61-sudo.t

check_PROGRAMS += \
	tests/tools/memgrep \
	tests/tools/writer_drive
TESTS += $(MP_TRUST_SHELL_TESTS)
EXTRA_DIST += $(MP_TRUST_SHELL_TESTS) tests/lib/users.sh
