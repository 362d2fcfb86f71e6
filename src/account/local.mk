# SPDX-License-Identifier: MIT
# src/account/local.mk - whose a cluster's energy is.
noinst_LIBRARIES += libmp-account.a
libmp_account_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libmp_account_a_SOURCES = \
	src/account/account.c \
	src/account/account.h \
	src/account/giver.c \
	src/account/giver.h \
	src/account/rows.c \
	src/account/rows.h \
	src/account/print.c \
	src/account/print.h
