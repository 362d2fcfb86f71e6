# SPDX-License-Identifier: MIT
# tests/local.mk - unit tests (libcheck, speaking TAP) and shell tests (tests/t/*.t, TAP).
#
# A unit test is one file, tests/unit/test_NAME.c, and one line in MP_UNIT_TESTS; a shell
# test is one file, tests/t/NN-name.t, and one line in MP_SHELL_TESTS.
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(T_LOG_DRIVER)
AM_TESTS_ENVIRONMENT = \
	MP_SRCDIR='$(abs_top_srcdir)'; export MP_SRCDIR; \
	MP_BUILDDIR='$(abs_top_builddir)'; export MP_BUILDDIR; \
	MP_VERSION='$(PACKAGE_VERSION)'; export MP_VERSION; \
	: "$${CK_TIMEOUT_MULTIPLIER:=15}"; export CK_TIMEOUT_MULTIPLIER;

MP_UNIT_TESTS = \
	tests/unit/test_chart_ticks \
	tests/unit/test_chart_layout \
	tests/unit/test_chart_paint \
	tests/unit/test_chart_text \
	tests/unit/test_compare \
	tests/unit/test_count \
	tests/unit/test_energy \
	tests/unit/test_error \
	tests/unit/test_home \
	tests/unit/test_hosts \
	tests/unit/test_html \
	tests/unit/test_ini \
	tests/unit/test_interval \
	tests/unit/test_job \
	tests/unit/test_jobpath \
	tests/unit/test_account \
	tests/unit/test_keyset \
	tests/unit/test_nodelist \
	tests/unit/test_oom \
	tests/unit/test_oracle \
	tests/unit/test_outliers \
	tests/unit/test_outdir \
	tests/unit/test_place \
	tests/unit/test_plan \
	tests/unit/test_entry \
	tests/unit/test_numtext \
	tests/unit/test_quality \
	tests/unit/test_queue \
	tests/unit/test_reduce \
	tests/unit/test_verdict \
	tests/unit/test_reference \
	tests/unit/test_settings \
	tests/unit/test_share \
	tests/unit/test_steps \
	tests/unit/test_summary \
	tests/unit/test_turns \
	tests/unit/test_wait \
	tests/unit/test_zone \
	tests/unit/test_settings_doc \
	tests/unit/test_rawcsv \
	tests/unit/test_presence \
	tests/unit/test_oom_front \
	tests/unit/test_csv_backend \
	tests/unit/test_emit \
	tests/unit/test_oom_csv

if WITH_LIBPQ
MP_UNIT_TESTS += tests/unit/test_pqcopy
tests_unit_test_pqcopy_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS)
check_PROGRAMS += tests/tools/pg_peer
endif

if WITH_LIBCURL
check_PROGRAMS += tests/tools/http_peer
endif

MP_SHELL_TESTS = \
	tests/t/00-cli.t \
	tests/t/01-style.t \
	tests/t/02-house.t \
	tests/t/03-build.t \
	tests/t/10-hosts.t \
	tests/t/10-profile-csv.t \
	tests/t/18-show.t \
	tests/t/19-rows.t \
	tests/t/20-compare.t \
	tests/t/21-golden.t \
	tests/t/30-direct-rows.t \
	tests/t/31-direct-missing.t \
	tests/t/32-direct-failures.t \
	tests/t/33-direct-session.t \
	tests/t/34-direct-login.t \
	tests/t/35-direct-jobs.t \
	tests/t/36-direct-worker.t \
	tests/t/37-direct-hostile.t \
	tests/t/38-shared.t \
	tests/t/38-counter-database.t \
	tests/t/38-probe-database.t \
	tests/t/39-prometheus.t \
	tests/t/50-hook.t \
	tests/t/51-worker.t \
	tests/t/52-slurm.t \
	tests/t/53-slurm-user.t \
	tests/t/54-starve.t \
	tests/t/56-status.t \
	tests/t/55-shared-slurm.t \
	tests/t/57-account.t \
	tests/t/12-csv.t \
	tests/t/15-charts.t \
	tests/t/16-synthetic.t \
	tests/t/17-html.t \
	tests/t/70-fuzz.t \
	tests/t/11-config.t \
	tests/t/13-replay-of-database.t \
	tests/t/80-guide.t

MP_TEST_SUPPORT = \
	tests/data/make-recording \
	tests/data/make-reference \
	tests/data/reference.txt \
	tests/data/recording.csv \
	tests/data/golden/report.txt \
	tests/data/golden/report-4-s.txt \
	tests/data/golden/compare.txt \
	tests/data/golden/compare-ascii.txt \
	tests/data/golden/show-60.txt \
	tests/data/golden/show-60-ascii.txt \
	tests/data/golden/table-60.txt \
	tests/data/golden/show-80.txt \
	tests/data/golden/show-80-ascii.txt \
	tests/data/golden/table-80.txt \
	tests/data/golden/show-200.txt \
	tests/data/golden/show-200-ascii.txt \
	tests/data/golden/table-200.txt \
	tests/lib/monster-seed.sql \
	tests/lib/postgres.sh \
	tests/lib/prometheus.sh \
	tests/lib/slurm.sh \
	tests/lib/tap.sh \
	tests/tools/floors \
	tests/unit/chart_cases.h \
	tests/unit/rig.h \
	tests/unit/oom.h \
	tests/unit/unit.h \
	tests/trust/collector.h \
	tests/trust/coverage \
	tests/trust/same \
	tests/data/pgtext/make \
	tests/data/pgtext/numbers.txt \
	tests/data/pgtext/times.txt

LDADD = $(MP_PROGRAM_LIBS) $(CHECK_LIBS)
AM_CPPFLAGS += $(CHECK_CFLAGS)
tests_unit_test_chart_paint_CPPFLAGS = $(AM_CPPFLAGS) $(CAIRO_CFLAGS) $(PANGO_CFLAGS)

tests_unit_test_oom_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
tests_unit_test_oom_csv_LDFLAGS = $(tests_unit_test_oom_front_LDFLAGS)
tests_unit_test_oom_front_LDFLAGS = $(tests_unit_test_oom_LDFLAGS) \
	-Wl,--wrap=strdup -Wl,--wrap=open_memstream

check_PROGRAMS += tests/trust/coverage.bin tests/trust/same.bin
tests_trust_coverage_bin_SOURCES = tests/trust/coverage_bin.c
tests_trust_same_bin_SOURCES = tests/trust/same_bin.c
if HAVE_CHECK
check_PROGRAMS += $(MP_UNIT_TESTS) tests/tools/chart_demo
TESTS += $(MP_UNIT_TESTS)
endif
TESTS += $(MP_SHELL_TESTS)
EXTRA_DIST += $(MP_SHELL_TESTS) $(MP_TEST_SUPPORT) tests/distro/run \
	tests/distro/guide tests/distro/make-deb tests/distro/try-deb

# The judge of the verdict, see the head of tests/trust/flaws.
check_PROGRAMS += tests/tools/flaw_job
tests_tools_flaw_job_LDADD = -lm
EXTRA_DIST += tests/trust/flaws
flaws: all tests/tools/flaw_job
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/tests/trust/flaws $(TRACES)
.PHONY: flaws

include tests/fuzz.mk
include tests/bench.mk
include tests/ssh.mk
include tests/trust.mk
