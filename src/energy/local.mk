# SPDX-License-Identifier: MIT
# src/energy/local.mk - from samples to kWh and a verdict.
noinst_LIBRARIES += libmp-energy.a
libmp_energy_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_energy_a_SOURCES = \
	src/energy/components.c \
	src/energy/count.c \
	src/energy/count.h \
	src/energy/counters.c \
	src/energy/components.h \
	src/energy/energy.c \
	src/energy/energy.h \
	src/energy/evaluate.c \
	src/energy/evaluate.h \
	src/energy/frozen.c \
	src/energy/grid.c \
	src/energy/grid.h \
	src/energy/impl.h \
	src/energy/instants.c \
	src/energy/instants.h \
	src/energy/interval.c \
	src/energy/interval.h \
	src/energy/line.c \
	src/energy/line.h \
	src/energy/missing.c \
	src/energy/outliers.c \
	src/energy/outliers.h \
	src/energy/presence.c \
	src/energy/presence.h \
	src/energy/quality.c \
	src/energy/quality.h \
	src/energy/reasons.c \
	src/energy/reasons.h \
	src/energy/result.c \
	src/energy/result.h \
	src/energy/rules.h \
	src/energy/share.c \
	src/energy/share.h \
	src/energy/steps.c \
	src/energy/steps.h \
	src/energy/trace.c \
	src/energy/sums.c \
	src/energy/trace.h \
	src/energy/twice.c \
	src/energy/units.c \
	src/energy/verdict.c \
	src/energy/verdict.h \
	src/energy/yardstick.c \
	src/energy/yardstick.h \
	src/energy/zeros.c \
	src/energy/zeros.h
