# SPDX-License-Identifier: MIT
# postgres.sh - a private PostgreSQL for a test, on loopback, gone when the test ends.
# Source after tap.sh.
#
#   pg_start [SETTING=VALUE...]   initdb and start; skips the whole test where there is no
#                                 server program.  Sets PG_DIR (data, socket, log), PG_PORT,
#                                 PG_SUPER (role postgres, trusted on the socket) and the
#                                 functions below
#   pg_sql DATABASE [ARGS...]     psql as the superuser over the socket
#   pg_seed [NAME=VALUE...]       databases as MonSTer makes them, see monster-seed.sql
#   pg_stop [MODE], pg_restart    fast by default
#   pg_reload
#   pg_postmaster                 its process id
#   pg_ini [LINE...] > FILE       a configuration for role monster; LINEs belong to [database]
#
# Role monster (password "s3cret, word") may log in with it over TCP and may read.
# PostgreSQL refuses to run as root: as root everything runs as PG_OS_USER (postgres, else
# nobody).  PG_BIN names the directory of initdb and postgres.
# shellcheck shell=bash
PG_PASSWORD='s3cret, word'

pg_find_bin() {
	local d
	for d in "${PG_BIN:-}" "$(pg_config --bindir 2>/dev/null)" \
		/usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin; do
		if [ -n "$d" ] && [ -x "$d/initdb" ] && [ -x "$d/postgres" ]; then
			PG_BIN=$d
			return 0
		fi
	done
	return 1
}

# Run as the user the server runs as.
pg_as() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid "$PG_OS_USER" --regid "$(id -g "$PG_OS_USER")" --clear-groups "$@"
	else
		"$@"
	fi
}

# A TCP port of 127.0.0.1 that nobody listens on now.
pg_free_port() {
	local p
	while :; do
		p=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
	done
	echo "$p"
}

pg_start() {
	local s
	! "$MP" backends 2>/dev/null | grep -q '^direct.*not built' || skip_all "built without libpq"
	pg_find_bin || skip_all "no PostgreSQL server programs (initdb, postgres) found"
	command -v psql >/dev/null || skip_all "no psql found"
	PG_OS_USER=${PG_OS_USER:-$(id -nu postgres 2>/dev/null || echo nobody)}
	PG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/mp-pg.XXXXXX") || exit 99
	at_exit 'rm -rf "$PG_DIR"'
	chmod 755 "$PG_DIR"
	[ "$(id -u)" != 0 ] || chown "$PG_OS_USER" "$PG_DIR"
	PG_DATA=$PG_DIR/data PG_SUPER=postgres
	(cd "$PG_DIR" && pg_as "$PG_BIN/initdb" -D "$PG_DATA" -U postgres -E UTF8 --locale=C \
		--auth-local=trust --auth-host=scram-sha-256 -N >"$PG_DIR/initdb.log" 2>&1) || {
		diag "$(tail -n 5 "$PG_DIR/initdb.log")"
		exit 99
	}
	{
		echo "listen_addresses = '127.0.0.1'"
		echo "unix_socket_directories = '$PG_DIR'"
		echo "fsync = off"
		echo "full_page_writes = off"
		echo "shared_buffers = 64MB"
		echo "max_wal_size = 1GB"
		echo "jit = on"
		for s in "$@"; do echo "${s%%=*} = '${s#*=}'"; done
	} >>"$PG_DATA/postgresql.conf"
	at_exit 'pg_stop immediate'
	pg_up || exit 99
	pg_sql postgres -c "CREATE ROLE monster LOGIN PASSWORD '$PG_PASSWORD'"
}

# Start the server on a free port; another one if somebody was faster.
pg_up() {
	local try
	for try in 1 2 3 4 5; do
		: "${PG_PORT:=$(pg_free_port)}"
		if (cd "$PG_DIR" && pg_as "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_DIR/log" \
			-o "-p $PG_PORT" -w -t "$(slow 60)" start >/dev/null 2>&1); then
			return 0
		fi
		[ "${PG_KEEP_PORT:-}" = yes ] || PG_PORT=
	done
	diag "cannot start PostgreSQL after $try tries: $(tail -n 5 "$PG_DIR/log" 2>/dev/null)"
	return 1
}

pg_postmaster() { head -n 1 "$PG_DATA/postmaster.pid" 2>/dev/null; }

pg_stop() {
	[ -f "$PG_DATA/postmaster.pid" ] || return 0
	kill -CONT "$(pg_postmaster)" 2>/dev/null # a stopped postmaster cannot be told to stop
	(cd "$PG_DIR" && pg_as "$PG_BIN/pg_ctl" -D "$PG_DATA" -m "${1:-fast}" -w -t "$(slow 60)" stop \
		>/dev/null 2>&1)
}

# Its configuration again; who connects afterwards meets the new one.
pg_reload() {
	local n
	n=$(pg_reloads)
	pg_sql postgres -c 'SELECT pg_reload_conf()' >/dev/null
	wait_for 10 pg_reloaded "$n"
}
pg_reloads() { grep -c 'reloading configuration files' "$PG_DIR/log"; }
pg_reloaded() { [ "$(pg_reloads)" -gt "$1" ]; }

pg_restart() {
	pg_stop "${1:-fast}"
	PG_KEEP_PORT=yes pg_up
}

pg_sql() {
	local db=$1
	shift
	psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$PG_DIR" -p "$PG_PORT" -U postgres -d "$db" "$@"
}

# pg_seed [database=zen4] [prefix=rpc] [nodes=2] [gpus=0] [start=EPOCH] [seconds=600]
#         [step=5] [index=ts|node] [others=0]
pg_seed() {
	local database=zen4 prefix=rpc nodes=2 gpus=0 start=1760497200 seconds=600 step=5
	local index=ts others=0 a
	for a in "$@"; do
		case $a in
		database=* | prefix=* | nodes=* | gpus=* | start=* | seconds=* | step=* | index=* | others=*)
			local "${a%%=*}=${a#*=}" ;;
		*) diag "pg_seed: what is $a?" && exit 99 ;;
		esac
	done
	pg_sql postgres -c "CREATE DATABASE \"$database\""
	pg_sql "$database" -v prefix="$prefix" -v nodes="$nodes" -v gpus="$gpus" \
		-v start="$start" -v seconds="$seconds" -v step="$step" -v index="$index" \
		-v others="$others" -f "$MP_SRCDIR/tests/lib/monster-seed.sql"
}

pg_ini() {
	printf '[database]\nhost = 127.0.0.1\nport = %s\nuser = monster\n' "$PG_PORT"
	printf 'password = %s\n' "$PG_PASSWORD"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf '[power]\nbackend = direct\n'
}
