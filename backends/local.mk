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
	backends/csv_sensors.c \
	backends/csv_sensors.h \
	backends/csv_time.c \
	backends/csv_time.h \
	backends/keyset.c \
	backends/keyset.h \
	backends/registry.c
if WITH_LIBPQ
libbackends_a_SOURCES += \
	backends/direct.c \
	backends/lookup.c \
	backends/lookup.h \
	backends/pqaddress.c \
	backends/pqaddress.h \
	backends/pqcancel.c \
	backends/pqcancel.h \
	backends/pqcheck.c \
	backends/pqconn.c \
	backends/pqconn.h \
	backends/pqcopy.c \
	backends/pqcopy.h \
	backends/pqerror.c \
	backends/pqerror.h \
	backends/pqjob.c \
	backends/pqmap.c \
	backends/pqmap.h \
	backends/pqmerge.c \
	backends/pqmerge.h \
	backends/pqnumeric.c \
	backends/pqpool.c \
	backends/pqpool.h \
	backends/pqrows.c \
	backends/pqrows.h \
	backends/pqstatement.c \
	backends/pqstatement.h \
	backends/pqtables.c \
	backends/pqtables.h \
	backends/pqzone.c \
	backends/pqzone.h
endif
if WITH_LIBSSH2
libbackends_a_SOURCES += \
	backends/known_hosts.c \
	backends/known_hosts.h \
	backends/peer.c \
	backends/peer.h \
	backends/relay.c \
	backends/relay.h \
	backends/relay_impl.h \
	backends/relay_stream.c \
	backends/ssh.c \
	backends/ssh_agent.c \
	backends/ssh_agent.h \
	backends/ssh_auth.c \
	backends/ssh_auth.h \
	backends/ssh_bcrypt.c \
	backends/ssh_bcrypt.h \
	backends/ssh_connect.c \
	backends/ssh_connect.h \
	backends/ssh_hostkey.c \
	backends/ssh_hostkey.h \
	backends/ssh_kexinit.c \
	backends/ssh_kexinit.h \
	backends/ssh_key.c \
	backends/ssh_key.h \
	backends/ssh_keyfmt.c \
	backends/ssh_keyfmt.h \
	backends/ssh_session.c \
	backends/ssh_session.h \
	backends/ssh_wire.c \
	backends/ssh_wire.h \
	backends/tunnel.c \
	backends/tunnel.h
endif
