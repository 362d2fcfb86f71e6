# SPDX-License-Identifier: MIT
# src/writer/local.mk - the trust boundary: reports written as their owners.
noinst_LIBRARIES += libmp-writer.a
libmp_writer_a_CPPFLAGS = $(AM_CPPFLAGS) $(CAIRO_CFLAGS)
libmp_writer_a_SOURCES = \
	src/writer/child.c \
	src/writer/impl.h \
	src/writer/line.c \
	src/writer/notice.c \
	src/writer/privilege.c \
	src/writer/privilege.h \
	src/writer/spawner.c \
	src/writer/umask.c \
	src/writer/umask.h \
	src/writer/wire.c \
	src/writer/wire.h \
	src/writer/wire_impl.h \
	src/writer/wire_receive.c \
	src/writer/wire_send.c \
	src/writer/writer.c \
	src/writer/writer.h
