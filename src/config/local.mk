# SPDX-License-Identifier: MIT
# src/config/local.mk - where a setting comes from.
noinst_LIBRARIES += libmp-config.a
libmp_config_a_CPPFLAGS = $(AM_CPPFLAGS) $(INIPARSER_CFLAGS)
libmp_config_a_SOURCES = \
	src/config/env.c \
	src/config/ini.c \
	src/config/ini.h \
	src/config/impl.h \
	src/config/keys.h \
	src/config/options.c \
	src/config/options.h \
	src/config/power.c \
	src/config/power.h \
	src/config/print.c \
	src/config/routes.c \
	src/config/section.c \
	src/config/section.h \
	src/config/settings.c \
	src/config/settings.h \
	src/config/trust.c
