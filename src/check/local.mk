# SPDX-License-Identifier: MIT
# src/check/local.mk - what an administrator must know before a restart.
noinst_LIBRARIES += libmp-check.a
libmp_check_a_CPPFLAGS = $(AM_CPPFLAGS) $(CAIRO_CFLAGS) $(PANGO_CFLAGS)
libmp_check_a_SOURCES = \
	src/check/checklist.c \
	src/check/checklist.h \
	src/check/program.c \
	src/check/program.h \
	src/check/slurm.c
