# SPDX-License-Identifier: MIT
# src/base/local.mk - knows neither power nor Slurm: errors, deadlines, text, numbers, time, log.
noinst_LIBRARIES += libmp-base.a
libmp_base_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_base_a_SOURCES = \
	src/base/error.c \
	src/base/error.h \
	src/base/home.c \
	src/base/home.h \
	src/base/keyset.c \
	src/base/keyset.h \
	src/base/log.c \
	src/base/log.h \
	src/base/lookup.c \
	src/base/lookup.h \
	src/base/nearest.c \
	src/base/nearest.h \
	src/base/numtext.c \
	src/base/numtext.h \
	src/base/pow10.h \
	src/base/run.c \
	src/base/run.h \
	src/base/utf8.c \
	src/base/utf8.h \
	src/base/wait.c \
	src/base/wait.h \
	src/base/whole.c \
	src/base/whole.h \
	src/base/zone.c \
	src/base/zone.h
EXTRA_DIST += src/base/pow10.bc
