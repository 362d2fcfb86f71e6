# SPDX-License-Identifier: MIT
# src/slurm/local.mk - Slurm's own texts.
noinst_LIBRARIES += libmp-slurm.a
libmp_slurm_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_slurm_a_SOURCES = \
	src/slurm/conf.c \
	src/slurm/conf.h \
	src/slurm/jobpath.c \
	src/slurm/jobpath.h \
	src/slurm/nodelist.c \
	src/slurm/nodelist.h
