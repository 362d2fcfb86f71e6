# SPDX-License-Identifier: MIT
# src/model/local.mk - the nouns: job, plan, sample, sink.
noinst_LIBRARIES += libmp-model.a
libmp_model_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_model_a_SOURCES = \
	src/model/job.c \
	src/model/job.h \
	src/model/occupancy.c \
	src/model/occupancy.h \
	src/model/place.c \
	src/model/place.h \
	src/model/plan.c \
	src/model/plan.h \
	src/model/role.c \
	src/model/role.h \
	src/model/sample.c \
	src/model/sample.h \
	src/model/sink.c \
	src/model/sink.h
