# SPDX-License-Identifier: MIT
# src/local.mk - the program, and the library of everything it is made of but main.c, which
# the unit tests link too.
noinst_LIBRARIES += libmonster.a
libmonster_a_CPPFLAGS = $(AM_CPPFLAGS) $(INIPARSER_CFLAGS) $(CAIRO_CFLAGS) $(PANGO_CFLAGS) \
	$(ZLIB_CFLAGS) $(JANSSON_CFLAGS)
libmonster_a_SOURCES = \
	src/chart.c \
	src/chart.h \
	src/chart_axes.c \
	src/chart_axis.c \
	src/chart_axis.h \
	src/chart_font.c \
	src/chart_font.h \
	src/chart_layout.c \
	src/chart_layout.h \
	src/chart_legend.c \
	src/chart_paint.c \
	src/chart_paint.h \
	src/chart_pie.c \
	src/chart_png.c \
	src/chart_png.h \
	src/chart_raster.c \
	src/chart_raster.h \
	src/chart_scene.c \
	src/chart_scene.h \
	src/chart_series.c \
	src/chart_text.c \
	src/chart_text.h \
	src/chart_view.c \
	src/chart_view.h \
	src/checklist.c \
	src/checklist.h \
	src/check_program.c \
	src/check_program.h \
	src/check_slurm.c \
	src/cmd_backends.c \
	src/cmd_check.c \
	src/cmd_config.c \
	src/cmd_epilog.c \
	src/cmd_fetch.c \
	src/cmd_hosts.c \
	src/cmd_profile.c \
	src/cmd_queue.c \
	src/cmd_worker.c \
	src/command.h \
	src/components.c \
	src/drain.c \
	src/drain.h \
	src/energy.c \
	src/energy.h \
	src/energy_impl.h \
	src/error.c \
	src/error.h \
	src/ini.c \
	src/ini.h \
	src/entry.c \
	src/entry.h \
	src/handover.c \
	src/hook.c \
	src/hook.h \
	src/hook_conf.c \
	src/grid.c \
	src/grid.h \
	src/inquest.h \
	src/job.c \
	src/job.h \
	src/jobpath.c \
	src/jobpath.h \
	src/log.c \
	src/log.h \
	src/missing.c \
	src/nearest.c \
	src/nearest.h \
	src/nodelist.c \
	src/nodelist.h \
	src/numtext.c \
	src/numtext.h \
	src/options.c \
	src/options.h \
	src/outdir.c \
	src/outdir.h \
	src/plan.c \
	src/plan.h \
	src/pow10.h \
	src/privilege.c \
	src/privilege.h \
	src/progress.c \
	src/progress.h \
	src/quality.c \
	src/queue.c \
	src/queue.h \
	src/queue_lock.c \
	src/rawcsv.c \
	src/rawcsv.h \
	src/reasons.c \
	src/reduce.c \
	src/reduce.h \
	src/report.c \
	src/report.h \
	src/run.c \
	src/run.h \
	src/sample.c \
	src/sample.h \
	src/session.c \
	src/session.h \
	src/settings.c \
	src/settings.h \
	src/settings_env.c \
	src/settings_keys.c \
	src/settings_keys.h \
	src/settings_print.c \
	src/settings_routes.c \
	src/settings_trust.c \
	src/silent.c \
	src/silent.h \
	src/sink.c \
	src/sink.h \
	src/slurmconf.c \
	src/slurmconf.h \
	src/spawner.c \
	src/steps.c \
	src/steps.h \
	src/slurmenv.c \
	src/slurmenv.h \
	src/summary.c \
	src/summary.h \
	src/trace.h \
	src/utf8.c \
	src/utf8.h \
	src/verdict.c \
	src/wire.c \
	src/wire.h \
	src/wire_impl.h \
	src/wire_receive.c \
	src/wire_send.c \
	src/worker.c \
	src/worker.h \
	src/worker_child.c \
	src/worker_conf.c \
	src/worker_entry.c \
	src/worker_impl.h \
	src/worker_settle.c \
	src/writer.c \
	src/writer.h \
	src/writer_child.c \
	src/writer_line.c \
	src/writer_impl.h \
	src/zone.c \
	src/zone.h
EXTRA_DIST += src/pow10.bc

MP_PROGRAM_LIBS = libmonster.a libbackends.a libmonster.a $(LIBPQ_LIBS) $(LIBSSH2_LIBS) \
	$(LIBCRYPTO_LIBS) $(CAIRO_LIBS) $(PANGO_LIBS) $(ZLIB_LIBS) $(JANSSON_LIBS) \
	$(INIPARSER_LIBS)

bin_PROGRAMS += monster-power
monster_power_SOURCES = src/main.c
monster_power_LDADD = $(MP_PROGRAM_LIBS)

# What slurmctld runs for every job: linked with libc and iniparser only, see src/hook.h.
pkglibexec_PROGRAMS += monster-power-hook
monster_power_hook_SOURCES = \
	src/entry.c \
	src/error.c \
	src/handover.c \
	src/hook.c \
	src/hook_conf.c \
	src/hook_main.c \
	src/ini.c \
	src/log.c \
	src/queue.c \
	src/queue_lock.c \
	src/slurmenv.c
monster_power_hook_CPPFLAGS = $(AM_CPPFLAGS) $(INIPARSER_CFLAGS)
monster_power_hook_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed
monster_power_hook_LDADD = $(INIPARSER_LIBS)
