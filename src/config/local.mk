# SPDX-License-Identifier: MIT
# src/config/local.mk - where a setting comes from.
#
# `make reference` writes the sample and the manual's part on keys anew, from the tables of
# keys; tests/t/11-config.t compares them.
noinst_LIBRARIES += libmp-config.a
libmp_config_a_CPPFLAGS = $(AM_CPPFLAGS) $(INIPARSER_CFLAGS)
libmp_config_a_SOURCES = \
	src/config/env.c \
	src/config/ini.c \
	src/config/ini.h \
	src/config/impl.h \
	src/config/keys.h \
	src/config/metrics.c \
	src/config/metrics.h \
	src/config/options.c \
	src/config/options.h \
	src/config/power.c \
	src/config/power.h \
	src/config/print.c \
	src/config/reference.c \
	src/config/routes.c \
	src/config/section.c \
	src/config/section.h \
	src/config/settings.c \
	src/config/settings.h \
	src/config/site.c \
	src/config/site.h \
	src/config/trust.c

.PHONY: reference
reference: monster-power
	./monster-power config --manual >reference.tmp
	sed -i -e '/^\.\\" The keys, made/,/^\.\\" End of the keys/{//!d;}' \
		-e '/^\.\\" The keys, made/r reference.tmp' $(srcdir)/doc/monster-power.ini.5
	./monster-power config --sample >reference.tmp
	cp reference.tmp $(srcdir)/etc/monster-power.ini
	rm reference.tmp
