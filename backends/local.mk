# SPDX-License-Identifier: MIT
# backends/local.mk - the sources of samples; what configure left out is not compiled.
noinst_LIBRARIES += libbackends.a
libbackends_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS) $(LIBSSH2_CFLAGS) $(LIBCRYPTO_CFLAGS)
libbackends_a_SOURCES = \
	backends/backend.h \
	backends/csv.c \
	backends/csv_fetch.c \
	backends/csv_fetch.h \
	backends/csv_rows.c \
	backends/csv_rows.h \
	backends/csv_series.c \
	backends/csv_series.h \
	backends/keyset.c \
	backends/keyset.h \
	backends/registry.c
if WITH_LIBPQ
libbackends_a_SOURCES += \
	backends/direct.c \
	backends/pqrows.c \
	backends/pqrows.h
endif
if WITH_LIBSSH2
libbackends_a_SOURCES += \
	backends/ssh.c \
	backends/known_hosts.c \
	backends/known_hosts.h \
	backends/tunnel.c \
	backends/tunnel.h
endif
