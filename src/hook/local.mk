# SPDX-License-Identifier: MIT
# src/hook/local.mk - what runs inside slurmctld.
noinst_LIBRARIES += libmp-hook.a
libmp_hook_a_SOURCES = \
	src/hook/environment.c \
	src/hook/environment.h \
	src/hook/handover.c \
	src/hook/hook.c \
	src/hook/hook.h

# What slurmctld runs for every job: linked with libc and iniparser only, see hook.h.
pkglibexec_PROGRAMS += monster-power-hook
monster_power_hook_SOURCES = src/hook/main.c
monster_power_hook_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed
monster_power_hook_LDADD = $(MP_HOOK_LIBS) $(INIPARSER_LIBS)
