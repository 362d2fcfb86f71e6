# SPDX-License-Identifier: MIT
# src/session/local.mk - from a selection to samples in a sink.
noinst_LIBRARIES += libmp-session.a
libmp_session_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_session_a_SOURCES = \
	src/session/estimate.c \
	src/session/estimate.h \
	src/session/progress.c \
	src/session/progress.h \
	src/session/session.c \
	src/session/session.h
