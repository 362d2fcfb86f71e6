# SPDX-License-Identifier: MIT
# tests/fuzz.mk - fuzz targets.  Here they are built with a main() that replays files;
# tests/fuzz/run builds them with libFuzzer instead.
MP_FUZZ_TARGETS = \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_csv \
	tests/fuzz/fuzz_entry \
	tests/fuzz/fuzz_ini \
	tests/fuzz/fuzz_nodelist \
	tests/fuzz/fuzz_slurmconf \
	tests/fuzz/fuzz_time \
	tests/fuzz/fuzz_wire
MP_FUZZ_MAIN = tests/fuzz/libreplay.a
check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/fuzz.h tests/fuzz/replay.c
check_PROGRAMS += $(MP_FUZZ_TARGETS)
tests_fuzz_fuzz_config_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_csv_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_entry_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_slurmconf_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_ini_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_nodelist_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_time_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_wire_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
if WITH_LIBCURL
check_PROGRAMS += tests/fuzz/fuzz_prometheus
tests_fuzz_fuzz_prometheus_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
endif
if WITH_LIBPQ
check_PROGRAMS += tests/fuzz/fuzz_answer
tests_fuzz_fuzz_answer_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS)
tests_fuzz_fuzz_answer_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
endif
if WITH_LIBSSH2
MP_SSH_FUZZ_TARGETS = \
	tests/fuzz/fuzz_agent \
	tests/fuzz/fuzz_kexinit \
	tests/fuzz/fuzz_keyfile \
	tests/fuzz/fuzz_known_hosts
check_PROGRAMS += $(MP_SSH_FUZZ_TARGETS)
MP_SSH_FUZZ_CPPFLAGS = $(AM_CPPFLAGS) $(LIBSSH2_CFLAGS) $(LIBCRYPTO_CFLAGS)
tests_fuzz_fuzz_agent_CPPFLAGS = $(MP_SSH_FUZZ_CPPFLAGS)
tests_fuzz_fuzz_agent_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_kexinit_CPPFLAGS = $(MP_SSH_FUZZ_CPPFLAGS)
tests_fuzz_fuzz_kexinit_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_keyfile_CPPFLAGS = $(MP_SSH_FUZZ_CPPFLAGS)
tests_fuzz_fuzz_keyfile_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
tests_fuzz_fuzz_known_hosts_CPPFLAGS = $(MP_SSH_FUZZ_CPPFLAGS)
tests_fuzz_fuzz_known_hosts_LDADD = $(MP_FUZZ_MAIN) $(MP_PROGRAM_LIBS)
endif
EXTRA_DIST += tests/fuzz/run tests/fuzz/corpus
