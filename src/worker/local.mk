# SPDX-License-Identifier: MIT
# src/worker/local.mk - from the queue to reports.
noinst_LIBRARIES += libmp-worker.a
libmp_worker_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_worker_a_SOURCES = \
	src/worker/child.c \
	src/worker/conf.c \
	src/worker/entry.c \
	src/worker/impl.h \
	src/worker/notice.c \
	src/worker/settle.c \
	src/worker/turns.c \
	src/worker/turns.h \
	src/worker/worker.c \
	src/worker/worker.h
