# SPDX-License-Identifier: MIT
# tests/trust.mk - the writer and its trust boundary (doc/design-trust.md), and `check`.
MP_TRUST_UNIT_TESTS = \
	tests/unit/test_privilege \
	tests/unit/test_slurmconf \
	tests/unit/test_wire
MP_TRUST_SHELL_TESTS = \
	tests/t/60-trust.t \
	tests/t/61-sudo.t \
	tests/t/62-check.t \
	tests/t/63-worker-secrets.t \
	tests/t/64-bad-place.t

check_PROGRAMS += \
	tests/tools/memgrep \
	tests/tools/writer_drive
if HAVE_CHECK
check_PROGRAMS += $(MP_TRUST_UNIT_TESTS)
TESTS += $(MP_TRUST_UNIT_TESTS)
endif
TESTS += $(MP_TRUST_SHELL_TESTS)
if WITH_LIBPQ
TESTS += tests/t/65-check-database.t
endif
EXTRA_DIST += $(MP_TRUST_SHELL_TESTS) tests/t/65-check-database.t tests/lib/users.sh \
	tests/tools/mutate-trust
