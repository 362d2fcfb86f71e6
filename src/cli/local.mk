# SPDX-License-Identifier: MIT
# src/cli/local.mk - the commands, one file each.
noinst_LIBRARIES += libmp-cli.a
libmp_cli_a_CPPFLAGS = $(AM_CPPFLAGS)
libmp_cli_a_SOURCES = \
	src/cli/account.c \
	src/cli/backends.c \
	src/cli/check.c \
	src/cli/command.h \
	src/cli/compare.c \
	src/cli/config.c \
	src/cli/epilog.c \
	src/cli/fetch.c \
	src/cli/hosts.c \
	src/cli/probe.c \
	src/cli/profile.c \
	src/cli/queue.c \
	src/cli/show.c \
	src/cli/terminal.c \
	src/cli/terminal.h \
	src/cli/worker.c \
	src/cli/write_report.c
