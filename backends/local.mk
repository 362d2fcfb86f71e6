# SPDX-License-Identifier: MIT
# backends/local.mk - the sources of samples; what configure left out is not compiled.
# A new backend is one file, one line here and one in registry.c.
noinst_LIBRARIES += libbackends.a
libbackends_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS) $(LIBSSH2_CFLAGS) $(LIBCRYPTO_CFLAGS) \
	$(ZLIB_CFLAGS) $(ZSTD_CFLAGS) $(LIBCURL_CFLAGS) $(YAJL_CFLAGS)
libbackends_a_SOURCES = \
	backends/backend.h \
	backends/fetch.c \
	backends/registry.c \
	backends/frame/check.h \
	backends/frame/emit.c \
	backends/frame/emit.h \
	backends/frame/guess.c \
	backends/frame/guess.h \
	backends/frame/hosts.c \
	backends/frame/hosts.h \
	backends/frame/near.c \
	backends/frame/near.h \
	backends/frame/order.c \
	backends/frame/order.h
libbackends_a_SOURCES += \
	backends/csv.c \
	backends/direct.c \
	backends/prometheus.c \
	backends/prometheus/section.c \
	backends/prometheus/section.h \
	backends/ssh.c \
	backends/synthetic.c \
	backends/pq/section.c \
	backends/pq/section.h \
	backends/ssh/section.c \
	backends/ssh/section.h \
	backends/csv/beside.c \
	backends/csv/beside.h \
	backends/csv/fetch.c \
	backends/csv/fetch.h \
	backends/csv/input.c \
	backends/csv/input.h \
	backends/csv/jobs.c \
	backends/csv/jobs.h \
	backends/csv/rows.c \
	backends/csv/rows.h \
	backends/csv/section.h \
	backends/csv/sensors.c \
	backends/csv/sensors.h \
	backends/csv/time.c \
	backends/csv/time.h
if WITH_LIBCURL
libbackends_a_SOURCES += \
	backends/prometheus/answer.c \
	backends/prometheus/answer.h \
	backends/prometheus/ask.c \
	backends/prometheus/ask.h \
	backends/prometheus/check.c \
	backends/prometheus/check.h \
	backends/prometheus/fetch.c \
	backends/prometheus/fetch.h \
	backends/prometheus/fqdd.c \
	backends/prometheus/fqdd.h \
	backends/prometheus/http.c \
	backends/prometheus/http.h \
	backends/prometheus/probe.c \
	backends/prometheus/probe.h \
	backends/prometheus/selector.c \
	backends/prometheus/selector.h \
	backends/prometheus/sensors.c \
	backends/prometheus/sensors.h
endif
if WITH_LIBPQ
libbackends_a_SOURCES += \
	backends/pq/address.c \
	backends/pq/address.h \
	backends/pq/answer.c \
	backends/pq/answer.h \
	backends/pq/cancel.c \
	backends/pq/cancel.h \
	backends/pq/check.c \
	backends/pq/conn.c \
	backends/pq/conn.h \
	backends/pq/copy.c \
	backends/pq/copy.h \
	backends/pq/pack.c \
	backends/pq/pack.h \
	backends/pq/error.c \
	backends/pq/error.h \
	backends/pq/job.c \
	backends/pq/job.h \
	backends/pq/login.c \
	backends/pq/login.h \
	backends/pq/neighbours.c \
	backends/pq/pool.c \
	backends/pq/pool.h \
	backends/pq/probe.c \
	backends/pq/rows.c \
	backends/pq/rows.h \
	backends/pq/state.h \
	backends/pq/statement.c \
	backends/pq/statement.h \
	backends/pq/tables.c \
	backends/pq/tables.h \
	backends/pq/target.h \
	backends/pq/wait.c \
	backends/pq/wait.h \
	backends/pq/zone.c \
	backends/pq/zone.h
endif
if WITH_LIBSSH2
libbackends_a_SOURCES += \
	backends/ssh/agent.c \
	backends/ssh/agent.h \
	backends/ssh/auth.c \
	backends/ssh/auth.h \
	backends/ssh/bytes.c \
	backends/ssh/bytes.h \
	backends/ssh/channel.c \
	backends/ssh/channel.h \
	backends/ssh/connect.c \
	backends/ssh/connect.h \
	backends/ssh/hostkey.c \
	backends/ssh/hostkey.h \
	backends/ssh/kexinit.c \
	backends/ssh/kexinit.h \
	backends/ssh/key.c \
	backends/ssh/key.h \
	backends/ssh/keyfile.c \
	backends/ssh/keyfile.h \
	backends/ssh/keyformat.c \
	backends/ssh/keyformat.h \
	backends/ssh/known_hosts.c \
	backends/ssh/known_hosts.h \
	backends/ssh/open.c \
	backends/ssh/open.h \
	backends/ssh/peer.c \
	backends/ssh/peer.h \
	backends/ssh/relay.c \
	backends/ssh/relay.h \
	backends/ssh/session.c \
	backends/ssh/session.h \
	backends/ssh/stream.c \
	backends/ssh/stream.h \
	backends/ssh/tunnel.c \
	backends/ssh/tunnel.h
endif
