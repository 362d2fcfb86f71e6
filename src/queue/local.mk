# SPDX-License-Identifier: MIT
# src/queue/local.mk - the spool between epilog and worker.
noinst_LIBRARIES += libmp-queue.a
libmp_queue_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_queue_a_SOURCES = \
	src/queue/aside.c \
	src/queue/entry.c \
	src/queue/entry.h \
	src/queue/lock.c \
	src/queue/queue.c \
	src/queue/queue.h \
	src/queue/status.c \
	src/queue/status.h
