# SPDX-License-Identifier: MIT
# tests/bench.mk - make bench: ratios against peers on the same work, each in the same run.
EXTRA_PROGRAMS = tests/bench/gencsv
tests_bench_gencsv_LDADD =
EXTRA_DIST += tests/bench/run tests/bench/bench.sh tests/bench/bench-account \
	tests/bench/bench-csv tests/bench/bench-direct \
	tests/bench/bench-prometheus tests/bench/bench-slurm
CLEANFILES += tests/bench/gencsv
bench: all tests/bench/gencsv $(MP_SSH_TOOLS)
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/tests/bench/run
.PHONY: bench
