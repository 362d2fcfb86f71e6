# SPDX-License-Identifier: MIT
# src/report/local.mk - what lies in power_<id>/.
noinst_LIBRARIES += libmp-report.a
libmp_report_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libmp_report_a_SOURCES = \
	src/report/outdir.c \
	src/report/outdir.h \
	src/report/rawcsv.c \
	src/report/rawcsv.h \
	src/report/report.c \
	src/report/report.h \
	src/report/summary.c \
	src/report/summary.h
