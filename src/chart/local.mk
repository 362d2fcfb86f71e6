# SPDX-License-Identifier: MIT
# src/chart/local.mk - from samples to pictures.
noinst_LIBRARIES += libmp-chart.a
libmp_chart_a_CPPFLAGS = $(AM_CPPFLAGS) $(CAIRO_CFLAGS) $(PANGO_CFLAGS) $(PNG_CFLAGS)
libmp_chart_a_SOURCES = \
	src/chart/axes.c \
	src/chart/chart.c \
	src/chart/chart.h \
	src/chart/font.c \
	src/chart/font.h \
	src/chart/input.h \
	src/chart/layout.c \
	src/chart/layout.h \
	src/chart/legend.c \
	src/chart/nodes.c \
	src/chart/paint.c \
	src/chart/paint.h \
	src/chart/pie.c \
	src/chart/png.c \
	src/chart/png.h \
	src/chart/reduce.c \
	src/chart/reduce.h \
	src/chart/scene.c \
	src/chart/scene.h \
	src/chart/svg.c \
	src/chart/svg.h \
	src/chart/text.c \
	src/chart/text.h \
	src/chart/ticks.c \
	src/chart/ticks.h \
	src/chart/timeseries.c \
	src/chart/view.c \
	src/chart/view.h
