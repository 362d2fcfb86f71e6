# SPDX-License-Identifier: MIT
# src/local.mk - the program: one library a folder, linked from the top floor down, so that
# the linker itself refuses a call upwards.
include src/base/local.mk
include src/model/local.mk
include src/config/local.mk
include src/slurm/local.mk
include src/energy/local.mk
include src/chart/local.mk
include src/report/local.mk
include src/queue/local.mk
include src/hook/local.mk
include src/writer/local.mk
include src/session/local.mk
include src/account/local.mk
include src/worker/local.mk
include src/check/local.mk
include src/cli/local.mk

MP_HOOK_LIBS = libmp-hook.a libmp-queue.a libmp-config.a libmp-model.a libmp-base.a
MP_PROGRAM_LIBS = libmp-cli.a libmp-check.a libmp-worker.a libmp-account.a libmp-session.a libbackends.a \
	libmp-writer.a libmp-hook.a libmp-queue.a libmp-report.a libmp-chart.a libmp-energy.a \
	libmp-slurm.a libmp-config.a libmp-model.a libmp-base.a \
	$(LIBPQ_LIBS) $(LIBSSH2_LIBS) $(LIBCURL_LIBS) $(YAJL_LIBS) $(LIBCRYPTO_LIBS) \
	$(CAIRO_LIBS) $(PANGO_LIBS) $(PNG_LIBS) $(JANSSON_LIBS) $(INIPARSER_LIBS) \
	$(ZLIB_LIBS) $(ZSTD_LIBS)

bin_PROGRAMS += monster-power
monster_power_SOURCES = src/main.c
monster_power_LDADD = $(MP_PROGRAM_LIBS)
